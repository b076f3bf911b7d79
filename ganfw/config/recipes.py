"""Recipes: run files that ship with a plugin."""

from __future__ import annotations

from importlib import resources

from ..errors import PluginError
from ..registry.registry import Registered, Registry
from .layers import Layer, toml_layer


def recipe_layer(registry: Registry, name: str) -> Layer:
    """The recipe ``name`` as a layer. Raises UsageError for an unknown one."""
    registered = registry.find("recipe", name)
    return toml_layer(recipe_text(registered), f"recipe {registered.name}")


def recipe_text(registered: Registered) -> str:
    """A recipe's TOML. Raises PluginError if its file can't be read."""
    package, _, file = registered.component.target.partition(":")
    try:
        return resources.files(package).joinpath(file).read_text(encoding="utf-8")
    except (ImportError, OSError) as error:
        raise PluginError(f"{registered.label} can't be read: {error}") from error
