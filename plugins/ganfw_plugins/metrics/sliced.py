"""Sliced Wasserstein distance, of points or between patches of a Laplacian pyramid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from ganfw import Generate, ShapesError, to_bytes

from .sample_metric import SampleMetric

_PATCH, _COARSEST, _TOGETHER, _CHUNK = 7, 16, 32, 32


class SlicedWasserstein(SampleMetric):
    """Karras et al. 2018, section 5: pictures in 0..255 become a Laplacian pyramid down to 16
    pixels; on each level 7×7 patches are drawn, each colour is brought to mean 0 and deviation 1,
    and the distances along random directions are averaged. Times 1000, as the paper gives it, for
    each level by its height and as their mean. 0 is best.

    Points (F,) are compared as they are, in units of their own: there is nothing to scale or to
    multiply.

    The paper takes 16384 pictures, 128 patches of each and 512 directions. Fewer make every
    distance a little larger: compare scores of the same counts. Memorization is not noticed: the
    training data itself scores as low as possible.
    """

    main = "swd"

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        chosen = self.chosen(real)
        fake = generate(len(chosen))
        compare = self._of_points if chosen.ndim == 2 else self._of_pictures
        return {
            **compare(chosen, fake),
            **self.provenance(len(real), fake),
            "directions": self.options.directions,
        }

    def check_shape(self, sample: tuple[int, ...]) -> None:
        if len(sample) not in (1, 3):
            raise ShapesError("it judges pictures and points, and this data is neither")

    def _of_points(self, real: Tensor, fake: Tensor) -> dict[str, float]:
        generator = torch.Generator().manual_seed(self.options.seed)
        return {self.main: sliced_distance(real, fake, self.options.directions, generator)}

    def _of_pictures(self, real: Tensor, fake: Tensor) -> dict[str, float]:
        scores = self._by_level(self._bytes(real), self._bytes(fake))
        mean = sum(scores.values()) / len(scores)
        return {self.main: mean, **scores, "patches": self.options.patches}

    def _by_level(self, real: Tensor, fake: Tensor) -> dict[str, float]:
        generator = torch.Generator().manual_seed(self.options.seed)
        scores = {}
        for ours, theirs in zip(pyramid(real), pyramid(fake), strict=True):
            one = descriptors(ours, self.options.patches, generator)
            other = descriptors(theirs, self.options.patches, generator)
            distance = sliced_distance(one, other, self.options.directions, generator)
            scores[f"swd_{ours.shape[2]}"] = distance * 1000
        return scores

    def _bytes(self, samples: Tensor) -> Tensor:
        """Whole numbers in 0..255, as pictures are stored."""
        return to_bytes(samples, self.value_range).float()


def pyramid(pictures: Tensor) -> Iterator[Tensor]:
    """The levels of a Laplacian pyramid (Burt & Adelson 1983), finest first: of each what is lost
    by going down and up again, and the coarsest as it is."""
    while min(pictures.shape[2:]) >= 2 * _COARSEST:
        smaller = down(pictures)
        yield pictures - up(smaller, pictures.shape[2:])
        pictures = smaller
    yield pictures


def down(pictures: Tensor) -> Tensor:
    """Blurred by the 5×5 binomial filter, every second pixel kept."""
    return _blur(pictures)[:, :, ::2, ::2]


def up(pictures: Tensor, size: torch.Size) -> Tensor:
    """Zeros between the pixels, blurred with four times the weight."""
    spread = pictures.new_zeros(*pictures.shape[:2], *size)
    spread[:, :, ::2, ::2] = pictures
    return _blur(spread) * 4


def _blur(pictures: Tensor) -> Tensor:
    # Few at a time: sums of slices are quick as long as these stay in the processor's cache.
    return torch.cat([_line_by_line(chunk) for chunk in torch.split(pictures, _CHUNK)])


def _line_by_line(pictures: Tensor) -> Tensor:
    """1 4 6 4 1 down the columns, then along the rows, mirrored at the edges."""
    height, width = pictures.shape[2:]
    x = pad(pictures, (2, 2, 2, 2), mode="reflect")
    x = _binomial([x[:, :, i : i + height] for i in range(5)])
    return _binomial([x[..., i : i + width] for i in range(5)])


def _binomial(shifted: list[Tensor]) -> Tensor:
    far, near, middle, near_too, far_too = shifted
    return (far + far_too + 4 * (near + near_too) + 6 * middle) / 16


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
        # NumPy sorts thirty times as fast as torch, which also says where each number was.
        one, other = (np.sort((axes.T @ points.T).numpy(), axis=1) for points in (x, y))
        total += float(np.abs(one - other).mean(axis=1, dtype=np.float64).sum())
    return total / directions
