"""StyleGAN2: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN": a small
style generator with truncation in W, and path length regularisation."""

import math

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import conv2d, interpolate, leaky_relu

from ganfw import Component, Generator, Loss, Options, hookimpl


class StyleOptions(Options):
    channels: int = Field(64, ge=4, le=1024, description="Width of every map, and of W")
    decay: float = Field(0.995, ge=0, lt=1, description="Of the moving average of w")


class PathLengthOptions(Options):
    strength: float = Field(2.0, ge=0, le=1e6, description="Factor of the penalty")
    decay: float = Field(0.99, ge=0, lt=1, description="Of the moving average of lengths")


class PathLength(Loss):
    """Eq. 4: E (‖Jᵀy‖ - a)², J = ∂G(w)/∂w, y ~ N(0, I) by pixels, a a moving average of the
    lengths ‖Jᵀy‖ = ‖∇(G(w)·y)‖ (appendix B)."""

    needs = ("gen.w",)

    def __init__(self, options):
        super().__init__(options)
        self.register_buffer("mean", torch.zeros(()))

    def terms(self, turn):
        if turn.player == "disc":
            return {}
        noise = torch.randn_like(turn.fake) / math.sqrt(turn.fake[0, 0].numel())
        product = (turn.fake * noise).sum()
        (gradient,) = torch.autograd.grad(product, turn.generated["w"], create_graph=True)
        lengths = gradient.norm(dim=1)
        self.mean.lerp_(lengths.detach().mean(), 1 - self.options.decay)
        return {"penalty": self.options.strength * (lengths - self.mean).square().mean()}


class Modulated(nn.Module):
    """A convolution whose inputs are scaled by the style, and its outputs back (eqs. 1-3)."""

    def __init__(self, width):
        super().__init__()
        self.style = nn.Linear(width, width)
        self.weight = nn.Parameter(torch.randn(width, width, 3, 3) / math.sqrt(9 * width))
        self.bias = nn.Parameter(torch.zeros(width, 1, 1))
        nn.init.ones_(self.style.bias)

    def forward(self, features, w):
        scale = self.style(w)
        norm = (scale.square() @ self.weight.square().sum((2, 3)).T + 1e-8).rsqrt()
        features = conv2d(features * scale[:, :, None, None], self.weight, padding=1)
        return leaky_relu(features * norm[:, :, None, None] + self.bias, 0.2)


class StyleGenerator(Generator):
    """Latents (B, Z) to ``{"samples", "w"}``; truncation moves w towards its moving average."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        base, doublings = shapes.halvings()
        width = options.channels
        layers = [nn.Linear(shapes.latent_dim, width), nn.LeakyReLU(0.2), nn.Linear(width, width)]
        self.mapping = nn.Sequential(*layers)
        self.constant = nn.Parameter(torch.randn(1, width, *base))
        self.blocks = nn.ModuleList(Modulated(width) for _ in range(doublings))
        self.paint = nn.Conv2d(width, shapes.sample[0], 1)
        self.register_buffer("w_mean", torch.zeros(width))

    def forward(self, latents, labels=None):
        w = self.mapping(latents).to(latents)  # float32 under autocast: losses differentiate by it
        if self.training:
            self.w_mean.lerp_(w.detach().mean(0).to(self.w_mean), 1 - self.options.decay)
        return {"samples": self.synthesis(w), "w": w}

    def forward_truncated(self, latents, labels, truncation):
        w = torch.lerp(self.w_mean, self.mapping(latents), truncation)
        return {"samples": self.synthesis(w), "w": w}

    def synthesis(self, w):
        features = self.constant.expand(len(w), -1, -1, -1)
        for block in self.blocks:
            features = block(interpolate(features, scale_factor=2.0), w)
        return self.shapes.bound(self.paint(features))


@hookimpl
def ganfw_components():
    length, style = "Even steps in W make even steps in samples", "Modulated convolutions; gives w"
    options = ("path_length:PathLengthOptions", "path_length:StyleOptions")
    return [
        Component("loss", "path-length", "path_length:PathLength", options[0], length),
        Component("generator", "style", "path_length:StyleGenerator", options[1], style),
    ]
