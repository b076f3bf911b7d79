"""Turn: everything that a loss may want to know of one player's update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor, nn

from .outputs import Output

Side = Literal["gen", "disc"]
"""Whose turn it is: the generator's, or the discriminator's."""


class Critic(Protocol):
    """The discriminator as a loss sees it. It augments what it is shown, and remembers: asked twice
    about the same samples in one turn, it runs the network once.

    Without ``labels`` it takes those of the batch: of ``real`` or ``fake``, or of both for twice as
    many samples, as in ``critic(torch.cat([real, fake]))``. Other samples of the batch's length
    have them too, unless generated ones have labels of their own (``train.fake_labels``). Raises
    PluginError where it can't know.

    So None is never "no label". A loss that drops labels gives others in their place: those of
    ``shapes.classes`` or more reach a discriminator that has an embedding for them.
    """

    def __call__(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Samples (B, ...) to scores (B,), or (B, ...) for critics of patches."""
        ...

    def all(self, samples: Tensor, labels: Tensor | None = None) -> Mapping[str, Output]:
        """Everything that the discriminator gives for samples (B, ...), with ``"scores"``."""
        ...


@dataclass(frozen=True)
class Turn:
    """One player's turn, as `Loss.terms` sees it. B is the batch's length.

    - ``player``: "disc" or "gen".
    - ``step`` of ``total_steps``: the number of the step, from 1.
    - ``real`` (B, ...) and ``labels`` (B, ...) or None: of the data.
    - ``fake`` (B, ...) and ``fake_labels``: generated samples, and what they were made for. In the
      discriminator's turn they are detached.
    - ``latents`` (B, Z): what the samples were made of.
    - ``generated``: all that the generator gave, with ``"samples"``. Half precision becomes
      float32 in a copy, so what a loss differentiates by must leave the network in float32.
    - ``critic``: the discriminator; see `Critic`.
    - ``draw_latents``: ``draw_latents(n)`` gives n more (n, Z), of the run's own stream.
    - ``generate``: the generator once more, ``generate(latents, labels)``; without gradients in the
      discriminator's turn.
    - ``augment``: the run's augments, for samples that do not go through ``critic``.
    - ``networks``: every network by name: "gen", "disc", and those of ``[[network]]``.
    - ``forward``: ``forward("encoder", real)`` runs a network in the run's precision.
    """

    player: Side
    step: int
    total_steps: int
    real: Tensor
    labels: Tensor | None
    fake: Tensor
    fake_labels: Tensor | None
    latents: Tensor
    generated: Mapping[str, Output]
    critic: Critic
    draw_latents: Callable[[int], Tensor]
    generate: Callable[[Tensor, Tensor | None], Mapping[str, Output]]
    augment: Callable[[Tensor], Tensor]
    networks: Mapping[str, nn.Module]
    forward: Callable[..., Output]
