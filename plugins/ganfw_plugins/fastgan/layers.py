"""What FastGAN's networks are made of: convolutions of spectral norm 1, batch norm, gates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import Shapes, ShapesError

_STD = 0.02

Layer = TypeVar("Layer", nn.Conv2d, nn.ConvTranspose2d)


class SkipLayerExcitation(nn.Module):
    """Channels of a large map, weighted by what a small map holds (Liu et al. 2021, equation 1):
    that one is pooled to the sides ``base``; a convolution over the whole, leaky ReLU, a 1×1
    convolution and a sigmoid make weights of it. Its sides are ``factor`` times those of ``base``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, base: tuple[int, int], factor: int
    ) -> None:
        super().__init__()
        self.factor = factor
        self.gate = nn.Sequential(
            convolution(in_channels, out_channels, base),
            nn.LeakyReLU(0.1),
            convolution(out_channels, out_channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, source: Tensor, features: Tensor) -> Tensor:
        """``source`` (B, C', H', W') and ``features`` (B, C, H, W) to the latter, weighted."""
        pooled = avg_pool2d(source, self.factor) if self.factor > 1 else source
        weighted: Tensor = features * self.gate(pooled)
        return weighted


class ExcitedBlocks(nn.Module):
    """Blocks in a row, whose maps have these ``widths``, the input's first. ``factors`` are their
    sides, in sides of ``base``. The maps at the places ``targets`` are weighted by those
    ``distance`` places before."""

    def __init__(
        self,
        blocks: Iterable[nn.Module],
        widths: Sequence[int],
        factors: Sequence[int],
        base: tuple[int, int],
        targets: range,
        distance: int,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.distance = distance
        self.excitations = nn.ModuleDict(
            {
                str(i): SkipLayerExcitation(
                    widths[i - distance], widths[i], base, factors[i - distance]
                )
                for i in targets
            }
        )

    def forward(self, features: Tensor) -> list[Tensor]:
        """(B, C, H, W) to all maps, from ``features`` itself to the last block's."""
        maps = [features]
        for i, block in enumerate(self.blocks, 1):
            features = block(features)
            if str(i) in self.excitations:
                features = self.excitations[str(i)](maps[i - self.distance], features)
            maps.append(features)
        return maps


class Noise(nn.Module):
    """Adds normal noise, the same for all channels, of a strength that is learned and begins at 0
    (Karras et al. 2019, section 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        count, _, *sides = features.shape
        noise = torch.randn(count, 1, *sides, device=features.device, dtype=features.dtype)
        return features + self.strength * noise


def up(in_channels: int, out_channels: int, twice: bool = False) -> nn.Sequential:
    """(B, C, H, W) to (B, out, 2H, 2W): nearest-neighbour upsampling, a convolution, batch norm, a
    gated linear unit (Dauphin et al. 2017); with ``twice`` a second convolution, and noise after
    both (Liu et al. 2021, appendix)."""
    layers: list[nn.Module] = [nn.Upsample(scale_factor=2)]
    for channels in (in_channels, out_channels) if twice else (in_channels,):
        layers += [convolution(channels, out_channels * 2, 3, padding=1)]
        layers += [Noise()] if twice else []
        layers += [nn.BatchNorm2d(out_channels * 2), nn.GLU(dim=1)]
    return nn.Sequential(*layers)


def down(in_channels: int, out_channels: int, norm: bool = True) -> nn.Sequential:
    """(B, C, H, W) to (B, out, H/2, W/2): a strided convolution, batch norm, leaky ReLU."""
    layers = [convolution(in_channels, out_channels, 4, 2, 1)]
    return nn.Sequential(*layers, *activation(out_channels, norm))


class ResidualDown(nn.Module):
    """(B, C, H, W) to (B, out, H/2, W/2): the mean of two convolutions and of an averaging
    shortcut."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            *down(in_channels, out_channels),
            convolution(out_channels, out_channels, 3, padding=1),
            *activation(out_channels),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2),
            convolution(in_channels, out_channels, 1),
            *activation(out_channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Half as many rows and columns."""
        mean: Tensor = (self.main(features) + self.shortcut(features)) / 2
        return mean


def activation(channels: int, norm: bool = True) -> list[nn.Module]:
    """Batch norm, unless there is to be none, and leaky ReLU."""
    norms = [nn.BatchNorm2d(channels)] if norm else []
    return [*norms, nn.LeakyReLU(0.2)]


def convolution(
    in_channels: int,
    out_channels: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    padding: int = 0,
) -> nn.Conv2d:
    """A convolution without bias, as `normalized`."""
    return normalized(nn.Conv2d(in_channels, out_channels, kernel, stride, padding, bias=False))


def normalized(layer: Layer) -> Layer:
    """``layer``, whose weights begin as N(0, 0.02²) and are divided by their spectral norm (Miyato
    et al. 2018)."""
    nn.init.normal_(layer.weight, 0.0, _STD)
    spectral_norm(layer)
    return layer


def init_norms(network: nn.Module) -> None:
    """Scales of batch norm begin around 1."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, _STD)


def sizes(shapes: Shapes) -> tuple[tuple[int, int], int]:
    """The smallest map, and how often it is doubled to a picture. Raises ShapesError for what is no
    picture, does not halve evenly, or not twice."""
    base, doublings = shapes.halvings()
    if doublings < 2:
        raise ShapesError(f"it needs larger pictures than {shapes}: try data.size=64")
    return base, doublings
