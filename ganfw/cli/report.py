"""``ganfw report``: one HTML page about one run, or several."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import RunError, UsageError
from ..report.page import render
from ..report.summary import named_apart, read
from ..storage.atomic import check_replaceable, write_text

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
    page = render(named_apart([read(run) for run in runs]))
    target = output or runs[0] / "report.html"
    try:
        write_text(target, page)
    except OSError as error:
        raise RunError(f"{target} can't be written: {error.strerror}") from None
    click.echo(f"{target}: {len(page.encode()) / 1e6:.1f} MB, open it in any browser")


def _check(output: Path) -> None:
    """Raises UsageError for what can't become a page, before the runs are read."""
    if output.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"-o {output}: a report is an .html file")
    if not output.parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder {output.parent}")
    check_replaceable(output)
