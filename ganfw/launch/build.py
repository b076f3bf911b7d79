"""RunConfig to Trainer: the one place that wires."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ..config.run_config import ComponentConfig, RunConfig
from ..config.schema import LossKeys
from ..data.loader import Loader
from ..errors import PluginError, ShapesError
from ..interfaces.callback import Callback
from ..interfaces.loss import Loss
from ..interfaces.networks import Augment
from ..interfaces.options import Options
from ..interfaces.player import Player
from ..interfaces.run_view import RunComponent, RunView
from ..interfaces.shapes import Shapes
from ..runs.network import BEST, export_network, network_card
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.precision import choose_precision
from ..runtime.random_state import derive_seed, seed_everything
from ..sampling.latents import Latents
from ..storage.run_dir import RunDir
from ..training.dry_run import dry_run
from ..training.game import Game
from ..training.memory_format import use_channels_last
from ..training.objective import WeightedLoss
from ..training.trainer import Evaluation, Trainer
from .prepare import PreparedRun

_PROCESS = 4


def build_game(
    config: RunConfig, shapes: Shapes, device: torch.device, processes: Processes = SINGLE_PROCESS
) -> Game:
    """Both players, the losses and the augments of ``config``, seeded and on ``device``.

    Raises ShapesError for networks that can't be built for ``shapes``.
    """
    # The same in every process, so that all begin with the same weights.
    seed_everything(config.train.seed)
    gen = _shared(_network(config.gen, shapes).to(device), processes)
    disc = _shared(_network(config.disc, shapes).to(device), processes)
    game = Game(
        gen=Player(gen, _optimizer(config.gen_optimizer, gen)),
        disc=Player(disc, _optimizer(config.disc_optimizer, disc)),
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


def build_trainer(
    prepared: PreparedRun,
    game: Game,
    loader: Loader,
    folder: RunDir,
    shapes: Shapes,
    evaluation: Evaluation | None = None,
) -> Trainer:
    """Everything around the game: callbacks, checkpoints, exports."""
    config, processes = prepared.config, prepared.processes
    train = config.train
    run = _run_view(prepared, game, loader, folder, shapes)
    return Trainer(
        game=game,
        loader=loader,
        latents=Latents(shapes.latent_dim, train.seed, prepared.device, processes),
        callbacks=_callbacks(config, processes),
        run=run,
        disc_steps=train.disc_steps,
        log_every=train.log_every,
        save=_saver(config, run) if processes.is_first else _save_nothing,
        processes=processes,
        evaluation=evaluation,
    )


def _run_view(
    prepared: PreparedRun, game: Game, loader: Loader, folder: RunDir, shapes: Shapes
) -> RunView:
    config = prepared.config
    steps_per_epoch = -(-len(loader) // config.train.disc_steps)
    total_steps = _total_steps(config, steps_per_epoch)
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


def _total_steps(config: RunConfig, steps_per_epoch: int) -> int:
    """Whichever of the steps and the epochs that were asked for are over first."""
    by_epochs = config.train.epochs and config.train.epochs * steps_per_epoch
    return min(length for length in (config.train.steps, by_epochs) if length)


def check_game(config: RunConfig, game: Game, loader: Loader, shapes: Shapes) -> list[str]:
    """Refuse, before anything is trained or written, players and losses that do not fit; and lay
    them out for speed. Returns what the user should know of the networks."""
    gen, disc = config.gen.registered.label, config.disc.registered.label
    data = config.data.registered.label
    batch = loader.evenly_spaced(2)

    def attempt() -> None:
        dry_run(game, batch, shapes, gen, disc, data)

    networks = {gen: game.gen.network, disc: game.disc.network}
    device = batch.samples.device
    # On a GPU torch's compiler lays weights out itself, and is wrong about those that are laid out
    # channels last before: it expects their gradients in that order, which not all of them have.
    if config.train.channels_last and not (config.train.compile and device.type == "cuda"):
        notices = use_channels_last(networks, attempt)
    else:
        attempt()
        notices = []
    notices += _uneven_last_step(len(loader), config.train.disc_steps)
    if "train.precision" not in config.origins:
        notices += slow_precision(config.train.precision, device, networks.values())
    return [*notices, *_batch_norm_unshared(networks, game.processes)]


def slow_precision(
    precision: str, device: torch.device, networks: Iterable[nn.Module]
) -> list[str]:
    """What convolutions in float32 cost on a GPU, which has faster units for less."""
    weights = (weight for network in networks for weight in network.parameters())
    if device.type != "cuda" or precision != "float32" or all(it.dim() != 4 for it in weights):
        return []
    return [
        f"float32 on {device} is exact and slow: with large batches --precision bf16 (or tf32) "
        "is several times faster"
    ]


def _uneven_last_step(batches: int, disc_steps: int) -> list[str]:
    """What happens where an epoch's batches do not divide by the discriminator's updates."""
    left = batches % disc_steps
    if not left:
        return []
    return [
        f"an epoch has {batches} batches: its last step has {left} discriminator "
        f"update{'s'[: left > 1]} where the others have {disc_steps}"
    ]


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


def _optimizer(component: ComponentConfig[Options], network: nn.Module) -> Optimizer:
    optimizer = component.registered.load()(component.options, network)
    if not isinstance(optimizer, Optimizer):
        raise PluginError(f"{component.registered.label} gave no torch.optim.Optimizer")
    return optimizer


def _loss(component: ComponentConfig[LossKeys], device: torch.device) -> WeightedLoss:
    loss = component.registered.load()(component.options)
    if not isinstance(loss, Loss):
        raise PluginError(f"{component.registered.label} is no subclass of ganfw.Loss")
    keys = component.keys
    return WeightedLoss(component.registered.name, loss.to(device), keys.weight, keys.every)


def _callbacks(config: RunConfig, processes: Processes) -> dict[str, Callback]:
    """Those that are on; beside the first process, those that run in all of them."""
    callbacks: dict[str, Callback] = {}
    for component in config.callbacks:
        cls = component.registered.load()
        if component.keys.enabled and (processes.is_first or cls.on_every_rank):
            callbacks[component.registered.name] = cls(component.options)
    return callbacks


def _shared(network: nn.Module, processes: Processes) -> nn.Module:
    """Batch norm that sees the whole batch, where torch can do so: on GPUs."""
    on_gpu = any(weight.is_cuda for weight in network.parameters())
    if processes.count > 1 and on_gpu:
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
    return network


def _batch_norm_unshared(networks: Mapping[str, nn.Module], processes: Processes) -> list[str]:
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    found = [
        label
        for label, network in networks.items()
        if any(isinstance(module, norms) for module in network.modules())
    ]
    if processes.count == 1 or not found:
        return []
    return [
        f"batch norm in {' and '.join(found)} sees each process's share of a batch by "
        "itself, as torch synchronises it on GPUs alone"
    ]


def _save_nothing(step: int, state: Mapping[str, Any], is_best: bool) -> None:
    """The first process saves for all."""


def _saver(config: RunConfig, run: RunView) -> Callable[[int, Mapping[str, Any], bool], None]:
    """Saves a checkpoint, and exports each network so that it can be used on its own; the best
    generator too, at the step that was judged so."""

    def export(
        name: str, component: ComponentConfig[Options], network: nn.Module, step: int
    ) -> None:
        card = network_card(component, config.data, run.shapes, step)
        export_network(run.folder.path / name, card, network)

    def save(step: int, state: Mapping[str, Any], is_best: bool) -> None:
        if is_best:
            export(BEST, config.gen, run.sampling_generator, step)
        run.checkpoints.save(step, state, is_best)
        export("generator", config.gen, run.players["gen"].network, step)
        export("discriminator", config.disc, run.players["disc"].network, step)
        for name, network in run.exported.items():
            export(name, config.gen, network, step)

    return save
