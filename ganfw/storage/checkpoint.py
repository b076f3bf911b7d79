"""All state of a run, to safetensors and JSON and back: exact, atomic, and never a pickle.

The state's tensors go to ``state.safetensors``, the tree around them to ``state.json``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from ..errors import CheckpointError
from . import atomic
from .state_tree import decode, encode
from .tensors import load_tensors

FORMAT = 1
"""Raised when the state's layout changes."""

_TREE, _TENSORS = "state.json", "state.safetensors"


@dataclass(frozen=True)
class CheckpointStore:
    """A run's checkpoints in the folder ``path``: one folder a step, and the files ``last`` and
    ``best``, which name two of them."""

    path: Path

    def save(self, step: int, state: Mapping[str, Any], best: bool = False) -> None:
        """Save ``state`` as of ``step``; it is the last one from now on, and where ``best`` the
        best.

        An interrupted save is never seen. Raises CheckpointError if the disk refuses, with earlier
        checkpoints untouched, and TypeError for a state that is not plain.
        """
        tensors: dict[str, Tensor] = {}
        tree = {"format": FORMAT, "step": step, "state": encode(state, "state", tensors)}
        try:
            with atomic.folder(self.folder(step)) as folder:
                save_file(tensors, folder / _TENSORS)
                (folder / _TREE).write_text(json.dumps(tree), encoding="utf-8")
            self._name("last", step)
            if best:
                self.mark_best(step)
        except (OSError, SafetensorError) as error:
            kept = f"the last one is step {self.last}" if self.steps() else "there is none yet"
            raise CheckpointError(
                f"can't save the checkpoint of step {step} in {self.path}: "
                f"{atomic.reason(error)}; {kept}"
            ) from error

    def load(self, step: int) -> dict[str, Any]:
        """The state saved at ``step``. Raises CheckpointError, naming the file and its fault."""
        folder = self.folder(step)
        tree = self._read_tree(folder / _TREE, step)
        if tree["format"] > FORMAT:
            raise CheckpointError(
                f"{folder} has checkpoint format {tree['format']}, this ganfw reads up to "
                f"{FORMAT}: install a newer ganfw"
            )
        try:
            state: dict[str, Any] = decode(tree["state"], load_tensors(folder / _TENSORS))
        except (OSError, SafetensorError, KeyError) as error:
            raise self._damaged(folder / _TENSORS, step, error) from error
        except (TypeError, ValueError) as error:
            raise self._damaged(folder / _TREE, step, error) from error
        return state

    def folder(self, step: int) -> Path:
        """Where the checkpoint of ``step`` is, or would be."""
        return self.path / f"{step:06d}"

    def steps(self) -> list[int]:
        """The steps of all whole checkpoints, oldest first."""
        found = self.path.iterdir() if self.path.is_dir() else iter(())
        return sorted(int(folder.name) for folder in found if folder.name.isdigit())

    @property
    def last(self) -> int | None:
        """The step of the newest whole checkpoint, or None."""
        named = self._named("last")
        return max(self.steps(), default=None) if named is None else named

    @property
    def best(self) -> int | None:
        """The step that was judged best, where its checkpoint is whole, or None."""
        return self._named("best")

    def mark_best(self, step: int) -> None:
        """Name the whole checkpoint of ``step`` the best. Raises CheckpointError if the disk
        refuses."""
        try:
            self._name("best", step)
        except OSError as error:
            raise CheckpointError(
                f"{self.path / 'best'} can't be written: {error.strerror}"
            ) from error

    def prune(self, keep: int) -> None:
        """Remove all but the ``keep`` newest checkpoints, the last and the best one. Raises OSError
        if the disk refuses."""
        spared = (self.last, self.best)
        for step in self.steps()[:-keep]:
            if step not in spared:
                self._remove(self.folder(step))

    def _remove(self, folder: Path) -> None:
        # Renamed first, to an unfinished write's name: half removed it is no whole checkpoint.
        doomed = folder.with_name(f"{atomic.TEMPORARY}{folder.name}")
        shutil.rmtree(doomed, ignore_errors=True)
        shutil.rmtree(folder.rename(doomed))

    def _name(self, name: str, step: int) -> None:
        atomic.write_text(self.path / name, f"{step:06d}\n")

    def _named(self, name: str) -> int | None:
        try:
            step = int((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return step if step in self.steps() else None

    def _read_tree(self, path: Path, step: int) -> dict[str, Any]:
        try:
            tree = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(path, step, error) from error
        if not (isinstance(tree, dict) and isinstance(tree.get("state"), dict)):
            raise self._damaged(path, step, "it holds no state")
        if not isinstance(tree.setdefault("format", 0), int):
            raise self._damaged(path, step, "its format is no number")
        return tree

    def _damaged(self, path: Path, step: int, reason: object) -> CheckpointError:
        return CheckpointError(f"{path} can't be read ({reason}){self._others(step)}")

    def _others(self, step: int) -> str:
        others = [other for other in self.steps() if other != step]
        return f"; resume from another one with --from-step {others[-1]}" if others else ""
