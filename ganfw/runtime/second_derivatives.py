"""The second derivatives of convolutions, which penalties on gradients need: R1, path lengths.

torch computes those by a weight as a convolution whose kernels are whole maps, for one group of
channels after the other. They are first derivatives of other inputs, and torch has fast kernels for
those.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, library

_NAME = "_convolution_double_backward"
_SCHEMA = (
    f"aten::{_NAME}(Tensor? ggI, Tensor? ggW, Tensor? ggb, Tensor gO, Tensor weight, Tensor self, "
    "SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, "
    "SymInt[] output_padding, SymInt groups, bool[3] output_mask) -> (Tensor, Tensor, Tensor)"
)

Derivatives = tuple[Tensor | None, Tensor | None, Tensor | None]


@contextmanager
def fast_second_derivatives() -> Iterator[None]:
    """For a while all convolutions of this process have them, whoever wrote the network. A torch
    that asks for them in another way computes them as it does."""
    if not is_replaceable():
        yield
        return
    kernels = library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    # Made of operations that autograd knows, so that there are third derivatives too.
    made_of_others = "CompositeImplicitAutograd"
    with warnings.catch_warnings():
        # Up to 2.11 torch warns once, of something that is done here on purpose.
        warnings.filterwarnings("ignore", "Warning only once for all operators")
        kernels.impl(_NAME, second_derivatives, made_of_others)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        # They end with the last reference to them.
        del kernels


def is_replaceable() -> bool:
    """Whether this torch asks for second derivatives in the way that is known here."""
    asked = getattr(torch.ops.aten, _NAME, None)
    return asked is not None and str(asked.default._schema) == _SCHEMA


def second_derivatives(
    by_input: Tensor | None,
    by_weight: Tensor | None,
    by_bias: Tensor | None,
    gradient: Tensor,
    weight: Tensor,
    inputs: Tensor,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    wanted: Sequence[bool],
) -> Derivatives:
    """Of a sum L, by what a convolution's first derivatives were computed from: its outputs'
    ``gradient`` g, its ``inputs`` x, and its ``weight`` w, each None if it is not ``wanted``.

    ``by_input``, ``by_weight`` and ``by_bias`` are u, v and b: those of L by the first derivatives
    X(g, w), W(g, x) and Σ g. As L = ⟨u, X(g, w)⟩ + ⟨v, W(g, x)⟩ + ⟨b, Σ g⟩ and each product is
    linear in both, they are w * u + v * x + b, X(g, v) and W(g, u).
    """
    convolution = torch.ops.aten.convolution.default
    backward = torch.ops.aten.convolution_backward.default
    how = stride, padding, dilation, transposed, output_padding, groups
    of_gradient: Tensor | None = None
    of_inputs: Tensor | None = None
    of_weight: Tensor | None = None
    if wanted[0]:
        parts = [] if by_input is None else [convolution(by_input, weight, None, *how)]
        parts += [] if by_weight is None else [convolution(inputs, by_weight, None, *how)]
        if by_bias is not None:
            parts.append(by_bias.reshape(-1, *[1] * (gradient.dim() - 2)).expand_as(gradient))
        of_gradient = sum(parts[1:], start=parts[0]) if parts else None
    if wanted[1] and by_weight is not None:
        of_inputs = backward(gradient, inputs, by_weight, None, *how, [True, False, False])[0]
    if wanted[2] and by_input is not None:
        of_weight = backward(gradient, by_input, weight, None, *how, [False, True, False])[1]
    return of_gradient, of_inputs, of_weight
