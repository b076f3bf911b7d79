"""What the losses see of a turn: the networks' forward passes, in the run's precision."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..interfaces.networks import Augment, sees_unaugmented
from ..interfaces.outputs import SAMPLES, Output, by_name, map_tensors, tensor_of
from ..interfaces.player import Player
from ..interfaces.turn import Side, Turn
from ..runtime.precision import Autocast
from .critic import Critic

Generated = Mapping[str, Output]
"""All that the generator gave, with "samples"."""

DrawLatents = Callable[[int], Tensor]
"""``latents(B)`` draws (B, Z)."""

_HALF = (torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class MicroBatch:
    """A part of a batch with the latents that go with it. ``share`` is its weight in the mean over
    all processes' batch; ``whole`` is how many samples their parts have together, if not alike."""

    real: Tensor
    labels: Tensor | None
    fake_labels: Tensor | None
    latents: Tensor
    share: float = 1.0
    whole: int | None = None


class Turns:
    """Makes the turns of a game. ``players`` are all networks by name; ``draw_latents`` is the
    run's stream, ``total_steps`` its length."""

    def __init__(
        self, players: Mapping[str, Player], augments: Sequence[Augment], autocast: Autocast
    ) -> None:
        self.players = players
        self.augments = augments
        self.autocast = autocast
        self.total_steps = 1
        self.draw_latents: DrawLatents = _no_latents
        self._networks = {name: player.network for name, player in players.items()}
        self._generate_constants = torch.no_grad()(self.generate)
        self._sees_unaugmented = sees_unaugmented(self._networks["disc"])

    def turn(
        self,
        side: Side,
        part: MicroBatch,
        kept: Generated | None = None,
        number: int = 1,
        differentiated: Collection[str] = (),
    ) -> Turn:
        """The turn of ``side`` in step ``number``. What was generated before, with its graph, is
        ``kept``; the discriminator sees it detached. "real" and "fake" samples that its losses
        differentiate require gradients."""
        generate = self.generate if side == "gen" else self._generate_constants
        generated = generate(part.latents, part.fake_labels) if kept is None else kept
        real, labels = part.real, part.labels
        if side == "disc":
            generated = {name: map_tensors(Tensor.detach, it) for name, it in generated.items()}
            real, labels = self._as_real(part, tensor_of(generated, SAMPLES))
            if "fake" in differentiated:
                tensor_of(generated, SAMPLES).requires_grad_()
            real = real.detach().requires_grad_() if "real" in differentiated else real
        fake = tensor_of(generated, SAMPLES)
        return Turn(
            player=side,
            step=number,
            total_steps=self.total_steps,
            real=real,
            labels=labels,
            fake=fake,
            fake_labels=part.fake_labels,
            latents=part.latents,
            generated=generated,
            critic=Critic(self.judge, real, labels, fake, part.fake_labels),
            draw_latents=self.draw_latents,
            generate=generate,
            augment=self._augment,
            networks=self._networks,
            forward=self.forward,
        )

    def generate(self, latents: Tensor, labels: Tensor | None = None) -> Generated:
        """All that the generator gives for ``latents`` (B, Z) and ``labels`` (B, ...)."""
        return by_name(self.forward("gen", latents, labels), SAMPLES)

    def forward(self, name: str, *inputs: Tensor | None) -> Output:
        """A forward pass in the run's precision. What comes out in half of it is float32 again, for
        the losses."""
        with self.autocast():
            output: Output = self.players[name].forward(*inputs)
        return map_tensors(_at_least_float32, output)

    def judge(self, samples: Tensor, labels: Tensor | None) -> Output:
        """All that the discriminator gives for augmented ``samples`` (B, ...)."""
        beside = (samples,) if self._sees_unaugmented else ()
        return self.forward("disc", self._augment(samples), labels, *beside)

    def _as_real(self, part: MicroBatch, fake: Tensor) -> tuple[Tensor, Tensor | None]:
        """The samples that are shown as real, and their labels: augments may put ``fake`` among
        them."""
        real, labels, fake_labels = part.real, part.labels, part.fake_labels
        for augment in self.augments:
            replaced = augment.replaced(real)
            if replaced is None:
                continue
            real = _replaced(real, fake, replaced)
            if labels is not None and fake_labels is not None and labels is not fake_labels:
                labels = _replaced(labels, fake_labels, replaced)
        return real, labels

    def _augment(self, samples: Tensor) -> Tensor:
        for augment in self.augments:
            samples = augment(samples)
        return samples


def _replaced(rows: Tensor, others: Tensor, which: Tensor) -> Tensor:
    return torch.where(which.view(-1, *[1] * (rows.ndim - 1)), others, rows)


def _no_latents(count: int) -> Tensor:
    raise RuntimeError("there is no stream of latents outside a step")


def _at_least_float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in _HALF else tensor
