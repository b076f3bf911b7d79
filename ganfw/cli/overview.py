"""The names of all components, kind by kind: ``ganfw list`` where nothing narrows it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ..registry.registry import Registered, Registry
from ..registry.source import HOME

_FEW, _WIDEST = 12, 100
"""So many names of one kind need no order but the alphabet's; columns of text."""


def overview(registry: Registry, found: Sequence[Registered]) -> str:
    """A paragraph for each kind, or several for one that has many components: one for each first
    tag. Names of other packages' components are followed by where they come from."""
    groups = list(_groups(found))
    margin = max(len(kind) for kind, _, _ in groups) + 2
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    lines = []
    for kind, tag, members in groups:
        names = ", ".join(_name(registry, registered) for registered in members)
        text = f"{tag}: {names}" if tag else names
        lines.append(_filled(text, kind.ljust(margin), width))
    lines += ["", "ganfw list KIND and ganfw list --tag TAG say what each is. Tags:"]
    lines.append(_filled(", ".join(registry.tags()), "  ", width))
    return "\n".join(lines)


def _filled(text: str, first: str, width: int) -> str:
    """``text`` in lines of ``width``, indented by as much as ``first`` takes."""
    margin = " " * len(first)
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=margin, break_on_hyphens=False
    )


def _groups(found: Iterable[Registered]) -> Iterator[tuple[str, str, list[Registered]]]:
    """Kind, first tag, and components; the kind is named once, a tag where there are many."""
    for kind, components in groupby(found, lambda registered: registered.component.kind):
        own = list(components)
        if len(own) <= _FEW:
            yield kind, "", own
            continue
        for i, (tag, members) in enumerate(groupby(sorted(own, key=_order), _first_tag)):
            yield "" if i else kind, tag, list(members)


def _first_tag(registered: Registered) -> str:
    return (registered.tags or ("",))[0]


def _order(registered: Registered) -> tuple[bool, str]:
    """By tag, and those without one last; a sort leaves the alphabet within a tag."""
    tag = _first_tag(registered)
    return not tag, tag


def _name(registry: Registry, registered: Registered) -> str:
    name = registry.shortest_name(registered)
    return name if registered.source.name == HOME else f"{name} ({registered.source})"
