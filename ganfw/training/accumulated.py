"""The same step with less memory: a batch is played in parts, whose gradients are added up.

Losses that are means over the batch come out the same. What looks at a whole batch, as batch norm
does, sees a part of it instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from ..interfaces.dataset import Batch
from ..interfaces.player import Player, PlayerName
from .game import DrawLatents, Game, GradientsReady, StepLosses

Part = tuple[float, Tensor, dict[str, Tensor]]
"""The part's share of the batch, its loss with a graph, and its terms."""


class AccumulatedGame(Game):
    """A game whose batches are split into at most ``parts``."""

    def __init__(self, game: Game, parts: int) -> None:
        reduction: Literal["mean", "sum"] = "sum" if game.sums else "mean"
        super().__init__(
            game.gen,
            game.disc,
            game.losses,
            game.augments,
            reduction,
            game.autocast,
            game.processes,
        )
        self._parts = parts

    def step(
        self,
        batches: Sequence[Batch],
        latents: DrawLatents,
        gradients_ready: GradientsReady,
        number: int = 1,
    ) -> StepLosses:
        """See `Game.step`. Each part's samples are generated twice, for the one player and for the
        other: keeping them with their graphs is what there is no memory for."""
        self.active_losses = [each for each in self.losses if (number - 1) % each.every == 0]
        for batch in batches:
            noise = latents(len(batch))
            parts = self._split(batch, noise, self._disc_part)
            self.disc.freeze(False)
            loss_d, terms_d = self._add_up("disc", self.disc, parts, len(batch), gradients_ready)
        self.disc.freeze(True)
        parts = self._split(batch, noise, self._gen_part)
        loss_g, terms_g = self._add_up("gen", self.gen, parts, len(batch), gradients_ready)
        return StepLosses(sum(map(len, batches)), loss_d, loss_g, terms_d | terms_g)

    def _split(
        self,
        batch: Batch,
        noise: Tensor,
        play: Callable[[Batch, Tensor], tuple[Tensor, dict[str, Tensor]]],
    ) -> Iterator[Part]:
        labels: Sequence[Tensor | None] = [None] * self._parts
        if batch.labels is not None:
            labels = batch.labels.chunk(self._parts)
        samples = batch.samples.chunk(self._parts)
        for real, label, latents in zip(samples, labels, noise.chunk(self._parts), strict=False):
            yield (len(real) / len(batch), *play(Batch(real, label), latents))

    def _disc_part(self, batch: Batch, latents: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            fake = self._generate(latents, batch.labels)
        return self._discriminator_loss(batch, fake)

    def _gen_part(self, batch: Batch, latents: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return self._generator_loss(batch, self._generate(latents, batch.labels))

    def _add_up(
        self,
        name: PlayerName,
        player: Player,
        parts: Iterator[Part],
        length: int,
        gradients_ready: GradientsReady,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        player.zero_grad()
        losses: list[Tensor] = []
        sums: dict[str, Tensor] = {}
        for share, loss, terms in parts:
            factor = share * length if self.sums else share
            (loss * factor).backward()  # type: ignore[no-untyped-call]
            losses.append(loss.detach() * share)
            for key, value in terms.items():
                sums[key] = sums[key] + value * share if key in sums else value * share
        self.processes.all_reduce_gradients(player.weights, mean=not self.sums)
        gradients_ready(name, player)
        player.move()
        return torch.stack(losses).sum(), sums
