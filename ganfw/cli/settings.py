"""``-s PATH=VALUE``, wherever it may be given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from ..layers import Layer


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
