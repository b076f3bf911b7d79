"""``ganfw run``: compose a GAN from registered pieces and train it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .plugins import find_plugins

if TYPE_CHECKING:
    from ..layers import Layer
    from ..registry import Registry


@click.command("run")
@click.option("--recipe", metavar="NAME", help="Begin with a recipe.")
@click.option(
    "--config",
    "configs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Lay a TOML file over it; several, in order.",
)
@click.option("--gen", metavar="NAME", help="Generator.")
@click.option("--disc", metavar="NAME", help="Discriminator.")
@click.option("--data", metavar="NAME|PATH", help="Dataset, or a folder of pictures.")
@click.option("--loss", "losses", multiple=True, metavar="NAME", help="Loss; several are summed.")
@click.option(
    "--augment", "augments", multiple=True, metavar="NAME", help="Augment; several, in order."
)
@click.option("--callback", "on", multiple=True, metavar="NAME", help="Add a callback.")
@click.option("--no-callback", "off", multiple=True, metavar="NAME", help="Leave a callback out.")
@click.option(
    "-s",
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Set an option, such as gen.channels=32 or gen.optimizer.lr=2e-4.",
)
@click.option("--epochs", type=int, help="Passes over the data.")
@click.option("--steps", type=int, help="Stop after this many steps.")
@click.option("--seed", type=int, help="Seed of every random stream.")
@click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder for run folders.",
)
@click.option("--print-config", is_flag=True, help="Print the resolved run as TOML and stop.")
def run_command(
    recipe: str | None,
    configs: tuple[Path, ...],
    gen: str | None,
    disc: str | None,
    data: str | None,
    losses: tuple[str, ...],
    augments: tuple[str, ...],
    on: tuple[str, ...],
    off: tuple[str, ...],
    settings: tuple[str, ...],
    epochs: int | None,
    steps: int | None,
    seed: int | None,
    device: str | None,
    out: Path,
    print_config: bool,
) -> None:
    """Train a GAN composed of any registered pieces.

    \b
      ganfw run --gen dcgan --disc dcgan --data pokemon
      ganfw run --recipe d2l-gaussian --seed 1
      ganfw run --gen dcgan --disc dcgan --data ./my-photos -s data.size=32
    """
    from ..api import callbacks_layer, command_line, fillings_layer, train_layer
    from ..config import resolve

    registry = find_plugins()
    typed = "command line"
    layers = [
        *_files(registry, recipe, configs),
        fillings_layer(gen, disc, data, losses, augments, typed),
        callbacks_layer(on, off, typed),
        train_layer(epochs, steps, seed, device, typed),
        _settings(settings, typed),
    ]
    # Everything is checked before torch, which takes seconds to import, is needed.
    config = resolve(registry, layers)
    if print_config:
        click.echo(config.to_toml(origins=True), nl=False)
        return
    from ..launch import start
    from .display import finish, reporter

    finish(start(registry, layers, out, command_line(), reporter()))


def _files(registry: Registry, recipe: str | None, configs: tuple[Path, ...]) -> list[Layer]:
    from ..config import recipe_layer
    from ..layers import file_layer

    first = [recipe_layer(registry, recipe)] if recipe else []
    return [*first, *(file_layer(path) for path in configs)]


def _settings(settings: tuple[str, ...], source: str) -> Layer:
    from ..layers import Text, settings_layer

    values: dict[str, Text] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"-s {setting}: write PATH=VALUE, such as gen.channels=32")
        values[path.strip()] = Text(value.strip())
    return settings_layer(values, source)
