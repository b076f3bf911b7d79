"""Pictures per second that reach a step, beside the book's loader."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import reference
from measuring import Row, ratio
from pictures import WHOLE, photo_folder, sprite_folder
from steps import CPU

from ganfw.data.decoded_cache import decode
from ganfw.data.loader import Loader
from ganfw.registry.discovery import discover
from ganfw.storage.cache import FINGERPRINTS, cache_folder

BATCH, ROUNDS = 256, 3

Times = dict[str, list[float]]


def rows(quick: bool) -> Iterator[Row]:
    """The first epoch, decoding included, and the ones after it; and the first of photos."""
    count = 1000 if quick else WHOLE
    first, later = _times(sprite_folder(count), epochs=3)
    yield _row("pictures of the first epoch", count, first, "1.5 ×")
    yield _row("pictures of later epochs", count, later, "20 ×")
    count = 8 if quick else 48
    first, _ = _times(photo_folder(count), epochs=1)
    yield _row("12-megapixel JPEGs of the first epoch", count, first, "8 ×")


def _times(folder: Path, epochs: int) -> tuple[Times, Times]:
    """Seconds of the first epoch and of each later one, in turns with the book's."""
    first: Times = {"ours": [], "book": []}
    later: Times = {"ours": [], "book": []}
    for _ in range(ROUNDS):
        shutil.rmtree(cache_folder("datasets"), ignore_errors=True)
        shutil.rmtree(cache_folder(FINGERPRINTS), ignore_errors=True)
        began = time.perf_counter()
        loader = _decoded(folder)
        _consume(loader, 1)
        first["ours"].append(time.perf_counter() - began)
        first["book"].append(_seconds(_consume_book, folder))
        for epoch in range(2, epochs + 1):
            later["ours"].append(_seconds(_consume, loader, epoch))
            later["book"].append(_seconds(_consume_book, folder))
    return first, later


def _row(what: str, count: int, times: Times, reach: str) -> Row:
    ours, book = (count / min(times[who]) for who in ("ours", "book"))
    speeds = f"{ours:.0f} pictures/s", f"{book:.0f} pictures/s"
    return Row(what, *speeds, ratio(times["book"], times["ours"]), reach)


def _decoded(folder: Path) -> Loader:
    registered = discover().find("dataset", "folder")
    dataset = registered.load()(registered.load_options()(root=folder))
    dataset.prepare()
    samples = decode(dataset, "benchmark")
    return samples.loader(BATCH, 0, CPU)


def _consume(loader: Loader, epoch: int) -> None:
    for batch in loader.epoch(epoch):
        len(batch)


def _consume_book(folder: Path) -> None:
    for pictures, _labels in reference.book_pictures(folder, BATCH):
        len(pictures)


def _seconds(action: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - began
