"""A linear and an MLP generator, and an MLP discriminator."""

from __future__ import annotations

import itertools
import math

from torch import Tensor, nn

from ganfw import ClassHead, Discriminator, Generator, Output, Shapes, ShapesError

from .options import LinearOptions, MLPGeneratorOptions, MLPOptions


class Linear(Generator):
    """One ``Linear(Z, features)``, enough to turn one Gaussian into another. If the data has a
    range, tanh keeps the samples in it."""

    def __init__(self, options: LinearOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.layer = nn.Linear(shapes.latent_dim, math.prod(shapes.sample))
        _init_normal(self, options.init_std)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) to samples (B, *shapes.sample)."""
        samples: Tensor = self.layer(latents)
        return self.shapes.bound(samples.view(-1, *self.shapes.sample))


class MLPGenerator(Generator):
    """Linear layers with ReLU between them, initialised as PyTorch does."""

    def __init__(self, options: MLPGeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        if len(shapes.sample) != 1:
            raise ShapesError(f"it makes points (F,), but the data's samples are {shapes}")
        widths = (shapes.latent_dim, *options.hidden)
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], shapes.sample[0]))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) to points (B, F) in the data's range."""
        return self.shapes.bound(self.layers(latents))


class MLP(Discriminator):
    """Linear layers with tanh between them; samples of any shape are flattened first. A first layer
    with large weights sees detail that is much smaller than the whole, which it hardly learns to
    otherwise (Tancik et al. 2020, "Fourier features let networks learn high frequency functions in
    low dimensional domains")."""

    def __init__(self, options: MLPOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        widths = (math.prod(shapes.sample), *options.hidden)
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.Tanh()]
        head = ClassHead(options.head, widths[-1], shapes)
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], head.score_width))
        self.class_head = head
        _init_normal(self, options.init_std)
        if options.first_std is not None:
            _init_normal(self.layers[0], options.first_std)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Samples (B, *shapes.sample) to scores (B,), and what the option ``head`` adds to them;
        its features are the last hidden layer."""
        *layers, last = self.layers
        features = samples.flatten(1)
        for layer in layers:
            features = layer(features)
        output: Output = self.class_head(last(features), features, labels)
        return output


def _init_normal(network: nn.Module, std: float) -> None:
    for weight in network.parameters():
        nn.init.normal_(weight, 0.0, std)
