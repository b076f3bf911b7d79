"""A dataset of Hugging Face's library, opened without running any code that comes with it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganfw import DataError, DataUnavailable, PluginError, UsageError, cache_folder, reason_of

from .options import HuggingFaceOptions


def open_dataset(options: HuggingFaceOptions) -> Any:
    """One split of the dataset that ``options`` name, as a ``datasets.Dataset``.

    Raises PluginError where the library is not installed, DataUnavailable for what the hub does not
    give now, DataError for files that can't be read, UsageError for a split that there is not.
    """
    try:
        import datasets
    except ImportError as error:
        raise PluginError(
            "dataset 'huggingface' needs its library: pip install 'ganfw[huggingface]'"
        ) from error
    local = Path(options.path).exists()
    with _quietly():
        try:
            return _load(datasets, options, local)
        except Exception as error:  # of the hub, the network, the disk, and every format
            raise _clear(error, options, local) from error


def _load(datasets: Any, options: HuggingFaceOptions, local: bool) -> Any:
    path, split = Path(options.path), options.split
    common = {"split": split, "cache_dir": str(cache_folder("huggingface"))}
    if not local:
        return datasets.load_dataset(
            options.path, options.subset, revision=options.revision, **common
        )
    if (path / "state.json").exists() or (path / "dataset_dict.json").exists():
        saved = datasets.load_from_disk(str(path))
        return saved[split] if isinstance(saved, dict) else saved
    if path.is_file():
        return datasets.load_dataset("parquet", data_files={_part(split): str(path)}, **common)
    kind = "parquet" if any(path.rglob("*.parquet")) else "imagefolder"
    return datasets.load_dataset(kind, data_dir=str(path), **common)


def _part(split: str) -> str:
    """``train`` of ``train[:1000]``: what a single file is called."""
    return split.partition("[")[0].partition("+")[0] or "train"


def _clear(error: Exception, options: HuggingFaceOptions, local: bool) -> Exception:
    line = reason_of(error)
    about_split = "split" in line.lower() or "instruction" in line
    if about_split and isinstance(error, (ValueError, KeyError)):
        return UsageError(f"{options.path} has no split '{options.split}': {line}")
    if "BuilderConfig" in line or "Config name is missing" in line:
        return UsageError(f"{options.path}: -s data.subset= says which; {line}")
    if local:
        return DataError(f"{options.path} can't be read as a dataset: {line}")
    return DataUnavailable(
        f"'{options.path}' can't be had from the Hugging Face hub ({line}); if it is a file or a "
        "folder here, it is not found"
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the warnings of each try to reach the hub; what comes of it is said once."""
    names = ("datasets", "huggingface_hub", "fsspec", "httpx")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
