"""What a shell offers on Tab: components' names, and the paths that ``-s`` takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import click
from click.shell_completion import CompletionItem

from ..config.describe import describe
from ..config.layers import SEVERAL, SINGLE, Tree, default_layer
from ..config.merge import merge_layers
from ..config.networks import NETWORK_KINDS, PLAYERS
from ..config.request import RunRequest
from ..config.schema import SLOT_KEYS, TrainOptions
from ..errors import GanfwError
from ..interfaces.options import Options
from ..registry.component import FIRST_OPTIMIZER, KINDS, OPTIMIZER, SLOT_OF, kind_in
from ..registry.discovery import discover
from ..registry.registry import Registry

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def component_names(*kinds: str) -> Complete:
    """Completes the names of components of these kinds, with their summaries."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        if "dataset" in kinds and incomplete.startswith(("/", ".", "~")):
            return [CompletionItem(incomplete, type="dir")]
        # What comes before "=" is the name that the run gives it.
        name, equals, use = incomplete.rpartition("=")
        items = _names(context, kinds, use)
        return [CompletionItem(f"{name}{equals}{item.value}", help=item.help) for item in items]

    return complete


def complete_kind(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes a kind of component, by its slot where it fills one."""
    return _starting_with(incomplete, {SLOT_OF.get(kind, kind): "" for kind in KINDS})


def complete_name(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes a component's name, of the kind that was typed before it."""
    kind = str(context.params.get("kind") or "")
    return _names(context, [kind_in(kind)], incomplete)


def complete_subject(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes what ``ganfw check`` takes: a package, KIND/NAME, or a file."""
    if incomplete.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="file")]
    found = _registry(context).components()
    words = {registered.source.name for registered in found}
    words |= {f"{registered.component.kind}/{registered.name}" for registered in found}
    return _starting_with(incomplete, dict.fromkeys(sorted(words), ""))


def complete_setting(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes ``-s gen.cha`` to ``gen.channels=``, for what the rest of the line chooses."""
    if "=" in incomplete:
        return []
    fields = {field.name for field in dataclasses.fields(RunRequest)}
    given = {key: value for key, value in context.params.items() if value and key in fields}
    registry = _registry(context)
    try:
        layers = RunRequest(**given).layers(registry, "command line")
        tree = merge_layers(registry, [default_layer(), *layers]).tree
        paths = dict(_paths(registry, tree))
    except GanfwError:
        return []
    return _starting_with(incomplete, {f"{path}=": text for path, text in paths.items()})


def _registry(context: click.Context) -> Registry:
    """The components of the plugins that the line names; none if one of them is broken."""
    try:
        return discover(context.params.get("plugins") or ())
    except GanfwError:
        return Registry()


def _names(context: click.Context, kinds: Sequence[str], incomplete: str) -> list[CompletionItem]:
    registry = _registry(context)
    words = {
        registry.shortest_name(registered): registered.component.summary
        for kind in kinds
        for registered in registry.components(kind)
    }
    return _starting_with(incomplete, words)


def _starting_with(incomplete: str, words: Mapping[str, str]) -> list[CompletionItem]:
    """The ``words`` that complete what is typed, with their descriptions."""
    return [
        CompletionItem(word, help=text)
        for word, text in words.items()
        if word.startswith(incomplete)
    ]


def _paths(registry: Registry, tree: Tree) -> Iterator[tuple[str, str]]:
    """Every path that can be set in a run with the components of ``tree``, with its description."""
    for slot in SINGLE:
        yield from _component(registry, slot, slot, tree[slot])
    for slot in PLAYERS:
        yield from _optimizer(registry, slot, tree[slot])
    for name, values in tree["network"].items():
        player = tree["disc" if values.get("side") == "disc" else "gen"]
        shared = player.get(OPTIMIZER, {})
        own = {OPTIMIZER: {**shared, **values.get(OPTIMIZER, {})}}
        yield from _optimizer(registry, f"network.{name}", own)
    for slot in SEVERAL:
        for name, values in tree[slot].items():
            yield from _component(registry, slot, f"{slot}.{name}", values)
            yield from _options(f"{slot}.{name}", SLOT_KEYS.get(slot, Options))
    yield from _options("train", TrainOptions)


def _component(registry: Registry, slot: str, path: str, values: Tree) -> Iterator[tuple[str, str]]:
    use = values.get("use", "")
    kinds = NETWORK_KINDS if slot == "network" else (kind_in(slot),)
    for kind in [kind for kind in kinds if registry.has(kind, use)][:1]:
        yield from _options(path, registry.find(kind, use).load_options())


def _optimizer(registry: Registry, path: str, player: Tree) -> Iterator[tuple[str, str]]:
    chosen = {"use": FIRST_OPTIMIZER, **player.get(OPTIMIZER, {})}
    path = f"{path}.{OPTIMIZER}"
    yield from _component(registry, path, path, chosen)


def _options(path: str, model: type[Options]) -> Iterator[tuple[str, str]]:
    for option in describe(model):
        yield f"{path}.{option.name}", option.description
