"""``ganfw evaluate``: scores of a finished run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..config.layers import Text, settings_layer
from ..sampling.image_files import picture_format, write_picture
from ..storage.run_dir import open_run
from .completion import component_names
from .options import (
    COMMAND_LINE,
    find_plugins,
    json_option,
    log_options,
    moved_option,
    plugin_option,
    set_option,
)
from .table import columns

if TYPE_CHECKING:
    from ..runs.records import ScoreRecord

_NEAREST = "--nearest"


@click.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="[NAME=]COMPONENT",
    shell_complete=component_names("metric"),
    help="Metric; several. Without it, those tagged default that fit the data.",
)
@set_option("Set an option, such as metric.swd.samples=4096, or data.split=test.")
@moved_option
@click.option("--seed", default=0, show_default=True, help="Seed of the latents.")
@click.option("--device", metavar="NAME", default="auto", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--best", is_flag=True, help="Evaluate the best generator, not the last one.")
@click.option(
    _NEAREST,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also draw samples beside their nearest real ones, to show memorization.",
)
@plugin_option
@json_option
@log_options
def evaluate_command(
    run: Path,
    metrics: tuple[str, ...],
    settings: Mapping[str, Text],
    data: Path | None,
    seed: int,
    device: str,
    best: bool,
    nearest: Path | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Score the run in folder RUN with metrics, and keep the scores there.

    \b
      ganfw evaluate runs/0001-dcgan-sprites
      ganfw evaluate runs/0001-dcgan-sprites --metric swd -s metric.swd.samples=4096
    """
    folder = open_run(run)
    registry = find_plugins(plugins)
    # The run's own copies of plugin files may offer more: they are read later.
    for name in () if folder.plugins.is_dir() else metrics:
        registry.find("metric", name.rpartition("=")[2])
    layer = settings_layer(settings, COMMAND_LINE)
    if nearest is not None:
        picture_format(nearest, option=_NEAREST)
    # Not at the top: torch.
    from ..evaluation.evaluate_run import EvaluationRequest, evaluate

    request = EvaluationRequest(metrics, layer, seed, device, nearest is not None, best, data)
    found = evaluate(registry, run, request)
    click.echo(_json(found.records) if as_json else table(found.records))
    if nearest is not None and found.nearest is not None:
        write_picture(nearest, found.nearest, _NEAREST)
        click.echo(
            f"{nearest}: samples, and the real ones nearest to each. They are {found.novelty:.2f} "
            "times as far away as real ones are from each other",
            err=True,
        )


def _json(records: list[ScoreRecord]) -> str:
    return json.dumps([record.model_dump(mode="json") for record in records], indent=2)


def table(records: list[ScoreRecord]) -> str:
    """A row for each score, with the direction that is better."""
    rows = [("METRIC", "SCORE", "VALUE", "BETTER", "REAL", "GENERATED")]
    for record in records:
        real, generated = (
            str(record.result.get(f"{kind}_samples", "")) for kind in ("real", "generated")
        )
        for name, value in record.scores.items():
            better = record.better if name == record.main else ""
            shown = f"{value:.5g}" if isinstance(value, float) else str(value)
            rows.append((record.metric, name, shown, better, real, generated))
    return columns(rows)
