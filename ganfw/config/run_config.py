"""RunConfig: one resolved run: its components, every value, and which layer set it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import UsageError
from ..interfaces.options import Options
from ..registry.component import FIRST_OPTIMIZER, OPTIMIZER, kind_in
from ..registry.registry import Registered, Registry
from ..registry.source import HOME
from .describe import chosen_options
from .fitting import Fitted, fitted, stated
from .layers import Layer, Text, Tree
from .merge import Merged, merge, merge_data, with_default_recipe
from .networks import PLAYERS, find_network
from .places import replaced
from .schedule import Schedule, schedulable
from .schema import (
    CallbackKeys,
    DataKeys,
    LossKeys,
    MetricKeys,
    NetworkKeys,
    PlayerKeys,
    TrainOptions,
)
from .validation import to_plain, validate, validate_scheduled

Keys = TypeVar("Keys", bound=Options, covariant=True)
AnyKeys = TypeVar("AnyKeys", bound=Options)
FittedLayer = tuple[Layer, list[Fitted]]
"""A layer, and what its rules chose."""


@dataclass(frozen=True)
class ComponentConfig(Generic[Keys]):
    """A component in a slot, with its options and the slot's own keys.

    ``name`` is what the run calls it: the component's own name unless another was given. Where an
    option or a key follows one of the ``schedules``, its value here is that of the first step; of
    a list each number may, so that schedules are found by `places`.
    """

    slot: str
    name: str
    registered: Registered
    options: Options
    keys: Keys
    schedules: Mapping[str, Schedule]

    @property
    def use(self) -> str:
        """The name a config holds: ours bare, anyone else's with its distribution."""
        ours = self.registered.source.name == HOME
        return self.registered.name if ours else self.registered.canonical

    @property
    def label(self) -> str:
        """What logs and scores call it: its name in the run if it was given one, else `use`."""
        return self.use if self.name == self.registered.name else self.name

    @property
    def values(self) -> dict[str, Any]:
        """The component's section of a config: its name, the slot's own keys, its options."""
        named = {} if self.name == self.registered.name else {"name": self.name}
        schedules = {place: str(schedule) for place, schedule in self.schedules.items()}
        plain = replaced({**to_plain(self.keys), **to_plain(self.options)}, schedules)
        return {"use": self.use, **named, **plain}

    @property
    def identity(self) -> str:
        """Component, version and options in one line."""
        version = self.registered.component.version
        return f"{self.registered.canonical} v{version} {json.dumps(to_plain(self.options))}"


@dataclass(frozen=True)
class RunConfig:
    """A resolved run: every name is known and every value is checked."""

    data: ComponentConfig[DataKeys]
    gen: ComponentConfig[PlayerKeys]
    disc: ComponentConfig[PlayerKeys]
    gen_optimizer: ComponentConfig[Options]
    disc_optimizer: ComponentConfig[Options]
    networks: tuple[ComponentConfig[NetworkKeys], ...]
    network_optimizers: tuple[ComponentConfig[Options], ...]
    losses: tuple[ComponentConfig[LossKeys], ...]
    augments: tuple[ComponentConfig[Options], ...]
    callbacks: tuple[ComponentConfig[CallbackKeys], ...]
    metrics: tuple[ComponentConfig[MetricKeys], ...]
    train: TrainOptions
    origins: Mapping[str, str]
    notices: tuple[str, ...]

    @property
    def component_configs(self) -> tuple[ComponentConfig[Options], ...]:
        """Every slot's component, in order."""
        single = (self.data, self.gen, self.gen_optimizer, self.disc, self.disc_optimizer)
        third = (*self.networks, *self.network_optimizers)
        return (*single, *third, *self.losses, *self.augments, *self.callbacks, *self.metrics)

    @property
    def components(self) -> tuple[Registered, ...]:
        """What fills the slots, in order."""
        return tuple(component.registered for component in self.component_configs)

    @property
    def asked(self) -> str | None:
        """The dataset that was asked for, if the run uses another one in its place."""
        return self.data.keys.asked

    @property
    def name(self) -> str:
        """A short name for the run's folder, such as ``dcgan-pokemon``."""
        data = self.data.options.label() or self.data.registered.name
        return self.train.name or f"{self.gen.registered.name}-{data}"

    def to_toml(self, origins: bool = False) -> str:
        """The run as TOML that replays it; with ``origins``, comments name each value's layer."""
        # Not at the top: tomlkit takes 30 ms to import, and a run that is refused needs none.
        from .run_toml import run_toml

        return run_toml(self, self.origins if origins else None)


def resolve(registry: Registry, layers: Iterable[Layer]) -> RunConfig:
    """The run that ``layers``, weakest first, describe. Raises UsageError for anything wrong.

    Of the components it imports only the options, which import no torch.
    """
    chosen = _chosen_by_rules(registry, with_default_recipe(registry, layers))
    try:
        return _resolved(registry, chosen)
    except UsageError as error:
        if wrong := _wrong_choice(registry, chosen):
            raise UsageError(f"{wrong.layer.source}: [[fit]] {wrong.path}: {error}") from None
        raise


def _resolved(registry: Registry, whole: Sequence[FittedLayer]) -> RunConfig:
    """The run that layers describe, each with what its rules chose above it."""
    merged, fitted_values = _merged_and_fitted(registry, whole)
    tree = merged.tree
    losses = _several(registry, tree, "loss", LossKeys)
    if not losses:
        raise UsageError("no loss: give --loss NAME")
    train = validate(TrainOptions, tree["train"], "train")
    if train.epochs is None and train.steps is None:
        raise UsageError("no end: give --epochs or --steps")
    data = _component(registry, "data", tree["data"], DataKeys)
    by_itself = {f"data.{key}": value for key, value in chosen_options(data.options).items()}
    chosen = {**by_itself, **fitted_values}
    return RunConfig(
        data=data,
        gen=_component(registry, "gen", tree["gen"], PlayerKeys),
        disc=_component(registry, "disc", tree["disc"], PlayerKeys),
        gen_optimizer=_optimizer(registry, "gen", tree["gen"]),
        disc_optimizer=_optimizer(registry, "disc", tree["disc"]),
        networks=_several(registry, tree, "network", NetworkKeys),
        network_optimizers=tuple(
            _optimizer(registry, f"network.{name}", body) for name, body in tree["network"].items()
        ),
        losses=losses,
        augments=_several(registry, tree, "augment", Options),
        callbacks=_several(registry, tree, "callback", CallbackKeys),
        metrics=_several(registry, tree, "metric", MetricKeys),
        train=train,
        origins={**dict.fromkeys(chosen, "as the data fits"), **merged.origins},
        notices=_notices(merged.notices, chosen),
    )


def _chosen_by_rules(registry: Registry, layers: Sequence[Layer]) -> list[FittedLayer]:
    """``layers``, and what the rules of each choose by the data."""
    if not any(layer.fit for layer in layers):
        return [(layer, []) for layer in layers]
    facts = resolve_data(registry, layers).options.facts()
    return [(layer, fitted(layer, facts)) for layer in layers]


def _wrong_choice(registry: Registry, whole: Sequence[FittedLayer]) -> Fitted | None:
    """What a rule chose without which the run is right, if it is wrong with it."""
    for wrong in itertools.chain.from_iterable(chosen for _, chosen in whole):
        rest = [(layer, [it for it in chosen if it is not wrong]) for layer, chosen in whole]
        with suppress(UsageError):
            _resolved(registry, rest)
            return wrong
    return None


def _merged_and_fitted(
    registry: Registry, whole: Sequence[FittedLayer]
) -> tuple[Merged, dict[str, Any]]:
    """All layers merged, and what of the rules' choices holds: of one rule, all or none. What a
    stronger layer says in the same words holds too."""
    choices = [choice for _, chosen in whole for choice in chosen]
    layers = [[layer, *(choice.layer for choice in chosen)] for layer, chosen in whole]
    merged = merge(registry, itertools.chain.from_iterable(layers))
    held = {
        choice.path: choice.value
        for choice in choices
        if merged.origins.get(choice.path) == choice.layer.source
    }
    said = {it.path for it in choices if _is_said(merged.tree, it)}
    apart = [it for it in choices if it.path in held and not held.keys() | said >= {*it.together}]
    if not apart:
        return merged, held
    kept = [(layer, [it for it in chosen if it not in apart]) for layer, chosen in whole]
    return _merged_and_fitted(registry, kept)


def _is_said(tree: Tree, choice: Fitted) -> bool:
    """Whether ``tree`` has the chosen value, or the text of it."""
    value = stated(tree, choice.path)
    is_text = isinstance(value, Text) and value.lower() == json.dumps(choice.value).strip('"')
    return is_text or value == choice.value


def _notices(said: Sequence[str], chosen: Mapping[str, Any]) -> tuple[str, ...]:
    """What is ``said`` of the run, and a line for what was ``chosen`` by the data."""
    if not chosen:
        return tuple(said)
    values = (f"{path}={json.dumps(value).replace(' ', '')}" for path, value in chosen.items())
    fit = "fit the data, -s sets others" if len(chosen) > 1 else "fits the data, -s sets another"
    return (*said, f"{', '.join(values)} {fit}")


def resolve_data(registry: Registry, layers: Iterable[Layer]) -> ComponentConfig[DataKeys]:
    """The dataset that ``layers`` describe, without a run. Raises UsageError for anything wrong."""
    return _component(registry, "data", merge_data(registry, layers), DataKeys)


def _several(
    registry: Registry, tree: Tree, slot: str, keys: type[AnyKeys]
) -> tuple[ComponentConfig[AnyKeys], ...]:
    return tuple(_component(registry, slot, body, keys, name) for name, body in tree[slot].items())


def _component(
    registry: Registry, slot: str, body: Tree, keys: type[AnyKeys], name: str | None = None
) -> ComponentConfig[AnyKeys]:
    registered = _find(registry, slot, body)
    kind, model = registered.component.kind, registered.load_options()
    name = name or registered.name
    where = f"{slot} '{name}'"
    own = {key: value for key, value in body.items() if key in keys.model_fields}
    taken = {"use", *own, *((OPTIMIZER,) if slot in (*PLAYERS, "network") else ())}
    rest = {key: value for key, value in body.items() if key not in taken}
    options, schedules = validate_scheduled(model, rest, where, schedulable(kind, model))
    slot_keys, more = validate_scheduled(keys, own, where, schedulable(kind, keys))
    return ComponentConfig(slot, name, registered, options, slot_keys, {**schedules, **more})


def _find(registry: Registry, slot: str, body: Tree) -> Registered:
    if slot != "network":
        return registry.find(kind_in(slot), body["use"])
    sides = tuple(side for side in PLAYERS if side == body.get("side", "gen"))
    return find_network(registry, body["use"], sides or PLAYERS)


def _optimizer(registry: Registry, path: str, body: Tree) -> ComponentConfig[Options]:
    """The optimizer of the network at ``path``, which has one whether or not a layer says so."""
    chosen = {"use": FIRST_OPTIMIZER, **body.get(OPTIMIZER, {})}
    return _component(registry, f"{path}.{OPTIMIZER}", chosen, Options)
