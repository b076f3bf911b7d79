"""CR: Zhang et al. 2020, "Consistency regularization for GANs"; balanced, bCR: Zhao et al. 2021,
"Improved consistency regularization for GANs"."""

import torch
from pydantic import Field

from ganfw import Component, Loss, Options, hookimpl


class ConsistencyOptions(Options):
    real: float = Field(10.0, ge=0, le=1e6, description="λ of real samples")
    fake: float = Field(10.0, ge=0, le=1e6, description="λ of generated samples; 0 is plain CR")
    shift: int = Field(2, ge=0, le=64, description="Most pixels that pictures move by")


class Consistency(Loss):
    """Zhao et al. 2021, algorithm 1: λ E (D(x) - D(T(x)))² over real and generated x."""

    def terms(self, turn):
        if turn.player == "gen":
            return {}
        pairs = {
            "real": (turn.real, turn.labels, self.options.real),
            "fake": (turn.fake, turn.fake_labels, self.options.fake),
        }
        return {
            name: strength * self.distance(turn.critic, samples, labels)
            for name, (samples, labels, strength) in pairs.items()
            if strength
        }

    def distance(self, critic, samples, labels):
        change = critic(samples, labels) - critic(self.transformed(samples), labels)
        return change.square().mean()

    def transformed(self, samples):
        """T: half of the pictures are flipped, and all are shifted; points get a little noise."""
        if samples.ndim < 4:
            return samples + 0.1 * torch.randn_like(samples)
        flips = torch.rand(len(samples), 1, 1, 1, device=samples.device) < 0.5
        most = self.options.shift
        by = torch.randint(-most, most + 1, (2,)).tolist()
        return torch.where(flips, samples.flip(3), samples).roll(by, dims=(2, 3))


@hookimpl
def ganfw_components():
    return [
        Component(
            "loss",
            "consistency",
            "consistency:Consistency",
            options="consistency:ConsistencyOptions",
            summary="Scores that stay as they are under flips and shifts (CR, bCR)",
        )
    ]
