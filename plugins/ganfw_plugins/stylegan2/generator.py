"""The StyleGAN2 generator."""

from __future__ import annotations

import torch
from torch import Tensor

from ganfw import Generator, Shapes

from .mapping import Mapping
from .options import GeneratorOptions
from .sizes import map_sizes
from .synthesis import Synthesis

_DECAY = 0.998
"""Of the moving average of w, per batch, as in the authors' code for StyleGAN2-ADA."""


class StyleGAN2Generator(Generator):
    """Karras et al. 2020, fig. 2c and 7: latents are mapped to w, which modulates each layer of a
    synthesis network. With labels it is conditional. It gives ``{"samples", "w"}``, w (B, L, W)
    with a row for each of L layers.

    Not as in the paper, pictures end in tanh, as nothing else keeps them in the data's range.
    """

    w_mean: Tensor

    def __init__(self, options: GeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        sizes, residual = map_sizes(options, shapes), options.form == "residual"
        of_labels = shapes.label_length() if options.conditional and shapes.has_labels else 0
        self.mapping = Mapping(shapes.latent_dim, of_labels, options.w_dim, options.mapping_layers)
        self.synthesis = Synthesis(sizes, shapes.sample[0], options.w_dim, residual)
        self.layers = 2 * len(sizes)
        self.register_buffer("w_mean", torch.zeros(options.w_dim))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Latents (B, Z) and labels to samples (B, C, H, W) and w. In training w is averaged, and
        layers after a random one are given the style of other latents, for a share of samples
        (style mixing: Karras et al. 2019, section 3.1)."""
        if not (self.training and self.options.mixing):
            w = self.mapping(latents, labels)
            self._average(w)
            return self._painted(self._for_each_layer(w))
        both = torch.cat([latents, torch.randn_like(latents)])
        twice = None if labels is None else torch.cat([labels, labels])
        w, other = self.mapping(both, twice).chunk(2)
        self._average(w)
        mixed = torch.where(self._is_first_style(w), w[:, None], other[:, None])
        return self._painted(mixed)

    def forward_truncated(
        self, latents: Tensor, labels: Tensor | None, truncation: float
    ) -> dict[str, Tensor]:
        """w' = w̄ + ψ (w - w̄), with ψ the truncation and w̄ the mean (Karras et al. 2019,
        appendix B)."""
        w = torch.lerp(self.w_mean, self.mapping(latents, labels), truncation)
        return self._painted(self._for_each_layer(w))

    def _painted(self, ws: Tensor) -> dict[str, Tensor]:
        return {"samples": self.shapes.bound(self.synthesis(ws)), "w": ws}

    def _for_each_layer(self, w: Tensor) -> Tensor:
        return w[:, None].expand(-1, self.layers, -1)

    def _is_first_style(self, w: Tensor) -> Tensor:
        """(B, L, 1), drawn on the device: whether a layer comes before its sample's crossover."""
        draws = torch.rand(2, len(w), 1, 1, device=w.device)
        layer = torch.arange(self.layers, device=w.device)[:, None]
        is_before: Tensor = layer <= draws[0] * (self.layers - 1)
        has_one_style: Tensor = draws[1] >= self.options.mixing
        return is_before | has_one_style

    @torch.no_grad()
    def _average(self, w: Tensor) -> None:
        if self.training:
            self.w_mean.lerp_(w.mean(0).to(self.w_mean), 1 - _DECAY)
