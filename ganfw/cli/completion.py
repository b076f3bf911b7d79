"""What a shell offers on Tab: components' names, and the paths that ``-s`` takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import click
from click.shell_completion import CompletionItem

from ..config.layers import default_layer
from ..config.merge import merge_layers, with_default_recipe
from ..config.paths import settable_paths
from ..config.request import RunRequest
from ..errors import GanfwError
from ..registry.component import KINDS, SLOT_OF, kind_in
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


def complete_tag(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes a tag that some component has."""
    return _starting_with(incomplete, dict.fromkeys(_registry(context).tags(), ""))


def complete_setting(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes ``-s gen.cha`` to ``gen.channels=``, for what the rest of the line chooses."""
    if "=" in incomplete:
        return []
    fields = {field.name for field in dataclasses.fields(RunRequest)}
    params = {**context.params, "data": context.params.get("data") or context.params.get("path")}
    given = {key: value for key, value in params.items() if value and key in fields}
    registry = _registry(context)
    try:
        layers = RunRequest(**given).layers(registry, "command line")
        tree = merge_layers(
            registry, [default_layer(), *with_default_recipe(registry, layers)]
        ).tree
        paths = dict(settable_paths(registry, tree))
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
