"""What a loss reads of a turn by name is watched: it has to say so in ``needs``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from torch import Tensor

from ..interfaces.outputs import SAMPLES, SCORES, Output, by_name
from ..interfaces.turn import Critic, Turn
from .failure import Broken

Value = TypeVar("Value")

_ALWAYS = {SAMPLES, SCORES, "gen", "disc"}


class Watched(dict[str, Value], Generic[Value]):
    """What the networks in ``place`` give, or the networks themselves. To rely on a name that is
    not in ``needs`` is an error, as other networks may lack it; to ask first, by ``in`` or ``get``,
    is none."""

    def __init__(self, place: str, given: Mapping[str, Value], needs: tuple[str, ...]) -> None:
        super().__init__(given)
        self.place = place
        self.needs = needs
        self.asked = set(_ALWAYS)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Value:
        need = f"{self.place}.{name}"
        if need not in self.needs and name not in self.asked:
            raise Broken(f'needs = ("{need}",) in a loss that reads it', f"needs = {self.needs}")
        return super().__getitem__(name)


class WatchedCritic:
    """A critic whose scores are multiplied by ``factor``, and whose further outputs are watched."""

    def __init__(self, critic: Critic, needs: tuple[str, ...], factor: float) -> None:
        self.critic = critic
        self.needs = needs
        self.factor = factor

    def __call__(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.factor * self.critic(samples, labels)

    def all(self, samples: Tensor, labels: Tensor | None = None) -> Mapping[str, Output]:
        given = {**self.critic.all(samples, labels), SCORES: self(samples, labels)}
        return Watched("disc", given, self.needs)


def watched(turn: Turn, needs: tuple[str, ...], factor: float) -> Turn:
    """``turn`` with everything in it watched that a loss may read by name, and with all scores
    multiplied by ``factor``."""

    def generate(latents: Tensor, labels: Tensor | None) -> Mapping[str, Output]:
        return Watched("gen", turn.generate(latents, labels), needs)

    def forward(name: str, *inputs: Tensor | None) -> Output:
        output = turn.forward(name, *inputs)
        is_named = name in ("gen", "disc") and isinstance(output, Mapping)
        return Watched(name, by_name(output, ""), needs) if is_named else output

    return replace(
        turn,
        generated=Watched("gen", turn.generated, needs),
        critic=WatchedCritic(turn.critic, needs, factor),
        generate=generate,
        networks=Watched("network", turn.networks, needs),
        forward=forward,
    )
