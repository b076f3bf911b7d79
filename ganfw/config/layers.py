"""Layers: where a run's values come from, weakest first. `merging` makes one run of them.

Every source of values (defaults, a component's suggestions, a recipe, a file, the command line)
becomes a `Layer` of the same shape::

    {"gen": {"use": "dcgan", "channels": 32, "optimizer": {"lr": 0.005}},
     "loss": {"nonsaturating": {}, "r1": {"gamma": 10}},
     "train": {"epochs": 20}}
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError, did_you_mean

SINGLE = ("data", "gen", "disc")
SEVERAL = ("loss", "augment", "callback", "metric")
SECTIONS = (*SINGLE, *SEVERAL, "train")

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
    """A value typed on the command line, whose type its field decides."""


@dataclass(frozen=True)
class Layer:
    """Values from one source. ``replaces`` names the list sections it gives as a whole."""

    source: str
    values: Tree
    replaces: frozenset[str] = frozenset()


def default_layer() -> Layer:
    """What fills a slot when nobody says."""
    callbacks: Tree = {name: {"use": name} for name in DEFAULT_CALLBACKS}
    return Layer("default", {"loss": {DEFAULT_LOSS: {"use": DEFAULT_LOSS}}, "callback": callbacks})


def settings_layer(settings: Mapping[str, Any], source: str) -> Layer:
    """A layer from paths such as ``gen.optimizer.lr``. Raises UsageError for a path that can't be.

    Strings in ``settings`` are taken as typed when they are `Text`.
    """
    values: Tree = {}
    for path, value in settings.items():
        _check_path(path)
        *parents, key = path.split(".")
        place = values
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise UsageError(f"-s {path}: '{parent}' is set to a value of its own already")
        place[key] = value
    return Layer(source, values)


def file_layer(path: Path) -> Layer:
    """A layer from a TOML file. Raises UsageError naming the file and the place."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"config file {path}: {why_unreadable(error)}") from None
    return toml_layer(content, str(path))


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """In a few words, of a text file."""
    return str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8 text"


def toml_layer(content: str, source: str) -> Layer:
    """A layer from TOML text. Raises UsageError naming the source and the place."""
    try:
        tree = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is no valid TOML: {error}") from None
    values: Tree = {}
    for section, body in tree.items():
        if section not in SECTIONS:
            raise UsageError(f"{source}: no section '{section}'{did_you_mean(section, SECTIONS)}")
        values[section] = _fillings(section, body, source)
    return Layer(source, values, frozenset(values) & {"loss", "augment", "metric"})


def _fillings(section: str, body: Any, source: str) -> Tree:
    """One TOML section as the layer's shape: ``[[loss]]`` tables become a dict by name."""
    if section not in SEVERAL:
        if not isinstance(body, dict):
            raise UsageError(f"{source}: '{section}' must be a table: [{section}]")
        return body
    if not (isinstance(body, list) and all(isinstance(entry, dict) for entry in body)):
        raise UsageError(f"{source}: '{section}' must be an array of tables: [[{section}]]")
    named: Tree = {}
    for entry in body:
        if not isinstance(entry.get("use"), str):
            raise UsageError(f'{source}: each [[{section}]] needs a use = "name"')
        add_component(named, section, entry["use"], {k: v for k, v in entry.items() if k != "use"})
    return named


def add_component(named: Tree, section: str, use: str, values: Tree) -> None:
    """Add one component to a list section. Raises UsageError if it is there already."""
    bare = use.rpartition("/")[2]
    if bare in named:
        raise UsageError(f"{section} '{bare}' is given twice")
    named[bare] = {"use": use, **values}


def _check_path(path: str) -> None:
    section, *rest = path.split(".")
    if section not in SECTIONS:
        hint = did_you_mean(section, SECTIONS) or f"; a path begins with {', '.join(SECTIONS)}"
        raise UsageError(f"-s {path}: no section '{section}'{hint}")
    needed = 2 if section in SEVERAL else 1
    if len(rest) < needed or not all(rest):
        shape = f"{section}.NAME.OPTION" if needed == 2 else f"{section}.OPTION"
        raise UsageError(f"-s {path}: write {shape}=VALUE")


def components_layer(
    gen: str | None,
    disc: str | None,
    data: str | None,
    losses: Sequence[str],
    augments: Sequence[str],
    source: str,
    metrics: Sequence[str] = (),
) -> Layer:
    """The layer of ``--gen --disc --data --loss --augment --metric``."""
    single = {"gen": gen, "disc": disc, "data": data}
    values: Tree = {slot: {"use": use} for slot, use in single.items() if use is not None}
    for slot, names in (("loss", losses), ("augment", augments), ("metric", metrics)):
        for name in names:
            add_component(values.setdefault(slot, {}), slot, name, {})
    return Layer(source, values, frozenset(values) & {"loss", "augment", "metric"})


def callbacks_layer(on: Sequence[str], off: Sequence[str], source: str) -> Layer:
    """The layer of ``--callback`` and ``--no-callback``."""
    named: Tree = {}
    for name in on:
        add_component(named, "callback", name, {"enabled": True})
    for name in off:
        if name in named:
            raise UsageError(f"callback '{name}' is asked for and refused")
        named[name] = {"enabled": False}
    return Layer(source, {"callback": named})


def train_layer(
    epochs: int | None,
    steps: int | None,
    seed: int | None,
    device: str | None,
    source: str,
    compile: bool | None = None,
    precision: str | None = None,
) -> Layer:
    """The layer of ``--epochs --steps --seed --device --compile --precision``."""
    given: Tree = {"epochs": epochs, "steps": steps, "seed": seed, "device": device}
    given |= {"compile": compile, "precision": precision}
    train = {key: value for key, value in given.items() if value is not None}
    return Layer(source, {"train": train})
