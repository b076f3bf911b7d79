"""Numbers among options by their places: ``gamma``, or ``betas.1``, the second in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..interfaces.options import Options

AnyOptions = TypeVar("AnyOptions", bound=Options)


def by_place(values: Mapping[str, Any]) -> dict[str, Any]:
    """All ``values``, with the items of lists beside them."""
    items = {
        f"{key}.{i}": item
        for key, value in values.items()
        if isinstance(value, list | tuple)
        for i, item in enumerate(value)
    }
    return {**values, **items}


def replaced(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with ``others`` in their places, which must be there."""
    result = dict(values)
    for place, value in others.items():
        key, _, index = place.partition(".")
        result[key] = _with_item(result[key], int(index), value) if index else value
    return result


def with_numbers(options: AnyOptions, numbers: Mapping[str, float]) -> AnyOptions:
    """A copy of ``options`` with other ``numbers`` in their places, which are not checked."""
    return options.model_copy(update=replaced(dict(options), numbers))


def _with_item(items: list[Any] | tuple[Any, ...], index: int, value: Any) -> Any:
    return type(items)(value if i == index else item for i, item in enumerate(items))
