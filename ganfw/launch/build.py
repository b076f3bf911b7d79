"""RunConfig to Trainer: the one place that wires."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import torch
from torch import nn
from torch.optim import Optimizer

from ..config.places import with_numbers
from ..config.run_config import ComponentConfig, RunConfig
from ..config.schema import LossKeys, PlayerKeys, TrainOptions
from ..data.jitter import Jitter
from ..data.loader import Loader
from ..errors import PluginError, ShapesError, UsageError
from ..interfaces.callback import Callback
from ..interfaces.events import Composed
from ..interfaces.loss import Loss
from ..interfaces.networks import Augment
from ..interfaces.options import Options
from ..interfaces.player import Player
from ..interfaces.run_view import RunComponent, RunView
from ..interfaces.shapes import Shapes
from ..runtime.compiler import spare_compiler
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.precision import choose_precision
from ..runtime.random_state import derive_seed, seed_everything
from ..sampling.latents import Latents
from ..storage.run_dir import RunDir
from ..training.game import Game
from ..training.objective import WeightedLoss
from ..training.trainer import Evaluation, PlayStep, Trainer
from .freezing import freeze
from .prepare import PreparedRun
from .saver import save_nothing, saver
from .schedules import build_schedules

_PROCESS = 4


def build_game(
    config: RunConfig, shapes: Shapes, device: torch.device, processes: Processes = SINGLE_PROCESS
) -> Game:
    """All networks, the losses and the augments of ``config``, seeded and on ``device``.

    Raises ShapesError for networks that can't be built for ``shapes``.
    """
    spare_compiler()
    # The same in every process, so that all begin with the same weights.
    seed_everything(config.train.seed)

    def player(
        component: ComponentConfig[PlayerKeys], optimizer: ComponentConfig[Options]
    ) -> Player:
        network = _network(component, shapes)
        freeze(network, component.keys.freeze or (), f"{component.slot} '{component.name}'")
        network = _shared(network.to(device), processes)
        return Player(network, _optimizer(optimizer, network))

    further = zip(config.networks, config.network_optimizers, strict=True)
    game = Game(
        gen=player(config.gen, config.gen_optimizer),
        disc=player(config.disc, config.disc_optimizer),
        networks={it.name: (it.keys.side, player(it, optimizer)) for it, optimizer in further},
        losses=[_loss(component, device) for component in config.losses],
        augments=[_augment(component, shapes).to(device) for component in config.augments],
        reduction=config.train.reduction,
        autocast=choose_precision(config.train.precision, device),
        processes=processes,
        accumulate=config.train.accumulate,
        gen_steps=config.train.gen_steps,
        fake_labels=config.train.fake_labels,
    )
    if not processes.is_first:
        # What is random in a step differs from process to process; latents are drawn jointly.
        seed_everything(derive_seed(config.train.seed, _PROCESS, processes.rank))
    return game


def build_jitter(train: TrainOptions, shapes: Shapes) -> Jitter | None:
    """What ``train`` does to pictures before each step. Raises UsageError for other samples,
    for labels that would no longer fit them, and for less than a pixel."""
    if not (train.enlarge or train.mirror):
        return None
    name = "enlarge" if train.enlarge else "mirror"
    if not shapes.is_picture:
        raise UsageError(f"train.{name} needs pictures, and the data's samples are {shapes}")
    if len(shapes.label) == 3 and shapes.label[1:] != shapes.sample[1:]:
        raise UsageError(
            f"train.{name} needs labels of the pictures' sides, and the data's are {shapes.label}; "
            "try -s train.enlarge=0 -s train.mirror=false"
        )
    side = max(shapes.sample[1:])
    if train.enlarge and round(side * (1 + train.enlarge)) == side:
        raise UsageError(f"train.enlarge = {train.enlarge:g} adds no pixel to pictures {shapes}")
    return Jitter(train.enlarge, train.mirror)


def build_trainer(
    prepared: PreparedRun,
    game: Game,
    loader: Loader,
    folder: RunDir,
    shapes: Shapes,
    callbacks: Mapping[str, Callback],
    play_step: PlayStep,
    evaluation: Evaluation | None = None,
) -> Trainer:
    """Everything around the game: checkpoints, exports, schedules. ``play_step`` is the game's
    step, or what takes its place."""
    config, processes = prepared.config, prepared.processes
    train = config.train
    run = _run_view(prepared, game, loader, folder, shapes)
    return Trainer(
        game=game,
        play_step=play_step,
        loader=loader,
        latents=Latents(
            game.gen.network, shapes, train.seed, prepared.device, processes, train.batch_size
        ),
        callbacks=callbacks,
        run=run,
        disc_steps=train.disc_steps,
        log_every=train.log_every,
        save=saver(config, run) if processes.is_first else save_nothing,
        processes=processes,
        evaluation=evaluation,
        schedules=build_schedules(config, game, callbacks, run.total_steps),
    )


def _run_view(
    prepared: PreparedRun, game: Game, loader: Loader, folder: RunDir, shapes: Shapes
) -> RunView:
    config = prepared.config
    steps_per_epoch = _steps_per_epoch(config, loader)
    total_steps = game.turns.total_steps
    return RunView(
        folder=folder,
        dataset=prepared.dataset,
        shapes=shapes,
        networks=game.players,
        losses={weighted.name: weighted.loss for weighted in game.losses},
        components=tuple(map(_run_component, config.component_configs)),
        config=tomllib.loads(config.to_toml()),
        seed=config.train.seed,
        device=prepared.device,
        epochs=-(-total_steps // steps_per_epoch),
        steps_per_epoch=steps_per_epoch,
        total_steps=total_steps,
        real_batch=loader.evenly_spaced,
    )


def _run_component(component: ComponentConfig[Options]) -> RunComponent:
    registered = component.registered
    version = registered.component.version
    return RunComponent(
        component.slot, registered.name, registered.canonical, version, component.options
    )


def total_steps(config: RunConfig, loader: Loader) -> int:
    """Whichever of the steps and the epochs that were asked for are over first."""
    by_epochs = config.train.epochs and config.train.epochs * _steps_per_epoch(config, loader)
    return min(length for length in (config.train.steps, by_epochs) if length)


def _steps_per_epoch(config: RunConfig, loader: Loader) -> int:
    return -(-len(loader) // config.train.disc_steps)


def _network(component: ComponentConfig[Options], shapes: Shapes) -> nn.Module:
    try:
        network: nn.Module = component.registered.load()(component.options, shapes)
    except ShapesError as error:
        raise ShapesError(f"{component.registered.label}: {error}") from error
    return network


def _augment(component: ComponentConfig[Options], shapes: Shapes) -> Augment:
    augment = _network(component, shapes)
    if not isinstance(augment, Augment):
        raise PluginError(f"{component.registered.label} is no subclass of ganfw.Augment")
    return augment


class _Nothing(Optimizer):
    """The optimizer of a network with no weight to train, as a frozen one has none."""

    def __init__(self) -> None:
        super().__init__([{"params": [], "lr": 0.0}], {})

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """There is nothing to move."""


def _optimizer(component: ComponentConfig[Options], network: nn.Module) -> Optimizer:
    if not any(weight.requires_grad for weight in network.parameters()):
        return _Nothing()
    # One that begins at 0, as a warm-up does, would not show its groups' ratios.
    greatest = {name: schedule.greatest for name, schedule in component.schedules.items()}
    options = with_numbers(component.options, greatest)
    optimizer = component.registered.load()(options, network)
    if not isinstance(optimizer, Optimizer):
        raise PluginError(f"{component.registered.label} gave no torch.optim.Optimizer")
    return optimizer


def _loss(component: ComponentConfig[LossKeys], device: torch.device) -> WeightedLoss:
    loss = component.registered.load()(component.options)
    if not isinstance(loss, Loss):
        raise PluginError(f"{component.registered.label} is no subclass of ganfw.Loss")
    keys = component.keys
    return WeightedLoss(component.name, loss.to(device), keys.weight, keys.every)


def build_callbacks(config: RunConfig, game: Game, processes: Processes) -> dict[str, Callback]:
    """Those that are on; beside the first process, those that run in all of them. Raises UsageError
    for one that does not fit the run."""
    callbacks: dict[str, Callback] = {}
    for component in config.callbacks:
        cls = component.registered.load()
        if component.keys.enabled and (processes.is_first or cls.on_every_rank):
            callbacks[component.name] = cls(component.options)
    event = Composed(tomllib.loads(config.to_toml()), tuple(game.players))
    for callback in callbacks.values():
        callback.on_composed(event)
    return callbacks


def _shared(network: nn.Module, processes: Processes) -> nn.Module:
    """Batch norm that sees the whole batch, where torch can do so: on GPUs."""
    on_gpu = any(weight.is_cuda for weight in network.parameters())
    if processes.count > 1 and on_gpu:
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
    return network
