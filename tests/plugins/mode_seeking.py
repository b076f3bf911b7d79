"""MSGAN: Mao et al. 2019, "Mode seeking GANs for diverse image synthesis"."""

from pydantic import Field

from ganfw import Component, Loss, Options, hookimpl


class ModeSeekingOptions(Options):
    strength: float = Field(1.0, ge=0, le=1e6, description="λ, the factor of the term")


class ModeSeeking(Loss):
    """Section 3.2: the generator maximises d(G(c, z₁), G(c, z₂)) / d(z₁, z₂); as the authors'
    code does, by minimising 1 / ratio. z₂ are the batch's latents, moved on by one sample."""

    def terms(self, turn):
        if turn.player == "disc" or len(turn.latents) < 2:
            return {}
        latents = turn.latents.roll(1, 0)
        other = turn.generate(latents, turn.fake_labels)["samples"]
        ratio = (turn.fake - other).abs().mean() / (turn.latents - latents).abs().mean()
        return {"sameness": self.options.strength / (ratio + 1e-5)}


@hookimpl
def ganfw_components():
    options, summary = "mode_seeking:ModeSeekingOptions", "Other latents must give other samples"
    return [Component("loss", "mode-seeking", "mode_seeking:ModeSeeking", options, summary)]
