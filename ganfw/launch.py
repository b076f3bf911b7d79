"""Starting and resuming a run: data, folder, training, and what is said to the user."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from . import atomic, checkpoint, provenance, rundir
from .build import build_game, build_trainer, check_game, compile_steps
from .carried import keep_plugin_files, take_up_plugin_files
from .component import KIND_OF
from .config import RunConfig, resolve
from .data.decode import decode
from .data.source import Samples
from .device import choose_device
from .errors import (
    CheckpointError,
    DataError,
    DataUnavailable,
    RunError,
    UsageError,
)
from .interfaces import Dataset
from .interruptions import short_memory_explained, stopping_on_signals
from .layers import Layer, toml_layer
from .registry import Registry
from .requirements import find_recorded
from .rundir import RunDir
from .shapes import Shapes
from .trainer import Outcome, Trainer


@dataclass(frozen=True)
class Reporter:
    """How a run speaks: a line, a line not to be missed, and how many items are decoded."""

    say: Callable[[str], None]
    warn: Callable[[str], None]
    decoding: Callable[[int, int], None]


@dataclass(frozen=True)
class Finished:
    """A run that came to an end, finished or stopped."""

    folder: RunDir
    config: RunConfig
    outcome: Outcome


@dataclass(frozen=True)
class _Ready:
    """A run with its data at hand and its players built, before anything is written."""

    config: RunConfig
    dataset: Dataset
    samples: Samples
    device: torch.device


def start(
    registry: Registry, layers: Sequence[Layer], out: Path, argv: Sequence[str], reporter: Reporter
) -> Finished:
    """Run what ``layers`` describe, in a new folder below ``out``. Raises GanfwError."""
    ready = _prepare(registry, layers, reporter)
    make_trainer = _assemble(ready, reporter)
    folder = rundir.create(out, ready.config.name)
    with folder.lock():
        reporter.say(str(folder.path))
        _say_if_session_only(ready.config, reporter)
        _write_config(folder, ready.config)
        carried = keep_plugin_files(folder, ready.config.components)
        record = provenance.describe_run(
            ready.config,
            ready.dataset.fingerprint(),
            len(ready.samples),
            ready.device,
            argv,
            carried,
        )
        atomic.write_text(folder.provenance, provenance.to_json(record))
        return _train(make_trainer(folder), folder, ready.config, reporter)


def resume(
    registry: Registry,
    path: Path,
    changes: Layer,
    from_step: int | None,
    argv: Sequence[str],
    reporter: Reporter,
) -> Finished:
    """Go on with the run in ``path`` from its last checkpoint, or the one of ``from_step``.

    ``changes`` may lengthen the run. Raises GanfwError.
    """
    folder = rundir.open_run(path)
    with folder.lock():
        record = folder.read_provenance()
        if record.get("format", 0) > provenance.FORMAT:
            raise RunError(
                f"{path} was made by a newer ganfw (run format {record['format']}, this one reads "
                f"up to {provenance.FORMAT}): install ganfw>={record['versions']['ganfw']}"
            )
        take_up_plugin_files(registry, folder, record, reporter.say)
        _check_installed(registry, record, path)
        step = _checkpoint_to_resume(folder, from_step)
        state = checkpoint.load(folder.checkpoints, step)
        ready = _prepare(registry, [_saved_layer(folder), changes], reporter)
        _check_same_data(ready, record["data"], path)
        trainer = _assemble(ready, reporter)(folder)
        _restore(trainer, state, folder, step)
        reporter.say(f"{folder.path}: going on after step {step} of {trainer.run.total_steps}")
        _write_config(folder, ready.config)
        before = record.get("plugin_files", [])
        carried = keep_plugin_files(folder, ready.config.components, before)
        record = provenance.add_resumption(record, step, argv, ready.config, carried)
        atomic.write_text(folder.provenance, provenance.to_json(record))
        return _train(trainer, folder, ready.config, reporter)


def _prepare(registry: Registry, layers: Sequence[Layer], reporter: Reporter) -> _Ready:
    """Resolve the run and get its data; go on with another dataset where the asked one says so."""
    config = resolve(registry, layers)
    device = choose_device(config.train.device)
    dataset: Dataset = config.data.registered.load()(config.data.options)
    try:
        dataset.prepare(reporter.say)
    except DataUnavailable as error:
        if error.instead is None or config.asked:
            raise
        reporter.warn(f"{_replaced(config.data.use, error.instead['use'])}: {error}")
        fallback = {**error.instead, "asked": config.data.use}
        return _prepare(registry, [*layers, Layer("fallback", {"data": fallback})], reporter)
    samples = decode(dataset, config.data.identity, reporter.say, reporter.decoding)
    config = _fit_batch(registry, layers, config, len(samples))
    for notice in config.notices:
        reporter.say(notice)
    return _Ready(config, dataset, samples, device)


def _fit_batch(
    registry: Registry, layers: Sequence[Layer], config: RunConfig, examples: int
) -> RunConfig:
    """A batch larger than the data is refused if the user asked for it, and lowered if not."""
    batch_size = config.train.batch_size
    if batch_size <= examples:
        return config
    origin = config.origins.get("train.batch_size", "default")
    if not origin.startswith(("default", "suggested by", "recipe")):
        raise UsageError(
            f"train.batch_size is {batch_size}, but {config.data.registered.label} has only "
            f"{examples} samples: give -s train.batch_size={examples} or less"
        )
    lowered = Layer(f"lowered from {batch_size} to the data", {"train": {"batch_size": examples}})
    return resolve(registry, [*layers, lowered])


def _replaced(asked: str, used: str) -> str:
    return f"NOTE: training on '{used}' in place of '{asked}'"


def _assemble(ready: _Ready, reporter: Reporter) -> Callable[[RunDir], Trainer]:
    """Build and check the players before a folder is made for them."""
    train, dataset = ready.config.train, ready.dataset
    shapes = Shapes(
        tuple(dataset.sample_shape), dataset.value_range, dataset.classes, train.latent_dim
    )
    source = ready.samples.batches(train.batch_size, train.seed, ready.device)
    game = build_game(ready.config, shapes, ready.device)
    for notice in check_game(ready.config, game, source, shapes):
        reporter.say(notice)
    if train.compile:
        began = time.perf_counter()
        game = compile_steps(ready.config, game, source, shapes)
        seconds = time.perf_counter() - began
        reporter.say(f"the step is compiled ({seconds:.1f} s), and agrees with the eager one")

    def make_trainer(folder: RunDir) -> Trainer:
        return build_trainer(
            ready.config, game, dataset, source, folder, shapes, ready.device, reporter.say
        )

    return make_trainer


def _train(trainer: Trainer, folder: RunDir, config: RunConfig, reporter: Reporter) -> Finished:
    with stopping_on_signals(trainer.run.requests), short_memory_explained(config.train):
        outcome = trainer.fit()
    if config.asked:
        reporter.warn(_replaced(config.asked, config.data.use))
    if outcome.stopped:
        reporter.say(
            f"stopped by {outcome.stopped} after step {outcome.step}, all state is saved; "
            f"go on with: ganfw resume {folder.path}"
        )
    return Finished(folder, config, outcome)


def _checkpoint_to_resume(folder: RunDir, from_step: int | None) -> int:
    steps = checkpoint.saved_steps(folder.checkpoints)
    if not steps:
        raise CheckpointError(f"{folder.path} has no checkpoint to resume from; start it anew")
    if from_step is None:
        return checkpoint.last_step(folder.checkpoints) or 0
    if from_step not in steps:
        raise UsageError(f"{folder.path} has no checkpoint of step {from_step}; it has {steps}")
    return from_step


def _check_installed(registry: Registry, record: dict[str, Any], path: Path) -> None:
    for component in record["components"]:
        name, kind = component["name"], KIND_OF[component["slot"]]
        release = record["versions"].get(name.partition("/")[0], "")
        find_recorded(registry, kind, name, component["version"], release, str(path))


def _say_if_session_only(config: RunConfig, reporter: Reporter) -> None:
    labels = [each.label for each in config.components if each.source.kind == "session"]
    if labels:
        reporter.warn(
            f"NOTE: {', '.join(labels)} {'live' if len(labels) > 1 else 'lives'} in this session "
            "only: the run can't be reloaded elsewhere, until that code is in a file or a package"
        )


def _saved_layer(folder: RunDir) -> Layer:
    """The run as it was saved: also its callbacks are all of them."""
    layer = toml_layer(folder.config.read_text(encoding="utf-8"), str(folder.config))
    return Layer(layer.source, layer.values, frozenset({"loss", "augment", "callback"}))


def _check_same_data(ready: _Ready, recorded: dict[str, Any], path: Path) -> None:
    if ready.dataset.fingerprint() != recorded["fingerprint"]:
        raise DataError(
            f"the data of {path} has changed since the run began ({recorded['examples']} samples "
            f"then, {len(ready.samples)} now): put it back, or start a new run"
        )


def _restore(trainer: Trainer, state: dict[str, Any], folder: RunDir, step: int) -> None:
    try:
        trainer.load_state_dict(state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"the checkpoint of step {step} in {folder.checkpoints} does not fit this run: "
            f"{str(error).splitlines()[0]}"
        ) from error
    if trainer.progress.step >= trainer.run.total_steps:
        raise RunError(
            f"{folder.path} is finished ({trainer.run.epochs} epochs, {step} steps): "
            f"give --epochs {trainer.run.epochs * 2} to go on"
        )
    atomic.sweep(folder.checkpoints)
    atomic.sweep(folder.path)


def _write_config(folder: RunDir, config: RunConfig) -> None:
    atomic.write_text(folder.config, config.to_toml())
