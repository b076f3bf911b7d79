"""Do the players and the losses fit the data and each other? Checked before training, by shapes."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ..errors import PluginError, ShapesError, UsageError
from ..interfaces.loss import Terms
from ..interfaces.networks import draw_latents, eval_mode
from ..interfaces.shapes import Shapes
from ..runtime.random_state import isolated_random_state
from .critic import Critic
from .game import Game
from .objective import WeightedLoss


def dry_run(
    game: Game,
    real: Tensor,
    shapes: Shapes,
    gen: str,
    disc: str,
    data: str,
    labels: Tensor | None = None,
) -> None:
    """Run both networks and every loss once, in evaluation mode, and leave no trace: losses and
    augments are copies.

    ``real`` (B, ...) are real samples, ``labels`` (B, ...) theirs; ``gen``, ``disc`` and ``data``
    name the components. Raises ShapesError for networks that do not fit, UsageError for a player
    that no loss gives a term, PluginError for a term that is no scalar.
    """
    with isolated_random_state(0), eval_mode(game.gen.network, game.disc.network):
        labels_or_none = labels if shapes.has_labels else None
        random = torch.Generator(real.device).manual_seed(0)
        latents = draw_latents(game.gen.network, shapes, len(real), random).to(real.device)
        fake = _forward(game.gen.network, latents, labels_or_none, f"{gen}, given latents")
        _compare(fake, (len(real), *shapes.sample), f"{gen} makes", f"{data} has")
        for samples, maker in ((real, data), (fake, gen)):
            scores = _forward(
                game.disc.network, samples, labels_or_none, f"{disc}, given {maker}'s"
            )
            _compare(scores, (len(real),), f"{disc} gives scores", "a score per sample is")
        _check_terms(game, real, fake.detach(), labels_or_none)


def _forward(network: nn.Module, inputs: Tensor, labels: Tensor | None, who: str) -> Tensor:
    try:
        with torch.no_grad():
            output = network(inputs, labels)
    except (RuntimeError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise ShapesError(f"{who} {tuple(inputs.shape)}, fails: {reason}") from error
    if not isinstance(output, Tensor):
        kind = type(output).__name__
        raise ShapesError(f"{who} {tuple(inputs.shape)}, gives a {kind}, and must give a tensor")
    return output


def _compare(output: Tensor, wanted: tuple[int, ...], makes: str, has: str) -> None:
    if tuple(output.shape) != wanted:
        raise ShapesError(
            f"{makes} {tuple(output.shape)}, but {has} {wanted} (batch of {wanted[0]})"
        )


def _check_terms(game: Game, real: Tensor, fake: Tensor, labels: Tensor | None) -> None:
    counts = {"discriminator": 0, "generator": 0}
    for weighted in game.losses:
        terms = _terms(weighted, game, real, fake, labels)
        for player in counts:
            counts[player] += len(terms[player]) if weighted.every == 1 else 0
            for name, value in terms[player].items():
                _check_term(weighted.name, name, value)
    for player, count in counts.items():
        if not count:
            given = ", ".join(weighted.name for weighted in game.losses)
            raise UsageError(
                f"--loss {given} gives the {player} nothing to minimise: a penalty stands beside "
                "a loss, as in --loss nonsaturating --loss r1"
            )


def _terms(
    weighted: WeightedLoss, game: Game, real: Tensor, fake: Tensor, labels: Tensor | None
) -> dict[str, Terms]:
    """The loss's terms for each player, from copies of the loss and the augments."""
    loss, augments = copy.deepcopy((weighted.loss, list(game.augments)))
    real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
    critic = Critic(game.disc.network, labels, augments)
    return {
        "discriminator": loss.discriminator_terms(critic, real, fake),
        "generator": loss.generator_terms(critic, real, fake),
    }


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
