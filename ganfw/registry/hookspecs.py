"""The one hook. A plugin implements it, and it is not called while training."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from .component import Component

hookspec = pluggy.HookspecMarker("ganfw")
hookimpl = pluggy.HookimplMarker("ganfw")


@hookspec
def ganfw_components() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return the components this plugin offers. Pure: imports nothing heavy, does nothing else."""
