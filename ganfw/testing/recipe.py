"""What a recipe owes: it is a whole run, of components that are here."""

from __future__ import annotations

from ..config.recipes import recipe_layer
from ..config.run_config import resolve
from ..errors import GanfwError
from .failure import Broken
from .subject import Subject


def it_is_a_whole_run(subject: Subject) -> None:
    """It resolves without more said, and drops nothing of what it sets itself."""
    try:
        layer = recipe_layer(subject.registry, subject.registered.canonical)
        config = resolve(subject.registry, [layer])
    except GanfwError as error:
        raise Broken("a recipe that is a whole run", str(error)) from error
    if config.notices:
        raise Broken("a recipe that sets nothing in vain", "; ".join(config.notices))


CHECKS = (it_is_a_whole_run,)
