"""The book's shapes and numbers, and other picture sizes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganfw import Shapes, ShapesError
from ganfw_plugins.dcgan.model import (
    DCGANDiscriminator,
    DCGANGenerator,
    DiscriminatorBlock,
    GeneratorBlock,
)
from ganfw_plugins.dcgan.options import DiscriminatorOptions, GeneratorOptions


def _shapes(*sample: int, latent_dim: int = 100) -> Shapes:
    return Shapes(sample=sample, value_range=(-1.0, 1.0), classes=0, latent_dim=latent_dim)


def _parameters(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def test_the_books_blocks() -> None:
    assert GeneratorBlock(3, 20)(torch.zeros(2, 3, 16, 16)).shape == (2, 20, 32, 32)
    small = GeneratorBlock(3, 20, stride=1, padding=0)
    assert small(torch.zeros(2, 3, 1, 1)).shape == (2, 20, 4, 4)
    block = DiscriminatorBlock(3, 20, DiscriminatorOptions())
    assert block(torch.zeros(2, 3, 16, 16)).shape == (2, 20, 8, 8)


def test_the_books_generator() -> None:
    generator = DCGANGenerator(GeneratorOptions(), _shapes(3, 64, 64))
    assert generator.eval()(torch.zeros(1, 100)).shape == (1, 3, 64, 64)
    assert _parameters(generator) == 3_576_704


def test_the_books_discriminator() -> None:
    discriminator = DCGANDiscriminator(DiscriminatorOptions(), _shapes(3, 64, 64))
    assert discriminator.eval()(torch.zeros(1, 3, 64, 64)).shape == (1,)
    assert _parameters(discriminator) == 2_765_696
    slopes = [layer.negative_slope for layer in discriminator.modules() if _is_leaky(layer)]
    assert slopes == [0.2] * 4


def _is_leaky(module: nn.Module) -> bool:
    return isinstance(module, nn.LeakyReLU)


def test_plain_relu_as_the_books_exercise_asks() -> None:
    options = DiscriminatorOptions(activation="relu")
    discriminator = DCGANDiscriminator(options, _shapes(3, 64, 64))
    assert sum(isinstance(layer, nn.ReLU) for layer in discriminator.modules()) == 4
    assert not any(map(_is_leaky, discriminator.modules()))


def test_every_weight_begins_as_the_book_draws_it() -> None:
    torch.manual_seed(0)
    generator = DCGANGenerator(GeneratorOptions(), _shapes(3, 64, 64))
    for weight in generator.parameters():
        assert abs(weight.mean().item()) < 0.006
        assert weight.std().item() == pytest.approx(0.02, rel=0.25)


@pytest.mark.parametrize(
    ("height", "width", "channels"),
    [(32, 32, 1), (28, 28, 1), (64, 48, 3), (16, 16, 4), (128, 128, 3), (96, 160, 3), (8, 8, 3)],
)
def test_other_sizes_get_more_or_fewer_blocks(height: int, width: int, channels: int) -> None:
    shapes = _shapes(channels, height, width, latent_dim=5)
    generator = DCGANGenerator(GeneratorOptions(channels=8), shapes)
    discriminator = DCGANDiscriminator(DiscriminatorOptions(channels=8), shapes)
    pictures = generator(torch.randn(2, 5))
    assert pictures.shape == (2, channels, height, width)
    assert pictures.abs().max() <= 1
    assert discriminator(pictures).shape == (2,)


@pytest.mark.parametrize("sample", [(2,), (3, 65, 64), (3, 4, 4), (3, 64, 1024)])
def test_what_does_not_halve_is_refused_in_shapes(sample: tuple[int, ...]) -> None:
    with pytest.raises(ShapesError, match=r"\(C, H, W\)|do not halve evenly"):
        DCGANGenerator(GeneratorOptions(), _shapes(*sample))
    with pytest.raises(ShapesError):
        DCGANDiscriminator(DiscriminatorOptions(), _shapes(*sample))


def test_spectral_norms_are_one() -> None:
    """Of every convolution's matrix, once some forwards have found its greatest singular value."""
    torch.manual_seed(0)
    options = DiscriminatorOptions(channels=8, norm="none", spectral=True)
    discriminator = DCGANDiscriminator(options, _shapes(3, 32, 32))
    for _ in range(20):
        discriminator(torch.randn(2, 3, 32, 32))
    convolutions = [layer for layer in discriminator.modules() if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 4
    for convolution in convolutions:
        norm = torch.linalg.matrix_norm(convolution.weight.flatten(1), ord=2)
        assert norm.item() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(("norm", "together"), [("instance", 1), ("group", 8)])
def test_norms_of_single_pictures(norm: str, together: int) -> None:
    """Over each picture's own pixels, of one channel or of eight: no other picture counts."""
    torch.manual_seed(0)
    options = DiscriminatorOptions.model_validate({"norm": norm})
    block = DiscriminatorBlock(3, 24, options)
    for name, value in (("weight", 1.0), ("bias", 0.0)):
        nn.init.constant_(getattr(block[1], name), value)
    maps = block[1](block[0](torch.randn(5, 3, 16, 16))).unflatten(1, (-1, together))
    torch.testing.assert_close(maps.mean(dim=(2, 3, 4)), torch.zeros(5, 24 // together))
    variance = maps.var(dim=(2, 3, 4), correction=0)
    torch.testing.assert_close(variance, torch.ones(5, 24 // together), atol=1e-3, rtol=0)
    discriminator = DCGANDiscriminator(options, _shapes(3, 32, 32))
    pictures = torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(discriminator(pictures)[:1], discriminator(pictures[:1]))
