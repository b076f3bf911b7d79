"""State as a tree of dicts, lists, tuples, tensors, numbers, strings, bools and None: its tensors
apart, and JSON around them. Exact, and never a pickle."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from safetensors.torch import load, save
from torch import Tensor

_TENSOR, _TUPLE, _DICT = "$tensor", "$tuple", "$dict"


def to_text(state: Mapping[str, Any]) -> str:
    """``state`` in one line, to be sent to another process."""
    tensors: dict[str, Tensor] = {}
    tree = encode(state, "state", tensors)
    return json.dumps([tree, base64.b64encode(save(tensors)).decode()])


def from_text(text: str) -> dict[str, Any]:
    """The inverse of `to_text`."""
    tree, tensors = json.loads(text)
    state: dict[str, Any] = decode(tree, load(base64.b64decode(tensors)))
    return state


def encode(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """``value`` as JSON, its tensors moved into ``tensors`` under their paths. Raises TypeError for
    what is not plain."""
    if isinstance(value, Tensor):
        # A clone, since safetensors refuses tensors that share memory.
        tensors[path] = value.detach().cpu().contiguous().clone()
        return {_TENSOR: path}
    if isinstance(value, Mapping):
        pairs = [(key, encode(item, f"{path}.{key}", tensors)) for key, item in value.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        return {_DICT: [[encode(key, path, tensors), item] for key, item in pairs]}
    if isinstance(value, list | tuple):
        items = [encode(item, f"{path}.{i}", tensors) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {_TUPLE: items}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{path} is a {type(value).__name__}, which no checkpoint can hold")


def decode(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The inverse of `encode`."""
    if isinstance(tree, list):
        return [decode(item, tensors) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if _TENSOR in tree:
        return tensors[tree[_TENSOR]]
    if _TUPLE in tree:
        return tuple(decode(item, tensors) for item in tree[_TUPLE])
    if _DICT in tree:
        return {decode(key, tensors): decode(item, tensors) for key, item in tree[_DICT]}
    return {key: decode(item, tensors) for key, item in tree.items()}
