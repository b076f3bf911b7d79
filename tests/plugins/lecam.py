"""LeCam regularisation: Tseng et al. 2021, "Regularizing GANs under limited data"."""

import torch
from pydantic import Field

from ganfw import Component, Loss, Options, hookimpl


class LeCamOptions(Options):
    strength: float = Field(0.01, ge=0, le=1e6, description="λ, the factor of the term")
    decay: float = Field(0.99, ge=0, lt=1, description="γ of the moving averages")


class LeCam(Loss):
    """R_LC = E (D(x) - α_F)² + E (D(G(z)) - α_R)²: the anchors α_R and α_F are moving averages of
    the scores of real and of generated samples (section 3)."""

    def __init__(self, options):
        super().__init__(options)
        self.register_buffer("real_mean", torch.zeros(()))
        self.register_buffer("fake_mean", torch.zeros(()))

    def discriminator_terms(self, critic, real, fake):
        for mean, samples in ((self.real_mean, real), (self.fake_mean, fake)):
            mean.lerp_(critic(samples).detach().mean().to(mean), 1 - self.options.decay)
        distance = (critic(real) - self.fake_mean).square().mean()
        distance = distance + (critic(fake) - self.real_mean).square().mean()
        return {"distance": self.options.strength * distance}


@hookimpl
def ganfw_components():
    options, summary = "lecam:LeCamOptions", "Scores kept near the other side's average"
    return [Component("loss", "lecam", "lecam:LeCam", options=options, summary=summary)]
