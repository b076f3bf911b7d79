"""Partners: the networks that a loss is checked with, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..config import validation
from ..registry.registry import Registered, Registry
from .subject import Subject

_KINDS = {"gen": ("generator",), "disc": ("discriminator",)}
_FURTHER = ("network", "generator", "discriminator")
"""What can be a further network: a second generator too."""


def find_partners(
    registry: Registry, names: Mapping[str, str], options: Mapping[str, Any]
) -> dict[str, Subject]:
    """The components ``names``, such as ``{"disc": "acgan"}``, as players of a game; those beside
    "gen" and "disc" are further networks. Of ``options`` each takes its own, ``"disc.channels"``.
    Raises UsageError for what is unknown."""
    found = {}
    for player, name in names.items():
        registered = _find(registry, _KINDS.get(player, _FURTHER), name)
        given = {
            option.removeprefix(f"{player}."): value
            for option, value in options.items()
            if partner_of(option, [player])
        }
        validation.validate(registered.load_options(), given, registered.label)
        found[player] = Subject(registry, registered, given, ())
    return found


def partner_of(option: str, players: Collection[str]) -> str:
    """The player whose option this is, or "" for the component's own."""
    player, dot, _ = option.partition(".")
    return player if dot and player in players else ""


def _find(registry: Registry, kinds: Sequence[str], name: str) -> Registered:
    known = [kind for kind in kinds if registry.has(kind, name)]
    return registry.find((known or kinds)[0], name)
