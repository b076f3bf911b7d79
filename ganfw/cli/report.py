"""``ganfw report``: one HTML page about one run, or several."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UsageError
from ..report.page import write_report
from ..storage.atomic import check_replaceable

_SUFFIXES = (".html", ".htm")


@click.command("report")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The page to write; by default report.html in the first run's folder.",
)
def report_command(runs: tuple[Path, ...], output: Path | None) -> None:
    """Write one self-contained HTML page: outcome, samples through the epochs, curves, scores,
    configuration and provenance; for several runs, what differs.

    \b
      ganfw report runs/0001-dcgan-sprites
      ganfw report runs/0001-dcgan-sprites runs/0002-dcgan-sprites -o both.html
    """
    if len({run.resolve() for run in runs}) < len(runs):
        raise UsageError("a run is named twice")
    if output is not None:
        _check(output)
    page = write_report(runs, output)
    click.echo(f"{page}: {page.stat().st_size / 1e6:.1f} MB, open it in any browser")


def _check(output: Path) -> None:
    """Raises UsageError for what can't become a page, before the runs are read."""
    if output.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"-o {output}: a report is an .html file")
    if not output.parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder {output.parent}")
    check_replaceable(output)
