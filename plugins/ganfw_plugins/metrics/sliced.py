"""Sliced Wasserstein distance between patches of a Laplacian pyramid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from .judging import Generate, SampleMetric, a_picture

_PATCH, _COARSEST, _TOGETHER = 7, 16, 32
_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)


class SlicedWasserstein(SampleMetric):
    """Karras et al. 2018, section 5: pictures in 0..255 become a Laplacian pyramid down to 16
    pixels; on each level 7×7 patches are drawn, each colour is brought to mean 0 and deviation 1,
    and the distances along random directions are averaged. Times 1000, as the paper gives it, for
    each level by its height and as their mean. 0 is best.

    The paper takes 16384 pictures, 128 patches of each and 512 directions. Fewer make every
    distance a little larger: compare scores of the same counts.
    """

    main = "swd"

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        a_picture(real)
        real = self.chosen(real)
        fake = generate(len(real))
        generator = torch.Generator().manual_seed(self.options.seed)
        scores = {}
        ours, theirs = self._bytes(real), self._bytes(fake)
        while True:
            height, last = ours.shape[2], min(ours.shape[2:]) < 2 * _COARSEST
            one, other = (each if last else _details(each) for each in (ours, theirs))
            patches = self.options.patches
            one = descriptors(one, patches, generator)
            other = descriptors(other, patches, generator)
            distance = sliced_distance(one, other, self.options.directions, generator)
            scores[f"swd_{height}"] = distance * 1000
            if last:
                break
            ours, theirs = _down(ours), _down(theirs)
        mean = sum(scores.values()) / len(scores)
        return {
            self.main: mean,
            **scores,
            **self.making(real, fake),
            "patches": self.options.patches,
            "directions": self.options.directions,
        }

    def _bytes(self, samples: Tensor) -> Tensor:
        low, high = self.value_range or (0.0, 1.0)
        return ((samples.float() - low) * (255 / (high - low))).clamp(0, 255)


def descriptors(pictures: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` patches of each picture (B, C, H, W), as rows (B·count, C·49), each colour with
    mean 0 and deviation 1 over all of them."""
    batch, channels, height, width = pictures.shape
    side = min(_PATCH, height, width)
    top = torch.randint(height - side + 1, (batch, count, 1, 1, 1), generator=generator)
    left = torch.randint(width - side + 1, (batch, count, 1, 1, 1), generator=generator)
    picture = torch.arange(batch)[:, None, None, None, None]
    channel = torch.arange(channels)[None, None, :, None, None]
    rows = top + torch.arange(side)[:, None]
    columns = left + torch.arange(side)
    patches = pictures[picture, channel, rows, columns].reshape(batch * count, channels, -1)
    centred = patches - patches.mean(dim=(0, 2), keepdim=True)
    deviation = centred.square().mean(dim=(0, 2), keepdim=True).sqrt()
    return (centred / deviation.clamp(min=1e-8)).flatten(1)


def sliced_distance(x: Tensor, y: Tensor, directions: int, generator: torch.Generator) -> float:
    """The mean Wasserstein-1 distance of x (N, F) and y (N, F) along random directions (Rabin et
    al. 2011): between equally many points on a line, that of the sorted ones."""
    total = 0.0
    for start in range(0, directions, _TOGETHER):
        count = min(_TOGETHER, directions - start)
        axes = torch.randn(x.shape[1], count, generator=generator)
        axes /= axes.norm(dim=0)
        gaps = (x @ axes).sort(dim=0).values - (y @ axes).sort(dim=0).values
        total += float(gaps.abs().mean(dim=0).double().sum())
    return total / directions


def _details(pictures: Tensor) -> Tensor:
    """A level of the pyramid (Burt & Adelson 1983): what is lost by going down and up again."""
    return pictures - _up(_down(pictures), pictures.shape[2:])


def _down(pictures: Tensor) -> Tensor:
    """Blurred by the 5×5 binomial filter, every second pixel kept."""
    return _blur(pictures)[:, :, ::2, ::2]


def _up(pictures: Tensor, size: torch.Size) -> Tensor:
    # Zeros between the pixels, blurred with four times the weight, as Burt & Adelson do it.
    batch, channels = pictures.shape[:2]
    spread = pictures.new_zeros(batch, channels, *size)
    spread[:, :, ::2, ::2] = pictures
    return _blur(spread) * 4


def _blur(pictures: Tensor) -> Tensor:
    channels = pictures.shape[1]
    line = torch.tensor(_BINOMIAL)
    kernel = (line[:, None] * line / line.sum() ** 2).expand(channels, 1, 5, 5)
    return conv2d(pad(pictures, (2, 2, 2, 2), mode="reflect"), kernel, groups=channels)
