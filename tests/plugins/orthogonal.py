"""BigGAN's orthogonal regularisation: Brock et al. 2019, "Large scale GAN training"."""

import torch
from pydantic import Field

from ganfw import Component, Loss, Options, hookimpl


class OrthogonalOptions(Options):
    strength: float = Field(1e-4, ge=0, le=1e3, description="β, the factor of the penalty")


class Orthogonal(Loss):
    """Eq. 3: β ‖WᵀW ⊙ (1 - I)‖² over the generator's weights W, a filter to a column."""

    def terms(self, turn):
        if turn.player == "disc":
            return {}
        weights = [weight for weight in turn.networks["gen"].parameters() if weight.ndim > 1]
        return {"penalty": self.options.strength * sum(map(correlation, weights))}


def correlation(weight):
    filters = weight.flatten(1)
    products = filters @ filters.T
    return (products - torch.diag(products.diag())).square().sum()


@hookimpl
def ganfw_components():
    options, summary = "orthogonal:OrthogonalOptions", "Orthogonal filters in the generator"
    return [Component("loss", "orthogonal", "orthogonal:Orthogonal", options, summary)]
