"""A folder of pictures."""

from __future__ import annotations

from ganfw import DataError, Dataset, Item, fingerprint_files

from .files import (
    PictureReader,
    contents,
    list_files,
    pictures_below,
    say_left_out,
    say_no_classes,
)
from .metadata import with_metadata
from .options import FolderOptions


class Folder(Dataset):
    """Every picture below ``root``. Items are (C, H, W) uint8."""

    value_range = (-1.0, 1.0)
    forkable = True
    metadata: tuple[str, ...] = ()
    _fingerprint: str | None = None

    def __init__(self, options: FolderOptions) -> None:
        super().__init__(options)
        self.root = options.root
        self.sample_shape = (options.channels, *options.size)
        self._read = PictureReader(options)

    def prepare(self) -> None:
        """List the pictures. Raises DataError for a folder that has none."""
        names = list_files(self.root)
        self.pictures = pictures_below(self.root, names)
        if self.options.labels:
            self.pictures, self.metadata = with_metadata(
                self.pictures, names, self._content, self.options.label_column
            )
            say_no_classes(self.root, self.pictures)
        self.class_names = self.pictures.classes if self.options.labels else ()
        self.classes = len(self.class_names)
        if not self.pictures.names:
            found = self.pictures.left_out or contents(names)
            if any(name.endswith(".tar") for name in names):
                found += f"; as they are: --data shards -s data.root={self.root}"
            raise DataError(f"{self.root} has no pictures: {found}")
        say_left_out(self.root, self.pictures.left_out)

    def __len__(self) -> int:
        return len(self.pictures.names)

    def __getitem__(self, index: int) -> Item:
        sample = self._read(self.root / self.pictures.names[index])
        return sample, self.pictures.labels[index] if self.classes else None

    def _content(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def fingerprint(self) -> str:
        # Kept, as it reads every file and is needed more than once.
        if self._fingerprint is None:
            self._fingerprint = fingerprint_files(self.root, (*self.pictures.names, *self.metadata))
        return self._fingerprint
