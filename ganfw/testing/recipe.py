"""What a recipe must do: describe a whole run, of components that are installed."""

from __future__ import annotations

from dataclasses import replace

from ..config.fitting import fit_rules
from ..config.layers import settings_layer
from ..config.recipes import recipe_layer
from ..config.run_config import resolve
from ..errors import GanfwError
from .failure import Broken
from .subject import Subject


def it_is_a_whole_run(subject: Subject) -> None:
    """It resolves without further settings, and nothing that it sets is dropped."""
    try:
        layer = recipe_layer(subject.registry, subject.registered.canonical)
        config = resolve(subject.registry, [replace(layer, fit=())])
    except GanfwError as error:
        raise Broken("a recipe that is a whole run", str(error)) from error
    if config.notices:
        raise Broken("a recipe of which nothing is dropped", "; ".join(config.notices))


def all_it_fits_can_be_set(subject: Subject) -> None:
    """Every value of its rules is one that its option takes, whatever the data."""
    layer = recipe_layer(subject.registry, subject.registered.canonical)
    for rule in fit_rules(layer):
        for _, value in rule.values:
            try:
                chosen = settings_layer(rule.settings(value), "fit")
                resolve(subject.registry, [replace(layer, fit=()), chosen])
            except GanfwError as error:
                got = f"{', '.join(rule.paths)} = {value!r}: {error}"
                raise Broken("a [[fit]] whose values can all be set", got) from error


CHECKS = (it_is_a_whole_run, all_it_fits_can_be_set)
