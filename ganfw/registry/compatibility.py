"""What a run on disk needs: is it here, and does it still mean the same?"""

from __future__ import annotations

from ..errors import RunError, UsageError
from .registry import Registered, Registry
from .source import how_to_get


def find_recorded(
    registry: Registry, kind: str, name: str, version: int, release: str, who: str
) -> Registered:
    """The component that a run or an exported network was made with.

    ``name`` is canonical, ``version`` the component's, ``release`` its distribution's; ``who``
    needs it. Raises RunError, saying how to get it, if it is not here or means something else.
    """
    source = name.partition("/")[0]
    remedy = how_to_get(source, release)
    try:
        found = registry.find(kind, name)
    except UsageError:
        broken = registry.broken_plugin(source)
        reason = f", but {broken}" if broken else f": {remedy}"
        raise RunError(f"{who} needs the {kind} '{name}'{reason}") from None
    if found.component.version != version:
        raise RunError(
            f"{who} was made with version {version} of the {kind} '{name}', {found.source} has "
            f"version {found.component.version}, which means something else: {remedy}"
        )
    return found
