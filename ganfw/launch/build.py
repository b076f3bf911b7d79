"""RunConfig to Trainer: the one place that wires."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ..config.run_config import ComponentConfig, OptimizerConfig, RunConfig
from ..config.schema import LossKeys
from ..data.loader import Loader
from ..errors import PluginError, ShapesError, UsageError
from ..evaluation.callback import EvaluationCallback
from ..interfaces.callback import Callback
from ..interfaces.dataset import Dataset
from ..interfaces.events import RunView
from ..interfaces.networks import Augment
from ..interfaces.options import Options
from ..interfaces.player import Player, PlayerName
from ..interfaces.shapes import Shapes
from ..runs.network import BEST, export_network, network_card
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.precision import choose_precision
from ..runtime.random_state import derive_seed, seed_everything
from ..sampling.latents import Latents
from ..storage import checkpoint
from ..storage.run_dir import RunDir
from ..training.accumulated import AccumulatedGame
from ..training.dry_run import dry_run
from ..training.game import Game, WeightedLoss
from ..training.memory_format import use_channels_last
from ..training.trainer import Trainer

_OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
_PROCESS = 4
_JUDGING = "[[metric]]"
"""No callback can be called so."""
_FUSED = ("adam", "adamw", "sgd")


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
        losses=[_loss(component) for component in config.losses],
        augments=[_augment(component, shapes).to(device) for component in config.augments],
        reduction=config.train.reduction,
        autocast=choose_precision(config.train.precision, device),
        processes=processes,
    )
    if not processes.is_first:
        # What is random in a step differs from process to process; latents are drawn jointly.
        seed_everything(derive_seed(config.train.seed, _PROCESS, processes.rank))
    parts = config.train.accumulate
    return game if parts == 1 else AccumulatedGame(game, parts)


def build_trainer(
    config: RunConfig,
    game: Game,
    dataset: Dataset,
    source: Loader,
    folder: RunDir,
    shapes: Shapes,
    device: torch.device,
    processes: Processes = SINGLE_PROCESS,
    judging: EvaluationCallback | None = None,
) -> Trainer:
    """Everything around the game: callbacks, checkpoints, exports. ``judging`` is the engine's own
    callback, for the run's metrics."""
    players: dict[PlayerName, Player] = {"gen": game.gen, "disc": game.disc}
    steps_per_epoch = -(-len(source) // config.train.disc_steps)
    total_steps = _total_steps(config, steps_per_epoch)
    run = RunView(
        folder=folder,
        dataset=dataset,
        shapes=shapes,
        players=players,
        seed=config.train.seed,
        device=device,
        epochs=-(-total_steps // steps_per_epoch),
        steps_per_epoch=steps_per_epoch,
        total_steps=total_steps,
        real_batch=source.spread,
    )
    return Trainer(
        game=game,
        source=source,
        latents=Latents(shapes.latent_dim, config.train.seed, device, processes),
        callbacks=_callbacks(config) | ({_JUDGING: judging} if judging else {}),
        run=run,
        disc_steps=config.train.disc_steps,
        log_every=config.train.log_every,
        save=_saver(config, run, judging) if processes.is_first else _save_nothing,
        processes=processes,
    )


def _total_steps(config: RunConfig, steps_per_epoch: int) -> int:
    """Whichever of the steps and the epochs that were asked for are over first."""
    by_epochs = config.train.epochs and config.train.epochs * steps_per_epoch
    return min(each for each in (config.train.steps, by_epochs) if each)


def check_game(config: RunConfig, game: Game, source: Loader, shapes: Shapes) -> list[str]:
    """Refuse, before anything is trained or written, players and losses that do not fit; and lay
    them out for speed. Returns what the user should know of the networks."""
    gen, disc = config.gen.registered.label, config.disc.registered.label
    data = config.data.registered.label
    real = source.spread(2).samples

    def attempt() -> None:
        dry_run(game, real, shapes, gen, disc, data)

    networks = {gen: game.gen.network, disc: game.disc.network}
    if config.train.channels_last:
        notices = use_channels_last(networks, attempt)
    else:
        attempt()
        notices = []
    return [*notices, *_batch_norm_unshared(networks, game.processes)]


def compile_steps(config: RunConfig, game: Game, source: Loader, shapes: Shapes) -> Game:
    """``game`` with its steps compiled. Raises UsageError where they can't be."""
    from ..training.compiled import compile_game

    train = config.train
    if train.accumulate > 1 or train.precision == "bf16":
        raise UsageError("a compiled step takes neither train.accumulate nor bf16: leave one out")
    for component in config.callbacks:
        listens = component.registered.load().on_gradients_ready is not Callback.on_gradients_ready
        if component.keys.enabled and listens:
            raise UsageError(
                f"{component.registered.label} watches gradients, which a compiled step does not "
                "show: leave one of the two out"
            )
    first = source.epoch(1)
    batches = [next(first) for _ in range(min(config.train.disc_steps, len(source)))]
    return compile_game(game, config.train.reduction, batches, shapes.latent_dim)


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


def _optimizer(choice: OptimizerConfig, network: nn.Module) -> Optimizer:
    options = choice.options.model_dump()
    if choice.use in _FUSED:
        options["fused"] = True
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return _OPTIMIZERS[choice.use](weights, **options)


def _loss(component: ComponentConfig[LossKeys]) -> WeightedLoss:
    loss = component.registered.load()(component.options)
    return WeightedLoss(
        component.registered.name, loss, component.keys.weight, component.keys.every
    )


def _callbacks(config: RunConfig) -> dict[str, Callback]:
    return {
        component.registered.name: component.registered.load()(component.options)
        for component in config.callbacks
        if component.keys.enabled
    }


def _save_nothing(step: int, state: Mapping[str, Any]) -> None:
    """The first process saves for all."""


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
        if any(isinstance(each, norms) for each in network.modules())
    ]
    if processes.count == 1 or not found:
        return []
    return [
        f"batch norm in {' and '.join(found)} sees each process's share of a batch by "
        "itself, as torch synchronises it on GPUs alone"
    ]


def _saver(
    config: RunConfig, run: RunView, judging: EvaluationCallback | None
) -> Callable[[int, Mapping[str, Any]], None]:
    """Saves a checkpoint, and exports each network so that it can be used on its own; the best
    generator too, at the step that was judged so."""

    def export(
        name: str, component: ComponentConfig[Options], network: nn.Module, step: int
    ) -> None:
        card = network_card(component, config.data, run.shapes, step)
        export_network(run.folder.path / name, card, network)

    def save(step: int, state: Mapping[str, Any]) -> None:
        is_best = judging is not None and judging.best_step == step
        if is_best:
            export(BEST, config.gen, run.sampling_generator, step)
        checkpoint.save(run.folder.checkpoints, step, state)
        if is_best:
            # Only now, so that the name never points to nothing.
            checkpoint.name_best(run.folder.checkpoints, step)
        export("generator", config.gen, run.players["gen"].network, step)
        export("discriminator", config.disc, run.players["disc"].network, step)
        for name, network in run.exported.items():
            export(name, config.gen, network, step)

    return save
