"""Components registered from Python, in a notebook or a script: no file, no package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .component import Component
from .plugin_file import FILE_PREFIX

Target = TypeVar("Target", bound=Callable[..., Any])

_REGISTERED: dict[tuple[str, str], Component] = {}


def register(
    kind: str,
    name: str,
    options: type | None = None,
    summary: str = "",
    suggests: Mapping[str, Any] | None = None,
) -> Callable[[Target], Target]:
    """Register the decorated class for this session, under the names `Component` explains::

        @ganfw.register("loss", "logistic")
        class Logistic(ganfw.Loss): ...

        ganfw.run(..., loss="logistic")

    An optimizer may be a function too. Running a cell again replaces what it registered. A run that
    uses such a component can't be reloaded elsewhere, and warns about it. Raises ValueError for a
    class that is not at the top level of its module, where it could not be found again; for one in
    a plugin file, which has a hook for its components; and for a recipe, which is a file.
    """
    if kind == "recipe":
        raise ValueError("a recipe is a file in a package; give ganfw.run(config='my.toml')")

    def add(made: Target) -> Target:
        component = Component(
            kind,
            name,
            target=_target(made),
            options=None if options is None else _target(options),
            summary=summary or _first_line(made),
            suggests=dict(suggests or {}),
        )
        _REGISTERED[kind, name] = component
        return made

    return add


def session_components() -> list[Component]:
    """What was registered so far."""
    return list(_REGISTERED.values())


def _target(made: Callable[..., Any]) -> str:
    if "<locals>" in made.__qualname__:
        raise ValueError(f"{made.__name__} is defined in a function: move it to the top level")
    if made.__module__.startswith(FILE_PREFIX):
        raise ValueError("a plugin file offers its components through the hook ganfw_components")
    return f"{made.__module__}:{made.__qualname__}"


def _first_line(made: Callable[..., Any]) -> str:
    return (made.__doc__ or "").strip().partition("\n")[0][:80]
