from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ganfw.interfaces.shapes import Shapes
from ganfw.sampling.latents import Latents, slerp, slerp_path, split_at_keys, truncated


@pytest.mark.parametrize("limit", [0.02, 0.5, 1.0, 2.5])
def test_truncated_latents_have_the_truncated_normal_distribution(limit: float) -> None:
    """Its variance in closed form: 1 - 2tφ(t) / (2Φ(t) - 1), for a cut at ±t."""
    drawn = torch.randn(200_000, 1, generator=torch.Generator().manual_seed(0))
    within = truncated(drawn, limit)
    assert within.abs().max() <= limit
    density = math.exp(-limit * limit / 2) / math.sqrt(2 * math.pi)
    variance = 1 - 2 * limit * density / math.erf(limit / math.sqrt(2))
    assert float(within.mean()) == pytest.approx(0, abs=0.01 * limit)
    assert float(within.var()) == pytest.approx(variance, rel=0.01)


def test_any_limit_takes_no_longer() -> None:
    latents = torch.randn(64, 8, generator=torch.Generator().manual_seed(0))
    for limit in (1e-30, 1e-6):
        within = truncated(latents, limit)
        assert within.abs().max() <= limit
        assert len(within.unique()) > 500
    assert torch.allclose(truncated(latents, 9.0), latents, atol=1e-5)
    assert truncated(torch.tensor([[-40.0, 40.0]]), 0.5).tolist() == [[-0.5, 0.5]]


def test_a_great_circle_keeps_its_length() -> None:
    one, other = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    assert torch.allclose(slerp(one, other, 0.5), torch.full((2,), math.sqrt(2)))
    assert torch.equal(slerp(one, 2 * one, 0.5), 1.5 * one)
    path = slerp_path(torch.stack([one, other, -one]), 4)
    assert path.shape == (9, 2)
    assert torch.allclose(path.norm(dim=1), torch.tensor(2.0))
    assert torch.equal(path[-1], -one)


def test_a_segment_has_both_its_keys() -> None:
    path = torch.arange(7)[:, None] * torch.ones(2, dtype=torch.long)
    assert split_at_keys(path, 3)[:, 0].tolist() == [0, 1, 2, 3, 3, 4, 5, 6]
    assert split_at_keys(path[:, :, None, None], 3).shape == (8, 2, 1, 1)


def test_latents_saved_on_another_kind_of_device(said: list[str]) -> None:
    """A GPU's generator has a state of 16 bytes, which no CPU's can take."""
    shapes, device = Shapes((2,), None, 0, 4), torch.device("cpu")
    streams = [Latents(nn.Identity(), shapes, 7, device) for _ in range(3)]
    first = streams[0](8)
    for stream, step in zip(streams, (5, 5, 6), strict=True):
        stream.resume(torch.zeros(16, dtype=torch.uint8), step)
    drawn = [stream(8) for stream in streams]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], first)
    assert "saved on another kind of device than cpu" in said[0]
