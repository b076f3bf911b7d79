"""The whole step as one compiled function: the same game where Python itself is the cost.

Both updates, the losses and the optimizers are traced together by ``torch.compile``. That takes
seconds before the first step and pays for itself over thousands of small ones. Whatever can't be
traced so, or does not give the eager step's losses, is refused with the reason.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value
from torch.optim import Optimizer

from ..errors import UsageError
from ..interfaces.dataset import Batch
from ..interfaces.networks import Augment
from ..interfaces.player import Player
from .game import Critic, DrawLatents, Game, GradientsReady, StepLosses, total
from .updates import UPDATES, Update

Weights = dict[str, Tensor]

Reduction = Literal["mean", "sum"]

PARITY_STEPS, TOLERANCE = 20, 1e-3
"""Steps that both ways must agree on, and how far their losses may lie apart, relatively."""


@dataclass(frozen=True)
class Side:
    """A player laid bare: what a compiled step needs of it, and nothing that takes long to guard.

    ``weights`` share their memory with the network's, ``states`` are the optimizer's own tensors.
    """

    network: nn.Module
    weights: Weights
    states: dict[str, dict[str, Tensor]]
    options: dict[str, Any]
    update: Update
    rate: Tensor

    @classmethod
    def of(cls, player: Player) -> Side:
        optimizer = player.optimizer
        (group,) = optimizer.param_groups
        named = dict(player.network.named_parameters())
        return cls(
            player.network,
            {name: each.detach() for name, each in named.items()},
            {
                name: optimizer.state[each]
                for name, each in named.items()
                if each in optimizer.state
            },
            {key: group[key] for key in ("betas", "eps", "weight_decay")},
            UPDATES[type(optimizer).__name__],
            torch.tensor(0.0),
        )


class CompiledGame(Game):
    """A game whose steps are compiled. Batches of another length than the first, such as an
    epoch's last, are played step by step."""

    def __init__(self, game: Game, reduction: Reduction) -> None:
        super().__init__(game.gen, game.disc, game.losses, game.augments, reduction)
        self._compiled = torch.compile(self._whole_step, dynamic=False)
        self._length: int | None = None
        self._bare: tuple[Side, Side] = (Side.of(game.gen), Side.of(game.disc))
        self._marks: list[int] = []
        self._rates: list[float] = []

    def step(
        self,
        batches: Sequence[Batch],
        latents: DrawLatents,
        gradients_ready: GradientsReady,
        number: int = 1,
    ) -> StepLosses:
        """See `Game.step`; ``on_gradients_ready`` is not called."""
        self._length = self._length or len(batches[0])
        known = all(each.optimizer.state for each in (self.gen, self.disc))
        if not known or any(len(each) != self._length for each in batches):
            return super().step(batches, latents, gradients_ready, number)
        reals = [batch.samples for batch in batches]
        labels = [batch.labels for batch in batches]
        noise = [latents(len(batch)) for batch in batches]
        gen, disc = self._sides()
        with torch.no_grad():
            loss_d, loss_g, terms = self._compiled(gen, disc, reals, labels, noise)
        return StepLosses(sum(map(len, batches)), loss_d, loss_g, terms)

    def _sides(self) -> tuple[Side, Side]:
        """Both players laid bare, anew where an optimizer's state was loaded."""
        players = (self.gen, self.disc)
        marks = [id(each.optimizer.state[each.weights[0]]["step"]) for each in players]
        if marks != self._marks:
            self._bare, self._marks = (Side.of(self.gen), Side.of(self.disc)), marks
            self._rates = []
        rates = [each.optimizer.param_groups[0]["lr"] for each in players]
        if rates != self._rates:
            for side, rate in zip(self._bare, rates, strict=True):
                side.rate.fill_(rate)
            self._rates = rates
        return self._bare

    def _whole_step(
        self,
        gen: Side,
        disc: Side,
        reals: list[Tensor],
        labels: list[Tensor | None],
        noise: list[Tensor],
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        for real, label, latents in zip(reals, labels, noise, strict=True):
            fake = functional_call(gen.network, gen.weights, (latents, label))

            def disc_loss(
                weights: Weights, real: Tensor = real, fake: Tensor = fake, label: Any = label
            ) -> Any:
                critic = self._critic_of(disc, weights, label)
                return self._objective("D", "discriminator_terms", critic, real, fake)

            grads, (_, (loss_d, terms_d)) = grad_and_value(disc_loss, has_aux=True)(disc.weights)
            _update(disc, grads)

        def gen_loss(weights: Weights) -> Any:
            critic = self._critic_of(disc, disc.weights, labels[-1])
            fake = functional_call(gen.network, weights, (noise[-1], labels[-1]))
            return self._objective("G", "generator_terms", critic, reals[-1], fake)

        grads, (_, (loss_g, terms_g)) = grad_and_value(gen_loss, has_aux=True)(gen.weights)
        _update(gen, grads)
        return loss_d, loss_g, terms_d | terms_g

    def _critic_of(self, disc: Side, weights: Weights, labels: Tensor | None) -> Critic:
        def network(samples: Tensor, labels: Tensor | None) -> Tensor:
            scores: Tensor = functional_call(disc.network, weights, (samples, labels))
            return scores

        return Critic(network, labels, self.augments)

    def _objective(self, name: str, method: str, critic: Critic, real: Tensor, fake: Tensor) -> Any:
        parts = [(each, getattr(each.loss, method)(critic, real, fake)) for each in self.losses]
        loss, terms = total(name, parts)
        return (loss * len(real) if self.sums else loss), (loss.detach(), terms)


def compile_game(
    game: Game, reduction: Reduction, batches: Sequence[Batch], latent_dim: int
) -> CompiledGame:
    """``game`` with compiled steps, once they were seen to agree with the eager ones.

    ``batches`` are whole batches of the run, as many as a step takes. The players and the random
    streams are left as they were. Raises UsageError, with the reason, where the game can't be
    compiled or does not agree.
    """
    _refuse_what_is_known_to_fail(game)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return _compare(CompiledGame(game, reduction), game, batches, latent_dim)


def _compare(
    compiled: CompiledGame, game: Game, batches: Sequence[Batch], latent_dim: int
) -> CompiledGame:
    size = (len(batches[0]), latent_dim)
    device = batches[0].samples.device
    noise = [torch.randn(size, device=device) for _ in range(PARITY_STEPS)]
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = _play(compiled, batches, noise)
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise UsageError(
                f"this run can't be compiled, leave --compile out: {reason}"
            ) from error
    wanted = _play(game, batches, noise)
    gap = ((found - wanted).abs() / wanted.abs().clamp(min=1e-3)).max()
    if not gap <= TOLERANCE:
        raise UsageError(
            f"compiled losses lie {float(gap):.2g} from the eager ones after {PARITY_STEPS} steps, "
            f"more than {TOLERANCE:g}: leave --compile out"
        )
    return compiled


def _refuse_what_is_known_to_fail(game: Game) -> None:
    for each in game.losses:
        if each.loss.needs_gradient_at:
            raise UsageError(
                f"loss '{each.name}' differentiates the critic's gradient, which the compiled step "
                "can't: leave --compile out"
            )
        if each.every > 1:
            raise UsageError(
                f"loss '{each.name}' takes part in every {each.every}th step only, and a compiled "
                "step is always the same: leave --compile out"
            )
    for augment in game.augments:
        if type(augment).adapt is not Augment.adapt:
            raise UsageError(
                f"{type(augment).__name__} adapts to the critic, which the compiled step can't "
                "tell it of: leave --compile out"
            )
    for name, player in (("generator", game.gen), ("discriminator", game.disc)):
        if any(True for _ in player.network.buffers()):
            raise UsageError(
                f"the {name} keeps statistics (batch norm's, say), which the compiled step can't: "
                "leave --compile out"
            )
        if type(player.optimizer).__name__ not in UPDATES:
            raise UsageError(f"{type(player.optimizer).__name__} can't be compiled: use adam")


def _play(game: Game, batches: Sequence[Batch], noise: Sequence[Tensor]) -> Tensor:
    """Both losses (PARITY_STEPS, 2) of steps on the same batches; then all is put back."""
    kept = [_snapshot(player) for player in (game.gen, game.disc)]
    rows = []
    for latents in noise:
        losses = game.step(batches, lambda count, z=latents: z, _nobody)  # type: ignore[misc]
        rows.append(torch.stack([losses.loss_D, losses.loss_G]))
    for player, (network, optimizer) in zip((game.gen, game.disc), kept, strict=True):
        player.network.load_state_dict(network)
        _restore(player.optimizer, optimizer)
    return torch.stack(rows)


def _snapshot(player: Player) -> tuple[dict[str, Tensor], dict[Any, dict[str, Tensor]]]:
    network = {name: each.detach().clone() for name, each in player.network.state_dict().items()}
    state = player.optimizer.state
    return network, {
        weight: {k: v.clone() for k, v in each.items()} for weight, each in state.items()
    }


def _restore(optimizer: Optimizer, kept: Mapping[Any, dict[str, Tensor]]) -> None:
    """In place, since the compiled step knows these very tensors; state that is new becomes 0."""
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            value.copy_(kept[weight][name]) if weight in kept else value.zero_()


def _update(side: Side, grads: Weights) -> None:
    for name, state in side.states.items():
        side.update(side.weights[name], grads[name], state, side.rate, side.options)


def _nobody(name: str, player: Player) -> None:
    """Nobody watches the gradients."""
