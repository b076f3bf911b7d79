"""An exponential moving average of the generator's weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganfw import Callback, StepEnd, TrainStart

from .options import EmaOptions

Pair = tuple[tuple[Tensor, ...], tuple[Tensor, ...]]
"""The average's tensors and the generator's."""


class Ema(Callback):
    """average ← decay · average + (1 - decay) · weights, after each step (Polyak & Juditsky 1992;
    for GANs Karras et al. 2018, section 6.1).

    Buffers, such as batch norm's running statistics, are copied. The average is published as
    ``generator_ema``: samples are drawn from it.
    """

    options: EmaOptions
    _network: nn.Module | None = None
    _saved: Mapping[str, Any] | None = None

    def train_start(self, event: TrainStart) -> None:
        source = event.run.players["gen"].network
        self._network = copy.deepcopy(source).eval().requires_grad_(False)
        if self._saved is not None:
            self._network.load_state_dict(self._saved)
            self._saved = None
        self._weights: Pair = tuple(self._network.parameters()), tuple(source.parameters())
        self._buffers: Pair = tuple(self._network.buffers()), tuple(source.buffers())
        event.run.publish("generator_ema", self._network)

    @torch.no_grad()
    def step_end(self, event: StepEnd) -> None:
        torch._foreach_lerp_(*self._weights, 1 - self.decay_at(event.step))
        if self._buffers[0]:
            torch._foreach_copy_(*self._buffers)

    def decay_at(self, step: int) -> float:
        """The decay of step 1, 2, …: with ``warmup`` the first, random weights soon weigh nothing
        (TensorFlow's ``ExponentialMovingAverage(num_updates=…)``)."""
        decay: float = self.options.decay
        return min(decay, (1 + step) / (10 + step)) if self.options.warmup else decay

    def state_dict(self) -> Mapping[str, Any]:
        return {} if self._network is None else {"network": self._network.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Kept until `train_start`, when there is a network to load it into."""
        self._saved = state.get("network")
