"""The two turns of a GAN: the discriminator learns to spot fakes, the generator to fool it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ..interfaces.dataset import Batch
from ..interfaces.networks import Augment
from ..interfaces.player import Player, PlayerName
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.precision import Autocast
from .critic import Critic
from .memory_format import match_memory_format
from .objective import StepLosses, TurnLosses, WeightedLoss, mean, total

DrawLatents = Callable[[int], Tensor]
"""``latents(B)`` draws (B, Z)."""

OnGradients = Callable[[PlayerName, Player], None]
"""Called between a player's backward pass and its step."""


def _ignore(name: PlayerName, player: Player) -> None:
    """Nobody watches the gradients."""


@dataclass(frozen=True)
class MicroBatch:
    """A part of a batch with the latents that go with it; ``share`` is its part of the whole."""

    real: Tensor
    labels: Tensor | None
    latents: Tensor
    share: float


class Game:
    """Two players, the losses they play for, and the rules of one step.

    With ``reduction`` "sum" each objective is the mean over the batch times the batch's length.
    With ``accumulate`` n each batch is played in at most n micro-batches, whose gradients are
    summed. Losses that are means over the batch come out the same; what looks at a whole batch, as
    batch norm does, sees a micro-batch instead.
    """

    def __init__(
        self,
        gen: Player,
        disc: Player,
        losses: Sequence[WeightedLoss],
        augments: Sequence[Augment] = (),
        reduction: Literal["mean", "sum"] = "mean",
        autocast: Autocast = contextlib.nullcontext,
        processes: Processes = SINGLE_PROCESS,
        accumulate: int = 1,
    ) -> None:
        self.gen = gen
        self.disc = disc
        self.losses = losses
        self.augments = augments
        self.autocast = autocast
        self.processes = processes
        self.accumulate = accumulate
        self.sums = reduction == "sum"
        self.active_losses = losses

    def step(
        self,
        batches: Sequence[Batch],
        latents: DrawLatents,
        on_gradients: OnGradients = _ignore,
        number: int = 1,
    ) -> StepLosses:
        """One discriminator update per batch, then one generator update on the last batch: the
        updates of Goodfellow et al. 2014, Algorithm 1, with k = len(batches). ``number`` counts
        steps from 1.

        The last batch's samples are generated once: the discriminator learns from them detached,
        the generator through the graph they came with. In micro-batches there is no memory to keep
        those graphs, so samples are generated for each player anew, from the same latents.
        """
        self.active_losses = [loss for loss in self.losses if (number - 1) % loss.every == 0]
        for batch in batches:
            parts = self._split(batch, latents(len(batch)))
            kept = self._generate(parts[0]) if batch is batches[-1] and len(parts) == 1 else None
            disc = self._discriminator_turn(parts, kept, on_gradients)
        gen = self._generator_turn(parts, kept, on_gradients)
        examples = sum(map(len, batches))
        return StepLosses(examples, disc.loss, gen.loss, disc.terms | gen.terms)

    def state_dict(self) -> dict[str, Any]:
        """Of both players, the losses and the augments."""
        return {
            "players": {"gen": self.gen.state_dict(), "disc": self.disc.state_dict()},
            "losses": {weighted.name: weighted.loss.state_dict() for weighted in self.losses},
            "augments": [augment.state_dict() for augment in self.augments],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave. A run of release 0.1 has no state of losses."""
        for name, player in (("gen", self.gen), ("disc", self.disc)):
            player.load_state_dict(state["players"][name])
            match_memory_format(player.optimizer)
        for weighted in self.losses:
            if weighted.name in state.get("losses", {}):
                weighted.loss.load_state_dict(state["losses"][weighted.name])
        for augment, saved in zip(self.augments, state.get("augments", []), strict=False):
            augment.load_state_dict(saved)

    def _discriminator_turn(
        self, parts: Sequence[MicroBatch], kept: Tensor | None, on_gradients: OnGradients
    ) -> TurnLosses:
        self.disc.zero_grad()
        losses = [self._backward(part, self._discriminator_loss(part, kept)) for part in parts]
        return self._update("disc", self.disc, losses, parts, on_gradients)

    def _generator_turn(
        self, parts: Sequence[MicroBatch], kept: Tensor | None, on_gradients: OnGradients
    ) -> TurnLosses:
        self.gen.zero_grad()
        with self.disc.frozen():
            losses = [self._backward(part, self._generator_loss(part, kept)) for part in parts]
        return self._update("gen", self.gen, losses, parts, on_gradients)

    def _discriminator_loss(self, part: MicroBatch, kept: Tensor | None) -> TurnLosses:
        real, fake = part.real, self._detached_fake(part, kept)
        differentiated = {side for it in self.active_losses for side in it.loss.needs_gradient_at}
        if "real" in differentiated:
            real = real.detach().requires_grad_()
        if "fake" in differentiated:
            fake = fake.detach().requires_grad_()
        critic = self._critic(part.labels)
        terms = [(it, it.loss.discriminator_terms(critic, real, fake)) for it in self.active_losses]
        self._adapt_augments(critic, real)
        return total("D", terms)

    def _generator_loss(self, part: MicroBatch, kept: Tensor | None) -> TurnLosses:
        fake = self._generate(part) if kept is None else kept
        critic = self._critic(part.labels)
        return total(
            "G",
            [(it, it.loss.generator_terms(critic, part.real, fake)) for it in self.active_losses],
        )

    def _backward(self, part: MicroBatch, turn: TurnLosses) -> TurnLosses:
        """Add the micro-batch's gradients to those of the ones before."""
        factor = len(part.real) if self.sums else part.share
        (turn.loss if factor == 1 else turn.loss * factor).backward()  # type: ignore[no-untyped-call]
        return TurnLosses(turn.loss.detach(), turn.terms)

    def _update(
        self,
        name: PlayerName,
        player: Player,
        losses: Sequence[TurnLosses],
        parts: Sequence[MicroBatch],
        on_gradients: OnGradients,
    ) -> TurnLosses:
        """Step, once all processes have the same gradients. Returns the batch's own losses."""
        self.processes.all_reduce_gradients(player.parameters(), mean=not self.sums)
        on_gradients(name, player)
        player.step()
        return losses[0] if len(losses) == 1 else mean(losses, [part.share for part in parts])

    def _split(self, batch: Batch, latents: Tensor) -> list[MicroBatch]:
        count = self.accumulate
        labels: Sequence[Tensor | None] = [None] * count
        if batch.labels is not None:
            labels = batch.labels.chunk(count)
        parts = zip(batch.samples.chunk(count), labels, latents.chunk(count), strict=False)
        return [MicroBatch(*part, share=len(part[0]) / len(batch)) for part in parts]

    def _detached_fake(self, part: MicroBatch, kept: Tensor | None) -> Tensor:
        if kept is not None:
            return kept.detach()
        with torch.no_grad():
            return self._generate(part)

    def _generate(self, part: MicroBatch) -> Tensor:
        return self._run(self.gen.forward, part.latents, part.labels)

    def _critic(self, labels: Tensor | None) -> Critic:
        return Critic(functools.partial(self._run, self.disc.forward), labels, self.augments)

    def _run(self, forward: Callable[..., Tensor], inputs: Tensor, labels: Tensor | None) -> Tensor:
        """A forward pass in the run's precision; what comes out is as precise as what went in."""
        with self.autocast():
            output = forward(inputs, labels)
        return output.to(inputs.dtype)

    def _adapt_augments(self, critic: Critic, real: Tensor) -> None:
        """Tell the augments that adapt how sure the critic is of real samples."""
        adapting = [it for it in self.augments if type(it).adapt is not Augment.adapt]
        if adapting:
            sign_mean = self.processes.all_reduce_mean(critic(real).detach().sign().mean())
            for augment in adapting:
                augment.adapt(sign_mean, len(real) * self.processes.count)
