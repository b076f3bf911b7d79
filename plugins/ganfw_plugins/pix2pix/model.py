"""The networks of pix2pix, for samples and labels that are pictures of the same sides."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganfw import Discriminator, Generator, Shapes, ShapesError

from .options import DiscriminatorOptions, GeneratorOptions

_SLOPE, _STD, _DROPPED, _WIDEST = 0.2, 0.02, 3, 8


class UNet(Generator):
    """Section 3.2.1: blocks halve the label's picture and blocks double it again, each beside the
    map of its size on the way down. Noise is dropout alone (section 3.1): latents are not used."""

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        count = _halvings(shapes)
        widths = [options.channels * min(2**level, _WIDEST) for level in range(count)]
        inputs = [shapes.label[0], *widths]
        self.down = nn.ModuleList(
            _down(inputs[level], widths[level], norm=0 < level < count - 1)
            for level in range(count)
        )
        outputs = [*widths[-2::-1], options.channels]
        self.up = nn.ModuleList(
            _up(widths[-1 - i] * (1 + (i > 0)), outputs[i], options.dropout * (i < _DROPPED))
            for i in range(count)
        )
        self.paint = nn.Conv2d(options.channels, shapes.sample[0], 3, 1, 1)
        self.apply(_init)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Labels (B, C, H, W) to samples (B, C', H, W) in the data's range, through tanh."""
        maps = [_given(labels)]
        for block in self.down:
            maps.append(block(maps[-1]))
        features = maps.pop()
        for position, block in enumerate(self.up):
            beside = [maps.pop()] if position else []
            features = block(torch.cat([features, *beside], dim=1))
        return self.shapes.bound(self.paint(features))


class PatchGAN(Discriminator):
    """Section 3.2.2: scores of overlapping patches of the sample beside its label."""

    def __init__(self, options: DiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        _halvings(shapes)
        width = options.channels
        self.blocks = nn.Sequential(
            _down(shapes.sample[0] + shapes.label[0], width, norm=False),
            _down(width, 2 * width, norm=True),
            nn.Conv2d(2 * width, 1, 3, 1, 1),
        )
        self.apply(_init)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Samples and labels (B, C, H, W) to scores (B, N), one for each patch."""
        scores: Tensor = self.blocks(torch.cat([samples, _given(labels)], dim=1))
        return scores.flatten(1)


def _down(inputs: int, outputs: int, norm: bool) -> nn.Sequential:
    """(B, C, H, W) to (B, outputs, H/2, W/2)."""
    norms = [nn.BatchNorm2d(outputs)] if norm else []
    return nn.Sequential(nn.Conv2d(inputs, outputs, 4, 2, 1), *norms, nn.LeakyReLU(_SLOPE))


def _up(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    """(B, C, H, W) to (B, outputs, 2H, 2W)."""
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, 2, 1),
        nn.BatchNorm2d(outputs),
        nn.Dropout(dropout),
        nn.ReLU(),
    )


def _halvings(shapes: Shapes) -> int:
    """How often the sides halve. Raises ShapesError unless labels are pictures of these sides."""
    if len(shapes.label) != 3 or shapes.label[1:] != shapes.sample[1:]:
        raise ShapesError("it needs pictures whose labels are pictures of the same sides")
    return shapes.halvings()[1]


def _given(labels: Tensor | None) -> Tensor:
    if labels is None:
        raise ShapesError("it needs pictures whose labels are pictures of the same sides")
    return labels


def _init(module: nn.Module) -> None:
    """Section 6.2."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, _STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
