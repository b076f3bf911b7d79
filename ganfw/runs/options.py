"""The resolved configuration of a run as a table: every value by its path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..config.layers import parse_toml
from ..errors import RunError
from ..storage.run_dir import RunDir


def read_options(folder: RunDir) -> dict[str, str]:
    """Every value by its path, such as ``gen.optimizer.lr``. Raises RunError for a damaged file."""
    try:
        return flat_options(folder.config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{folder.config} can't be read: {error}") from None


def flat_options(toml: str) -> dict[str, str]:
    """Every value of a run's config by its path. Raises ValueError for what is no TOML."""
    return dict(_flat("", parse_toml(toml)))


def differences(options: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """The options that are not the same in all runs, with each run's value; those that all runs
    have come first."""
    paths = dict.fromkeys(path for values in options for path in values)
    table = {path: [values.get(path, "–") for values in options] for path in paths}
    differing = [path for path, row in table.items() if len(set(row)) > 1]
    return {path: table[path] for path in sorted(differing, key=lambda path: "–" in table[path])}


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """The values below ``path``; components in a list stand under their names."""
    if isinstance(value, dict):
        parts = value
    elif isinstance(value, list) and value and all(map(_is_component, value)):
        parts = {_name(component): component for component in value}
    else:
        yield path, _shown(value)
        return
    for key, part in parts.items():
        yield from _flat(f"{path}.{key}" if path else key, part)


def _name(component: dict[str, Any]) -> str:
    """Its name in the run, which is the component's own unless another was given."""
    return str(component.get("name", component["use"].rpartition("/")[2]))


def _is_component(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("use"), str)


def _shown(value: Any) -> str:
    """A TOML value as a reader expects it: text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
