"""RunConfig: one run, resolved. Which components fill its slots, every value, and who set it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import tomli_w

from ..errors import UsageError, did_you_mean
from ..interfaces.options import Options
from ..registry.component import KIND_OF
from ..registry.registry import Registered, Registry
from ..registry.source import HOME
from . import validation
from .layers import Layer, Tree
from .merge import Merged, merge, merge_data
from .schema import OPTIMIZERS, CallbackKeys, DataKeys, LossKeys, MetricKeys, TrainOptions

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
    def identity(self) -> str:
        """Component, version and options in one line."""
        version = self.registered.component.version
        return f"{self.registered.canonical} v{version} {self.options.model_dump_json()}"


@dataclass(frozen=True)
class OptimizerConfig:
    """An optimizer's name and options."""

    use: str
    options: Options


@dataclass(frozen=True)
class RunConfig:
    """A run with nothing left open. Every name is known and every value checked."""

    data: ComponentConfig[DataKeys]
    gen: ComponentConfig[Options]
    disc: ComponentConfig[Options]
    gen_optimizer: OptimizerConfig
    disc_optimizer: OptimizerConfig
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
        single = (self.data, self.gen, self.disc)
        return (*single, *self.losses, *self.augments, *self.callbacks, *self.metrics)

    @property
    def components(self) -> tuple[Registered, ...]:
        """What fills the slots, in order."""
        return tuple(component.registered for component in self.component_configs)

    @property
    def asked(self) -> str | None:
        """The dataset that was asked for, where the run goes on with another one."""
        return self.data.keys.asked

    @property
    def name(self) -> str:
        """A short name for the run's folder, such as ``dcgan-pokemon``."""
        return (
            f"{self.gen.registered.name}-{self.data.options.label() or self.data.registered.name}"
        )

    def to_toml(self, origins: bool = False) -> str:
        """The run as TOML that replays it; with ``origins`` each value says which layer set it."""
        sections = [
            self._section(self.data, "[data]", ""),
            self._section(self.gen, "[gen]", "") + self._optimizer("gen", self.gen_optimizer),
            self._section(self.disc, "[disc]", "") + self._optimizer("disc", self.disc_optimizer),
        ]
        for component in (*self.losses, *self.augments, *self.callbacks, *self.metrics):
            sections.append(
                self._section(component, f"[[{component.slot}]]", component.registered.name)
            )
        train = {f"train.{key}": value for key, value in validation.plain(self.train).items()}
        sections.append("[train]\n" + self._lines(train))
        text = "\n".join(sections)
        return text if origins else _without_comments(text)

    def _section(self, component: ComponentConfig[Options], head: str, name: str) -> str:
        path = f"{component.slot}.{name}" if name else component.slot
        values = {
            "use": component.use,
            **validation.plain(component.keys),
            **validation.plain(component.options),
        }
        lines = self._lines({f"{path}.{key}": value for key, value in values.items()})
        return f"{head}\n{lines}"

    def _optimizer(self, slot: str, choice: OptimizerConfig) -> str:
        values = {"use": choice.use, **validation.plain(choice.options)}
        lines = self._lines({f"{slot}.optimizer.{key}": each for key, each in values.items()})
        return f"\n[{slot}.optimizer]\n{lines}"

    def _lines(self, values: Mapping[str, Any]) -> str:
        lines = [
            f"{_toml(path.rpartition('.')[2], value)}{_MARK}{self.origins.get(path, 'default')}"
            for path, value in values.items()
        ]
        return "".join(f"{line}\n" for line in lines)


_MARK = "  # "


def resolve(registry: Registry, layers: Iterable[Layer]) -> RunConfig:
    """The run that ``layers``, weakest first, describe. Raises UsageError for anything amiss.

    Imports components' options, which import no torch, and nothing else of them.
    """
    merged = merge(registry, layers)
    tree = merged.tree
    losses = _several(registry, merged, "loss", LossKeys)
    if not losses:
        raise UsageError("no loss: give --loss NAME")
    train = validation.fit(TrainOptions, tree["train"], "train")
    if train.epochs is None and train.steps is None:
        raise UsageError("no end: give --epochs or --steps")
    return RunConfig(
        data=_filling(registry, "data", "data", tree["data"], DataKeys),
        gen=_filling(registry, "gen", "gen", tree["gen"], Options),
        disc=_filling(registry, "disc", "disc", tree["disc"], Options),
        gen_optimizer=_optimizer("gen", tree["gen"]),
        disc_optimizer=_optimizer("disc", tree["disc"]),
        losses=losses,
        augments=_several(registry, merged, "augment", Options),
        callbacks=_several(registry, merged, "callback", CallbackKeys),
        metrics=_several(registry, merged, "metric", MetricKeys),
        train=train,
        origins=merged.origins,
        notices=tuple(merged.notices),
    )


def resolve_data(registry: Registry, layers: Iterable[Layer]) -> ComponentConfig[DataKeys]:
    """The dataset that ``layers`` describe, without a run. Raises UsageError for anything amiss."""
    return _filling(registry, "data", "data", merge_data(registry, layers), DataKeys)


def _several(
    registry: Registry, merged: Merged, slot: str, keys: type[AnyKeys]
) -> tuple[ComponentConfig[AnyKeys], ...]:
    return tuple(
        _filling(registry, slot, f"{slot}.{name}", body, keys)
        for name, body in merged.tree[slot].items()
    )


def _filling(
    registry: Registry, slot: str, path: str, body: Tree, keys: type[AnyKeys]
) -> ComponentConfig[AnyKeys]:
    registered = registry.find(KIND_OF[slot], body["use"])
    model = registered.load_options()
    where = f"{slot} '{registered.name}'"
    own = {key: value for key, value in body.items() if key in keys.model_fields}
    taken = {"use", *own, *(("optimizer",) if slot in ("gen", "disc") else ())}
    rest = {key: value for key, value in body.items() if key not in taken}
    return ComponentConfig(
        slot, registered, validation.fit(model, rest, where), validation.fit(keys, own, path)
    )


def _optimizer(slot: str, body: Tree) -> OptimizerConfig:
    values = dict(body.get("optimizer", {}))
    use = str(values.pop("use", "adam"))
    if use not in OPTIMIZERS:
        hint = did_you_mean(use, OPTIMIZERS) or f"; there are {', '.join(OPTIMIZERS)}"
        raise UsageError(f"{slot}.optimizer: no optimizer '{use}'{hint}")
    return OptimizerConfig(use, validation.fit(OPTIMIZERS[use], values, f"{slot}.optimizer"))


def _toml(key: str, value: Any) -> str:
    """One ``key = value`` line; tomli-w would break lists and tables up."""
    if isinstance(value, list):
        parts = (_toml(key, each).partition(" = ")[2] for each in value)
        return f"{key} = [{', '.join(parts)}]"
    if isinstance(value, dict):
        return f"{key} = {{{', '.join(_toml(name, each) for name, each in value.items())}}}"
    return tomli_w.dumps({key: value}).strip()


def _without_comments(text: str) -> str:
    lines = [line.rpartition(_MARK)[0] if _MARK in line else line for line in text.splitlines()]
    return "\n".join(lines) + "\n"
