"""zCR: Zhao et al. 2021, "Improved consistency regularization for GANs"."""

import torch
from pydantic import Field

from ganfw import Component, Loss, Options, hookimpl


class ZCROptions(Options):
    noise: float = Field(0.05, gt=0, le=10, description="σ of the noise added to latents")
    disc: float = Field(5.0, ge=0, le=1e6, description="λ of the discriminator's term")
    gen: float = Field(0.5, ge=0, le=1e6, description="λ of the generator's term")


class ZCR(Loss):
    """Algorithm 2, with z' = z + noise: the discriminator minimises λ E (D(G(z)) - D(G(z')))², the
    generator -λ E ‖G(z) - G(z')‖²."""

    def terms(self, turn):
        latents = turn.latents + self.options.noise * torch.randn_like(turn.latents)
        near = turn.generate(latents, turn.fake_labels)["samples"]
        if turn.player == "gen":
            return {"variety": -self.options.gen * (turn.fake - near).square().mean()}
        change = turn.critic(turn.fake) - turn.critic(near, turn.fake_labels)
        return {"consistency": self.options.disc * change.square().mean()}


@hookimpl
def ganfw_components():
    options, summary = "zcr:ZCROptions", "Near latents: near scores, but different samples"
    return [Component("loss", "zcr", "zcr:ZCR", options, summary)]
