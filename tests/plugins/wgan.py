"""WGAN: Arjovsky et al. 2017, "Wasserstein generative adversarial networks". The game is the loss
wasserstein, with ``train.disc_steps`` (n_critic) and the optimizer rmsprop."""

import torch
from pydantic import Field

from ganfw import Callback, Component, Options, hookimpl


class ClipOptions(Options):
    limit: float = Field(0.01, gt=0, le=100, description="c, the greatest weight of the critic")


class ClipWeights(Callback):
    """Algorithm 1, line 7: w ← clip(w, -c, c) after each of the critic's updates, of which a step
    has several: so the optimizer does it."""

    on_every_rank = True

    def on_train_start(self, event):
        event.run.players["disc"].optimizer.register_step_post_hook(self.clip)

    @torch.no_grad()
    def clip(self, optimizer, *_):
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.clamp_(-self.options.limit, self.options.limit)


@hookimpl
def ganfw_components():
    options, summary = "wgan:ClipOptions", "Keeps the critic's weights small"
    return [Component("callback", "clip-weights", "wgan:ClipWeights", options, summary)]
