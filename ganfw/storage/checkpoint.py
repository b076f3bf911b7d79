"""All state of a run, to safetensors and JSON and back: exact, atomic, and never a pickle.

The state is a tree of dicts, lists, tuples, tensors, numbers, strings, bools and None. Its tensors
go to ``state.safetensors``, the tree around them to ``state.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import CheckpointError
from . import atomic

FORMAT = 1
"""Raised when the state's layout changes."""

_TENSOR, _TUPLE, _DICT = "$tensor", "$tuple", "$dict"
_TREE, _TENSORS = "state.json", "state.safetensors"
_LAST, _BEST = "last", "best"


def save(checkpoints: Path, step: int, state: Mapping[str, Any]) -> None:
    """Save ``state`` as ``checkpoints/<step>`` and name it in ``checkpoints/last``.

    An interrupted save is never seen. Raises CheckpointError if the disk refuses, with earlier
    checkpoints untouched, and TypeError for a state that is not plain.
    """
    tensors: dict[str, Tensor] = {}
    tree = {"format": FORMAT, "step": step, "state": _encode(state, "state", tensors)}
    name = f"{step:06d}"
    try:
        with atomic.folder(checkpoints / name) as folder:
            save_file(tensors, folder / _TENSORS)
            (folder / _TREE).write_text(json.dumps(tree), encoding="utf-8")
        atomic.write_text(checkpoints / _LAST, name + "\n")
    except (OSError, SafetensorError) as error:
        kept = last_step(checkpoints)
        rest = f"the last one is step {kept}" if kept is not None else "there is none yet"
        raise CheckpointError(
            f"can't save the checkpoint of step {step} in {checkpoints}: {error}; {rest}"
        ) from error


def load(checkpoints: Path, step: int) -> dict[str, Any]:
    """The state saved at ``step``. Raises CheckpointError, naming the file and what ails it."""
    folder = checkpoints / f"{step:06d}"
    tree = _read_tree(folder / _TREE)
    if tree.get("format", 0) > FORMAT:
        raise CheckpointError(
            f"{folder} has checkpoint format {tree['format']}, this ganfw reads up to {FORMAT}: "
            "install a newer ganfw"
        )
    try:
        tensors = load_file(folder / _TENSORS)
        state: dict[str, Any] = _decode(tree["state"], tensors)
    except (OSError, SafetensorError, KeyError) as error:
        raise CheckpointError(
            f"{folder / _TENSORS} can't be read ({error}){_others(checkpoints, step)}"
        ) from error
    return state


def last_step(checkpoints: Path) -> int | None:
    """The step of the newest whole checkpoint, or None."""
    saved = saved_steps(checkpoints)
    try:
        named = int((checkpoints / _LAST).read_text())
    except (OSError, ValueError):
        named = -1
    return named if named in saved else max(saved, default=None)


def name_best(checkpoints: Path, step: int) -> None:
    """Name the save of ``step``, which must be whole, in ``checkpoints/best``. Raises
    CheckpointError if the disk refuses."""
    path = checkpoints / _BEST
    try:
        atomic.write_text(path, f"{step:06d}\n")
    except OSError as error:
        raise CheckpointError(f"{path} can't be written: {error.strerror}") from error


def saved_steps(checkpoints: Path) -> list[int]:
    """The steps of all whole checkpoints, oldest first."""
    found = checkpoints.iterdir() if checkpoints.is_dir() else iter(())
    return sorted(int(each.name) for each in found if each.name.isdigit())


def _read_tree(path: Path) -> dict[str, Any]:
    try:
        tree: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        tree["state"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        others = _others(path.parent.parent, int(path.parent.name))
        raise CheckpointError(f"{path} can't be read ({error}){others}") from error
    return tree


def _others(checkpoints: Path, step: int) -> str:
    others = [each for each in saved_steps(checkpoints) if each != step]
    return f"; resume from an earlier one with --from-step {others[-1]}" if others else ""


def _encode(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """``value`` as JSON, its tensors moved into ``tensors`` under their paths."""
    if isinstance(value, Tensor):
        # A clone, since safetensors refuses tensors that share memory.
        tensors[path] = value.detach().cpu().contiguous().clone()
        return {_TENSOR: path}
    if isinstance(value, Mapping):
        pairs = [(key, _encode(each, f"{path}.{key}", tensors)) for key, each in value.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        return {_DICT: [[_encode(key, path, tensors), each] for key, each in pairs]}
    if isinstance(value, list | tuple):
        items = [_encode(each, f"{path}.{i}", tensors) for i, each in enumerate(value)]
        return items if isinstance(value, list) else {_TUPLE: items}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{path} is a {type(value).__name__}, which no checkpoint can hold")


def _decode(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(tree, list):
        return [_decode(each, tensors) for each in tree]
    if not isinstance(tree, dict):
        return tree
    if _TENSOR in tree:
        return tensors[tree[_TENSOR]]
    if _TUPLE in tree:
        return tuple(_decode(each, tensors) for each in tree[_TUPLE])
    if _DICT in tree:
        return {_decode(key, tensors): _decode(each, tensors) for key, each in tree[_DICT]}
    return {key: _decode(each, tensors) for key, each in tree.items()}
