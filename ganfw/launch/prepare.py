"""From layers of configuration to a run with its data, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..config.layers import Layer
from ..config.run_config import RunConfig, resolve
from ..data.decoded_cache import decode
from ..data.loader import Samples
from ..errors import DataUnavailable, UsageError
from ..interfaces.dataset import Dataset
from ..registry.registry import Registry
from ..runtime.device import choose_device
from ..runtime.distributed import Processes
from ..runtime.logs import log


@dataclass(frozen=True)
class PreparedRun:
    """A run with its data, before anything is written."""

    config: RunConfig
    dataset: Dataset
    samples: Samples
    device: torch.device
    processes: Processes


def prepare(registry: Registry, layers: Sequence[Layer], processes: Processes) -> PreparedRun:
    """Resolve the run and get its data, or another dataset's where the one asked for says so."""
    config = resolve(registry, layers)
    device = choose_device(config.train.device, processes.local_rank)
    dataset: Dataset = config.data.registered.load()(config.data.options)
    try:
        dataset.prepare()
    except DataUnavailable as error:
        if error.instead is None or config.asked:
            raise
        log.warning(f"{replacement_notice(config.data.use, error.instead['use'])}: {error}")
        fallback = {**error.instead, "asked": config.data.use}
        instead = Layer("fallback", {"data": fallback})
        return prepare(registry, [*layers, instead], processes)
    samples = decode(dataset, config.data.identity)
    config = _fit_batch(registry, layers, config, len(samples))
    _check_processes(config, processes)
    for notice in config.notices:
        log.info(notice)
    return PreparedRun(config, dataset, samples, device, processes)


def _check_processes(config: RunConfig, processes: Processes) -> None:
    batch_size, count = config.train.batch_size, processes.count
    # Batch norm fails on a share of one sample, unless all shares are of one.
    if batch_size % count and batch_size < 2 * count:
        better = max(batch_size // count, 1) * count
        raise UsageError(
            f"train.batch_size is {batch_size}, the batch of all processes together, which "
            f"is too small for {count} processes: give -s train.batch_size={better}"
        )
    if count > 1 and config.train.compile:
        raise UsageError("--compile works with one process only: leave it out")


def _fit_batch(
    registry: Registry, layers: Sequence[Layer], config: RunConfig, examples: int
) -> RunConfig:
    """A batch larger than the data is refused if the user asked for it, and lowered if not."""
    batch_size = config.train.batch_size
    if batch_size <= examples:
        return config
    origin = config.origins.get("train.batch_size", "default")
    if not origin.startswith(("default", "suggested by", "recipe", "run ")):
        raise UsageError(
            f"train.batch_size is {batch_size}, but {config.data.registered.label} has only "
            f"{examples} samples: give -s train.batch_size={examples} or less"
        )
    lowered = Layer(f"lowered from {batch_size} to the data", {"train": {"batch_size": examples}})
    return resolve(registry, [*layers, lowered])


def replacement_notice(asked: str, used: str) -> str:
    """Which dataset replaces the one that was asked for."""
    return f"training on '{used}' in place of '{asked}'"
