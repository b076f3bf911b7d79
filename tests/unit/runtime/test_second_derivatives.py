"""Second derivatives of convolutions: they are torch's own, and third ones are left."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ganfw.runtime import second_derivatives
from ganfw.runtime.second_derivatives import fast_second_derivatives, is_replaceable

CASES = {
    "plain": (functional.conv2d, (2, 4, 6, 5), (3, 4, 3, 3), {"padding": 1}),
    "strided": (functional.conv2d, (2, 4, 7, 8), (3, 4, 4, 4), {"padding": 1, "stride": 2}),
    "dilated": (functional.conv2d, (2, 4, 7, 8), (3, 4, 3, 3), {"padding": 2, "dilation": 2}),
    "grouped": (functional.conv2d, (2, 4, 6, 5), (6, 2, 3, 3), {"padding": 1, "groups": 2}),
    "depthwise": (functional.conv2d, (2, 4, 8, 6), (4, 1, 4, 4), {"stride": 2, "groups": 4}),
    "transposed": (functional.conv_transpose2d, (2, 4, 4, 5), (4, 3, 4, 4), {"stride": 2}),
    "odd": (functional.conv_transpose2d, (2, 4, 4, 3), (4, 2, 3, 3),
            {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2}),
    "line": (functional.conv1d, (2, 4, 9), (3, 4, 3), {"padding": 1}),
    "volume": (functional.conv3d, (2, 4, 4, 3, 4), (2, 4, 3, 3, 3), {"padding": 1}),
}  # fmt: skip


def _derivatives(case: str) -> list[Tensor]:
    """Of a number that is made of the squares of first derivatives, by all inputs; then of one
    that is made of those."""
    convolve, size, kernel, settings = CASES[case]
    stream = torch.Generator().manual_seed(3)
    drawn = (torch.randn(shape, generator=stream, dtype=torch.float64) for shape in (size, kernel))
    inputs, weight = (tensor.requires_grad_() for tensor in drawn)
    channels = convolve(inputs, weight, **settings).shape[1]
    bias = torch.randn(channels, generator=stream, dtype=torch.float64).requires_grad_()
    leaves = [inputs, weight, bias]
    value: Any = convolve(inputs, weight, bias, **settings).tanh().sum()
    found: list[Tensor] = []
    # torch itself fails for the third ones of a transposed convolution with output padding.
    for _ in range(2 if case == "odd" else 3):
        of_leaves = torch.autograd.grad(value, leaves, create_graph=True)
        found += of_leaves
        value = sum(of_leaf.square().sum() for of_leaf in of_leaves)
    return found


@pytest.mark.parametrize("case", CASES)
def test_they_are_torchs_own(case: str) -> None:
    wanted = _derivatives(case)
    ours = second_derivatives.second_derivatives
    with mock.patch.object(second_derivatives, "second_derivatives", wraps=ours) as spy:
        with fast_second_derivatives():
            found = _derivatives(case)
        assert spy.call_count
        spy.reset_mock()
        _derivatives(case)
        assert not spy.call_count  # It holds for a while only.
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_another_torch_is_left_alone() -> None:
    assert is_replaceable()
    with mock.patch.object(second_derivatives, "_SCHEMA", "another"):
        assert not is_replaceable()
        with fast_second_derivatives():
            _derivatives("plain")
    with mock.patch.object(second_derivatives, "_NAME", "there_is_none"):
        assert not is_replaceable()
