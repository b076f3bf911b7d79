"""The two turns of a GAN: the discriminator learns to spot fakes, the generator to fool it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor

from ..errors import PluginError
from ..interfaces.dataset import Batch
from ..interfaces.networks import Augment
from ..interfaces.player import Player, frozen
from ..interfaces.turn import Side, Turn
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.precision import Autocast
from .memory_format import match_memory_format
from .objective import StepLosses, TurnLosses, WeightedLoss, mean, total
from .turns import DrawLatents, Generated, MicroBatch, Turns

OnGradients = Callable[[str, Player], None]
"""Called between a network's backward pass and its step, with the network's name."""

Update = Callable[[Side], None]
"""Moves the networks of a side by the gradients that they have."""


def ignore_gradients(name: str, player: Player) -> None:
    """Nobody watches the gradients."""


class Game:
    """Two players, the losses they play for, and the rules of one step.

    ``networks`` are further players with the side in whose turn each learns. With ``reduction``
    "sum" each objective is the mean over the batch times the batch's length. With ``fake_labels``
    "shuffled" the generator is given the batch's labels in random order. With ``accumulate`` n each
    batch is played in at most n micro-batches, whose gradients are summed. Losses that are means
    over the batch come out the same; what looks at a whole batch, as batch norm does, sees a
    micro-batch instead.
    """

    def __init__(
        self,
        gen: Player,
        disc: Player,
        losses: Sequence[WeightedLoss],
        augments: Sequence[Augment] = (),
        networks: Mapping[str, tuple[Side, Player]] | None = None,
        reduction: Literal["mean", "sum"] = "mean",
        autocast: Autocast = contextlib.nullcontext,
        processes: Processes = SINGLE_PROCESS,
        accumulate: int = 1,
        gen_steps: int = 1,
        fake_labels: Literal["batch", "shuffled"] = "batch",
    ) -> None:
        more = networks or {}
        self.players = {"gen": gen, "disc": disc} | {name: it for name, (_, it) in more.items()}
        self.sides: dict[str, Side] = {"gen": "gen", "disc": "disc"}
        self.sides |= {name: side for name, (side, _) in more.items()}
        # The generator needs no care in the discriminator's turn, which sees its samples detached.
        self.frozen: dict[Side, list[Player]] = {
            side: [
                it
                for name, it in self.players.items()
                if self.sides[name] != side and it is not gen
            ]
            for side in ("gen", "disc")
        }
        self.learning: dict[Side, dict[str, Player]] = {
            side: {name: it for name, it in self.players.items() if self.sides[name] == side}
            for side in ("gen", "disc")
        }
        self.turns = Turns(self.players, augments, autocast)
        self.losses = losses
        self.augments = augments
        self.processes = processes
        self.accumulate = accumulate
        self.gen_steps = gen_steps
        self.sums = reduction == "sum"
        self.shuffles = fake_labels == "shuffled"
        self.active_losses = losses

    @property
    def gen(self) -> Player:
        """The generator."""
        return self.players["gen"]

    @property
    def disc(self) -> Player:
        """The discriminator."""
        return self.players["disc"]

    def step(
        self,
        batches: Sequence[Batch],
        latents: DrawLatents,
        on_gradients: OnGradients = ignore_gradients,
        number: int = 1,
    ) -> StepLosses:
        """One discriminator update per batch, then ``gen_steps`` generator updates on the last
        batch: the updates of Goodfellow et al. 2014, Algorithm 1, with k = len(batches). ``number``
        counts steps from 1.

        The last batch's samples are generated once: the discriminator learns from them detached,
        the generator through the graph they came with. In micro-batches there is no memory to keep
        those graphs, so samples are generated for each player anew, from the same latents.
        """
        return self.passes(batches, latents, lambda side: self.update(side, on_gradients), number)

    def passes(
        self, batches: Sequence[Batch], latents: DrawLatents, update: Update, number: int
    ) -> StepLosses:
        """A step's forward and backward passes, with an ``update`` after those of each turn."""
        self.turns.draw_latents = latents
        self.active_losses = self.losses_of(number)
        for batch in batches:
            parts = self._split(batch, latents)
            is_kept = batch is batches[-1] and len(parts) == 1
            kept = self.turns.generate(parts[0].latents, parts[0].fake_labels) if is_kept else None
            disc = self._play("disc", parts, kept, number, update)
        gen = self._play("gen", parts, kept, number, update)
        for _ in range(1, self.gen_steps):
            parts = self._split(batches[-1], latents)
            gen = self._play("gen", parts, None, number, update)
        examples = sum(map(self._whole, batches))
        return StepLosses(examples, disc.loss, gen.loss, disc.terms | gen.terms)

    def losses_of(self, number: int) -> list[WeightedLoss]:
        """The losses that are active in step ``number``."""
        return [loss for loss in self.losses if (number - 1) % loss.every == 0]

    def update(self, side: Side, on_gradients: OnGradients = ignore_gradients) -> None:
        """Move the networks of ``side``; all processes have the same gradients before."""
        for name, player in self.learning[side].items():
            self.processes.all_reduce_gradients(player.parameters(), mean=not self.sums)
            on_gradients(name, player)
            player.step()

    def state_dict(self) -> dict[str, Any]:
        """Of all networks, the losses and the augments."""
        return {
            "players": {name: player.state_dict() for name, player in self.players.items()},
            "losses": {weighted.name: weighted.loss.state_dict() for weighted in self.losses},
            "augments": [augment.state_dict() for augment in self.augments],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave. A run of release 0.1 has no state of losses."""
        for name, player in self.players.items():
            player.load_state_dict(state["players"][name])
            match_memory_format(player.optimizer)
        for weighted in self.losses:
            if weighted.name in state.get("losses", {}):
                weighted.loss.load_state_dict(state["losses"][weighted.name])
        for augment, saved in zip(self.augments, state.get("augments", []), strict=False):
            augment.load_state_dict(saved)

    def _play(
        self,
        side: Side,
        parts: Sequence[MicroBatch],
        kept: Generated | None,
        number: int,
        update: Update,
    ) -> TurnLosses:
        """One side's passes and its update. Returns the batch's own losses."""
        for player in self.learning[side].values():
            player.zero_grad()
        with frozen(self.frozen[side]):
            losses = [
                self._backward(part, self._losses(side, part, kept, number)) for part in parts
            ]
        shares = [part.share for part in parts]
        turn = losses[0] if shares == [1] else mean(losses, shares)
        update(side)
        return turn

    def _losses(
        self, side: Side, part: MicroBatch, kept: Generated | None, number: int
    ) -> TurnLosses:
        differentiated = {name for it in self.active_losses for name in it.loss.needs_gradient_at}
        turn = self.turns.turn(side, part, kept, number, differentiated)
        terms = [(weighted, weighted.loss.terms(turn)) for weighted in self.active_losses]
        if not any(found for _, found in terms):
            raise PluginError(f"step {number}: no loss gives a term in the turn of {side}")
        if side == "disc":
            self._adapt_augments(turn, part)
        return total("D" if side == "disc" else "G", terms)

    def _backward(self, part: MicroBatch, turn: TurnLosses) -> TurnLosses:
        """Add the micro-batch's gradients to those of the ones before."""
        factor = len(part.real) if self.sums else part.share
        torch.autograd.backward(turn.loss, turn.loss.new_full((), factor))
        return TurnLosses(turn.loss.detach(), turn.terms)

    def _split(self, batch: Batch, latents: DrawLatents) -> list[MicroBatch]:
        """The batch's micro-batches, with new latents."""
        drawn, length, processes = latents(len(batch)), self._whole(batch), self.processes.count
        # A micro-batch of one sample would have no batch statistics; all processes play as many.
        count = min(self.accumulate, max(length // processes // 2, 1))
        labels = _chunks(batch.labels, count)
        fake_labels = _chunks(_shuffled(batch.labels), count) if self.shuffles else labels
        samples, parts = _chunks(batch.samples, count), _chunks(drawn, count)
        columns = zip(samples, labels, fake_labels, parts, strict=True)
        whole = batch.whole and batch.whole // count
        return [
            MicroBatch(*column, len(column[0]) * processes / length, whole) for column in columns
        ]

    def _whole(self, batch: Batch) -> int:
        """How many samples all processes' shares of a batch have together."""
        return batch.whole or len(batch) * self.processes.count

    def _adapt_augments(self, turn: Turn, part: MicroBatch) -> None:
        """Tell the augments that adapt how sure the critic is of real samples."""
        adapting = [it for it in self.augments if type(it).adapt is not Augment.adapt]
        if adapting:
            sign_mean = turn.critic(turn.real).detach().sign().mean()
            own = len(turn.real) * self.processes.count
            examples = part.whole or own
            sign_mean = self.processes.all_reduce_mean(sign_mean * (own / examples))
            for augment in adapting:
                augment.adapt(sign_mean, examples)


Rows = TypeVar("Rows", Tensor, "Tensor | None")


def _chunks(rows: Rows, count: int) -> Sequence[Rows]:
    """``rows`` in ``count`` parts. All in one are not cut, which would take time in every step."""
    if rows is None or count == 1:
        return [rows] * count
    return rows.tensor_split(count)


def _shuffled(labels: Tensor | None) -> Tensor | None:
    return None if labels is None else labels[torch.randperm(len(labels), device=labels.device)]
