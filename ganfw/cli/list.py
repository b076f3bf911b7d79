"""``ganfw list``: every component there is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from ..errors import UsageError, did_you_mean
from ..registry.component import SLOT_OF
from ..registry.registry import Registered, tag_word
from .options import find_plugins, json_option, plugin_option
from .overview import overview
from .table import columns


def _complete_tag(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    # Not at the top: pydantic.
    from .completion import complete_tag

    return complete_tag(context, parameter, incomplete)


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    shell_complete=_complete_tag,
    help="Only components with this tag; can be repeated, for those with all of them.",
)
@plugin_option
@json_option
def list_command(
    patterns: tuple[str, ...], tags: tuple[str, ...], plugins: tuple[Path, ...], as_json: bool
) -> None:
    """List components: all names by kind, or those that are asked for with what they are.

    PATTERN is a kind, a name, KIND/NAME or PACKAGE/NAME, with * and ?: 'disc*/*sn*'.
    """
    registry = find_plugins(plugins)
    wanted = _known_tags(tags, registry.tags())
    found = [
        registered
        for registered in registry.components()
        if _matches(registered, patterns) and wanted <= set(registered.tags)
    ]
    if as_json:
        click.echo(json.dumps(list(map(component_record, found)), indent=2))
    elif found and not patterns and not tags:
        click.echo(overview(registry, found))
    elif found:
        head = ("KIND", "NAME", "FROM", "SUMMARY")
        names = map(registry.shortest_name, found)
        click.echo(columns([head, *map(_row, found, names)]))
    else:
        words = [*patterns, *(f"--tag {tag}" for tag in tags)]
        known = {word for registered in registry.components() for word in _words(registered)}
        meant = did_you_mean(patterns[0], known) if len(words) == len(patterns) == 1 else ""
        click.echo(f"Nothing matches {' '.join(words)}{meant or '.'}", err=True)


def _known_tags(tags: tuple[str, ...], known: Sequence[str]) -> set[str]:
    """``tags`` as they are listed, with hyphens for spaces. Raises UsageError for one that nothing
    has."""
    wanted = {tag_word(tag) for tag in tags}
    for tag in wanted - set(known):
        raise UsageError(f"--tag {tag}: no component has it{did_you_mean(tag, known)}")
    return wanted


def _matches(registered: Registered, patterns: tuple[str, ...]) -> bool:
    words = _words(registered)
    return not patterns or any(fnmatchcase(word, pattern) for pattern in patterns for word in words)


def _words(registered: Registered) -> set[str]:
    """What it can be asked for by; its kind also in the plural."""
    kind, name = registered.component.kind, registered.name
    slot = SLOT_OF.get(kind, kind)
    kinds = {kind, slot, f"{kind}es" if kind.endswith("s") else f"{kind}s"}
    whole = {f"{kind}/{name}", f"{slot}/{name}", registered.canonical}
    return kinds | whole | {name, registered.source.name}


def _row(registered: Registered, name: str) -> tuple[str, str, str, str]:
    component = registered.component
    return component.kind, name, str(registered.source), component.summary


def component_record(registered: Registered) -> dict[str, object]:
    """A component as JSON values."""
    component, source = registered.component, registered.source
    return {
        "kind": component.kind,
        "name": component.name,
        "canonical": registered.canonical,
        "source": source.kind,
        "distribution": source.name if source.kind == "package" else None,
        "distribution_version": source.version if source.kind == "package" else None,
        "file": None if source.file is None else str(source.file.path),
        "version": component.version,
        "summary": component.summary,
        "tags": list(component.tags),
        "suggests": dict(component.suggests),
    }
