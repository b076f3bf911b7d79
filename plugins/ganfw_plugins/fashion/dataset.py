"""Fashion-MNIST, through torchvision."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from ganfw import DataError, Dataset, DataUnavailable, Item, cache_folder

from .options import FashionMnistOptions

CATEGORIES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
              "bag", "ankle boot")  # fmt: skip
"""The names of the labels 0 to 9."""


class FashionMnist(Dataset):
    """70,000 pictures of clothes on black (Xiao et al. 2017), with the index in `CATEGORIES` as
    label. Items are (1, H, W) uint8."""

    value_range = (-1.0, 1.0)
    classes = len(CATEGORIES)
    class_names = CATEGORIES

    def __init__(self, options: FashionMnistOptions) -> None:
        super().__init__(options)
        self.sample_shape = (1, options.size, options.size)

    def prepare(self) -> None:
        """Find the files, or download them once. Raises DataUnavailable offline, DataError for
        damaged files."""
        # Here, as importing torchvision takes as long as importing torch: 1.9 s.
        from torchvision.datasets import FashionMNIST

        given = self.options.root
        root = (given or cache_folder("downloads")).expanduser()
        opened = self._open(FashionMNIST, root, download=given is None)
        self.pictures, self.labels = opened.data.numpy(), opened.targets.numpy()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Item:
        before = (self.options.size - 28) // 2
        after = self.options.size - 28 - before
        return np.pad(self.pictures[index], (before, after))[None], int(self.labels[index])

    def fingerprint(self) -> str:
        content = self.pictures.tobytes() + self.labels.tobytes()
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def _open(self, dataset: Any, root: Path, download: bool) -> Any:
        try:
            return dataset(str(root), train=self.options.split == "train", download=download)
        except (RuntimeError, OSError) as error:
            reason = str(error).splitlines()[0].rstrip(":")
            if download:
                raise DataUnavailable(
                    f"Fashion-MNIST can't be downloaded ({reason}); a folder that holds "
                    "FashionMNIST/raw is given as -s data.root=FOLDER"
                ) from error
            raise DataError(f"{root} holds no FashionMNIST/raw with its four files") from error
        except (ValueError, AssertionError) as error:
            raise DataError(f"the files in {root}/FashionMNIST/raw are damaged") from error
