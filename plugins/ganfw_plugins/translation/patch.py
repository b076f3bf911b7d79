"""A critic of patches."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import Discriminator, Shapes, ShapesError

from .options import PatchOptions
from .pictures import SLOPE, WIDEST, beside, init_weights, norms

_USUAL = 3


class Patch(Discriminator):
    """PatchGAN: Isola et al. 2017, sections 3.2.2 and 6.1.2. Scores of overlapping patches, of the
    sample alone or, where labels are pictures of its sides, of both beside each other."""

    def __init__(self, options: PatchOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        if not shapes.is_picture:
            raise ShapesError(f"it needs pictures (C, H, W), but the data's samples are {shapes}")
        self.is_conditional = options.conditional and beside(shapes)
        inputs = shapes.sample[0] + (shapes.label[0] if self.is_conditional else 0)
        depth = _depth(shapes, options.depth)
        self.layers = nn.Sequential(*_layers(options, inputs, depth))
        self.apply(init_weights)
        if options.spectral:
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    spectral_norm(module)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Samples (B, C, H, W), and labels (B, C', H, W) where it is conditional, to scores (B, N),
        one for each patch. Raises ShapesError for labels that are missing."""
        if self.is_conditional:
            if labels is None:
                raise ShapesError("'patch' judges samples beside labels: set conditional=false")
            samples = torch.cat([samples, labels], dim=1)
        scores: Tensor = self.layers(samples)
        return scores.flatten(1)


def _layers(options: PatchOptions, inputs: int, depth: int) -> Iterator[nn.Module]:
    """C64-C128-C256-C512 of the paper for three halvings; the last block halves nothing, nor does
    the layer of scores. Of pixels, C64-C128 with kernels of one."""
    kernel, padding = (4, 1) if depth else (1, 0)
    for level in range(max(depth, 1) + 1):
        outputs = options.channels * min(2**level, WIDEST)
        norm, stride = options.norm if level else "none", 2 if level < depth else 1
        yield nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=norm != "batch")
        yield from (*norms(norm, outputs), nn.LeakyReLU(SLOPE))
        inputs = outputs
    yield nn.Conv2d(inputs, 1, kernel, 1, padding)


def _depth(shapes: Shapes, wanted: int | None) -> int:
    """The halvings after which two more layers still give several scores. Raises ShapesError."""
    _, height, width = shapes.sample
    fitting = [depth for depth in range(8) if _patches(height, width, depth) > 1]
    if wanted is None and fitting:
        return max(depth for depth in fitting if depth <= _USUAL)
    if wanted in fitting:
        return wanted
    most = f"; give depth={max(fitting)} or less" if fitting else ""
    raise ShapesError(f"{height}×{width} pictures are too small for several patches{most}")


def _patches(height: int, width: int, depth: int) -> int:
    if not depth:
        return height * width
    rows, columns = ((side >> depth) - 2 for side in (height, width))
    return rows * columns if min(rows, columns) > 0 else 0
