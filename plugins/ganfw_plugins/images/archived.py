"""An archive of pictures."""

from __future__ import annotations

import io

from ganfw import DataError, Dataset, Item, SkipItem, open_archive

from .files import PictureReader, contents, pictures_among, say_left_out, say_no_classes
from .metadata import with_metadata
from .options import ArchiveOptions


class Archived(Dataset):
    """Every picture in the archive ``root``, which is read in place. Items are (C, H, W) uint8."""

    value_range = (-1.0, 1.0)
    _fingerprint: str | None = None

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self.sample_shape = (options.channels, *options.size)
        self._read = PictureReader(options)

    def prepare(self) -> None:
        """Open the archive. Raises DataError for one that is damaged, hostile or has no
        pictures."""
        self.archive = open_archive(self.options.root)
        names = self.archive.names
        self.pictures = pictures_among(names, self.archive.read)
        if self.options.labels:
            self.pictures, _ = with_metadata(
                self.pictures, names, self.archive.read, self.options.label_column
            )
            say_no_classes(self.options.root, self.pictures)
        self.class_names = self.pictures.classes if self.options.labels else ()
        self.classes = len(self.class_names)
        if not self.pictures.names:
            found = self.pictures.left_out or contents(names)
            raise DataError(f"{self.options.root} has no pictures: {found}")
        say_left_out(self.options.root, self.pictures.left_out)

    def __len__(self) -> int:
        return len(self.pictures.names)

    def __getitem__(self, index: int) -> Item:
        name = self.pictures.names[index]
        sample = self._read(self.options.root / name, content=self._content(name))
        return sample, self.pictures.labels[index] if self.classes else None

    def fingerprint(self) -> str:
        # Kept, as it may read the whole file and is needed more than once.
        if self._fingerprint is None:
            self._fingerprint = self.archive.fingerprint()
        return self._fingerprint

    def _content(self, name: str) -> io.BytesIO:
        try:
            return io.BytesIO(self.archive.read(name))
        except DataError as error:
            if self.options.corrupt == "skip":
                raise SkipItem(str(error)) from error
            raise
