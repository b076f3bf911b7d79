"""The generator of CycleGAN: a picture of a picture, by residual blocks."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from ganfw import Generator, Shapes, ShapesError

from .options import TranslatorOptions
from .pictures import check_labels, given, init_weights, norms

_FEW, _MANY, _LARGE = 6, 9, 128


class Translator(Generator):
    """Zhu et al. 2017, section 7.2, after Johnson et al. 2016: two convolutions halve the label's
    picture, residual blocks work on it, and two double it again. Edges are padded by reflection.
    Latents are not used."""

    def __init__(self, options: TranslatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        check_labels(shapes)
        _, height, width = shapes.sample
        if height % 4 or width % 4 or min(height, width) < 8:
            raise ShapesError(
                f"it halves pictures twice, and {height}×{width} ones can't be; try data.size=64"
            )
        blocks = options.blocks or (_FEW if max(height, width) <= _LARGE else _MANY)
        self.layers = nn.Sequential(*_layers(options, shapes, blocks))
        self.apply(init_weights)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Labels (B, C, H, W) to samples (B, C', H, W) in the data's range, through tanh."""
        return self.shapes.bound(self.layers(given(labels)))


class ResidualBlock(nn.Module):
    """R256 of the paper: x + f(x), where f is two convolutions with norms. Its sum is not
    rectified (Gross & Wilber 2016)."""

    def __init__(self, channels: int, norm: str) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(channels, channels, 3, norm),
            nn.ReLU(),
            *_convolution(channels, channels, 3, norm),
        )

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        changed: Tensor = self.layers(features)
        return features + changed


def _layers(options: TranslatorOptions, shapes: Shapes, blocks: int) -> Iterator[nn.Module]:
    """c7s1-64, d128, d256, R256 × blocks, u128, u64, c7s1-3 of the paper."""
    width, norm = options.channels, options.norm
    yield from (*_convolution(shapes.label[0], width, 7, norm), nn.ReLU())
    for inputs in (width, 2 * width):
        halved = nn.Conv2d(inputs, 2 * inputs, 3, 2, 1, bias=norm != "batch")
        yield from (halved, *norms(norm, 2 * inputs), nn.ReLU())
    for _ in range(blocks):
        yield ResidualBlock(4 * width, norm)
    for outputs in (2 * width, width):
        doubled = nn.ConvTranspose2d(2 * outputs, outputs, 3, 2, 1, 1, bias=norm != "batch")
        yield from (doubled, *norms(norm, outputs), nn.ReLU())
    yield from _convolution(width, shapes.sample[0], 7, "none")


def _convolution(inputs: int, outputs: int, kernel: int, norm: str) -> Iterator[nn.Module]:
    """(B, C, H, W) to (B, outputs, H, W), its edges padded by reflection."""
    yield nn.ReflectionPad2d(kernel // 2)
    yield nn.Conv2d(inputs, outputs, kernel, bias=norm != "batch")
    yield from norms(norm, outputs)
