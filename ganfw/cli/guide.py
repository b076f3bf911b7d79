"""``ganfw guide``: the guides that the README links to, in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from ..errors import UsageError, did_you_mean
from .table import columns

_FOLDER = Path(__file__).parents[1] / "guides"


def complete_topic(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes a guide's name, with its title."""
    return [
        CompletionItem(topic, help=title)
        for topic, title in _titles().items()
        if topic.startswith(incomplete)
    ]


@click.command("guide")
@click.argument("topic", required=False, shell_complete=complete_topic)
def guide_command(topic: str | None) -> None:
    """Read the guide about TOPIC, or list all guides."""
    titles = _titles()
    if topic is None:
        click.echo(columns([("TOPIC", "TITLE"), *titles.items()]))
        return
    if topic not in titles:
        hint = did_you_mean(topic, titles) or f"; there are {', '.join(titles)}"
        raise UsageError(f"no guide '{topic}'{hint}")
    text = (_FOLDER / f"{topic}.md").read_text(encoding="utf-8")
    if sys.stdout.isatty():
        _render(text)
    else:
        click.echo(text, nl=False)


def _titles() -> dict[str, str]:
    """The title of each guide, its first line, by its topic."""
    paths = sorted(_FOLDER.glob("*.md"))
    return {path.stem: _first_line(path).removeprefix("# ") for path in paths}


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip()


def _render(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    # A link between guides leads nowhere in a terminal: its address is printed beside its words.
    Console().print(Markdown(text, hyperlinks=False))
