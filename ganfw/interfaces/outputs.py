"""What a network gives: one tensor, or several by name with the main one among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from torch import Tensor

from ..errors import ShapesError

Output: TypeAlias = "Tensor | Sequence[Output] | Mapping[str, Output]"
"""A tensor, or tensors in lists and dicts."""

SAMPLES, SCORES = "samples", "scores"
"""The main output of a generator, and of a discriminator."""


def tensor_of(output: Output, name: str) -> Tensor:
    """The tensor ``name`` of ``output``, or ``output`` itself if it is a tensor:
    ``tensor_of(turn.critic.all(real), "classes")``.

    Raises ShapesError for anything else.
    """
    if isinstance(output, Tensor):
        return output
    found = output.get(name) if isinstance(output, Mapping) else output
    if not isinstance(found, Tensor):
        kind = type(output).__name__
        raise ShapesError(f"gives a {kind}, and must give a tensor, or a dict with '{name}'")
    return found


def by_name(output: Output, name: str) -> Mapping[str, Output]:
    """``output`` as a mapping: a tensor alone is called ``name``."""
    return output if isinstance(output, Mapping) else {name: output}


def map_tensors(function: Callable[[Tensor], Tensor], output: Output) -> Output:
    """``output`` with ``function`` applied to every tensor in it. Raises ShapesError for what is
    none."""
    if isinstance(output, Tensor):
        return function(output)
    if isinstance(output, Mapping):
        return {name: map_tensors(function, value) for name, value in output.items()}
    if isinstance(output, list | tuple):
        return [map_tensors(function, value) for value in output]
    kind = type(output).__name__
    raise ShapesError(f"a network gives a {kind}, where tensors, lists and dicts of them can be")
