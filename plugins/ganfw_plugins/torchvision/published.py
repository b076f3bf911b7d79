"""torchvision's datasets: which can be used, and one of them opened.

Some are published as pickles (CIFAR10, CIFAR100). torchvision reads these only after their MD5
has proved them to be the published files; that check stays on. A dataset that torchvision would
unpickle unchecked (LSUN) is not offered.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from ganfw import DataError, DataUnavailable, UsageError, cache_folder, log, reason_of

_SPLITS = ("split", "train", "image_set")
"""What datasets call the argument that says which part of the data."""


def open_published(name: str, root: Path | None, split: str, download: bool) -> Any:
    """torchvision's dataset ``name``, downloaded into ``root`` if that is asked for and necessary;
    without a root, into the cache.

    Raises UsageError for a name or a split that there is not, DataUnavailable for what can't be
    downloaded, DataError for files that are missing or damaged.
    """
    dataset = _find(name)
    parameters = inspect.signature(dataset).parameters
    given = _split_argument(name, parameters, split)
    folder = (root or cache_folder("downloads")).expanduser()
    if "download" in parameters:
        found = _try(name, dataset, folder, {**given, "download": False})
        if found is None and download:
            return _download(name, dataset, folder, {**given, "download": True})
    else:
        found = _try(name, dataset, folder, given)
    if found is None:
        raise DataError(f"{folder} does not hold the files of {name} as they were published")
    return found


def _find(name: str) -> Any:
    """The class ``name``, if it is a dataset of pictures that needs no more than we can give."""
    from torchvision import datasets

    known = {key: value for key, value in vars(datasets).items() if _is_usable(key, value)}
    if name in known:
        return known[name]
    same = [key for key in known if key.lower() == name.lower().replace("-", "")]
    hint = f"did you mean {same[0]}?" if same else f"there are {', '.join(sorted(known))}"
    raise UsageError(f"data 'torchvision': no dataset '{name}' of pictures; {hint}")


def _is_usable(name: str, value: object) -> bool:
    from torchvision import datasets

    if name not in datasets.__all__ or not inspect.isclass(value):
        return False
    if not issubclass(value, datasets.VisionDataset):
        return False
    parameters = inspect.signature(value).parameters
    needed = {
        key
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    }
    says_what = any(key in parameters for key in (*_SPLITS, "download"))
    return "root" in parameters and needed <= {"root", *_SPLITS} and says_what


def _split_argument(name: str, parameters: Any, split: str) -> dict[str, Any]:
    argument = next((key for key in _SPLITS if key in parameters), None)
    if argument in ("split", "image_set"):
        return {argument: split}
    known = ("train", "test") if argument else ("train",)
    if split not in known:
        raise UsageError(
            f"data.split = {split}: torchvision's {name} has {' and '.join(known)} alone"
        )
    return {argument: split == "train"} if argument else {}


def _try(name: str, dataset: Any, folder: Path, given: dict[str, Any]) -> Any:
    """The dataset, or None if its files are not there, or not as they were published."""
    try:
        return dataset(str(folder), **given)
    except (RuntimeError, OSError):
        return None  # "Dataset not found or corrupted", each in its own words
    except ImportError as error:
        raise DataError(f"torchvision's {name} needs more: {reason_of(error)}") from error
    except ValueError as error:
        if "split" in str(error) or "image_set" in str(error):
            raise UsageError(f"torchvision's {name}: {reason_of(error)}") from error
        raise DataError(
            f"the files of {name} in {folder} are damaged: {reason_of(error)}"
        ) from error
    except Exception as error:  # whatever damaged files lead to
        raise DataError(
            f"the files of {name} in {folder} are damaged: {reason_of(error)}"
        ) from error


def _download(name: str, dataset: Any, folder: Path, given: dict[str, Any]) -> Any:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # One process downloads, the others wait and find the files.
        with filelock.FileLock(folder / f".{name}.lock"), _quietly():
            log.info(f"torchvision's {name} is downloaded into {folder}")
            return dataset(str(folder), **given)
    except Exception as error:  # of the network, the disk, and libraries that some need
        raise DataUnavailable(
            f"torchvision's {name} can't be downloaded ({reason_of(error)}); a folder that holds "
            "it is given as -s data.root=FOLDER"
        ) from error


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without what torchvision prints; its bar is shown on a terminal alone."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        if not sys.stderr.isatty():
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stderr(nowhere))
        yield
