"""The labels that a generator is asked for: classes, or arrays of its data or of the user."""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..errors import UsageError, did_you_mean
from ..images import from_bytes
from ..interfaces.shapes import Shapes

Labels = Sequence[int | str] | Tensor
"""Classes by index or name, or arrays that the generator keeps by index; or arrays (N,
*shapes.label)."""

_NAMED = 12  # names of classes that an error lists


def numbered(labels: Labels, class_names: Sequence[str]) -> Tensor | list[int]:
    """``labels`` with the class's number for each name among them; a name counts before the same
    text as a number. Raises UsageError for what is neither."""
    if isinstance(labels, Tensor):
        return labels
    places = _places(class_names)
    return [_number(it, places, class_names) for it in labels]


def several(text: str, class_names: Sequence[str]) -> list[str]:
    """The labels that ``text`` names, with commas between them. Classes' names may have commas of
    their own."""
    places, words, found = _places(class_names), text.split(","), []
    longest = max((name.count(",") + 1 for name in class_names), default=1)
    start = 0
    while start < len(words):
        ends = range(min(start + longest, len(words)), start, -1)
        whole = (end for end in ends if _plain(",".join(words[start:end])) in places)
        end = next(whole, start + 1)
        found.append(",".join(words[start:end]).strip())
        start = end
    return found


def _places(class_names: Sequence[str]) -> dict[str, int]:
    """The number of each class by its name, of classes of the same name the first."""
    return {_plain(name): place for place, name in reversed([*enumerate(class_names)])}


def _plain(name: str) -> str:
    """However letters with accents are written: macOS takes them apart."""
    return unicodedata.normalize("NFC", name).strip()


def _number(label: object, places: Mapping[str, int], class_names: Sequence[str]) -> int:
    if not isinstance(label, str):
        try:
            return operator.index(label)  # type: ignore[arg-type]
        except TypeError:
            raise UsageError(f"label {label!r}: give classes by number or name") from None
    if _plain(label) in places:
        return places[_plain(label)]
    try:
        return int(label)
    except ValueError:
        pass
    if not class_names:
        raise UsageError(
            f"label '{label}': give whole numbers, such as 0 or 3, or a file that there is"
        )
    known = did_you_mean(label, class_names) or f": there are {_some(class_names)}"
    raise UsageError(f"label '{label}': no class of the data is called so{known}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def class_labels(labels: Sequence[int] | Tensor, classes: int) -> Tensor:
    """The indices (N,) int64. Raises UsageError for what is no class of the data."""
    given = torch.as_tensor(labels)
    if given.ndim != 1 or given.is_floating_point():
        kind = f"{_name(given)} of shape {(*given.shape,)}"
        raise UsageError(f"labels are {kind}: give classes, whole numbers (N,)")
    indices = given.to(torch.int64)
    wrong = [label for label in indices.tolist() if not 0 <= label < classes]
    if wrong:
        raise UsageError(f"label {wrong[0]}: the data's labels are 0 to {classes - 1}")
    return indices


def array_labels(labels: Sequence[int] | Tensor, shapes: Shapes, kept: Tensor | None) -> Tensor:
    """Labels (N, *shapes.label) as the generator was trained with: those of the ``kept`` ones that
    have the indices ``labels``, or ``labels`` themselves. Raises UsageError for what does not fit.
    """
    if isinstance(labels, Tensor):
        return _given(labels, shapes, torch.float32 if kept is None else kept.dtype)
    if kept is None:
        raise UsageError(
            f"this generator keeps no labels of its data: give arrays of {shapes.label}"
        )
    wrong = [label for label in labels if not 0 <= label < len(kept)]
    if wrong:
        raise UsageError(
            f"label {wrong[0]}: this generator keeps {len(kept)} labels of its data, 0 to "
            f"{len(kept) - 1}"
        )
    return kept[list(labels)]


def _given(labels: Tensor, shapes: Shapes, dtype: torch.dtype) -> Tensor:
    """``labels`` in the ``dtype`` of the data's; pictures' bytes are mapped as samples are."""
    if not labels.ndim or labels.is_complex():
        raise UsageError(f"labels are {_name(labels)} of shape {(*labels.shape,)}: give rows")
    if labels.shape[1:] != shapes.label or not len(labels):
        wanted = ", ".join(map(str, ("N", *shapes.label)))
        raise UsageError(f"labels have shape {(*labels.shape,)}: this generator takes ({wanted})")
    if labels.is_floating_point() and not dtype.is_floating_point:
        raise UsageError(f"labels are {_name(labels)}: this generator takes whole numbers")
    if not labels.isfinite().all():
        raise UsageError("labels are not finite")
    if shapes.label_values and not (labels.min() >= 0 and labels.max() < shapes.label_values):
        raise UsageError(f"labels lie beyond 0..{shapes.label_values - 1}, the data's values")
    # A vector of bytes, such as attributes of 0 and 1, is no picture.
    if labels.dtype == torch.uint8 and dtype.is_floating_point and len(shapes.label) == 3:
        return from_bytes(labels, shapes.value_range)
    return labels.to(dtype)


def _name(labels: Tensor) -> str:
    return str(labels.dtype).removeprefix("torch.")
