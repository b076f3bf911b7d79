"""A loss at work: in turns that the engine makes, among small networks or real ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from ..interfaces.loss import NEEDS, Loss, Terms, is_need
from ..interfaces.networks import draw_latents
from ..interfaces.options import Options
from ..interfaces.outputs import SCORES, Output, by_name
from ..interfaces.player import Player, frozen
from ..interfaces.shapes import Shapes
from ..interfaces.turn import Side, Turn
from ..runtime.precision import Autocast
from ..training.turns import MicroBatch, Turns
from .failure import Broken, NotApplicable, expecting
from .subject import MORE_SHAPES, USUAL_SHAPES, Subject, describe
from .toys import ToyDiscriminator, ToyGenerator, random_samples, toy_labels
from .watched import Watched, watched

SHAPES = (
    Shapes((2,), None, 0, 5),
    Shapes((3, 8, 8), (-1.0, 1.0), 0, 5),
    Shapes((1, 7, 5), (0.0, 1.0), 3, 5),
)
SIDES: tuple[Side, ...] = ("disc", "gen")
_INPUTS = ("real", "fake")
_PLACES = {"gen": "generator", "disc": "discriminator", "network": "network"}


@dataclass
class Trial:
    """A loss in the turns of ``side``. ``players`` are all networks by name."""

    loss: Loss
    side: Side
    players: Mapping[str, Player]
    turns: Turns
    part: MicroBatch
    shapes: Shapes

    @property
    def what(self) -> str:
        """The batch in words."""
        return f"{len(self.part.real)} {describe(self.shapes)}"

    @property
    def at(self) -> Any:
        """The function to look at if the terms are wrong."""
        own = type(self.loss)
        if own.terms is not Loss.terms:
            return own.terms
        return own.discriminator_terms if self.side == "disc" else own.generator_terms

    @property
    def weights(self) -> list[Tensor]:
        """The discriminator's."""
        return list(self.players["disc"].parameters())

    @property
    def further(self) -> dict[str, Player]:
        """The networks beside the generator and the discriminator."""
        return {name: player for name, player in self.players.items() if name not in SIDES}

    def trained(self) -> list[Tensor]:
        """The weights that this turn's terms may train."""
        players = [self.players[self.side], *self.further.values()]
        return [weight for player in players for weight in player.parameters()]

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        """Latents (count, Z) as the generator draws them."""
        return draw_latents(self.players["gen"].network, self.shapes, count, random)

    def turn(self, factor: float = 1.0, step: int = 1) -> Turn:
        """The turn, with all scores multiplied by ``factor``."""
        torch.manual_seed(4)
        turn = self.turns.turn(self.side, self.part, None, step, self.loss.needs_gradient_at)
        return watched(turn, self.loss.needs, factor)

    def terms(self, factor: float = 1.0, step: int = 1) -> Terms:
        """The terms of a new turn, checked."""
        return self.terms_of(self.turn(factor, step))

    def terms_of(self, turn: Turn) -> Terms:
        """The terms of ``turn``, checked. As in the engine, the discriminator is frozen in the
        generator's turn."""
        torch.manual_seed(4)
        hint = "a loss that differentiates real or fake says so in needs_gradient_at"
        if turn.labels is None:
            hint += ', one that takes labels says needs = ("labels",)'
        with ExitStack() as stack:
            stack.enter_context(expecting(f"terms for {self.what}; {hint}", self.at))
            if self.side == "gen":
                stack.enter_context(frozen([self.players["disc"]]))
            terms = self.loss.terms(turn)
        self._check_terms(terms)
        return terms

    def repeated(self) -> Trial:
        """The same turn with every sample given twice."""
        part = self.part
        real, latents = (rows.repeat_interleave(2, 0) for rows in (part.real, part.latents))
        labels = None if part.labels is None else part.labels.repeat_interleave(2, 0)
        return replace(self, part=MicroBatch(real, labels, labels, latents))

    def _check_terms(self, terms: Any) -> None:
        if not isinstance(terms, Mapping):
            raise Broken("a dict of named terms", type(terms).__name__, self.at)
        for name, value in terms.items():
            if not isinstance(name, str) or not isinstance(value, Tensor):
                raise Broken("names to tensors", f"{name!r} to {type(value).__name__}", self.at)
            if value.shape != ():
                shape = tuple(value.shape)
                raise Broken(f"'{name}' as a scalar, the batch's mean", f"shape {shape}", self.at)
            if not value.isfinite():
                raise Broken(f"a finite term '{name}', for {self.what}", f"{value.item()}", self.at)


def trials(subject: Subject, count: int = 4, autocast: Autocast = ExitStack) -> Iterator[Trial]:
    """A trial of each side, with batches of ``count`` of each of a few shapes; always the same. The
    trials of one shape share a loss. Raises NotApplicable if the loss needs what is not given."""
    loss = _checked(subject)
    for shapes, players in _players(subject, loss):
        loss = subject.build()
        turns = Turns(Watched("network", players, loss.needs), (), autocast)
        part = _part(players, shapes, count)
        _check_outputs_needed(subject, loss, turns, part)
        for side in SIDES:
            yield Trial(loss, side, players, turns, part, shapes)


def _part(players: Mapping[str, Player], shapes: Shapes, count: int) -> MicroBatch:
    """Samples, labels and latents for a turn."""
    random = torch.Generator().manual_seed(3)
    latents = draw_latents(players["gen"].network, shapes, count, random)
    labels = toy_labels(shapes, count)
    return MicroBatch(random_samples(shapes, count), labels, labels, latents)


def _players(subject: Subject, loss: Loss) -> Iterator[tuple[Shapes, dict[str, Player]]]:
    """All networks, for each of the shapes that they accept: the partners that were given, and
    small ones. With labels if the loss needs them."""
    usual = (USUAL_SHAPES, MORE_SHAPES) if subject.partners else (SHAPES,)
    groups = [subject.shapes] if subject.shapes else usual
    if any(need.partition(".")[0] == "labels" for need in loss.needs):
        groups = [[shapes for shapes in group if toy_labels(shapes, 1) is not None]
                  for group in groups]  # fmt: skip
        if not any(groups):
            raise NotApplicable("it needs labels: give --shapes with classes, such as 3x32x32:10")

    def build(shapes: Shapes) -> dict[str, Player]:
        networks: dict[str, nn.Module] = {
            "gen": ToyGenerator(Options(), shapes),
            "disc": ToyDiscriminator(Options(), shapes),
        }
        networks |= {name: partner.build(shapes) for name, partner in subject.partners.items()}
        return {name: _player(network) for name, network in networks.items()}

    return subject.accepted(groups, build, 3)


def _player(network: nn.Module) -> Player:
    # A group, since a network without weights of its own is fine.
    return Player(network, torch.optim.Adam([{"params": list(network.parameters())}], 1e-3))


def _checked(subject: Subject) -> Loss:
    """A loss whose declarations are well-formed, and whose networks are there."""
    loss: Loss = subject.build()
    differentiated = loss.needs_gradient_at
    if not isinstance(differentiated, tuple) or not set(differentiated) <= set(_INPUTS):
        expected = f"needs_gradient_at as a tuple of {_INPUTS}"
        raise Broken(expected, repr(differentiated), type(loss))
    needs: object = loss.needs
    if not isinstance(needs, tuple) or not all(is_need(str(need)) for need in needs):
        raise Broken(f"needs as a tuple of {NEEDS}", repr(needs), type(loss))
    for place, name in map(_split, needs):
        if place in SIDES and place not in subject.partners:
            raise NotApplicable(f"it needs '{name}' from the {_PLACES[place]}: give --{place} NAME")
        if place == "network" and name not in subject.partners:
            raise NotApplicable(f"it needs a network '{name}': give --network {name}=COMPONENT")
    return loss


def _split(need: str) -> tuple[str, str]:
    place, _, name = need.partition(".")
    return place, name


def _check_outputs_needed(subject: Subject, loss: Loss, turns: Turns, part: MicroBatch) -> None:
    """Whether the partners give what the loss needs of them."""
    wanted = [(place, name) for place, name in map(_split, loss.needs) if place in SIDES]
    if not wanted:
        return
    with torch.no_grad(), expecting("outputs of the partners that are given"):
        given: dict[str, Mapping[str, Output]] = {
            "gen": turns.generate(part.latents, part.fake_labels),
            "disc": by_name(turns.judge(part.real, part.labels), SCORES),
        }
    for place, name in wanted:
        if name not in given[place]:
            who, gives = subject.partners[place].registered.name, ", ".join(given[place])
            raise NotApplicable(
                f"it needs '{name}' from the {_PLACES[place]}, and '{who}' gives only {gives}"
            )
