"""``-s PATH=VALUE``, wherever it may be given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError

if TYPE_CHECKING:
    from ..layers import Layer


def set_option(help: str, complete: Callable[..., Any] | None = None) -> Callable[[Any], Any]:
    """The option itself, whose values `typed_settings` reads."""
    return click.option(
        "-s",
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        shell_complete=complete,
        help=help,
    )


def typed_settings(settings: Sequence[str], source: str) -> Layer:
    """The layer of all ``-s``. Raises UsageError for one without a value."""
    from ..layers import Text, settings_layer

    values: dict[str, Text] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"-s {setting}: write PATH=VALUE, such as gen.channels=32")
        values[path.strip()] = Text(value.strip())
    return settings_layer(values, source)
