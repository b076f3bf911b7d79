"""``ganfw resume``: go on where a run stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .options import find_plugins, log_options, nproc_option, plugin_option, run_in


@click.command("resume")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--epochs", type=int, help="Passes over the data, in all.")
@click.option("--steps", type=int, help="Steps, in all, in place of epochs.")
@nproc_option
@click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")
@plugin_option
@click.option("--from-step", type=int, help="An earlier checkpoint than the last one.")
@log_options
def resume_command(
    run: Path,
    epochs: int | None,
    steps: int | None,
    nproc: int,
    device: str | None,
    plugins: tuple[Path, ...],
    from_step: int | None,
) -> None:
    """Go on with the run in folder RUN from its last checkpoint.

    On a CPU it ends with the very weights it would have had without the stop.
    """
    from ..config.layers import train_layer
    from ..storage.run_dir import open_run

    open_run(run)
    registry = find_plugins(plugins)
    changes = train_layer(epochs, steps, None, device, "command line")
    if nproc > 1:
        run_in(nproc, sys.argv[1:])
    from ..launch.start import resume
    from ..runs.provenance import command_line
    from .display import finish

    finish(resume(registry, run, changes, from_step, command_line()))
