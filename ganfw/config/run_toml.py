"""A resolved run as TOML: what ``config.toml`` holds and ``--print-config`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import Item, Table

from .validation import to_plain

if TYPE_CHECKING:
    from ..interfaces.options import Options
    from .run_config import ComponentConfig, RunConfig


def run_toml(config: RunConfig, origins: Mapping[str, str] | None) -> str:
    """``config`` as TOML that replays it; with ``origins`` a comment after each value names the
    layer that set it."""
    document = tomlkit.document()
    document.add("data", _table("data", config.data.values, origins))
    document.add("gen", _player("gen", config.gen, config.gen_optimizer, origins))
    document.add("disc", _player("disc", config.disc, config.disc_optimizer, origins))
    networks = zip(config.networks, config.network_optimizers, strict=True)
    lists = {
        "network": [
            _player(f"network.{network.name}", network, optimizer, origins)
            for network, optimizer in networks
        ],
        "loss": _tables("loss", config.losses, origins),
        "augment": _tables("augment", config.augments, origins),
        "callback": _tables("callback", config.callbacks, origins),
        "metric": _tables("metric", config.metrics, origins),
    }
    for slot, tables in lists.items():
        if tables:
            array = tomlkit.aot()
            array.extend(tables)
            document.add(slot, array)
    document.add("train", _table("train", to_plain(config.train), origins))
    return tomlkit.dumps(document)


def _player(
    path: str,
    network: ComponentConfig[Options],
    optimizer: ComponentConfig[Options],
    origins: Mapping[str, str] | None,
) -> Table:
    player = _table(path, network.values, origins)
    player.add("optimizer", _table(f"{path}.optimizer", optimizer.values, origins))
    return player


def _tables(
    slot: str, components: Sequence[ComponentConfig[Options]], origins: Mapping[str, str] | None
) -> list[Table]:
    return [
        _table(f"{slot}.{component.name}", component.values, origins) for component in components
    ]


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
