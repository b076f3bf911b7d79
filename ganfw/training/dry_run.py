"""Do the networks and the losses fit the data and each other? Checked before training."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..errors import PluginError, ShapesError, UsageError, reason_of
from ..interfaces.dataset import Batch
from ..interfaces.loss import NEEDS, Terms, is_need, needs_of
from ..interfaces.networks import draw_latents, eval_mode
from ..interfaces.outputs import SAMPLES, SCORES, Output, by_name, tensor_of
from ..interfaces.shapes import Shapes
from ..interfaces.turn import Side, Turn
from ..runtime.random_state import isolated_random_state
from .game import Game
from .objective import WeightedLoss
from .turns import DrawLatents, MicroBatch, Turns

_MISTAKES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_SIDES: Mapping[Side, str] = {"disc": "discriminator", "gen": "generator"}


def dry_run(game: Game, batch: Batch, shapes: Shapes, gen: str, disc: str, data: str) -> None:
    """Run the networks and every loss once, in evaluation mode, and leave no trace: losses and
    augments are copies.

    ``batch`` holds real samples; ``gen``, ``disc`` and ``data`` name the components. Raises
    ShapesError for networks that do not fit, UsageError for losses that lack something, for a
    player that no loss gives a term, and for a network that gets no gradient, PluginError for a
    term that is no scalar.
    """
    networks = [player.network for player in game.players.values()]
    with isolated_random_state(0), eval_mode(*networks):
        random = torch.Generator(batch.samples.device).manual_seed(0)
        draw = functools.partial(draw_latents, game.gen.network, shapes, random=random)
        # Shuffled labels are other ones here too, so that a critic that can't know them says so.
        labels = batch.labels
        fake_labels = labels.flip(0) if game.shuffles and labels is not None else labels
        part = MicroBatch(batch.samples, labels, fake_labels, draw(len(batch)))
        given = {
            "gen": _check_generator(game, part, shapes, gen, data),
            "disc": _check_discriminator(game, part, disc, data),
        }
        for weighted in game.losses:
            _check_needs(weighted, game, part.labels, given, {"gen": gen, "disc": disc})
        _check_weights(game, {"gen": gen, "disc": disc})
        _check_terms(game, part, draw)


def _check_generator(
    game: Game, part: MicroBatch, shapes: Shapes, gen: str, data: str
) -> Mapping[str, Output]:
    generated = _output(game, "gen", part.latents, part.labels, f"{gen}, given latents", SAMPLES)
    found, wanted = tuple(tensor_of(generated, SAMPLES).shape), (len(part.real), *shapes.sample)
    if found != wanted:
        raise ShapesError(f"{gen} makes {found}, but {data} has {wanted} (batch of {wanted[0]})")
    return generated


def _check_discriminator(
    game: Game, part: MicroBatch, disc: str, data: str
) -> Mapping[str, Output]:
    judged = _output(game, "disc", part.real, part.labels, f"{disc}, given {data}'s", SCORES)
    found, count = tuple(tensor_of(judged, SCORES).shape), len(part.real)
    if found[:1] != (count,) or (len(found) > 1 and found[1:].count(1) == len(found) - 1):
        raise ShapesError(
            f"{disc} gives scores {found}, but a score per sample is {(count,)} (batch of {count}),"
            f" and a critic of patches gives several for each, ({count}, …)"
        )
    return judged


def _output(
    game: Game, name: str, inputs: Tensor, labels: Tensor | None, who: str, main: str
) -> Mapping[str, Output]:
    """All that a network gives, with the tensor ``main``."""
    given = f"{who} {tuple(inputs.shape)}"
    try:
        with torch.no_grad():
            output = game.players[name].network(inputs, labels)
    except (RuntimeError, ValueError, IndexError) as error:
        raise ShapesError(f"{given}, fails: {reason_of(error)}") from error
    try:
        tensor_of(output, main)
    except ShapesError as error:
        raise ShapesError(f"{given}, {error}") from None
    return by_name(output, main)


def _check_needs(
    weighted: WeightedLoss,
    game: Game,
    labels: Tensor | None,
    given: Mapping[str, Mapping[str, Output]],
    who: Mapping[str, str],
) -> None:
    loss = f"loss '{weighted.name}'"
    for need in needs_of(weighted.loss):
        place, _, name = need.partition(".")
        if place == "labels" and labels is None:
            raise UsageError(f"{loss} needs labels, and the data has none")
        if need == "labels.paired" and game.shuffles:
            raise UsageError(
                f"{loss} compares generated samples with the real ones that have the same labels: "
                "leave train.fake_labels at batch"
            )
        if place == "network" and name not in game.players:
            raise UsageError(f"{loss} needs a network '{name}': give --network {name}=COMPONENT")
        if place in given and name not in given[place]:
            gives = ", ".join(given[place])
            raise UsageError(f"{loss} needs '{name}' from {who[place]}, which gives only {gives}")
        if not is_need(need):
            raise PluginError(f"{loss} needs {need!r}, which means nothing: write {NEEDS}")


def _check_weights(game: Game, who: Mapping[str, str]) -> None:
    for name, label in who.items():
        if not game.players[name].parameters():
            raise UsageError(f"{label} has no weight to train: all of them are frozen")


def _check_terms(game: Game, part: MicroBatch, draw: DrawLatents) -> None:
    losses, augments = copy.deepcopy((list(game.losses), list(game.turns.augments)))
    turns = Turns(game.players, augments, game.turns.autocast)
    turns.draw_latents, turns.total_steps = draw, game.turns.total_steps
    for side, player in _SIDES.items():
        turn = turns.turn(side, part, differentiated=("real", "fake"))
        terms = [(weighted, _terms(weighted, turn)) for weighted in losses]
        for weighted, found in terms:
            for name, value in found.items():
                _check_term(weighted.name, name, value)
        if not any(found for weighted, found in terms if weighted.every == 1):
            given = ", ".join(weighted.name for weighted in losses)
            raise UsageError(
                f"--loss {given} gives the {player} nothing to minimise: a penalty stands beside "
                "a loss, as in --loss nonsaturating --loss r1"
            )
        _check_gradients(game, side, [found for _, found in terms])
    weights = (weight for player in game.players.values() for weight in player.parameters())
    if any(weight.grad is not None for weight in weights):
        raise PluginError("a loss calls backward, which the engine does: return terms")


def _terms(weighted: WeightedLoss, turn: Turn) -> Terms:
    try:
        terms = weighted.loss.terms(turn)
        if not isinstance(terms, Mapping):
            raise TypeError(f"its terms are a {type(terms).__name__}, not a dict")
        return terms
    except _MISTAKES as error:
        raise PluginError(
            f"loss '{weighted.name}' fails in the {_SIDES[turn.player]}'s turn with "
            f"{type(error).__name__}: {reason_of(error)}; ganfw check says where"
        ) from error


def _check_gradients(game: Game, side: Side, terms: Sequence[Terms]) -> None:
    """Whether every further network of ``side`` learns from some term."""
    values = [value.mean() for found in terms for value in found.values() if value.requires_grad]
    for name, own in game.sides.items():
        if own != side or name in _SIDES:
            continue
        weights = game.players[name].parameters()
        if not weights:
            continue  # frozen, as features of a trained network are
        grads = torch.autograd.grad(values, weights, retain_graph=True, allow_unused=True)
        if all(grad is None for grad in grads):
            raise UsageError(
                f"network '{name}' learns nothing: no loss has a term in the {_SIDES[side]}'s turn "
                "that depends on it"
            )


def _check_term(loss: str, name: str, value: object) -> None:
    if not isinstance(value, Tensor):
        raise PluginError(
            f"loss '{loss}': its term '{name}' is a {type(value).__name__}; a term is a tensor"
        )
    if value.ndim:
        raise PluginError(
            f"loss '{loss}': its term '{name}' has shape {tuple(value.shape)}; a term is a scalar, "
            "the mean over the batch"
        )
