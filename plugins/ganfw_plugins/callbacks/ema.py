"""An exponential moving average of the generator's weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganfw import Callback, RunView, StepEnd, TrainStart

from .options import EmaOptions

Pair = tuple[tuple[Tensor, ...], tuple[Tensor, ...]]
"""The average's tensors and the generator's."""

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
_SAMPLES, _MOMENTUM = 32, 0.1
"""How many samples the average takes its batch statistics from each time, and the least weight
that they have against those of before."""


class Ema(Callback):
    """average ← decay · average + (1 - decay) · weights, after each step (Polyak & Juditsky 1992;
    for GANs Karras et al. 2018, section 6.1).

    Batch norm's running statistics fit one set of weights: with the generator's, the average's
    colours would be off. So the average takes its own, by generating a few samples now and then, as
    Izmailov et al. 2018 (SWA), section 3.2, do at the end. Other buffers are copied. The average is
    exported as ``generator_ema``, and samples are drawn from it.
    """

    options: EmaOptions
    _network: nn.Module | None = None
    _saved: Mapping[str, Any] | None = None

    def on_train_start(self, event: TrainStart) -> None:
        source = event.run.players["gen"].network
        self._network = copy.deepcopy(source).eval().requires_grad_(False)
        if self._saved is not None:
            self._network.load_state_dict(self._saved)
            self._saved = None
        self._weights: Pair = tuple(self._network.parameters()), tuple(source.parameters())
        self._norms = [norm for norm in self._network.modules() if isinstance(norm, _NORMS)]
        self._buffers: Pair = _other_buffers(self._network), _other_buffers(source)
        event.run.export("generator_ema", self._network)

    @torch.no_grad()
    def on_step_end(self, event: StepEnd) -> None:
        torch._foreach_lerp_(*self._weights, 1 - self.decay_at(event.step))
        if self._buffers[0]:
            torch._foreach_copy_(*self._buffers)
        every = statistics_every(event.step)
        if self._norms and (event.step % every == 0 or event.step == 1):
            self._take_statistics(event.run, event.step, every)

    def _take_statistics(self, run: RunView, step: int, every: int) -> None:
        assert self._network is not None
        inputs = run.inputs(_SAMPLES, run.seed + step)
        for norm in self._norms:
            # The first replace those of a new network; the next are averages of all so far.
            norm.momentum = min(1.0, max(_MOMENTUM, every / step))
            norm.train()
        # A generator may draw noise; training must not be changed by that.
        with run.undisturbed(run.seed + step):
            self._network(*inputs)
        for norm in self._norms:
            norm.eval()

    def decay_at(self, step: int) -> float:
        """The decay in step 1, 2, …: with ``warmup`` the first, random weights are soon forgotten
        (TensorFlow's ``ExponentialMovingAverage(num_updates=…)``)."""
        decay: float = self.options.decay
        return min(decay, (1 + step) / (10 + step)) if self.options.warmup else decay

    def state_dict(self) -> Mapping[str, Any]:
        return {} if self._network is None else {"network": self._network.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Kept until `on_train_start`, which builds the network to load it into."""
        self._saved = state.get("network")


def statistics_every(step: int) -> int:
    """Steps from one update of batch statistics to the next: at first the average changes fast."""
    return 2 if step <= 400 else 20


def _other_buffers(network: nn.Module) -> tuple[Tensor, ...]:
    """The buffers of all modules but batch norms."""
    return tuple(
        buffer
        for module in network.modules()
        if not isinstance(module, _NORMS)
        for buffer in module.buffers(recurse=False)
    )
