"""RunConfig to Trainer: the one place that wires."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from . import checkpoint
from .accumulated import AccumulatedGame
from .config import Filling, OptimizerChoice, RunConfig
from .data.source import BatchSource
from .errors import ShapesError, UsageError
from .events import PlayerName, RunView
from .export import export_network, network_card
from .fitting import check_fit
from .game import Game, Player, WeightedLoss
from .interfaces import Callback, Dataset
from .layout import prefer_channels_last
from .options import Options
from .precision import choose_precision
from .randomness import Latents, seed_everything
from .rundir import RunDir
from .settings import LossKeys
from .shapes import Shapes
from .trainer import Trainer

_OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
_FUSED = ("adam", "adamw", "sgd")


def build_game(config: RunConfig, shapes: Shapes, device: torch.device) -> Game:
    """Both players, the losses and the augments of ``config``, seeded and on ``device``.

    Raises ShapesError for networks that can't be built for ``shapes``.
    """
    seed_everything(config.train.seed)
    gen = _network(config.gen, shapes).to(device)
    disc = _network(config.disc, shapes).to(device)
    game = Game(
        gen=Player(gen, _optimizer(config.gen_optimizer, gen)),
        disc=Player(disc, _optimizer(config.disc_optimizer, disc)),
        losses=[_loss(filling) for filling in config.losses],
        augments=[_network(filling, shapes).to(device) for filling in config.augments],
        reduction=config.train.reduction,
        autocast=choose_precision(config.train.precision, device),
    )
    parts = config.train.accumulate
    return game if parts == 1 else AccumulatedGame(game, parts)


def build_trainer(
    config: RunConfig,
    game: Game,
    dataset: Dataset,
    source: BatchSource,
    folder: RunDir,
    shapes: Shapes,
    device: torch.device,
    say: Callable[[str], None],
) -> Trainer:
    """Everything around the game: callbacks, checkpoints, exports."""
    players: dict[PlayerName, Player] = {"gen": game.gen, "disc": game.disc}
    steps_per_epoch = -(-len(source) // config.train.disc_steps)
    planned = config.train.epochs * steps_per_epoch
    run = RunView(
        folder=folder,
        dataset=dataset,
        shapes=shapes,
        players=players,
        seed=config.train.seed,
        device=device,
        epochs=config.train.epochs,
        steps_per_epoch=steps_per_epoch,
        total_steps=min(planned, config.train.steps or planned),
        real_samples=source.first,
        say=say,
    )
    return Trainer(
        game=game,
        source=source,
        latents=Latents(shapes.latent_dim, config.train.seed, device),
        callbacks=_callbacks(config),
        run=run,
        disc_steps=config.train.disc_steps,
        log_every=config.train.log_every,
        save=_saver(config, run),
    )


def check_game(config: RunConfig, game: Game, source: BatchSource, shapes: Shapes) -> list[str]:
    """Refuse, before anything is trained or written, players and losses that do not fit; and lay
    them out for speed. Returns what the user should know of that."""
    gen, disc = config.gen.registered.label, config.disc.registered.label
    data = config.data.registered.label
    real = source.first(2)

    def attempt() -> None:
        check_fit(game, real, shapes, gen, disc, data)

    if not config.train.channels_last:
        attempt()
        return []
    networks = {gen: game.gen.network, disc: game.disc.network}
    return prefer_channels_last(networks, attempt)


def compile_steps(config: RunConfig, game: Game, source: BatchSource, shapes: Shapes) -> Game:
    """``game`` with its steps compiled. Raises UsageError where they can't be."""
    from .compiled import compile_game  # its imports take a second that most runs can spare

    train = config.train
    if train.accumulate > 1 or train.precision == "bf16":
        raise UsageError("a compiled step takes neither train.accumulate nor bf16: leave one out")
    for filling in config.callbacks:
        listens = filling.registered.load().gradients_ready is not Callback.gradients_ready
        if filling.keys.enabled and listens:
            raise UsageError(
                f"{filling.registered.label} watches gradients, which a compiled step does not "
                "show: leave one of the two out"
            )
    first = source.epoch(1)
    batches = [next(first) for _ in range(min(config.train.disc_steps, len(source)))]
    return compile_game(game, config.train.reduction, batches, shapes.latent_dim)


def _network(filling: Filling[Options], shapes: Shapes) -> nn.Module:
    try:
        network: nn.Module = filling.registered.load()(filling.options, shapes)
    except ShapesError as error:
        raise ShapesError(f"{filling.registered.label}: {error}") from error
    return network


def _optimizer(choice: OptimizerChoice, network: nn.Module) -> Optimizer:
    options = choice.options.model_dump()
    if choice.use in _FUSED:
        options["fused"] = True
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return _OPTIMIZERS[choice.use](weights, **options)


def _loss(filling: Filling[LossKeys]) -> WeightedLoss:
    loss = filling.registered.load()(filling.options)
    return WeightedLoss(filling.registered.name, loss, filling.keys.weight)


def _callbacks(config: RunConfig) -> dict[str, Callback]:
    return {
        filling.registered.name: filling.registered.load()(filling.options)
        for filling in config.callbacks
        if filling.keys.enabled
    }


def _saver(config: RunConfig, run: RunView) -> Callable[[int, Mapping[str, Any]], None]:
    """Saves a checkpoint, then exports each network so that it can be used on its own."""
    gen_card = network_card(config.gen, config.data, run.shapes)
    disc_card = network_card(config.disc, config.data, run.shapes)
    path = run.folder.path

    def save(step: int, state: Mapping[str, Any]) -> None:
        checkpoint.save(run.folder.checkpoints, step, state)
        export_network(path / "generator", gen_card, run.players["gen"].network)
        export_network(path / "discriminator", disc_card, run.players["disc"].network)
        for name, network in run.published.items():
            export_network(path / name, gen_card, network)

    return save
