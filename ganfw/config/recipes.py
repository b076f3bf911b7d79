"""Recipes: run files that ship with a plugin."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

from ..errors import PluginError
from ..registry.registry import Registered, Registry
from ..registry.source import HOME
from .layers import Layer, Tree, toml_layer

DEFAULT_FOR = "default-for-"
"""What the tag begins with of a recipe that suits all data with a tag, such as ``pictures``."""


def recipe_layer(registry: Registry, name: str) -> Layer:
    """The recipe ``name`` as a layer. Raises UsageError for an unknown one."""
    registered = registry.find("recipe", name)
    return toml_layer(recipe_text(registered), f"recipe {registered.name}")


def default_recipe(registry: Registry, tree: Tree) -> list[Layer]:
    """The recipe that suits the dataset in ``tree``, by its tags, where no network is chosen."""
    use = tree["data"].get("use", "")
    if tree["gen"].get("use") or tree["disc"].get("use") or not registry.has("dataset", use):
        return []
    data = registry.find("dataset", use)
    defaults = {tag: _default_for(registry, tag) for tag in data.component.tags}
    found = [(tag, recipe) for tag, recipe in defaults.items() if recipe is not None]
    if not found:
        return []
    (tag, recipe), *others = found
    layer = recipe_layer(registry, recipe.canonical)
    networks = f"gen {layer.values['gen']['use']}, disc {layer.values['disc']['use']}"
    rest = "".join(f"; for {tag}: --recipe {recipe.name}" for tag, recipe in others)
    notice = (
        f"{data.label} holds {tag}: trained by recipe {recipe.name} ({networks}); "
        f"choose others with --recipe, or --gen and --disc{rest}"
    )
    return [replace(layer, notice=notice)]


def _default_for(registry: Registry, tag: str) -> Registered | None:
    """Ours, so that to install a plugin changes no run, or else the first one."""
    tagged = [
        recipe
        for recipe in registry.components("recipe")
        if f"{DEFAULT_FOR}{tag}" in recipe.component.tags
    ]
    return next(iter(sorted(tagged, key=lambda recipe: recipe.source.name != HOME)), None)


def recipe_text(registered: Registered) -> str:
    """A recipe's TOML. Raises PluginError if its file can't be read."""
    package, _, file = registered.component.target.partition(":")
    try:
        return resources.files(package).joinpath(file).read_text(encoding="utf-8")
    except (ImportError, OSError) as error:
        raise PluginError(f"{registered.label} can't be read: {error}") from error
