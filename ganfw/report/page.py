"""A report's HTML: template, style and script of ours, charts by Plotly, all in one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .. import __version__
from ..errors import PluginError, RunError
from ..runs.options import differences
from ..storage.atomic import write_text
from .charts import Chart, loss_chart, score_charts
from .summary import Summary, named_apart, read

_FOLDER = Path(__file__).parent


def write_report(runs: Sequence[Path], output: Path | None = None) -> Path:
    """Write the page about the runs in the folders ``runs``, by default as ``report.html`` in the
    first one's; return its path. Raises RunError for what can't be read or written."""
    page = render(named_apart([read(run) for run in runs]))
    target = output or runs[0] / "report.html"
    try:
        write_text(target, page)
    except OSError as error:
        raise RunError(f"{target} can't be written: {error.strerror}") from None
    return target


def render(runs: list[Summary]) -> str:
    """The page. Raises PluginError where the extra ``ganfw[report]`` is not installed."""
    try:
        import jinja2
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise PluginError(
            f"a report needs {error.name}, which is not installed: pip install 'ganfw[report]'"
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    losses, scores = loss_chart(runs), score_charts(runs)
    return environment.get_template("page.html.j2").render(
        version=__version__,
        runs=runs,
        differences=differences([run.options for run in runs]),
        losses=losses,
        scores=scores,
        style=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        script=(_FOLDER / "page.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        data=_script_json({"runs": _slides(runs), "charts": _lines([losses, *scores])}),
    )


def _slides(runs: Sequence[Summary]) -> list[dict[str, object]]:
    return [
        {"name": run.name, "pictures": [asdict(picture) for picture in run.pictures]}
        for run in runs
    ]


def _lines(charts: Sequence[Chart]) -> list[list[dict[str, object]]]:
    return [[asdict(line) for line in chart.lines] for chart in charts]


def _script_json(value: object) -> str:
    """JSON that can't end the script element that it is in."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")
