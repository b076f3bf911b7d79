"""Tar files of samples, as WebDataset has them, read in place.

Their headers are read once, into an index of 16 bytes a sample; so any sample can be read at any
time, a run resumes exactly, and processes share each batch as they do of any data.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from pathlib import Path, PurePosixPath

import filelock
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganfw import DataError, Dataset, Item, SkipItem, cache_folder, log, progress_bar

from .files import PictureReader, contents, list_files
from .metadata import in_order
from .options import ShardOptions
from .shard_index import HEADER, ShardIndex, known_index, name_in, read_at

MOST_CLASSES = 100_000
"""More words than these are captions."""

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


class Shards(Dataset):
    """Every picture in the tar files below ``root``, with its label. Items are (C, H, W)
    uint8."""

    value_range = (-1.0, 1.0)

    def __init__(self, options: ShardOptions) -> None:
        super().__init__(options)
        self.sample_shape = (options.channels, *options.size)
        self.streamed = options.stream
        self._read = PictureReader(options)

    def prepare(self) -> None:
        """Read the headers of files that are new. Raises DataError for a file that is damaged,
        hostile or not there, and for files without pictures or the labels asked for."""
        root = self.options.root
        self.paths = find_shards(root, self.options.files)
        indices = self._indices()
        self._find_classes(indices)
        rows = [self._rows_of(index) for index in indices]
        self._rows, self._firsts = np.concatenate(rows), np.cumsum([0, *map(len, rows)])
        if not len(self):
            raise DataError(f"{root}: its {len(self.paths)} tar files hold no pictures")
        if left := sum(len(index.rows) for index in indices) - len(self):
            log.info(f"{root}: {left} pictures without a label are left out")
        content = repr([path.name for path in self.paths] + [index.digest for index in indices])
        self._fingerprint = hashlib.blake2b(content.encode(), digest_size=16).hexdigest()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Item:
        shard = self.paths[int(np.searchsorted(self._firsts, index, "right")) - 1]
        start, size, label = self._rows[index].tolist()
        try:
            # With the header before it, which has its name.
            content = read_at(shard, start - HEADER, size + HEADER)
        except DataError as error:
            if self.options.corrupt == "skip":
                raise SkipItem(str(error)) from error
            raise
        sample = self._read(shard / name_in(content), content=io.BytesIO(content[HEADER:]))
        return sample, label if self.classes else None

    def order(self, random: torch.Generator) -> Tensor:
        """The files in any order, and the samples of each ``window`` of them shuffled together: a
        network disk reads few files at a time."""
        if not self.streamed:
            return super().order(random)
        files = torch.randperm(len(self.paths), generator=random)
        windows = torch.split(files, self.options.window)
        return torch.cat([self._shuffled(window.tolist(), random) for window in windows])

    def fingerprint(self) -> str:
        return self._fingerprint

    def _shuffled(self, window: list[int], random: torch.Generator) -> Tensor:
        samples = torch.cat([torch.arange(*self._firsts[[i, i + 1]].tolist()) for i in window])
        return samples[torch.randperm(len(samples), generator=random)]

    def _indices(self) -> list[ShardIndex]:
        root = self.options.root
        name = hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
        folder = cache_folder("shards", name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Of several processes one reads, and the others find what it wrote. One thread: two
            # wait for the interpreter's lock at each of the many small reads.
            with (
                filelock.FileLock(f"{folder}.lock"),
                progress_bar("reading the headers of tar files", len(self.paths)) as update,
            ):
                found = []
                for path in self.paths:
                    found.append(known_index(path, self.options, folder))
                    update(len(found))
                return found
        except OSError as error:
            raise DataError(
                f"can't write what is known of {root} to {folder}: {error.strerror or error}; set "
                "GANFW_CACHE to a folder with room"
            ) from error

    def _find_classes(self, indices: list[ShardIndex]) -> None:
        asked = self.options.labels
        words = {word for index in indices for word in index.words}
        if asked not in (None, "none") and not words:
            raise DataError(f"{self.options.root} has no labels in .{asked} files")
        if len(words) > MOST_CLASSES:
            raise DataError(
                f"{self.options.root} has more than {MOST_CLASSES:,} different labels in "
                f".{asked or 'cls'} files: they are no classes; give -s data.labels=none"
            )
        self.class_names = tuple(sorted(words, key=in_order))
        self.classes = len(words)
        self._class_of = {word: number for number, word in enumerate(self.class_names)}

    def _rows_of(self, index: ShardIndex) -> NDArray[np.void]:
        """Its rows, with classes as labels; where there are any, those that have one."""
        if not self.classes:
            return index.rows
        rows = index.rows[index.rows["label"] >= 0]
        classes = np.array([self._class_of[word] for word in index.words], np.int32)
        rows["label"] = classes[rows["label"]]
        return rows


def find_shards(root: Path, files: str) -> list[Path]:
    """The files below ``root`` that a pattern means, in their order. Raises DataError where there
    are none, or one of a range is missing."""
    names = list_files(root)
    wanted, there = _expanded(files), set(names)
    if len(wanted) == 1:
        wanted = sorted(name for name in names if PurePosixPath(name).match(files))
        wanted = [name for name in wanted if "/." not in f"/{name}"]
    if not wanted:
        raise DataError(f"{root} has no files {files}: {contents(names)}")
    if missing := [name for name in wanted if name not in there]:
        raise DataError(
            f"{len(missing)} of {len(wanted)} files of {root} are missing: {missing[0]}"
        )
    return [root / name for name in wanted]


def _expanded(pattern: str) -> list[str]:
    """``a-{08..11}.tar`` as a-08.tar to a-11.tar."""
    found = _RANGE.search(pattern)
    if found is None:
        return [pattern]
    before, after, width = pattern[: found.start()], pattern[found.end() :], len(found[1])
    numbers = range(int(found[1]), int(found[2]) + 1)
    return [text for n in numbers for text in _expanded(f"{before}{n:0{width}}{after}")]
