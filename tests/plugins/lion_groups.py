"""Lion: Chen et al. 2023, "Symbolic discovery of optimization algorithms", with the weight decay
that biases and norms are usually spared."""

import torch
from pydantic import Field
from torch.optim import Optimizer

from ganfw import Component, Options, hookimpl


class LionOptions(Options):
    lr: float = Field(1e-4, ge=0, le=1, description="Step size")
    beta1: float = Field(0.9, ge=0, lt=1, description="Share of the momentum in a step")
    beta2: float = Field(0.99, ge=0, lt=1, description="Decay of the momentum")
    weight_decay: float = Field(0.1, ge=0, le=1, description="λ, of filters and matrices alone")


class Lion(Optimizer):
    """Algorithm 2: θ ← θ - η (sign(β₁ m + (1 - β₁) g) + λ θ), then m ← β₂ m + (1 - β₂) g."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self.move(weight, group)

    def move(self, weight, group):
        state = self.state[weight]
        momentum = state.setdefault("momentum", torch.zeros_like(weight))
        direction = momentum.lerp(weight.grad, 1 - group["beta1"]).sign()
        weight.sub_(direction + group["weight_decay"] * weight, alpha=group["lr"])
        momentum.lerp_(weight.grad, 1 - group["beta2"])


def lion(options, network):
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in weights if weight.ndim > 1]},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return Lion(groups, options.model_dump())


@hookimpl
def ganfw_components():
    options, summary = "lion_groups:LionOptions", "Lion; biases and norms do not decay"
    return [Component("optimizer", "lion-groups", "lion_groups:lion", options, summary)]
