"""Layers: where a run's values come from, weakest first. `merge` makes one run of them.

Every source of values (defaults, a component's suggestions, a recipe, a file, the command line)
becomes a `Layer` of the same shape::

    {"gen": {"use": "dcgan", "channels": 32, "optimizer": {"lr": 0.005}},
     "loss": {"nonsaturating": {}, "r1": {"gamma": 10}},
     "train": {"epochs": 20}}
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError, did_you_mean
from ..registry.component import KIND_OF, NAME

SINGLE = ("data", "gen", "disc")
SEVERAL = ("network", "loss", "augment", "callback", "metric")
SECTIONS = (*SINGLE, *SEVERAL, "train")
FIT = "fit"

WHOLE_LISTS = frozenset({"network", "loss", "augment", "metric"})
"""The lists that a layer gives as a whole; callbacks are added one by one."""

DEFAULT_LOSS = "nonsaturating"
DEFAULT_CALLBACKS = (
    "progress",
    "metrics-log",
    "samples",
    "loss-curve",
    "nonfinite-guard",
    "collapse-watch",
    "checkpoints",
    "model-card",
)


Tree = dict[str, Any]


class Text(str):
    """A value typed on the command line: the type of its field decides what it becomes."""


@dataclass(frozen=True)
class Layer:
    """Values from one source. ``replaces`` names the lists that it gives as a whole; ``notice`` is
    what to say where nobody asked for it; ``fit`` are its rules for what follows the data, unread:
    see `FitRule`. What a rule chose is a layer that is ``part_of`` the rule's."""

    source: str
    values: Tree
    replaces: frozenset[str] = frozenset()
    notice: str = ""
    fit: tuple[Tree, ...] = ()
    part_of: str = ""


def default_layer() -> Layer:
    """The losses and callbacks of a run for which nobody chose any."""
    callbacks: Tree = {name: {"use": name} for name in DEFAULT_CALLBACKS}
    return Layer("default", {"loss": {DEFAULT_LOSS: {"use": DEFAULT_LOSS}}, "callback": callbacks})


def settings_layer(settings: Mapping[str, Any], source: str, where: str = "-s") -> Layer:
    """A layer from paths such as ``gen.optimizer.lr``. Raises UsageError, which begins with
    ``where`` a path stands, for an impossible one."""
    values: Tree = {}
    for path, value in settings.items():
        _check_path(path, where)
        *parents, key = path.split(".")
        place = values
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise UsageError(f"{where} {path}: '{parent}' already has a value of its own")
        if key in place:
            raise UsageError(f"{where} {path}: options below '{key}' are set too; give one of them")
        place[key] = value
    return Layer(source, values)


def _check_path(path: str, where: str) -> None:
    section, *rest = path.split(".")
    if section not in SECTIONS:
        hint = did_you_mean(section, SECTIONS) or f"; a path begins with {', '.join(SECTIONS)}"
        raise UsageError(f"{where} {path}: no section '{section}'{hint}")
    names = ("NAME", "OPTION") if section in SEVERAL else ("OPTION",)
    if len(rest) < len(names) or not all(rest):
        flag = f"; the component itself is given with --{section}" if section in KIND_OF else ""
        raise UsageError(f"{where} {path}: write {'.'.join((section, *names))}=VALUE{flag}")


def file_layer(path: Path) -> Layer:
    """A layer from a TOML file. Raises UsageError naming the file and the place."""
    try:
        content = path.read_text(encoding="utf-8-sig")  # Windows' editors begin it with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"config file {path}: {why_unreadable(error)}") from None
    return toml_layer(content, str(path))


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a text file can't be read, in a few words."""
    return str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8 text"


def toml_layer(content: str, source: str) -> Layer:
    """A layer from TOML text. Raises UsageError naming the source and the place."""
    try:
        tree = parse_toml(content)
    except ValueError as error:
        if source.lower().endswith((".yaml", ".yml", ".json")):
            raise UsageError(f"{source}: a config is TOML: --print-config prints one") from None
        raise UsageError(f"{source} is not valid TOML: {error}") from None
    fit = tuple(_tables(tree.pop(FIT, []), FIT, source))
    values = {section: _section(section, body, source) for section, body in tree.items()}
    return Layer(source, values, WHOLE_LISTS & values.keys(), fit=fit)


def parse_toml(content: str) -> Tree:
    """The tables in TOML text. Raises ValueError for what is none, or is nested beyond reason."""
    try:
        return tomllib.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _section(section: str, body: Any, source: str) -> Tree:
    """One TOML section in a layer's shape: an array of tables becomes a dict by name."""
    if section not in SECTIONS and not isinstance(body, dict | list):
        raise UsageError(
            f"{source}: '{section}' stands in no section: write it below [train], [data], [gen], "
            "[gen.optimizer] or another one"
        )
    if section not in SECTIONS:
        raise UsageError(f"{source}: no section '{section}'{did_you_mean(section, SECTIONS)}")
    if section not in SEVERAL:
        if not isinstance(body, dict):
            raise UsageError(f"{source}: '{section}' must be a table: [{section}]")
        return body
    named: Tree = {}
    for entry in _tables(body, section, source):
        if not isinstance(entry.get("use"), str):
            raise UsageError(f'{source}: each [[{section}]] needs a use = "name"')
        values = {key: value for key, value in entry.items() if key != "name"}
        add_component(named, section, entry["use"], values, entry.get("name"))
    return named


def _tables(body: Any, section: str, source: str) -> list[Tree]:
    if not (isinstance(body, list) and all(isinstance(entry, dict) for entry in body)):
        raise UsageError(f"{source}: '{section}' must be an array of tables: [[{section}]]")
    return body


def add_typed(named: Tree, section: str, typed: str, values: Mapping[str, Any]) -> None:
    """Add the component that ``COMPONENT`` or ``NAME=COMPONENT`` means, as `add_component` does."""
    name, equals, use = typed.rpartition("=")
    add_component(named, section, use, values, name if equals else None)


def check_name(section: str, name: object) -> None:
    """Raises UsageError for a name that no component of a list can have."""
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise UsageError(f"{section} '{name}': a name is made of a-z, 0-9 and single hyphens")


def add_component(
    named: Tree, section: str, use: str, values: Mapping[str, Any], name: object = None
) -> None:
    """Add one component to a list section, under its own name unless another is given. Raises
    UsageError for a name that can't be one, or is there already."""
    if name is None:
        name = use.rpartition("/")[2]
    else:
        check_name(section, name)
    if name in named:
        raise UsageError(
            f"{section} '{name}' is given twice: name the second one, as in "
            f'--{section} second={use}, or name = "second" in a file'
        )
    named[str(name)] = {"use": use, **values}
