"""Saving a run: a checkpoint, and every network so that it can be used on its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from ..config.run_config import ComponentConfig, RunConfig
from ..interfaces.options import Options
from ..interfaces.run_view import RunView
from ..runs.network import BEST, KEPT_LABELS, export_network, network_card, network_folder

Save = Callable[[int, Mapping[str, Any], bool], None]
"""``save(step, state, is_best)``."""


def save_nothing(step: int, state: Mapping[str, Any], is_best: bool) -> None:
    """The first process saves for all."""


def saver(config: RunConfig, run: RunView) -> Save:
    """Exports each network, and saves a checkpoint; the best generator too, at the step that was
    judged so. No exported network is older than the last checkpoint."""
    components: dict[str, ComponentConfig[Options]] = {"gen": config.gen, "disc": config.disc}
    components |= {component.name: component for component in config.networks}
    folders = {name: network_folder(name) for name in components}
    # Read once: the data may be slow to read.
    kept = run.real_batch(KEPT_LABELS) if run.shapes.label else None
    labels = dict.fromkeys(components, None if kept is None else kept.labels)
    if kept is not None and run.shapes.label == run.shapes.sample:
        labels |= {it.name: kept.samples for it in config.networks if it.keys.given == "samples"}

    def export(folder: str, of: str, network: nn.Module, step: int) -> None:
        names = run.dataset.class_names
        card = network_card(components[of], config.data, run.shapes, step, names)
        export_network(run.folder.path / folder, card, network, labels[of])

    def save(step: int, state: Mapping[str, Any], is_best: bool) -> None:
        if is_best:
            export(BEST, "gen", run.sampling_generator, step)
        for name, player in run.networks.items():
            export(folders[name], name, player.network, step)
        for folder, exported in run.exported.items():
            export(folder, exported.of, exported.network, step)
        # Last of all: what is interrupted before, a run that is resumed writes again.
        run.checkpoints.save(step, state, is_best)

    return save
