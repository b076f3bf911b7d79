"""A resolved run as TOML: what ``config.toml`` holds and ``--print-config`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import Item, Table

from .validation import to_plain

if TYPE_CHECKING:
    from .run_config import RunConfig


def run_toml(config: RunConfig, origins: Mapping[str, str] | None) -> str:
    """``config`` as TOML that replays it; with ``origins`` a comment after each value names the
    layer that set it."""
    document = tomlkit.document()
    document.add("data", _table("data", config.data.values, origins))
    players = {
        "gen": (config.gen, config.gen_optimizer),
        "disc": (config.disc, config.disc_optimizer),
    }
    for slot, (network, optimizer) in players.items():
        player = _table(slot, network.values, origins)
        player.add("optimizer", _table(f"{slot}.optimizer", optimizer.values, origins))
        document.add(slot, player)
    lists = {
        "loss": config.losses,
        "augment": config.augments,
        "callback": config.callbacks,
        "metric": config.metrics,
    }
    for slot, components in lists.items():
        array = tomlkit.aot()
        for component in components:
            path = f"{slot}.{component.registered.name}"
            array.append(_table(path, component.values, origins))
        if array:
            document.add(slot, array)
    document.add("train", _table("train", to_plain(config.train), origins))
    return tomlkit.dumps(document)


def _table(path: str, values: Mapping[str, Any], origins: Mapping[str, str] | None) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        item = _one_line(value)
        if origins is not None:
            _comment(item, origins.get(f"{path}.{key}", "default"))
        table.add(key, item)
    return table


def _one_line(value: Any) -> Item:
    """A value without tables of its own, so that a comment can follow it."""
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        inline.update(value)
        return inline
    if isinstance(value, list):
        array = tomlkit.array()
        array.extend(value)
        return array
    item: Item = tomlkit.item(value)
    return item


def _comment(item: Item, text: str) -> None:
    # A comment holds no control characters, and an origin may be a file of any name.
    item.comment("".join(letter if letter.isprintable() else "?" for letter in text))
    item.trivia.comment_ws = "  "
