"""The frequency bands, the noise and the holes of ADA against appendix B of its paper."""

from __future__ import annotations

import math

import pytest
import torch

from ganfw import Shapes
from ganfw_plugins.augments.ada import AdaptiveAugment
from ganfw_plugins.augments.draws import Draws
from ganfw_plugins.augments.filtering import band_matrices, gains
from ganfw_plugins.augments.instance_noise import InstanceNoise
from ganfw_plugins.augments.options import AdaOptions, InstanceNoiseOptions

PLAIN = {"geometry": False, "colors": False}
SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)
"""The symlet's low pass, as tables print it."""


def _low(frequency: float) -> float:
    """The power that it passes at a frequency in radians per pixel."""
    real = sum(h * math.cos(n * frequency) for n, h in enumerate(SYM2))
    imaginary = sum(h * math.sin(n * frequency) for n, h in enumerate(SYM2))
    return (real**2 + imaginary**2) / 2


@pytest.mark.parametrize("waves", [0, 1, 2, 5, 11, 16])
def test_each_band_passes_its_octave(waves: int) -> None:
    """A cosine that its edges mirror comes out as itself, times what each band passes."""
    frequency = math.pi * waves / 16
    cosine = torch.cos(frequency * torch.arange(17))
    octaves = [_low(frequency * 2**i) for i in range(3)]
    wanted = (
        octaves[0] * octaves[1] * octaves[2],
        octaves[0] * octaves[1] * (1 - octaves[2]),
        octaves[0] * (1 - octaves[1]),
        1 - octaves[0],
    )
    for matrix, passed in zip(band_matrices(17), wanted, strict=True):
        torch.testing.assert_close(matrix @ cosine, passed * cosine, atol=1e-5, rtol=0)


@pytest.mark.parametrize("side", [1, 4, 64])
def test_all_bands_together_change_nothing(side: int) -> None:
    torch.testing.assert_close(band_matrices(side).sum(0), torch.eye(side))


def test_bands_gain_and_lose_but_a_natural_picture_keeps_its_contrast() -> None:
    torch.manual_seed(0)
    pictures = torch.zeros(4000, 1, 1, 1)
    assert torch.equal(gains(Draws(pictures, torch.tensor(0.0))), torch.ones(4000, 4))
    everywhere = gains(Draws(pictures, torch.tensor(1.0))).log2()
    assert (everywhere[:, 0] - everywhere[:, 3]).std().item() == pytest.approx(2**0.5, rel=0.05)
    found = gains(Draws(pictures, torch.tensor(0.2)))
    one = found[(found.isclose(found.median(1, keepdim=True).values)).sum(1) == 3]
    assert 0.35 < len(one) / 4000 < 0.47  # 4 · 0.2 · 0.8³ is 0.41
    power = one.square() @ torch.tensor([10.0, 1.0, 1.0, 1.0]) / 13
    torch.testing.assert_close(power, torch.ones(len(one)))


def test_filters_work_along_both_axes_and_can_be_differentiated_twice() -> None:
    shapes = Shapes((1, 8, 12), (-1.0, 1.0), 0, 4)
    ada = AdaptiveAugment(AdaOptions(filtering=True, initial=1, **PLAIN), shapes)
    assert set(ada.state_dict()) == {"strength", "real_sign_mean"}
    for axis in (2, 3):
        stripes = torch.rand(5, 1, 8, 12).mean(axis, keepdim=True).expand(-1, -1, 8, 12)
        assert not torch.equal(ada(stripes), stripes)
    pictures = torch.rand(2, 1, 8, 12, requires_grad=True)
    (gradient,) = torch.autograd.grad(ada(pictures).pow(3).sum(), pictures, create_graph=True)
    gradient.square().sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.isfinite().all()


def test_noise_and_holes() -> None:
    """Noise with a half-normal deviation of 0.1 for values in -1..1; holes of half the sides."""
    shapes = Shapes((3, 16, 24), (0.0, 1.0), 0, 4)
    middle = torch.full((2000, 3, 16, 24), 0.5)
    torch.manual_seed(0)
    ada = AdaptiveAugment(AdaOptions(noise=True, initial=0.4, limit=1, **PLAIN), shapes)
    deviations = (ada(middle) - middle).std((1, 2, 3))
    assert (deviations > 1e-4).float().mean().item() == pytest.approx(0.4, abs=0.03)
    noisy = deviations[deviations > 1e-4]
    assert noisy.square().mean().sqrt().item() == pytest.approx(0.1 / 2, rel=0.05)
    assert noisy.mean().item() == pytest.approx(0.1 / 2 * (2 / math.pi) ** 0.5, rel=0.05)

    ada = AdaptiveAugment(AdaOptions(cutout=True, initial=0.4, limit=1, **PLAIN), shapes)
    holes = ada(torch.ones_like(middle)) == 0.5
    assert torch.equal(holes[:, 0], holes[:, 2])
    areas = holes[:, 0].sum((1, 2))
    assert (areas > 0).float().mean().item() == pytest.approx(0.4, abs=0.03)
    assert areas.max() == 8 * 12
    assert holes.any(0).all()


def test_instance_noise_is_of_the_size_asked_for() -> None:
    points = torch.zeros(5000, 2)
    augment = InstanceNoise(InstanceNoiseOptions(std=0.3), Shapes((2,), None, 0, 4))
    torch.manual_seed(0)
    assert augment(points).std().item() == pytest.approx(0.3, rel=0.05)
