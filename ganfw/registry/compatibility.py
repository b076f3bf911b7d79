"""What a run on disk needs: is it here, and does it still mean the same?"""

from __future__ import annotations

from ..errors import RunError, UsageError
from .registry import Registered, Registry
from .source import SESSION


def find_recorded(
    registry: Registry, kind: str, name: str, version: int, release: str, who: str
) -> Registered:
    """The component that a run or an exported network was made with.

    ``name`` is canonical, ``version`` the component's, ``release`` its distribution's; ``who``
    needs it. Raises RunError, naming what to install, if it is not here or means something else.
    """
    source = name.partition("/")[0]
    try:
        found = registry.find(kind, name)
    except UsageError as error:
        raise RunError(
            f"{who} needs the {kind} '{name}'{_remedy(source, release, error)}"
        ) from None
    if found.component.version != version:
        raise RunError(
            f"{who} was made with version {version} of the {kind} '{name}', {found.source} has "
            f"version {found.component.version}, which means something else"
            f"{_remedy(source, release, None)}"
        )
    return found


def _remedy(source: str, release: str, error: UsageError | None) -> str:
    if source == SESSION:
        return ", which was registered in a session: register it again with @ganfw.register"
    if source.endswith(".py"):
        return f": give the file it was made with, --plugin {source}"
    broken = str(error).partition(": plugin ")[2]
    if broken:
        return f", but plugin {broken}"
    return f": pip install '{source}=={release}'"
