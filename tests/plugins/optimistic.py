"""Games played by looking ahead: Daskalakis et al. 2018, "Training GANs with optimism", and Gidel
et al. 2019, "A variational inequality perspective on generative adversarial networks"."""

import torch
from pydantic import Field
from torch.optim import Adam

from ganfw import Component, Options, hookimpl


class AdamOptions(Options):
    lr: float = Field(2e-4, ge=0, le=1, description="η, the step size")
    beta1: float = Field(0.5, ge=0, lt=1, description="Decay of the mean")
    beta2: float = Field(0.9, ge=0, lt=1, description="Decay of the squares")


class OptimisticAdam(Adam):
    """Daskalakis et al., algorithm 1: θ ← θ - 2 uₜ + uₜ₋₁, where uₜ is the step of Adam."""

    @torch.no_grad()
    def step(self):
        weights = moved(self)
        before = [weight.clone() for weight in weights]
        super().step()
        for weight, old in zip(weights, before, strict=True):
            step = weight - old
            weight.add_(step - self.state[weight].get("last", torch.zeros_like(step)))
            self.state[weight]["last"] = step


class ExtraAdam(Adam):
    """Gidel et al., algorithm 4: one step looks ahead, and the next begins again where that one
    began, with the gradients found ahead. Weights are where they belong after an even number."""

    @torch.no_grad()
    def step(self):
        bases = {}
        for weight in moved(self):
            if "base" in self.state[weight]:
                weight.copy_(self.state[weight].pop("base"))
            else:
                bases[weight] = weight.clone()
        super().step()
        for weight, base in bases.items():
            self.state[weight]["base"] = base


def moved(optimizer):
    return [
        weight
        for group in optimizer.param_groups
        for weight in group["params"]
        if weight.grad is not None
    ]


def optimistic(options, network):
    return make(OptimisticAdam, options, network)


def extra(options, network):
    return make(ExtraAdam, options, network)


def make(cls, options, network):
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return cls(weights, lr=options.lr, betas=(options.beta1, options.beta2))


@hookimpl
def ganfw_components():
    options = "optimistic:AdamOptions"
    return [
        Component("optimizer", "optimistic-adam", "optimistic:optimistic", options, "Optimism"),
        Component("optimizer", "extra-adam", "optimistic:extra", options, "Extragradient"),
    ]
