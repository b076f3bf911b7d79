"""Where a run starts from another run's networks: what fits is taken, and the rest is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from torch import Tensor, nn

from ..config.layers import SINGLE
from ..config.run_config import RunConfig
from ..errors import CheckpointError, RunError
from ..registry.component import OPTIMIZER
from ..runs.network import WEIGHTS, is_network, network_folder, read_card
from ..runs.records import StartRecord, read_provenance
from ..runtime.logs import log
from ..storage.run_dir import RunDir, open_run
from ..storage.tensors import load_tensors
from ..training.game import Game


@dataclass(frozen=True)
class StartingPoint:
    """The networks of a run: the weights of those that the new run has too, and what it has of its
    own, each by its name in the run."""

    record: StartRecord
    weights: Mapping[str, Mapping[str, Tensor]]
    others: Mapping[str, str]

    def give_weights(self, game: Game) -> None:
        """Give the networks of ``game`` the weights whose names and shapes they share, and log
        which they do not. Raises RunError if none fits."""
        said = [f"{name}: new, {reason}" for name, reason in self.others.items()]
        given = 0
        for name, saved in self.weights.items():
            network = game.players[name].network
            fitting = _fitting(network, saved)
            network.load_state_dict({**network.state_dict(), **fitting})
            given += len(fitting)
            said.append(f"{name}: {_said(network, saved, fitting)}")
        if not given:
            raise RunError(f"nothing of {self.record.run} fits this run: {'; '.join(said)}")
        log.info(f"from {self.record.run}, step {self.record.step}: {'; '.join(said)}")


def starting_point(config: RunConfig) -> StartingPoint | None:
    """What ``train.start_from`` of a run names, if it is set. Raises RunError for what is no run or
    has no networks, CheckpointError for a damaged one."""
    if config.train.start_from is None:
        return None
    path = Path(config.train.start_from)
    open_run(path)
    components = {"gen": config.gen, "disc": config.disc}
    uses = {name: component.registered.canonical for name, component in components.items()}
    uses |= {network.name: network.registered.canonical for network in config.networks}
    others = {name: reason for name, use in uses.items() if (reason := _differs(path, name, use))}
    folders = {name: path / network_folder(name) for name in uses if name not in others}
    if not folders:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in others.items())
        raise RunError(f"{path} has no network for this run: {reasons}")
    for notice in _other_versions(config, path):
        log.warning(notice)
    digests = {name: _digest(folder / WEIGHTS) for name, folder in folders.items()}
    step = max(read_card(folder).step for folder in folders.values())
    weights = {name: _weights(folder / WEIGHTS) for name, folder in folders.items()}
    return StartingPoint(StartRecord(run=str(path), step=step, weights=digests), weights, others)


def _other_versions(config: RunConfig, path: Path) -> Iterator[str]:
    """What ``config`` takes from the run in ``path`` that may mean something else by now."""
    then = {(it.slot, it.name): it.version for it in read_provenance(RunDir(path)).components}
    for component in config.component_configs:
        registered, slot = component.registered, component.slot
        version = then.get((slot, registered.canonical), registered.component.version)
        several = slot not in SINGLE and not slot.endswith(OPTIMIZER)
        place = f"{slot}.{component.name}" if several else slot
        taken = ", ".join(
            f"{key} = {json.dumps(value)}"
            for key, value in component.values.items()
            if config.origins.get(f"{place}.{key}", "").startswith("run ") and key != "use"
        )
        if version != registered.component.version and taken:
            yield (
                f"{registered.label} had version {version} in {path} and has version "
                f"{registered.component.version} now: what is taken from there may mean something "
                f"else: {taken}"
            )


def _differs(path: Path, name: str, use: str) -> str:
    """Why the run in ``path`` has no such network, or nothing."""
    folder = path / network_folder(name)
    if not is_network(folder):
        return "there is none there"
    there = read_card(folder).use
    return "" if there == use else f"it is '{there}' there and '{use}' here"


def _weights(path: Path) -> dict[str, Tensor]:
    try:
        return load_tensors(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} can't be read: {error}") from error


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(f"{path} can't be read: {error.strerror}") from None


def _fitting(network: nn.Module, saved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    own = network.state_dict()
    return {
        name: tensor
        for name, tensor in saved.items()
        if name in own and own[name].shape == tensor.shape
    }


def _said(network: nn.Module, saved: Mapping[str, Tensor], fitting: Mapping[str, Tensor]) -> str:
    own = network.state_dict()
    new, unused = _layers(own.keys() - fitting.keys()), _layers(saved.keys() - fitting.keys())
    parts = [f"{len(fitting)} of {len(own)} tensors"]
    parts += [f"new are {new}"] if new else []
    parts += [f"not used are {unused}"] if unused and unused != new else []
    return ", ".join(parts)


def _layers(names: set[str]) -> str:
    """The layers of these tensors, each once."""
    return " ".join(sorted({name.rpartition(".")[0] or name for name in names}))
