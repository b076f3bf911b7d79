"""Pictures per second that reach a step, beside the book's loader."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import reference
from measuring import Row, ratio
from pictures import WHOLE, sprite_folder
from steps import CPU

from ganfw.data.decoded_cache import decode
from ganfw.data.loader import Loader
from ganfw.registry.discovery import discover
from ganfw.storage.cache import cache_folder

BATCH = 256


def rows(quick: bool) -> Iterator[Row]:
    """The first epoch, decoding included, and the ones after it."""
    count = 1000 if quick else WHOLE
    folder = sprite_folder(count)
    first: dict[str, list[float]] = {"ours": [], "book": []}
    later: dict[str, list[float]] = {"ours": [], "book": []}
    for _ in range(3):
        shutil.rmtree(cache_folder("datasets"), ignore_errors=True)
        began = time.perf_counter()
        source = _decoded(folder)
        _consume(source, 1)
        first["ours"].append(time.perf_counter() - began)
        first["book"].append(_seconds(_consume_book, folder))
        for epoch in (2, 3):
            later["ours"].append(_seconds(_consume, source, epoch))
            later["book"].append(_seconds(_consume_book, folder))
    for name, times, reach in (("first", first, "1 ×"), ("later", later, "15 ×")):
        ours, book = min(times["ours"]), min(times["book"])
        yield Row(
            f"pictures of {name} epochs" if name == "later" else "pictures of the first epoch",
            f"{count / ours:.0f} pictures/s",
            f"{count / book:.0f} pictures/s",
            ratio(times["book"], times["ours"]),
            reach,
        )


def _decoded(folder: Path) -> Loader:
    registered = discover().find("dataset", "folder")
    dataset = registered.load()(registered.load_options()(root=folder))
    dataset.prepare()
    samples = decode(dataset, "benchmark")
    return samples.batches(BATCH, 0, CPU)


def _consume(source: Loader, epoch: int) -> None:
    for batch in source.epoch(epoch):
        len(batch)


def _consume_book(folder: Path) -> None:
    for pictures, _labels in reference.book_pictures(folder, BATCH):
        len(pictures)


def _seconds(action: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - began
