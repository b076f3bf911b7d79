"""``ganfw resume``: continue a run where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..config.layers import Text
from ..config.request import RunRequest
from ..storage.run_dir import open_run
from .completion import component_names
from .options import (
    COMMAND_LINE,
    Command,
    device_option,
    find_plugins,
    log_options,
    moved_option,
    nproc_option,
    plugin_option,
    run_in_processes,
    set_option,
)


def _several(
    flag: str, kind: str, text: str, metavar: str = "NAME"
) -> Callable[[Command], Command]:
    complete = component_names(kind)
    return click.option(flag, metavar=metavar, multiple=True, help=text, shell_complete=complete)


@click.command("resume")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--epochs", type=int, help="Passes over the data, in total.")
@click.option("--steps", type=int, help="Steps, in total, in place of epochs.")
@set_option("Change an option, such as loss.r1.weight=2.")
@click.option("--lr", type=Text, metavar="RATE", help="Learning rate of both optimizers.")
@_several("--loss", "loss", "Add a loss to those of the run.", "[NAME=]COMPONENT")
@_several("--no-loss", "loss", "Leave a loss of the run out.")
@_several("--callback", "callback", "Add a callback.")
@_several("--no-callback", "callback", "Leave a callback out.")
@click.option("--precision", metavar="NAME", help="float32, tf32 or bf16.")
@click.option("--compile/--no-compile", default=None, help="Compile the networks.")
@moved_option
@nproc_option
@device_option
@plugin_option
@click.option("--from-step", type=int, help="An earlier checkpoint than the last one.")
@log_options
def resume_command(
    run: Path,
    data: Path | None,
    nproc: int,
    plugins: tuple[Path, ...],
    from_step: int | None,
    **request: Any,
) -> None:
    """Continue the run in folder RUN from its last checkpoint.

    On a CPU it ends with exactly the weights that it would have had without the stop. Rates,
    losses, their weights, and callbacks may change; networks and data may not.

    \b
      ganfw resume runs/0001-dcgan-sprites --epochs 40 --lr 0.001
    """
    folder = open_run(run)
    registry = find_plugins(plugins)
    # Not at the top: torch.
    from ..runs.saved_run import saved_layer

    changes = RunRequest(**request).changes(registry, saved_layer(folder), COMMAND_LINE)
    run_in_processes(nproc)
    from ..launch.resume import resume
    from ..runs.provenance import command_line
    from .display import finish

    finish(resume(registry, run, changes, from_step, command_line(), data))
