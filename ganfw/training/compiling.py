"""``--compile``: the networks of a game as ``torch.compile`` makes them, once they are seen to
agree with the eager ones.

Networks are compiled, and nothing else: losses, augments and optimizers are small beside them, and
stay what a user can step through. A critic whose gradient a loss differentiates stays eager, since
compiled code can't be differentiated twice.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from ..data.loader import Loader
from ..errors import UsageError, reason_of
from ..interfaces.dataset import Batch
from ..interfaces.shapes import Shapes
from .game import Game
from .parity import PARITY_STEPS, first_batches, first_losses, gap

TOLERANCE = 1e-2
"""How far both ways' first losses may lie apart, relatively, beside what rounding does to the eager
ones."""


def compile_game(game: Game, loader: Loader, shapes: Shapes, disc_steps: int = 1) -> None:
    """Compile the players of ``game``, which is left as it was otherwise: both, or the one that
    can be. Further networks stay eager.

    Raises UsageError, with the reason, where none can be compiled or they do not agree.
    """
    batches = first_batches(loader, disc_steps)
    wanted = first_losses(game, batches, shapes)
    tolerance = TOLERANCE + 2 * gap(_unrounded_losses(game, batches, shapes), wanted)
    _silence_compiler()
    apart = gap(_compiled_losses(game, batches, shapes), wanted)
    if not apart <= tolerance:
        raise UsageError(
            f"compiled losses lie {apart:.2g} from the eager ones after {PARITY_STEPS} steps, more "
            f"than {tolerance:.2g}: leave --compile out"
        )


def _compiled_losses(game: Game, batches: Sequence[Batch], shapes: Shapes) -> Tensor:
    """The first losses with as much compiled as can be. A network that a loss differentiates twice
    can't: it says so for the critic's inputs, and is found out where it makes inputs of its own."""
    differentiated = any(weighted.loss.needs_gradient_at for weighted in game.losses)
    failed: Exception | None = None
    for names in [("gen",)] if differentiated else [("gen", "disc"), ("gen",), ("disc",)]:
        eager = {name: game.players[name] for name in names}
        for name, player in eager.items():
            game.players[name] = replace(player, compiled=_compiled(player.network))
        try:
            return first_losses(game, batches, shapes)
        except Exception as error:
            failed = failed or error
            game.players.update(eager)
    assert failed is not None
    raise UsageError(
        f"this run can't be compiled, leave --compile out: {reason_of(failed)}"
    ) from failed


def _compiled(network: nn.Module) -> Callable[..., Tensor]:
    # Fixed shapes give the fastest kernels; an epoch's smaller last batch is compiled apart. Noise
    # that a network draws is torch's own, so that it is the same as without compiling.
    return torch.compile(network, dynamic=False, options={"fallback_random": True})


def _unrounded_losses(game: Game, batches: Sequence[Batch], shapes: Shapes) -> Tensor:
    """The first losses without autocast. Compiled code rounds to bfloat16 in other places than
    eager code, and may differ as much as rounding itself makes a difference; and on a GPU the same
    steps may come out a little different each time."""
    autocast, game.turns.autocast = game.turns.autocast, contextlib.nullcontext
    try:
        return first_losses(game, batches, shapes)
    finally:
        game.turns.autocast = autocast


def _silence_compiler() -> None:
    """torch's compiler warns, now and whenever it meets a new shape, of what users can't change."""
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"torch\._(dynamo|inductor|functorch)\b")
    warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor that is not a leaf")
