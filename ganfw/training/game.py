"""The two updates of a GAN: the discriminator learns to tell, then the generator to deceive."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ..interfaces.dataset import Batch
from ..interfaces.loss import Loss, Terms
from ..interfaces.networks import Augment
from ..interfaces.player import Player, PlayerName
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.precision import Autocast

DrawLatents = Callable[[int], Tensor]
"""``latents(B)`` draws (B, Z)."""


GradientsReady = Callable[[PlayerName, Player], None]
"""Called between a player's backward pass and its move."""


@dataclass(frozen=True)
class WeightedLoss:
    """A loss, the name its terms are logged under, its weight in the sum, and how often it takes
    part: in every n-th step, with n times the weight (lazy regularisation, Karras et al. 2020,
    "Analyzing and improving the image quality of StyleGAN", section 3.1)."""

    name: str
    loss: Loss
    weight: float = 1.0
    every: int = 1

    @property
    def factor(self) -> float:
        """Of its terms, where it takes part."""
        return self.weight * self.every


@dataclass(frozen=True)
class StepLosses:
    """One step's losses, per example, still on the device. ``terms`` sum to the two losses."""

    examples: int
    loss_D: Tensor
    loss_G: Tensor
    terms: dict[str, Tensor]


class Critic:
    """The discriminator as a loss sees it: samples (B, ...) -> scores (B,).

    It lives for one update, knows the batch's labels, augments what it is shown, and remembers:
    asked twice about the same tensor, it runs the network once.
    """

    def __init__(
        self,
        network: Callable[[Tensor, Tensor | None], Tensor],
        labels: Tensor | None,
        augments: Sequence[nn.Module],
    ) -> None:
        self._network = network
        self._labels = labels
        self._augments = augments
        self._seen: list[tuple[Tensor, Tensor]] = []

    def __call__(self, samples: Tensor) -> Tensor:
        for seen, scores in self._seen:
            if seen is samples:
                return scores
        self._seen.append((samples, self._score(samples)))
        return self._seen[-1][1]

    def _score(self, samples: Tensor) -> Tensor:
        for augment in self._augments:
            samples = augment(samples)
        return self._network(samples, self._labels)


class Game:
    """Two players, the losses they play for, and the rules of one step.

    With ``reduction`` "sum" each objective is the mean over the batch times the batch's length.
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
    ) -> None:
        self.gen = gen
        self.disc = disc
        self.losses = losses
        self.augments = augments
        self.autocast = autocast
        self.processes = processes
        self.sums = reduction == "sum"
        self.active_losses = losses

    def step(
        self,
        batches: Sequence[Batch],
        latents: DrawLatents,
        gradients_ready: GradientsReady,
        number: int = 1,
    ) -> StepLosses:
        """One discriminator update per batch, then one generator update on the last batch.

        The last batch's samples are generated once: the discriminator learns from them detached,
        the generator through the graph they came with. These are the updates of Goodfellow et al.
        2014, Algorithm 1, with k = len(batches). ``number`` counts steps from 1.
        """
        self.active_losses = [each for each in self.losses if (number - 1) % each.every == 0]
        for batch in batches[:-1]:
            with torch.no_grad():
                fake = self._generate(latents(len(batch)), batch.labels)
            self._update_discriminator(batch, fake, gradients_ready)
        batch = batches[-1]
        fake = self._generate(latents(len(batch)), batch.labels)
        loss_d, terms_d = self._update_discriminator(batch, fake.detach(), gradients_ready)
        loss_g, terms_g = self._update_generator(batch, fake, gradients_ready)
        return StepLosses(sum(map(len, batches)), loss_d, loss_g, terms_d | terms_g)

    def _generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        return self._run(self.gen.network, latents, labels)

    def _critic(self, labels: Tensor | None) -> Critic:
        return Critic(functools.partial(self._run, self.disc.network), labels, self.augments)

    def _run(self, network: nn.Module, inputs: Tensor, labels: Tensor | None) -> Tensor:
        """A forward pass in the run's precision; what comes out is as precise as what went in."""
        with self.autocast():
            output: Tensor = network(inputs, labels)
        return output.to(inputs.dtype)

    def _update_discriminator(
        self, batch: Batch, fake: Tensor, gradients_ready: GradientsReady
    ) -> tuple[Tensor, dict[str, Tensor]]:
        self.disc.freeze(False)
        loss, terms = self._discriminator_loss(batch, fake)
        self._move("disc", self.disc, loss, len(batch), gradients_ready)
        return loss.detach(), terms

    def _update_generator(
        self, batch: Batch, fake: Tensor, gradients_ready: GradientsReady
    ) -> tuple[Tensor, dict[str, Tensor]]:
        self.disc.freeze(True)
        loss, terms = self._generator_loss(batch, fake)
        self._move("gen", self.gen, loss, len(batch), gradients_ready)
        return loss.detach(), terms

    def _discriminator_loss(self, batch: Batch, fake: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        real = batch.samples
        differentiated = {at for each in self.active_losses for at in each.loss.needs_gradient_at}
        if "real" in differentiated:
            real = real.detach().requires_grad_()
        if "fake" in differentiated:
            fake = fake.detach().requires_grad_()
        critic = self._critic(batch.labels)
        parts = [
            (each, each.loss.discriminator_terms(critic, real, fake)) for each in self.active_losses
        ]
        self._let_augments_adapt(critic, real)
        return total("D", parts)

    def _let_augments_adapt(self, critic: Critic, real: Tensor) -> None:
        """Tell those who want to know how sure the critic is of what is real."""
        adapting = [each for each in self.augments if type(each).adapt is not Augment.adapt]
        if adapting:
            signs = critic(real).detach().sign().mean()
            signs = self.processes.mean(signs)
            for augment in adapting:
                augment.adapt(signs, len(real) * self.processes.count)

    def _generator_loss(self, batch: Batch, fake: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        critic, real = self._critic(batch.labels), batch.samples
        return total(
            "G",
            [(each, each.loss.generator_terms(critic, real, fake)) for each in self.active_losses],
        )

    def _move(
        self,
        name: PlayerName,
        player: Player,
        loss: Tensor,
        length: int,
        gradients_ready: GradientsReady,
    ) -> None:
        player.zero_grad()
        (loss * length if self.sums else loss).backward()  # type: ignore[no-untyped-call]
        self.processes.all_reduce_gradients(player.weights, mean=not self.sums)
        gradients_ready(name, player)
        player.move()


def total(
    player: str, parts: Iterable[tuple[WeightedLoss, Terms]]
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of all terms, and each term by its logged name, detached."""
    terms = {
        f"{player}/{each.name}.{term}": value if each.factor == 1.0 else each.factor * value
        for each, part in parts
        for term, value in part.items()
    }
    loss = functools.reduce(torch.add, terms.values())
    return loss, {name: value.detach() for name, value in terms.items()}
