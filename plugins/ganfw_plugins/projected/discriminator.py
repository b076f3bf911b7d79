"""The discriminator of Projected GANs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganfw import Discriminator, Shapes, ShapesError

from ..trained.efficientnet import STRIDES, WIDTHS, EfficientNetLite0, random_tensors
from ..trained.lite0 import load_lite0
from .heads import Head
from .mixing import RandomMixing
from .options import ProjectedOptions

_SMALLEST = 16


class ProjectedDiscriminator(Discriminator):
    """Sauer et al. 2021, "Projected GANs converge faster": a sample is seen through four maps of a
    frozen network, mixed at random, and each is judged by a head of its own (eq. 4).

    What is frozen is in no checkpoint: it is made of the package's weights and the seed. Raises
    PluginError where ``ganfw[lite]`` is not installed and features are to be trained ones.
    """

    gains: Tensor

    def __init__(self, options: ProjectedOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.scale, self.offset = _onto_unit(shapes)
        self.size = _size(shapes, options.enlarge)
        labelled = shapes if options.head == "auto" and shapes.has_labels else None
        self.network = _network(options)
        self.mixing = RandomMixing(WIDTHS, options.mixed, options.seed)
        self.register_buffer("gains", self._gains(), persistent=False)
        sides = [-(-min(self.size) // stride) for stride in STRIDES]
        self.heads = nn.ModuleList(
            Head(width, width, side, labelled)
            for width, side in zip(self.mixing.outputs, sides, strict=True)
        )
        channels, *picture = shapes.sample
        self.of_pixels = (
            Head(channels, options.pixels, min(picture), labelled, halves=True)
            if options.pixels
            else None
        )

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (B, C, H, W) and labels (B, ...) to scores (B, heads · 16) of places, or to
        their means (B,)."""
        found = zip(self.network(self._enlarged(samples)), self.gains, strict=True)
        maps = self.mixing([level * gain for level, gain in found])
        scores = [head(level, labels) for head, level in zip(self.heads, maps, strict=True)]
        if self.of_pixels is not None:
            scores.append(self.of_pixels(samples, labels))
        places = torch.cat(scores, dim=1)
        return places.mean(dim=1) if self.options.scores == "mean" else places

    @torch.no_grad()
    def _gains(self) -> Tensor:
        """What brings each map to deviation 1 on noise (4,). As they are, the finest is eight times
        the coarsest; and the larger their values, the sooner a head is sure of everything."""
        random = torch.Generator().manual_seed(self.options.seed)
        noise = torch.randn(4, 3, 64, 64, generator=random)
        return torch.stack([1 / level.std() for level in self.network(noise)])

    def _enlarged(self, samples: Tensor) -> Tensor:
        """RGB in -1..1, of the size that the frozen network sees."""
        pictures = (samples * self.scale + self.offset).expand(-1, 3, -1, -1)
        if pictures.shape[2:] == self.size:
            return pictures
        return interpolate(pictures, self.size, mode="bilinear", align_corners=False)


def _network(options: ProjectedOptions) -> EfficientNetLite0:
    if options.features == "trained":
        return load_lite0(options.weights)
    return EfficientNetLite0(random_tensors(options.seed)).eval()


def _onto_unit(shapes: Shapes) -> tuple[float, float]:
    """What values are multiplied by, and what is added, to bring them onto -1..1. Raises
    ShapesError for what is no grey or RGB picture."""
    limits = shapes.value_range
    if not shapes.is_picture or shapes.sample[0] not in (1, 3) or limits is None:
        raise ShapesError(f"it judges grey and RGB pictures, but the data's samples are {shapes}")
    low, high = limits
    return 2 / (high - low), -(high + low) / (high - low)


def _size(shapes: Shapes, enlarge: int) -> tuple[int, int]:
    """Height and width that the frozen network sees. Raises ShapesError for less than 16."""
    _, height, width = shapes.sample
    shorter = min(height, width)
    if max(shorter, enlarge) < _SMALLEST:
        raise ShapesError(f"{height}×{width} pictures are too small; try disc.enlarge=64")
    factor = max(enlarge / shorter, 1)
    return round(height * factor), round(width * factor)
