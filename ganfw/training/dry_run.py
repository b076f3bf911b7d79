"""Do the players and the losses fit the data and each other? Asked before training, in shapes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import PluginError, ShapesError, UsageError
from ..interfaces.shapes import Shapes
from ..sampling.generate import eval_mode
from .game import Critic, Game


def dry_run(game: Game, real: Tensor, shapes: Shapes, gen: str, disc: str, data: str) -> None:
    """Run both networks and every loss once, in evaluation mode, and leave no trace.

    ``real`` (B, ...) are real samples; ``gen``, ``disc`` and ``data`` name the components.
    Raises ShapesError for networks that do not fit, UsageError for a player that no loss gives a
    term, PluginError for a term that is no scalar.
    """
    devices = [real.device] if real.device.type == "cuda" else []
    with torch.random.fork_rng(devices), eval_mode(game.gen.network, game.disc.network):
        labels = torch.zeros(len(real), dtype=torch.long, device=real.device)
        labels_or_none = labels if shapes.classes else None
        latents = torch.randn(len(real), shapes.latent_dim, device=real.device)
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
            output: Tensor = network(inputs, labels)
    except (RuntimeError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise ShapesError(f"{who} {tuple(inputs.shape)}, fails: {reason}") from error
    return output


def _compare(output: Tensor, wanted: tuple[int, ...], makes: str, has: str) -> None:
    if tuple(output.shape) != wanted:
        raise ShapesError(
            f"{makes} {tuple(output.shape)}, but {has} {wanted} (batch of {wanted[0]})"
        )


def _check_terms(game: Game, real: Tensor, fake: Tensor, labels: Tensor | None) -> None:
    real, fake = real.detach().requires_grad_(), fake.requires_grad_()
    counts = {"discriminator": 0, "generator": 0}
    for each in game.losses:
        critic = Critic(game.disc.network, labels, game.augments)
        for player, terms in (
            ("discriminator", each.loss.discriminator_terms(critic, real, fake)),
            ("generator", each.loss.generator_terms(critic, real, fake)),
        ):
            counts[player] += len(terms) if each.every == 1 else 0
            for name, value in terms.items():
                if value.ndim:
                    raise PluginError(
                        f"loss '{each.name}': its term '{name}' has shape {tuple(value.shape)}; "
                        "a term is a scalar, the mean over the batch"
                    )
    for player, count in counts.items():
        if not count:
            given = ", ".join(each.name for each in game.losses)
            raise UsageError(
                f"--loss {given} gives the {player} nothing to minimise: a penalty stands beside "
                "a loss, as in --loss nonsaturating --loss r1"
            )
