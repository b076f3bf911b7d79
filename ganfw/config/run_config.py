"""RunConfig: one resolved run: its components, every value, and which layer set it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import UsageError
from ..interfaces.options import Options
from ..registry.component import FIRST_OPTIMIZER, OPTIMIZER, kind_in
from ..registry.registry import Registered, Registry
from ..registry.source import HOME
from .layers import Layer, Tree
from .merge import merge, merge_data
from .schema import CallbackKeys, DataKeys, LossKeys, MetricKeys, TrainOptions
from .validation import to_plain, validate

Keys = TypeVar("Keys", bound=Options, covariant=True)
AnyKeys = TypeVar("AnyKeys", bound=Options)


@dataclass(frozen=True)
class ComponentConfig(Generic[Keys]):
    """A component in a slot, with its options and the slot's own keys."""

    slot: str
    registered: Registered
    options: Options
    keys: Keys

    @property
    def use(self) -> str:
        """The name a config holds: ours bare, anyone else's with its distribution."""
        ours = self.registered.source.name == HOME
        return self.registered.name if ours else self.registered.canonical

    @property
    def values(self) -> dict[str, Any]:
        """The component's section of a config: its name, the slot's own keys, its options."""
        return {"use": self.use, **to_plain(self.keys), **to_plain(self.options)}

    @property
    def identity(self) -> str:
        """Component, version and options in one line."""
        version = self.registered.component.version
        return f"{self.registered.canonical} v{version} {self.options.model_dump_json()}"


@dataclass(frozen=True)
class RunConfig:
    """A resolved run: every name is known and every value is checked."""

    data: ComponentConfig[DataKeys]
    gen: ComponentConfig[Options]
    disc: ComponentConfig[Options]
    gen_optimizer: ComponentConfig[Options]
    disc_optimizer: ComponentConfig[Options]
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
        return (*single, *self.losses, *self.augments, *self.callbacks, *self.metrics)

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
    merged = merge(registry, layers)
    tree = merged.tree
    losses = _several(registry, tree, "loss", LossKeys)
    if not losses:
        raise UsageError("no loss: give --loss NAME")
    train = validate(TrainOptions, tree["train"], "train")
    if train.epochs is None and train.steps is None:
        raise UsageError("no end: give --epochs or --steps")
    return RunConfig(
        data=_component(registry, "data", tree["data"], DataKeys),
        gen=_component(registry, "gen", tree["gen"], Options),
        disc=_component(registry, "disc", tree["disc"], Options),
        gen_optimizer=_optimizer(registry, "gen", tree),
        disc_optimizer=_optimizer(registry, "disc", tree),
        losses=losses,
        augments=_several(registry, tree, "augment", Options),
        callbacks=_several(registry, tree, "callback", CallbackKeys),
        metrics=_several(registry, tree, "metric", MetricKeys),
        train=train,
        origins=merged.origins,
        notices=tuple(merged.notices),
    )


def resolve_data(registry: Registry, layers: Iterable[Layer]) -> ComponentConfig[DataKeys]:
    """The dataset that ``layers`` describe, without a run. Raises UsageError for anything wrong."""
    return _component(registry, "data", merge_data(registry, layers), DataKeys)


def _several(
    registry: Registry, tree: Tree, slot: str, keys: type[AnyKeys]
) -> tuple[ComponentConfig[AnyKeys], ...]:
    return tuple(_component(registry, slot, body, keys) for body in tree[slot].values())


def _component(
    registry: Registry, slot: str, body: Tree, keys: type[AnyKeys]
) -> ComponentConfig[AnyKeys]:
    registered = registry.find(kind_in(slot), body["use"])
    where = f"{slot} '{registered.name}'"
    own = {key: value for key, value in body.items() if key in keys.model_fields}
    taken = {"use", *own, *((OPTIMIZER,) if slot in ("gen", "disc") else ())}
    rest = {key: value for key, value in body.items() if key not in taken}
    options = validate(registered.load_options(), rest, where)
    return ComponentConfig(slot, registered, options, validate(keys, own, where))


def _optimizer(registry: Registry, player: str, tree: Tree) -> ComponentConfig[Options]:
    """The optimizer of a player, which has one whether or not a layer says so."""
    body = {"use": FIRST_OPTIMIZER, **tree[player].get(OPTIMIZER, {})}
    return _component(registry, f"{player}.{OPTIMIZER}", body, Options)
