"""Any dataset, decoded once into the cache folder and memory-mapped from there."""

from __future__ import annotations

import hashlib
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel

from ..errors import DataError, PluginError, SkipItem
from ..interfaces.dataset import Dataset, Item
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.logs import log
from ..runtime.progress import progress_bar
from ..storage import atomic, cache_contents, names
from ..storage.cache import cache_folder
from .item_reader import read_in_order
from .items import check_attributes, checked_item, count_flat, flat_notice, label_array
from .loader import Loader, Samples
from .memory_loader import MemoryLoader
from .stream_loader import StreamedSamples

FORMAT = 2
_SAMPLES, _LABELS, _META = "samples.npy", "labels.npy", "meta.json"
_CHUNK = 512
_MAX_LOGGED = 5
_SHARE_OF_DISK = 0.8


class _Meta(BaseModel):
    """``examples`` of the rows in the files are filled; ``skipped`` says why items are missing, and
    ``flat`` counts pictures of one colour."""

    examples: int
    skipped: list[str]
    flat: int


@dataclass(frozen=True)
class DecodedSamples:
    """A dataset's samples and labels as arrays: (N, ...) uint8 or float32, and (N,) int64,
    (N, ...) uint8, float32 or int64, or None."""

    samples: NDArray[Any]
    labels: NDArray[Any] | None
    value_range: tuple[float, float] | None
    skipped: list[str]
    flat: int = 0

    def __len__(self) -> int:
        return len(self.samples)

    def loader(
        self,
        batch_size: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> Loader:
        """See `Samples.loader`."""
        with warnings.catch_warnings():
            # torch warns of memory that it must not write to; `MemoryLoader` only copies from it.
            warnings.filterwarnings("ignore", "The given NumPy array is not writable")
            samples = torch.from_numpy(self.samples)
            labels = None if self.labels is None else torch.from_numpy(self.labels)
        return MemoryLoader(samples, labels, self.value_range, batch_size, seed, device, processes)


def decode(dataset: Dataset, identity: str) -> Samples:
    """``dataset``, decoded now or found in the cache. ``identity`` names it with its options.

    It is streamed if it asks for that, or, which is logged, if the cache's disk has no room for it.
    Raises DataError if none of it can be used or the cache can't be written, PluginError for an
    item that is not what the dataset promises.
    """
    check_attributes(dataset)
    if dataset.streamed:
        return StreamedSamples(dataset)
    key = f"{FORMAT} {identity} {dataset.fingerprint()}"
    folder = cache_folder(
        "datasets", hashlib.blake2b(names.as_text(key).encode(), digest_size=16).hexdigest()
    )
    decoded = _read_cached(folder, dataset)
    if decoded is None:
        cache_contents.sweep()
        needed, free = _decoded_size(dataset), _free_space(folder)
        if needed > free * _SHARE_OF_DISK:
            log.info(
                f"the decoded data would take {needed / 2**30:.1f} GiB and {folder.parent} has "
                f"{free / 2**30:.1f} GiB free: it is read anew in every epoch"
            )
            return StreamedSamples(dataset)
        decoded = _decode_to_cache(dataset, folder, identity)
    cache_contents.mark_used(folder)
    for reason in decoded.skipped[:_MAX_LOGGED]:
        log.info(f"skipped {reason}")
    if (count := len(decoded.skipped)) > _MAX_LOGGED:
        log.info(f"skipped {count - _MAX_LOGGED} more, {count} in all")
    if decoded.flat:
        log.info(f"{flat_notice(decoded.flat, len(decoded))}: see ganfw show data NAME --picture")
    return decoded


def _read_cached(folder: Path, dataset: Dataset) -> DecodedSamples | None:
    """The arrays in ``folder``, or None if they are missing or damaged."""
    try:
        meta = _Meta.model_validate_json((folder / _META).read_text(encoding="utf-8"))
        # Read only: the system reserves memory for the whole of a writable mapping.
        samples = np.load(folder / _SAMPLES, mmap_mode="r")[: meta.examples]
        labels = np.load(folder / _LABELS, mmap_mode="r")[: meta.examples]
    except (OSError, ValueError, EOFError):
        return None
    if samples.shape != (meta.examples, *dataset.sample_shape):
        return None
    if labels.shape != (meta.examples, *dataset.label_shape):
        return None
    kept = labels if dataset.classes or dataset.label_shape else None
    skipped = list(map(names.restored, meta.skipped))
    return DecodedSamples(samples, kept, dataset.value_range, skipped, meta.flat)


def _decode_to_cache(dataset: Dataset, folder: Path, identity: str) -> DecodedSamples:
    """Decode into ``folder``. A second process waits for the first and uses its result."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.with_suffix(".lock")):
            decoded = _read_cached(folder, dataset)
            if decoded is None:
                with atomic.folder(folder) as temporary:
                    _write_decoded(dataset, temporary)
                    cache_contents.describe(temporary, identity)
                decoded = _read_cached(folder, dataset)
    except OSError as error:
        raise DataError(
            f"can't write the decoded data to {folder.parent}: {error.strerror or error}; set "
            "GANFW_CACHE to a folder with room"
        ) from error
    if decoded is None:
        raise DataError(f"the decoded data in {folder} can't be read back; delete that folder")
    return decoded


def _decoded_size(dataset: Dataset) -> int:
    """Bytes of all samples and of labels that are arrays, estimated from the first item that can be
    used."""
    for index in range(len(dataset)):
        try:
            sample, label = checked_item(dataset, index)
        except SkipItem:
            continue
        beside = label.nbytes if isinstance(label, np.ndarray) else 0
        return (sample.nbytes + beside) * len(dataset)
    return 0


def _free_space(folder: Path) -> int:
    """Free bytes on the disk that ``folder`` is or will be on."""
    existing = next(parent for parent in folder.parents if parent.exists())
    return shutil.disk_usage(existing).free


def _write_decoded(dataset: Dataset, folder: Path) -> None:
    total, filled, skipped = len(dataset), 0, []
    samples = labels = None
    for item in _read_items(dataset):
        if isinstance(item, SkipItem):
            skipped.append(str(item))
            continue
        sample, label = item[0], label_array(dataset, item[1])
        if samples is None or labels is None:
            samples = _new_array(folder / _SAMPLES, total, sample)
            labels = _new_array(folder / _LABELS, total, label)
        if label.dtype != labels.dtype:
            name = type(dataset).__name__
            raise PluginError(f"{name} has labels of {labels.dtype} and of {label.dtype}: give one")
        samples[filled], labels[filled] = sample, label
        filled += 1
    if samples is None or labels is None:
        reason = f": {skipped[0]}" if skipped else ""
        raise DataError(f"none of the {total} items of the data can be used{reason}")
    samples.flush()
    labels.flush()
    flat = sum(count_flat(samples[i : min(i + _CHUNK, filled)]) for i in range(0, filled, _CHUNK))
    meta = _Meta(examples=filled, skipped=list(map(names.as_text, skipped)), flat=flat)
    (folder / _META).write_text(meta.model_dump_json(), encoding="utf-8")


def _new_array(path: Path, total: int, row: NDArray[Any]) -> np.memmap[Any, np.dtype[Any]]:
    """A file of ``total`` rows like ``row``, memory-mapped."""
    return np.lib.format.open_memmap(path, "w+", row.dtype, (total, *row.shape))


def _read_items(dataset: Dataset) -> Iterator[Item | SkipItem]:
    """Every item in order, or why it is skipped; a few at a time, to bound the memory."""
    total, done = len(dataset), 0
    with progress_bar("decoding", total) as update:
        for items in read_in_order(dataset):
            yield from items
            done += len(items)
            update(done)
