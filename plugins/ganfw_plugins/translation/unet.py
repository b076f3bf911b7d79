"""The U-Net of pix2pix: a picture of a picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganfw import Generator, Shapes, ShapesError

from .options import UNetOptions
from .pictures import SLOPE, WIDEST, check_labels, given, init_weights, norms

_DROPPED, _DEEPEST = 3, 8


class UNet(Generator):
    """Isola et al. 2017, sections 3.2.1 and 6.1.1: blocks halve the label's picture, down to one
    pixel, and blocks double it again, each beside the map of its size on the way down.

    Noise is dropout alone (section 3.1): latents are not used. In evaluation mode there is none,
    and batch norm uses its running statistics, where the paper keeps both as in training.
    """

    def __init__(self, options: UNetOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        check_labels(shapes)
        depth = _depth(shapes, options.depth)
        widths = [options.channels * min(2**level, WIDEST) for level in range(depth)]
        inputs = [shapes.label[0], *widths]
        # The map of one pixel has no norm, which would leave nothing of it.
        self.down = nn.ModuleList(
            _down(inputs[level], widths[level], options.norm if 0 < level < depth - 1 else None)
            for level in range(depth)
        )
        self.up = nn.ModuleList(
            _up(widths[level] * (1 if level == depth - 1 else 2), widths[level - 1], options,
                options.dropout * (level >= depth - _DROPPED))
            for level in range(depth - 1, 0, -1)
        )  # fmt: skip
        last = widths[0] * (1 if depth == 1 else 2)
        self.paint = nn.ConvTranspose2d(last, shapes.sample[0], 4, 2, 1)
        self.apply(init_weights)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Labels (B, C, H, W) to samples (B, C', H, W) in the data's range, through tanh."""
        features, maps = given(labels), []
        for block in self.down:
            features = block(features)
            maps.append(features)
        maps.pop()
        for block in self.up:
            features = torch.cat([block(features), maps.pop()], dim=1)
        return self.shapes.bound(self.paint(features))


def _down(inputs: int, outputs: int, norm: str | None) -> nn.Sequential:
    """(B, C, H, W) to (B, outputs, H/2, W/2)."""
    convolution = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=norm == "instance")
    return nn.Sequential(convolution, *norms(norm or "none", outputs), nn.LeakyReLU(SLOPE))


def _up(inputs: int, outputs: int, options: UNetOptions, dropout: float) -> nn.Sequential:
    """(B, C, H, W) to (B, outputs, 2H, 2W)."""
    doubled = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=options.norm != "batch")
    return nn.Sequential(doubled, *norms(options.norm, outputs), nn.Dropout(dropout), nn.ReLU())


def _depth(shapes: Shapes, wanted: int | None) -> int:
    """How often the sides halve. Raises ShapesError where they don't, or not as often as wanted."""
    _, height, width = shapes.sample
    most = 0
    while height % 2 == width % 2 == 0:
        height, width, most = height // 2, width // 2, most + 1
    if most < (wanted or 1):
        _, height, width = shapes.sample
        often = "evenly" if wanted is None else f"evenly {wanted} times"
        raise ShapesError(f"{height}×{width} pictures do not halve {often}; try data.size=64")
    return wanted or min(most, _DEEPEST)
