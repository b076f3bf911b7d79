"""What a dataset owes: items as it says, the same each time, and a fingerprint of their content."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..config import validation
from ..data.items import checked_item
from ..errors import DataUnavailable, GanfwError, PluginError, SkipItem
from ..images import from_bytes
from ..interfaces.dataset import Dataset, Item
from ..interfaces.options import Options
from .failure import Broken, NotApplicable, expecting
from .subject import Subject, scratch

_TRIED = 32


def items_are_as_it_says(subject: Subject) -> None:
    """Length, shape, dtype, range and labels."""
    dataset = _prepared(subject)
    _check_attributes(dataset)
    for index in _some(dataset):
        try:
            sample, label = checked_item(dataset, index)
        except SkipItem:
            continue
        except PluginError as error:
            raise Broken("items as the dataset says", str(error), type(dataset)) from error
        at = type(dataset).__getitem__
        if not dataset.classes and label is not None:
            raise Broken("no labels, for classes = 0", f"the label {label}", at)
        limits = dataset.value_range
        if sample.dtype == np.float32 and limits is not None:
            least, greatest = float(sample.min()), float(sample.max())
            if least < limits[0] - 1e-5 or greatest > limits[1] + 1e-5:
                raise Broken(f"floats in {limits}", f"{least:.3g}..{greatest:.3g}", at)


def items_are_the_same_each_time(subject: Subject) -> None:
    """Read again, by another one, and by several threads at once."""
    first, second = _prepared(subject), _prepared(subject)
    torch.manual_seed(1)
    np.random.seed(1)
    once = [_item(first, index) for index in _some(first)]
    np.random.seed(2)
    torch.manual_seed(2)
    with ThreadPoolExecutor(4) as pool:
        indices = list(_some(second))
        twice = list(pool.map(lambda index: _item(second, index), indices))
    if len(first) != len(second) or not all(map(_same, once, twice)):
        raise Broken("the same items each time", "others when they were read again",
                     type(first).__getitem__)  # fmt: skip


def fingerprint_is_stable(subject: Subject) -> None:
    """The same before and after reading, and for another one with the same options."""
    first, second = _prepared(subject), _prepared(subject)
    before = _fingerprint(first)
    for index in _some(first):
        _item(first, index)
    if not isinstance(before, str) or not before:
        raise Broken("a fingerprint in hex digits", repr(before), type(first).fingerprint)
    for other in (_fingerprint(first), _fingerprint(second)):
        if other != before:
            raise Broken(f"the same fingerprint, {before}", other, type(first).fingerprint)


def fingerprint_changes_with_content(subject: Subject) -> None:
    """One file of the data changed, or the seed it is drawn from."""
    dataset = _prepared(subject)
    for what, options in _other_contents(subject):
        other = _prepared(subject, options)
        if _fingerprint(dataset) == _fingerprint(other):
            raise Broken(f"another fingerprint, {what}", "the same one",
                         type(dataset).fingerprint)  # fmt: skip


def preview_is_a_picture(subject: Subject) -> None:
    """Of samples alone, and of samples beside real ones."""
    dataset = _prepared(subject)
    items = (_item(dataset, index) for index in _some(dataset))
    stored = np.stack([item[0] for item in items if item is not None][:5])
    samples = from_bytes(torch.from_numpy(stored), dataset.value_range)
    for real in (None, samples):
        with expecting("a picture of samples", type(dataset).preview):
            picture = dataset.preview(samples, real)
        if not isinstance(picture, Image.Image):
            raise Broken("a PIL image", type(picture).__name__, type(dataset).preview)


def _prepared(subject: Subject, options: Options | None = None) -> Any:
    dataset = subject.build() if options is None else subject.target(options)
    try:
        with expecting("data that can be prepared", type(dataset).prepare):
            dataset.prepare()
    except Broken as broken:
        if isinstance(broken.__cause__, DataUnavailable):
            raise NotApplicable(f"the data can't be had now: {broken.__cause__}") from None
        raise
    return dataset


def _check_attributes(dataset: Any) -> None:
    shape, limits, at = tuple(dataset.sample_shape), dataset.value_range, type(dataset)
    if not shape or not all(isinstance(side, int) and side > 0 for side in shape):
        raise Broken("a sample_shape such as (C, H, W) or (F,)", repr(shape), at)
    if limits is not None and not (len(limits) == 2 and limits[0] < limits[1]):
        raise Broken("a value_range (least, greatest), or None", repr(limits), at)
    if not isinstance(dataset.classes, int) or dataset.classes < 0:
        raise Broken("classes as a number from 0", repr(dataset.classes), at)
    names = tuple(dataset.class_names)
    if names and (len(names) != dataset.classes or not all(isinstance(x, str) for x in names)):
        raise Broken(f"class_names for all {dataset.classes} labels, or none", repr(names), at)
    if len(dataset) < 1:
        raise Broken("at least one item", f"{len(dataset)}", type(dataset).__len__)


def _some(dataset: Dataset) -> Iterator[int]:
    """Indices from the first to the last item, evenly spread."""
    count = min(len(dataset), _TRIED)
    yield from sorted({int(index) for index in np.linspace(0, len(dataset) - 1, count)})


def _item(dataset: Dataset, index: int) -> Item | None:
    try:
        return dataset[index]
    except SkipItem:
        return None


def _same(one: Item | None, other: Item | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one[0], other[0]) and one[1] == other[1]


def _fingerprint(dataset: Any) -> str:
    with expecting("a fingerprint", type(dataset).fingerprint):
        found: str = dataset.fingerprint()
    return found


def _other_contents(subject: Subject) -> Iterator[tuple[str, Options]]:
    """Options under which the data is another."""
    options = subject.options()
    values = dict(options)
    paths = {
        name: each for name, each in values.items() if isinstance(each, Path) and each.exists()
    }
    for name, path in paths.items():
        yield f"one file of '{name}' changed", _refit(options, name, _changed_copy(path))
    if not paths and "seed" in values:
        yield "the option 'seed' changed", _refit(options, "seed", values["seed"] + 1)
    if not paths and "seed" not in values:
        raise NotApplicable("it has neither a path nor a seed to change its content by")


def _refit(options: Options, name: str, value: Any) -> Options:
    given = {key: each for key, each in dict(options).items() if each is not None}
    try:
        return validation.validate(type(options), {**given, name: value}, f"with another '{name}'")
    except GanfwError as error:
        raise NotApplicable(str(error)) from None


def _changed_copy(path: Path) -> Path:
    """A copy with other content: an archive less one file, or a byte added to a file."""
    copy = scratch() / f"changed-{path.name}"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
            for member in [each for each in old.infolist() if not each.is_dir()][:-1]:
                new.writestr(member, old.read(member))
        return copy
    if path.is_file():
        shutil.copy(path, copy)
        files = [copy]
    else:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(path, copy)
        files = sorted(each for each in copy.rglob("*") if each.is_file())
    with files[0].open("ab") as file:
        file.write(b"\0")
    return copy


CHECKS = (
    items_are_as_it_says,
    items_are_the_same_each_time,
    fingerprint_is_stable,
    fingerprint_changes_with_content,
    preview_is_a_picture,
)
