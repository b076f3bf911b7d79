"""A report's HTML: template, style and script of ours, charts by Plotly, all in one file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from .. import __version__
from ..errors import PluginError
from .contents import Contents, differences

_FOLDER = Path(__file__).parent


def render(runs: list[Contents]) -> str:
    """The page. Raises PluginError where the extra ``ganfw[report]`` is not installed."""
    try:
        import jinja2
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise PluginError(
            f"a report needs {error.name}, which is not installed: pip install 'ganfw[report]'"
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("page.html.j2").render(
        version=__version__,
        runs=runs,
        differences=differences(runs),
        style=(_FOLDER / "page.css").read_text(encoding="utf-8"),
        script=(_FOLDER / "page.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        data=_script_json([_chart_data(run) for run in runs]),
    )


def _chart_data(run: Contents) -> dict[str, object]:
    pictures = [asdict(picture) for picture in run.pictures]
    return {"name": run.name, "losses": run.losses, "scores": run.scores, "pictures": pictures}


def _script_json(value: object) -> str:
    """JSON that can't end the script element that it stands in."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")
