"""Every random stream of a run: seeded from one number, saved and restored exactly."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from ..errors import UsageError
from .distributed import Processes
from .logs import log

_SEEDS = 2**63


def derive_seed(*numbers: int) -> int:
    """A well-mixed 63-bit seed from the run's seed and numbers that name a stream."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def check_seed(seed: int) -> None:
    """Raises UsageError for a seed that is out of range."""
    if not 0 <= seed < _SEEDS:
        raise UsageError(f"seed {seed}: give 0 or more, and less than 2**63")


def seed_everything(seed: int) -> None:
    """Seed the global streams, which initialise weights and which plugins may use."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def random_state() -> dict[str, Any]:
    """The state of every global stream."""
    algorithm, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (algorithm, np.asarray(keys).tolist(), *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if _uses_cuda() else [],
        "mps": torch.mps.get_rng_state() if torch.backends.mps.is_available() else None,
    }


def _uses_cuda() -> bool:
    """Whether this process computes on a GPU: in one that does not, to ask CUDA for its streams
    would take memory there."""
    used: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return used


def gather_random_states(processes: Processes) -> list[str]:
    """The global streams of every process, as JSON, in order; empty for a single process."""
    return [] if processes.count == 1 else processes.gather(_to_json(random_state()))


def own_random_state(
    first: dict[str, Any], others: Sequence[str], processes: Processes
) -> dict[str, Any]:
    """This process's streams among those that were saved, or ``first``, those of the first process,
    if there were fewer. A changed number of processes is logged."""
    if len(others) + 1 != processes.count:
        log.warning(
            f"this run was saved by {len(others) + 1} processes and is resumed by "
            f"{processes.count}: what is random in its steps, and rounding, will differ"
        )
    rank = processes.rank
    return _from_json(others[rank - 1]) if 0 < rank <= len(others) else first


def _to_json(state: dict[str, Any]) -> str:
    for name in ("torch", "mps"):
        state[name] = None if state[name] is None else state[name].tolist()
    state["cuda"] = [stream.tolist() for stream in state["cuda"]]
    return json.dumps(state)


def _from_json(text: str) -> dict[str, Any]:
    """The inverse of `_to_json`."""
    state: dict[str, Any] = json.loads(text)
    version, numbers, gauss = state["python"]
    state["python"] = (version, tuple(numbers), gauss)
    for name in ("torch", "mps"):
        if state[name] is not None:
            state[name] = torch.tensor(state[name], dtype=torch.uint8)
    state["cuda"] = [torch.tensor(stream, dtype=torch.uint8) for stream in state["cuda"]]
    return state


def restore_random_state(state: dict[str, Any]) -> None:
    """Restore what `random_state` returned; streams of a device that is missing are left out."""
    random.setstate(state["python"])
    algorithm, keys, *rest = state["numpy"]
    np.random.set_state((algorithm, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
    if state["mps"] is not None and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"])


@contextmanager
def isolated_random_state(seed: int) -> Iterator[None]:
    """Seed the global streams, on every device, for a while; then they continue as if nothing had
    been drawn."""
    before = random_state()
    try:
        seed_everything(seed)
        yield
    finally:
        restore_random_state(before)
