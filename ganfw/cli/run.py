"""``ganfw run``: compose a GAN from registered pieces and train it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from .completion import complete_setting, component_names
from .options import (
    find_plugins,
    log_options,
    nproc_option,
    plugin_option,
    run_in,
    set_option,
    typed_settings,
)

Command = TypeVar("Command", bound=Callable[..., object])

if TYPE_CHECKING:
    from ..config.layers import Layer
    from ..registry.registry import Registry


def _slot(
    flag: str, kind: str, text: str, metavar: str = "NAME", several: str | None = None
) -> Callable[[Command], Command]:
    """An option that names a component; ``several`` is its parameter's name if it is a list."""
    return click.option(
        flag,
        several or flag.strip("-"),
        multiple=several is not None,
        metavar=metavar,
        help=text,
        shell_complete=component_names(kind),
    )


@click.command("run")
@plugin_option
@click.option(
    "--recipe",
    metavar="NAME",
    shell_complete=component_names("recipe"),
    help="Begin with a recipe.",
)
@click.option(
    "--config",
    "configs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Lay a TOML file over it; several, in order.",
)
@_slot("--gen", "generator", "Generator.")
@_slot("--disc", "discriminator", "Discriminator.")
@_slot("--data", "dataset", "Dataset, or a folder of pictures.", metavar="NAME|PATH")
@_slot("--loss", "loss", "Loss; several are summed.", several="losses")
@_slot("--augment", "augment", "Augment; several, in order.", several="augments")
@_slot("--callback", "callback", "Add a callback.", several="on")
@_slot("--no-callback", "callback", "Leave a callback out.", several="off")
@_slot("--metric", "metric", "Metric to judge by while training.", several="metrics")
@set_option("Set an option, such as gen.channels=32 or gen.optimizer.lr=2e-4.", complete_setting)
@click.option("--epochs", type=int, help="Passes over the data.")
@click.option("--steps", type=int, help="Steps, in place of epochs.")
@click.option("--seed", type=int, help="Seed of every random stream.")
@click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--precision", metavar="NAME", help="float32, tf32 or bf16.")
@click.option(
    "--compile/--no-compile", default=None, help="Compile the step: slow to start, then faster."
)
@nproc_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder for run folders.",
)
@click.option("--print-config", is_flag=True, help="Print the resolved run as TOML and stop.")
@log_options
def run_command(
    plugins: tuple[Path, ...],
    recipe: str | None,
    configs: tuple[Path, ...],
    gen: str | None,
    disc: str | None,
    data: str | None,
    losses: tuple[str, ...],
    augments: tuple[str, ...],
    on: tuple[str, ...],
    off: tuple[str, ...],
    metrics: tuple[str, ...],
    settings: tuple[str, ...],
    epochs: int | None,
    steps: int | None,
    seed: int | None,
    device: str | None,
    precision: str | None,
    compile: bool | None,
    nproc: int,
    out: Path,
    print_config: bool,
) -> None:
    """Train a GAN composed of any registered pieces.

    \b
      ganfw run --gen dcgan --disc dcgan --data ./my-photos -s data.size=32
      ganfw run --recipe d2l-gaussian --plugin ./my_loss.py --loss my-loss
    """
    from ..config.layers import callbacks_layer, components_layer, train_layer
    from ..config.run_config import resolve

    registry = find_plugins(plugins)
    typed = "command line"
    layers = [
        *_files(registry, recipe, configs),
        components_layer(gen, disc, data, losses, augments, typed, metrics),
        callbacks_layer(on, off, typed),
        train_layer(epochs, steps, seed, device, typed, compile, precision),
        typed_settings(settings, typed),
    ]
    # Everything is checked before torch, which takes seconds to import, is needed.
    config = resolve(registry, layers)
    if print_config:
        click.echo(config.to_toml(origins=True), nl=False)
        return
    if nproc > 1:
        run_in(nproc, sys.argv[1:])
    from ..launch.start import start
    from ..runs.provenance import command_line
    from .display import finish

    finish(start(registry, layers, out, command_line()))


def _files(registry: Registry, recipe: str | None, configs: tuple[Path, ...]) -> list[Layer]:
    from ..config.layers import file_layer
    from ..config.recipes import recipe_layer

    first = [recipe_layer(registry, recipe)] if recipe else []
    return [*first, *(file_layer(path) for path in configs)]
