"""Weights of the critic within bounds."""

from __future__ import annotations

from typing import Any

import torch

from ganfw import Callback, TrainStart

from .options import ClipWeightsOptions


class ClipWeights(Callback):
    """Arjovsky et al. 2017 (WGAN), algorithm 1, line 7: w ← clip(w, -c, c) after each update of the
    critic, so that it is Lipschitz. It goes with the loss ``wasserstein``.

    A step may have several updates, so that it is the optimizer that clips.
    """

    options: ClipWeightsOptions
    on_every_rank = True

    def on_train_start(self, event: TrainStart) -> None:
        event.run.players["disc"].optimizer.register_step_post_hook(self._clip)

    @torch.no_grad()
    def _clip(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.clamp_(-self.options.limit, self.options.limit)
