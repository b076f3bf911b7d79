"""An exponential moving average of a network's weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganfw import Callback, Composed, RunView, StepEnd, TrainStart, UsageError

from .options import EmaOptions

Pair = tuple[tuple[Tensor, ...], tuple[Tensor, ...]]
"""The average's tensors and the network's."""

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
_SAMPLES, _MOMENTUM = 32, 0.1
"""How many samples the average takes its batch statistics from each time, and the least weight
that they have against those of before."""


class Ema(Callback):
    """average ← decay · average + (1 - decay) · weights, after each step (Polyak & Juditsky 1992;
    for GANs Karras et al. 2018, section 6.1).

    Batch norm's running statistics fit one set of weights: with the generator's, the average's
    colours would be off. So the average takes its own, by generating a few samples now and then, as
    Izmailov et al. 2018 (SWA), section 3.2, do at the end. Other buffers are copied, and so are
    those of networks that are no generator. The average is exported as ``generator_ema``, and
    samples are drawn from it; that of another network as ``networks/NAME_ema``.
    """

    options: EmaOptions
    _network: nn.Module | None = None
    _saved: Mapping[str, Any] | None = None
    _examples = 1
    """Those of one step, where their number matters."""

    def on_composed(self, event: Composed) -> None:
        name = self.options.network
        if name not in event.networks:
            known = ", ".join(event.networks)
            raise UsageError(f"callback.ema.network: there is no network '{name}'; it has {known}")

    def on_train_start(self, event: TrainStart) -> None:
        name = self.options.network
        source = event.run.networks[name].network
        self._network = copy.deepcopy(source).eval().requires_grad_(False)
        if self._saved is not None:
            self._network.load_state_dict(self._saved)
            self._saved = None
        self._weights: Pair = tuple(self._network.parameters()), tuple(source.parameters())
        averages_samples = name == "gen"
        self._norms = [
            module
            for module in self._network.modules()
            if averages_samples and isinstance(module, _NORMS)
        ]
        kept = _NORMS if averages_samples else ()
        self._buffers: Pair = _buffers_but(self._network, kept), _buffers_but(source, kept)
        folder = "generator_ema" if averages_samples else f"networks/{name}_ema"
        event.run.export(folder, self._network, of=name)
        if self.options.half_life is not None:
            train = event.run.config["train"]
            self._examples = train["batch_size"] * train["disc_steps"]

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
        decay, half_life = self.options.decay, self.options.half_life
        if half_life is not None:
            decay = 0.5 ** (self._examples / half_life) if half_life else 0.0
        return min(decay, (1 + step) / (10 + step)) if self.options.warmup else decay

    def state_dict(self) -> Mapping[str, Any]:
        return {} if self._network is None else {"network": self._network.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Kept until `on_train_start`, which builds the network to load it into."""
        self._saved = state.get("network")


def statistics_every(step: int) -> int:
    """Steps from one update of batch statistics to the next: at first the average changes fast."""
    return 2 if step <= 400 else 20


def _buffers_but(network: nn.Module, kinds: tuple[type[nn.Module], ...]) -> tuple[Tensor, ...]:
    """The buffers of all modules but those of some ``kinds``."""
    return tuple(
        buffer
        for module in network.modules()
        if not isinstance(module, kinds)
        for buffer in module.buffers(recurse=False)
    )
