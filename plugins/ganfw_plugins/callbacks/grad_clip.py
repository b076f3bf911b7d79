"""Gradients of bounded length."""

from __future__ import annotations

from torch.nn.utils import clip_grad_norm_

from ganfw import Callback, GradientsReady

from .options import GradClipOptions


class GradClip(Callback):
    """Scales a player's gradients down to ``max_norm`` if their joint L2 norm is greater
    (Pascanu et al. 2013, algorithm 1). Their direction stays; nothing is read off the device.

    With ``train.reduction = "sum"`` gradients are larger by the batch's length, and ``max_norm``
    should be too.
    """

    options: GradClipOptions
    on_every_rank = True

    def on_gradients_ready(self, event: GradientsReady) -> None:
        if self.options.players in ("both", event.name):
            clip_grad_norm_(event.player.parameters(), self.options.max_norm)
