"""A disk that refuses: one of the things that are done to it fails, or all from there on."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import SafetensorError

from ganfw.runs import network
from ganfw.storage import checkpoint

OPERATIONS = ("open", "mkdir", "rename", "replace", "fsync", "unlink", "rmdir", "chmod", "utime")


class FailingDisk:
    """Counts what is done to the disk below ``root``. The ``fatal``-th of it, from 1, fails with
    the error ``number``; of a disk that is full, so does all that follows and needs room. Of what
    was to be written, half is.

    Changes nothing but the names by which Python reaches the disk, and safetensors' `save_file`.
    """

    def __init__(self, root: Path, fatal: int, number: int) -> None:
        self.root, self.fatal, self.number = root, fatal, number
        self.done = 0
        self.failed = ""

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        for name in OPERATIONS:
            patch.setattr(os, name, self._operation(name, vars(os)[name]))
        for module in (io, builtins):
            patch.setattr(module, "open", self._opening(io.open))
        for module in (checkpoint, network):
            patch.setattr(module, "save_file", self._saving(module.save_file))

    def count(self, what: str, path: object, needs_room: bool = True) -> None:
        """Note what is done to ``path``. Raises OSError where its turn has come."""
        if isinstance(path, str | Path) and self.root not in Path(path).absolute().parents:
            return
        self.done += 1
        full = self.number == errno.ENOSPC
        if full and not needs_room:
            return
        if self.done == self.fatal or (full and self.failed and self.done > self.fatal):
            self.failed = self.failed or f"{what} {path}"
            # As the system does, with no name where it was given none.
            named = [] if what in ("write", "fsync") else [path]
            raise OSError(self.number, os.strerror(self.number), *named)

    def _operation(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(path: Any, *more: Any, **options: Any) -> Any:
            reads = name == "open" and not more[0] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if not reads:
                self.count(name, path, name in ("open", "mkdir", "fsync"))
            return real(path, *more, **options)

        return operation

    def _opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opening(file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
            if isinstance(file, int) or not set(mode) & set("wax+"):
                return real(file, mode, *more, **options)
            self.count("open", file)
            return Written(real(file, mode, *more, **options), self)

        return opening

    def _saving(self, real: Callable[..., None]) -> Callable[..., None]:
        def save_file(tensors: Any, path: Path) -> None:
            real(tensors, path)
            try:
                self.count("write", path)
            except OSError as error:
                os.truncate(path, path.stat().st_size // 2)
                raise SafetensorError(f"I/O error: {error.strerror}") from None

        return save_file


class Written:
    """An open file that is written; what it does else, it leaves to the file."""

    def __init__(self, file: Any, disk: FailingDisk) -> None:
        self.file, self.disk = file, disk

    def write(self, content: Any) -> int:
        try:
            self.disk.count("write", self.file.name)
        except OSError:
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            raise
        return int(self.file.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
