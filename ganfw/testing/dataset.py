"""What a dataset must do: give the items it describes, the same each time, and a fingerprint."""

from __future__ import annotations

import functools
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
from ..errors import DataError, DataUnavailable, GanfwError, PluginError, SkipItem
from ..images import from_bytes
from ..interfaces.dataset import Dataset, Item
from ..interfaces.options import Options
from ..runtime.random_state import seed_everything
from .failure import Broken, NotApplicable
from .files import new_folder
from .subject import Subject

_TRIED = 32


def items_are_as_it_says(subject: Subject) -> None:
    """Length, shape, dtype, range and labels."""
    dataset = _prepared(subject)
    _check_attributes(dataset)
    at = type(dataset).__getitem__
    dtypes: set[Any] = set()
    for index in _some(dataset):
        try:
            sample, label = checked_item(dataset, index)
        except SkipItem:
            continue
        except PluginError as error:
            raise Broken("items as the dataset says", str(error), at) from None
        if not (dataset.classes or dataset.label_shape) and label is not None:
            raise Broken("no labels, for classes = 0", f"the label {label}", at)
        dtypes.add(np.asarray(label).dtype if dataset.label_shape else "int64")
        if len(dtypes) > 1:
            raise Broken("labels of one dtype", " and ".join(map(str, dtypes)), at)
        limits = dataset.value_range
        if sample.dtype == np.float32 and limits is not None:
            least, greatest = float(sample.min()), float(sample.max())
            if least < limits[0] - 1e-5 or greatest > limits[1] + 1e-5:
                raise Broken(f"floats in {limits}", f"{least:.3g}..{greatest:.3g}", at)


def items_are_the_same_each_time(subject: Subject) -> None:
    """Read again, by a second dataset, and by several threads at once."""
    first, second = _prepared(subject), _prepared(subject)
    seed_everything(1)
    once = [_item(first, index) for index in _some(first)]
    seed_everything(2)
    with ThreadPoolExecutor(4) as pool:
        twice = list(pool.map(functools.partial(_item, second), _some(second)))
    try:
        np.testing.assert_equal((len(second), twice), (len(first), once))
    except AssertionError:
        at = type(first).__getitem__
        raise Broken("the same items each time", "others when read again", at) from None


def order_holds_every_item_once(subject: Subject) -> None:
    """And depends on nothing but the random numbers it is given."""
    dataset, at = _prepared(subject), subject.target.order
    once, again = (dataset.order(torch.Generator().manual_seed(0)) for _ in range(2))
    if not torch.equal(once, again):
        raise Broken("the same order of the same random numbers", "another one", at)
    if not torch.equal(once.sort().values, torch.arange(len(dataset))):
        raise Broken(f"an order of all {len(dataset)} items, each once", f"{len(once)} others", at)


def fingerprint_is_stable(subject: Subject) -> None:
    """The same before and after reading, and for a second dataset with the same options."""
    first, second = _prepared(subject), _prepared(subject)
    before = first.fingerprint()
    for index in _some(first):
        _item(first, index)
    found = [before, first.fingerprint(), second.fingerprint()]
    if not isinstance(before, str) or not before:
        raise Broken("a fingerprint in hex digits", repr(before), type(first).fingerprint)
    if len(set(found)) > 1:
        raise Broken("the same fingerprint each time", ", ".join(found), type(first).fingerprint)


def fingerprint_changes_with_content(subject: Subject) -> None:
    """With one file of the data changed, or the seed it is drawn from."""
    before = _prepared(subject).fingerprint()
    for what, options in _other_contents(subject):
        try:
            after = _prepared(subject, options).fingerprint()
        except DataError:
            continue  # damaged by the change, which is noticed
        if after == before:
            at = subject.target.fingerprint
            raise Broken(f"another fingerprint with {what}", "the same one", at)


def preview_is_a_picture(subject: Subject) -> None:
    """Of samples alone, and of samples beside real ones."""
    dataset = _prepared(subject)
    items = (_item(dataset, index) for index in _some(dataset))
    stored = np.stack([item[0] for item in items if item is not None][:5])
    samples = from_bytes(torch.from_numpy(stored), dataset.value_range)
    for real in (None, samples):
        picture = dataset.preview(samples, real)
        if not isinstance(picture, Image.Image):
            raise Broken("a PIL image", type(picture).__name__, type(dataset).preview)


def facts_are_true(subject: Subject) -> None:
    """What its options say of the data is what it turns out to be, as far as they know it."""
    facts, dataset = subject.options().facts(), _prepared(subject)
    at = type(subject.options()).facts
    if facts.samples not in (None, len(dataset)):
        got = f"facts().samples = {facts.samples} of {len(dataset)} samples"
        raise Broken("the number of samples, or None", got, at)
    sides = dataset.sample_shape[1:]
    if facts.side is not None and (len(sides) != 2 or facts.side != min(sides)):
        got = f"facts().side = {facts.side} of samples {tuple(dataset.sample_shape)}"
        raise Broken("the shorter side of the pictures, or None", got, at)
    if facts.classes not in (None, dataset.classes):
        got = f"facts().classes = {facts.classes} of {dataset.classes} classes"
        raise Broken("the number of classes, or None", got, at)


def _prepared(subject: Subject, options: Options | None = None) -> Any:
    dataset = subject.build() if options is None else subject.target(options)
    try:
        dataset.prepare()
    except DataUnavailable as error:
        raise NotApplicable(f"its data is not available: {error}") from None
    return dataset


def _check_attributes(dataset: Any) -> None:
    shape, limits, at = tuple(dataset.sample_shape), dataset.value_range, type(dataset)
    if not shape or not all(isinstance(side, int) and side > 0 for side in shape):
        raise Broken("a sample_shape such as (C, H, W) or (F,)", repr(shape), at)
    if limits is not None and not (len(limits) == 2 and limits[0] < limits[1]):
        raise Broken("a value_range (least, greatest), or None", repr(limits), at)
    if not isinstance(dataset.classes, int) or dataset.classes < 0:
        raise Broken("classes as a number from 0", repr(dataset.classes), at)
    label_shape = tuple(dataset.label_shape)
    if not all(isinstance(side, int) and side > 0 for side in label_shape):
        raise Broken("a label_shape such as (K,) or (C, H, W), or ()", repr(label_shape), at)
    if dataset.classes and label_shape:
        got = f"{dataset.classes} classes and labels of shape {label_shape}"
        raise Broken("classes or a label_shape, not both", got, at)
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


def _other_contents(subject: Subject) -> Iterator[tuple[str, Options]]:
    """Options under which the content is different, each with what was changed."""
    options = subject.options()
    values = dict(options)
    paths = [name for name in values if isinstance(values[name], Path) and values[name].exists()]
    for name in paths:
        yield f"one file of '{name}' changed", _refit(options, name, _changed_copy(values[name]))
    if not paths and "seed" not in values:
        raise NotApplicable("it has neither a path nor a seed to change its content by")
    if not paths:
        yield "another seed", _refit(options, "seed", values["seed"] + 1)


def _refit(options: Options, name: str, changed: Any) -> Options:
    given = {key: value for key, value in dict(options).items() if value is not None}
    try:
        return validation.validate(
            type(options), {**given, name: changed}, f"with another '{name}'"
        )
    except GanfwError as error:
        raise NotApplicable(str(error)) from None


def _changed_copy(path: Path) -> Path:
    """A copy with other content: an archive without its last file, or a byte added to a file."""
    copy = new_folder() / path.name
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
            for member in [member for member in old.infolist() if not member.is_dir()][:-1]:
                new.writestr(member, old.read(member))
        return copy
    if path.is_dir():
        shutil.copytree(path, copy)
    else:
        shutil.copy(path, copy)
    file = min(file for file in (copy, *copy.rglob("*")) if file.is_file())
    with file.open("ab") as opened:
        opened.write(b"\0")
    return copy


CHECKS = (
    items_are_as_it_says,
    items_are_the_same_each_time,
    order_holds_every_item_once,
    fingerprint_is_stable,
    fingerprint_changes_with_content,
    preview_is_a_picture,
    facts_are_true,
)
