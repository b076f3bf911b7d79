"""``ganfw resume``: continue a run where it stopped."""

from __future__ import annotations

from pathlib import Path

import click

from ..config.request import RunRequest
from ..storage.run_dir import open_run
from .options import (
    COMMAND_LINE,
    device_option,
    find_plugins,
    log_options,
    moved_option,
    nproc_option,
    plugin_option,
    run_in_processes,
)


@click.command("resume")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--epochs", type=int, help="Passes over the data, in total.")
@click.option("--steps", type=int, help="Steps, in total, in place of epochs.")
@moved_option
@nproc_option
@device_option
@plugin_option
@click.option("--from-step", type=int, help="An earlier checkpoint than the last one.")
@log_options
def resume_command(
    run: Path,
    epochs: int | None,
    steps: int | None,
    data: Path | None,
    nproc: int,
    device: str | None,
    plugins: tuple[Path, ...],
    from_step: int | None,
) -> None:
    """Continue the run in folder RUN from its last checkpoint.

    On a CPU it ends with exactly the weights that it would have had without the stop.
    """
    open_run(run)
    registry = find_plugins(plugins)
    changes = RunRequest(epochs=epochs, steps=steps, device=device).options_layer(COMMAND_LINE)
    run_in_processes(nproc)
    from ..launch.resume import resume
    from ..runs.provenance import command_line
    from .display import finish

    finish(resume(registry, run, changes, from_step, command_line(), data))
