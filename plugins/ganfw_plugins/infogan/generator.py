"""The generator of InfoGAN, whose latents begin with codes."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ganfw import Generator, Output, Shapes, ShapesError

from .options import GeneratorOptions

_HIDDEN = 1024


class InfoGANGenerator(Generator):
    """Chen et al. 2016, appendix C.1, for any picture that halves evenly: two dense layers, and
    transposed convolutions of stride 2, with batch norm and ReLU between them. For 28×28 pixels it
    is the paper's. Widths are at most 1,024.

    Latents are categorical codes, uniform and one-hot, then continuous ones from U(-1, 1), then
    noise from N(0, 1). It gives the codes, ``"categorical"`` (B, variables, values) and
    ``"continuous"`` (B, continuous), beside the samples.
    """

    options: GeneratorOptions

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        if not options.variables + options.continuous:
            raise ShapesError("it has no codes: give it variables, or continuous ones")
        base, doublings = shapes.halvings()
        widths = [min(options.channels << i, _HIDDEN) for i in reversed(range(doublings))]
        codes = options.categorical_length + options.continuous
        self.dense = nn.Sequential(
            nn.Linear(codes + shapes.latent_dim, _HIDDEN, bias=False),
            nn.BatchNorm1d(_HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, widths[0] * math.prod(base), bias=False),
            nn.Unflatten(1, (widths[0], *base)),
        )
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise((*widths, shapes.sample[0])):
            up = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)
            layers += [nn.BatchNorm2d(inputs), nn.ReLU(), up]
        self.layers = nn.Sequential(*layers)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        """Codes and noise (B, variables · values + continuous + Z)."""
        given, device = self.options, random.device
        size = (count, given.variables)
        chosen = torch.randint(given.values, size, generator=random, device=device)
        size = (count, given.continuous)
        numbers = torch.rand(size, generator=random, device=device) * 2 - 1
        noise = super().draw_latents(count, random)
        return torch.cat([one_hot(chosen, given.values).flatten(1), numbers, noise], dim=1)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Output:
        """Latents, as they are drawn, to pictures (B, C, H, W) in the data's range, and codes."""
        given, length = self.options, self.options.categorical_length
        return {
            "samples": self.shapes.bound(self.layers(self.dense(latents))),
            "categorical": latents[:, :length].reshape(len(latents), given.variables, given.values),
            "continuous": latents[:, length : length + given.continuous],
        }
