"""What a recipe must do: describe a whole run, of components that are installed."""

from __future__ import annotations

from ..config.recipes import recipe_layer
from ..config.run_config import resolve
from ..errors import GanfwError
from .failure import Broken
from .subject import Subject


def it_is_a_whole_run(subject: Subject) -> None:
    """It resolves without further settings, and nothing that it sets is dropped."""
    try:
        layer = recipe_layer(subject.registry, subject.registered.canonical)
        config = resolve(subject.registry, [layer])
    except GanfwError as error:
        raise Broken("a recipe that is a whole run", str(error)) from error
    if config.notices:
        raise Broken("a recipe of which nothing is dropped", "; ".join(config.notices))


CHECKS = (it_is_a_whole_run,)
