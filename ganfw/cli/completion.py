"""What a shell offers on Tab: components' names, and the paths that ``-s`` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ..errors import GanfwError
from ..registry.component import KIND_OF, KINDS, SLOT_OF

if TYPE_CHECKING:
    from ..config.layers import Layer
    from ..registry.registry import Registered, Registry

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def component_names(kind: str) -> Complete:
    """Completes the names of components of one kind, with their summaries."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        if kind == "dataset" and incomplete[:1] in ("/", ".", "~") and incomplete:
            return [CompletionItem(incomplete, type="dir")]
        return _names(context, kind, incomplete)

    return complete


def complete_kind(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes a kind of component, by its slot where it fills one."""
    words = [SLOT_OF.get(kind, kind) for kind in KINDS]
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def complete_name(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes a component's name, of the kind that was typed before it."""
    kind = str(context.params.get("kind") or "")
    return _names(context, KIND_OF.get(kind, kind), incomplete)


def complete_subject(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes what ``ganfw check`` takes: a package, KIND/NAME, or a file."""
    if incomplete.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="file")]
    registry = _registry(context)
    found = registry.components() if registry else []
    words = {each.source.name for each in found}
    words |= {f"{each.component.kind}/{each.name}" for each in found}
    return [CompletionItem(word) for word in sorted(words) if word.startswith(incomplete)]


def complete_setting(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes ``-s gen.cha`` to ``gen.channels=``, for what the rest of the line chooses."""
    registry = _registry(context)
    if registry is None or "=" in incomplete:
        return []
    try:
        paths = dict(_paths(registry, _layers(context, registry)))
    except GanfwError:
        return []
    return [
        CompletionItem(f"{path}=", help=description)
        for path, description in paths.items()
        if path.startswith(incomplete)
    ]


def _registry(context: click.Context) -> Registry | None:
    from ..registry.discovery import discover

    try:
        return discover(context.params.get("plugins") or ())
    except GanfwError:
        return None


def _names(context: click.Context, kind: str, incomplete: str) -> list[CompletionItem]:
    registry = _registry(context)
    if registry is None:
        return []
    words = {_name(registry, each): each for each in registry.components(kind)}
    return [
        CompletionItem(word, help=each.component.summary)
        for word, each in words.items()
        if word.startswith(incomplete)
    ]


def _name(registry: Registry, registered: Registered) -> str:
    return registered.canonical if registry.shadowed(registered) else registered.name


def _layers(context: click.Context, registry: Registry) -> list[Layer]:
    from ..config.layers import callbacks_layer, components_layer, default_layer, file_layer
    from ..config.recipes import recipe_layer

    given = context.params
    recipe = [recipe_layer(registry, given["recipe"])] if given.get("recipe") else []
    single = (given.get("gen"), given.get("disc"), given.get("data"))
    several = (given.get("losses") or (), given.get("augments") or ())
    return [
        default_layer(),
        *recipe,
        *(file_layer(path) for path in given.get("configs") or ()),
        components_layer(*single, *several, "command line", given.get("metrics") or ()),
        callbacks_layer(given.get("on") or (), given.get("off") or (), "command line"),
    ]


def _paths(registry: Registry, layers: list[Layer]) -> Iterator[tuple[str, str]]:
    """Every path that can be set on what ``layers`` choose, with its description."""
    from ..config.schema import OPTIMIZERS, SLOT_KEYS, TrainOptions
    from ..config.validation import describe

    for path, use in _uses(layers).items():
        slot = path.partition(".")[0]
        if registry.has(KIND_OF[slot], use):
            models = [(path, registry.find(KIND_OF[slot], use).load_options())]
            if slot in ("loss", "callback", "metric"):
                models.append((path, SLOT_KEYS[slot]))
            if slot in ("gen", "disc"):
                models.append((f"{path}.optimizer", OPTIMIZERS["adam"]))
            for prefix, model in models:
                for each in describe(model):
                    yield f"{prefix}.{each.name}", each.description
    for each in describe(TrainOptions):
        yield f"train.{each.name}", each.description


def _uses(layers: list[Layer]) -> dict[str, str]:
    """What fills each slot, by the path that its options are set under."""
    from ..config.layers import SINGLE

    uses: dict[str, str] = {}
    for layer in layers:
        for section, values in layer.values.items():
            if section in SINGLE and "use" in values:
                uses[section] = values["use"]
            elif section not in (*SINGLE, "train"):
                uses |= {
                    f"{section}.{name}": body.get("use", name) for name, body in values.items()
                }
    return uses
