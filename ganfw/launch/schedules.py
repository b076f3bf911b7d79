"""Which numbers of a run follow a schedule: from its config to `Schedules`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..config.run_config import ComponentConfig, RunConfig
from ..config.schedule import Schedule
from ..interfaces.callback import Callback
from ..interfaces.options import Options
from ..interfaces.player import Player
from ..training.game import Game
from ..training.schedules import Follow, Schedules, option, rate, weight

Followed = Iterator[tuple[Schedule, Follow]]


def build_schedules(
    config: RunConfig, game: Game, callbacks: Mapping[str, Callback], total_steps: int
) -> Schedules:
    """Every schedule of ``config``, bound to what follows it. The optimizers must be new, and
    ``callbacks`` are those that this process has."""
    followed = [
        *_rates(config.gen_optimizer, game.gen),
        *_rates(config.disc_optimizer, game.disc),
        *_network_rates(config, game),
        *_losses(config, game),
        *_augments(config, game),
        *_callbacks(config, callbacks),
    ]
    return Schedules(followed, total_steps)


def unreached_phases(config: RunConfig, total_steps: int) -> Iterator[str]:
    """A line about each schedule that a run of ``total_steps`` ends too soon for: what a recipe
    has by the thousand steps, a shorter run never sees."""
    for component in config.component_configs:
        for name, schedule in component.schedules.items():
            phase = schedule.unreached(total_steps)
            if phase is not None:
                yield (
                    f"{component.slot} '{component.name}': {name} = {schedule}: "
                    f"{total_steps} steps end before '{phase}' begins"
                )


def _network_rates(config: RunConfig, game: Game) -> Followed:
    for network, optimizer in zip(config.networks, config.network_optimizers, strict=True):
        if network.name in game.players:
            yield from _rates(optimizer, game.players[network.name])


def _rates(component: ComponentConfig[Options], player: Player) -> Followed:
    where = f"{component.slot} '{component.name}'"
    for name, schedule in component.schedules.items():
        yield schedule, rate(player.optimizer, name, schedule.greatest, where)


def _losses(config: RunConfig, game: Game) -> Followed:
    for component, weighted in zip(config.losses, game.losses, strict=True):
        for name, schedule in component.schedules.items():
            is_key = name in type(component.keys).model_fields
            yield schedule, weight(game, component.name) if is_key else option(weighted.loss, name)


def _augments(config: RunConfig, game: Game) -> Followed:
    for component, augment in zip(config.augments, game.augments, strict=True):
        for name, schedule in component.schedules.items():
            yield schedule, option(augment, name)


def _callbacks(config: RunConfig, callbacks: Mapping[str, Callback]) -> Followed:
    for component in config.callbacks:
        for name, schedule in component.schedules.items():
            if component.name in callbacks:
                yield schedule, option(callbacks[component.name], name)
