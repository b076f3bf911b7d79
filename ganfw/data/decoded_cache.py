"""Any dataset, decoded once into the cache folder, and memory-mapped from there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import DataError, SkipItem
from ..interfaces.dataset import Dataset, Item
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.logs import log
from ..runtime.progress import progress_bar
from ..storage import atomic
from ..storage.cache import cache_folder
from .items import checked_item
from .loader import Loader, Samples
from .memory_loader import MemoryLoader
from .stream_loader import StreamedSamples

Array = NDArray[Any]

FORMAT = 1
_SAMPLES, _LABELS, _META = "samples.npy", "labels.npy", "meta.json"
_CHUNK, _TASK = 512, 32
_NAMED = 5
_SHARE_OF_DISK = 0.8


@dataclass(frozen=True)
class DecodedSamples:
    """A dataset's samples and labels as arrays: (N, ...) uint8 or float32, (N,) int64 or None."""

    samples: Array
    labels: Array | None
    value_range: tuple[float, float] | None

    def __len__(self) -> int:
        return len(self.samples)

    def batches(
        self,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> Loader:
        """See `Samples.batches`."""
        with warnings.catch_warnings():
            # torch warns of memory that it may not write to; `MemoryLoader` only copies from it.
            warnings.filterwarnings("ignore", "The given NumPy array is not writable")
            samples = torch.from_numpy(self.samples)
        labels = None if self.labels is None else torch.from_numpy(np.array(self.labels))
        return MemoryLoader(samples, labels, self.value_range, batch_size, seed, device, processes)


def decode(
    dataset: Dataset,
    identity: str,
) -> Samples:
    """``dataset``, decoded now or found in the cache. ``identity`` names it with its options.
    Where the cache's disk has no room for it, it is streamed, and that is logged.

    Raises DataError if nothing of it can be used or the cache can't be written, PluginError for
    an item that breaks the dataset's own word.
    """
    key = f"{FORMAT} {identity} {dataset.fingerprint()}"
    folder = cache_folder("datasets", hashlib.blake2b(key.encode(), digest_size=16).hexdigest())
    decoded = _open(folder, dataset)
    if decoded is None:
        needed, free = _size(dataset), _room(folder)
        if needed > free * _SHARE_OF_DISK:
            log.info(
                f"the decoded data would take {needed / 2**30:.1f} GiB and {folder.parent} has "
                f"{free / 2**30:.1f} GiB free: it is read anew in every epoch"
            )
            return StreamedSamples(dataset)
        decoded = _keep(dataset, folder)
    _log_skipped(folder)
    return decoded


def _keep(dataset: Dataset, folder: Path) -> DecodedSamples:
    """Decode into ``folder``. Who comes second waits for the first, and finds its work done."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.with_suffix(".lock")):
            decoded = _open(folder, dataset)
            if decoded is None:
                with atomic.folder(folder) as temporary:
                    _decode_all(dataset, temporary)
                decoded = _open(folder, dataset)
    except OSError as error:
        raise DataError(
            f"can't keep the decoded data in {folder.parent}: {error.strerror or error}; set "
            "GANFW_CACHE to a folder with room"
        ) from error
    if decoded is None:
        raise DataError(f"the decoded data in {folder} can't be read back; delete that folder")
    return decoded


def _open(folder: Path, dataset: Dataset) -> DecodedSamples | None:
    """The arrays in ``folder``, or None if they are missing or damaged."""
    try:
        # Read only, as the system sets memory aside for all of a mapping that could be written.
        samples = np.load(folder / _SAMPLES, mmap_mode="r")
        labels = np.load(folder / _LABELS) if dataset.classes else None
        meta = json.loads((folder / _META).read_text(encoding="utf-8"))
    except (OSError, ValueError, EOFError):
        return None
    if len(samples) != meta.get("examples") or samples.shape[1:] != tuple(dataset.sample_shape):
        return None
    return DecodedSamples(samples, labels, dataset.value_range)


def _size(dataset: Dataset) -> int:
    """Bytes of all samples, by the first one that can be used."""
    for index in range(len(dataset)):
        try:
            return checked_item(dataset, index)[0].nbytes * len(dataset)
        except SkipItem:
            continue
    return 0


def _room(folder: Path) -> int:
    """Bytes free on the disk that holds ``folder``, or will."""
    existing = next(parent for parent in folder.parents if parent.exists())
    return shutil.disk_usage(existing).free


def _decode_all(dataset: Dataset, folder: Path) -> None:
    total = len(dataset)
    items = _items(dataset, total)
    skipped: list[str] = []
    kept = 0
    samples: Array | None = None
    labels = np.zeros(total, dtype=np.int64)
    for item in items:
        if isinstance(item, str):
            skipped.append(item)
            continue
        if samples is None:
            shape = (total, *item[0].shape)
            samples = np.lib.format.open_memmap(folder / _SAMPLES, "w+", item[0].dtype, shape)
        samples[kept], labels[kept] = item[0], item[1] or 0
        kept += 1
    if samples is None:
        reason = f": {skipped[0]}" if skipped else ""
        raise DataError(f"none of the {total} items of the data can be used{reason}")
    samples.flush()  # type: ignore[attr-defined]
    _finish(folder, samples, labels, kept, skipped)


def _finish(folder: Path, samples: Array, labels: Array, kept: int, skipped: list[str]) -> None:
    if kept < len(samples):
        # The file was sized before the unusable items were known.
        short = folder / "short.npy"
        np.save(short, samples[:kept])
        short.replace(folder / _SAMPLES)
    np.save(folder / _LABELS, labels[:kept])
    meta = {"format": FORMAT, "examples": kept, "skipped": skipped}
    (folder / _META).write_text(json.dumps(meta), encoding="utf-8")


def _items(dataset: Dataset, total: int) -> Iterator[Item | str]:
    """Each item in order, or why it is skipped; a chunk at a time, so that memory is bounded."""

    def read(index: int) -> Item | str:
        try:
            return checked_item(dataset, index)
        except SkipItem as reason:
            return str(reason)

    def read_some(indices: range) -> list[Item | str]:
        return [read(index) for index in indices]

    # Some at a time, as handing each small picture to a thread costs as much as decoding it.
    with ThreadPoolExecutor(os.cpu_count()) as pool, progress_bar("decoding", total) as update:
        for start in range(0, total, _CHUNK):
            stop = min(start + _CHUNK, total)
            groups = [range(i, min(i + _TASK, stop)) for i in range(start, stop, _TASK)]
            for items in pool.map(read_some, groups):
                yield from items
            update(stop)


def _log_skipped(folder: Path) -> None:
    skipped: Sequence[str] = json.loads((folder / _META).read_text(encoding="utf-8"))["skipped"]
    for reason in skipped[:_NAMED]:
        log.info(f"skipped {reason}")
    if len(skipped) > _NAMED:
        log.info(f"skipped {len(skipped) - _NAMED} more, {len(skipped)} in all")
