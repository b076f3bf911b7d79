"""``ganfw run``: compose a GAN from registered components and train it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from ..config.layers import Text
from ..config.networks import NETWORK_KINDS
from ..config.request import RunRequest
from ..config.run_config import resolve
from ..errors import UsageError
from .completion import complete_setting, component_names
from .options import (
    COMMAND_LINE,
    Command,
    add_plugins_of,
    device_option,
    find_plugins,
    log_options,
    nproc_option,
    plugin_option,
    run_in_processes,
    set_option,
)


def _component(
    flag: str, kind: str, text: str, metavar: str = "NAME"
) -> Callable[[Command], Command]:
    """An option that names a component."""
    return click.option(flag, metavar=metavar, help=text, shell_complete=component_names(kind))


def _components(
    flag: str, kinds: Sequence[str], text: str, metavar: str = "[NAME=]COMPONENT"
) -> Callable[[Command], Command]:
    """An option that can be repeated, each time with a component of one of the ``kinds``."""
    complete = component_names(*kinds)
    return click.option(flag, metavar=metavar, multiple=True, help=text, shell_complete=complete)


@click.command("run")
@click.argument("path", required=False, metavar="[DATA]", shell_complete=component_names("dataset"))
@plugin_option
@_component("--recipe", "recipe", "Start from a recipe.")
@click.option(
    "--config",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Apply a TOML file on top; can be repeated, the last one wins.",
)
@_component("--gen", "generator", "Generator.")
@_component("--disc", "discriminator", "Discriminator.")
@_component("--data", "dataset", "Dataset, or a folder of pictures.", metavar="NAME|PATH")
@_components("--network", NETWORK_KINDS, "Third network, such as an encoder.")
@_components("--loss", ["loss"], "Loss; several are summed.")
@_components("--augment", ["augment"], "Augment; several are applied in order.")
@_components("--callback", ["callback"], "Add a callback.")
@_components("--no-callback", ["callback"], "Leave a callback out.", metavar="NAME")
@_components("--metric", ["metric"], "Metric to evaluate while training.")
@set_option("Set an option, such as gen.channels=32.", complete=complete_setting)
@click.option("--epochs", type=int, help="Passes over the data.")
@click.option("--steps", type=int, help="Steps, in place of epochs.")
@click.option("--batch-size", type=int, help="Real samples in a batch.")
@click.option("--lr", type=Text, metavar="RATE", help="Learning rate of both optimizers.")
@click.option("--size", type=Text, metavar="SIZE", help="Picture size in pixels, such as 64.")
@click.option("--latent-dim", type=int, help="Length of a latent vector.")
@click.option("--seed", type=int, help="Seed of every random stream.")
@device_option
@click.option("--precision", metavar="NAME", help="float32, tf32 or bf16.")
@click.option(
    "--compile/--no-compile", default=None, help="Compile the networks: slower start, faster steps."
)
@nproc_option
@click.option(
    "--from",
    "start_from",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="Start from the networks of another run, and from its config.",
)
@click.option("--name", help="Name part of the run's folder, in place of GEN-DATA.")
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
    path: str | None,
    plugins: tuple[Path, ...],
    nproc: int,
    out: Path,
    print_config: bool,
    **request: Any,
) -> None:
    """Train a GAN made of any registered components on DATA, a folder of pictures or a dataset.

    Where no networks are given, the kind of data chooses a recipe.

    \b
      ganfw run ./my-photos
      ganfw run --gen dcgan --disc dcgan --data ./my-photos --size 32
      ganfw run --recipe d2l-gaussian --plugin ./my_loss.py --loss my-loss
    """
    if path is not None and request["data"] is not None:
        raise UsageError(f"data is given twice: {path}, and --data {request['data']}")
    request["data"] = request["data"] or path
    registry = find_plugins(plugins)
    if request["start_from"] is not None:
        add_plugins_of(registry, request["start_from"])
    layers = RunRequest(**request).layers(registry, COMMAND_LINE)
    # Everything is checked before torch, which takes seconds to import, is needed.
    config = resolve(registry, layers)
    if print_config:
        click.echo(config.to_toml(origins=True), nl=False)
        return
    run_in_processes(nproc)
    from ..launch.start import start
    from ..runs.provenance import command_line
    from .display import finish

    finish(start(registry, layers, out, command_line()))
