"""RunRequest: what a user wants from a run. The command line and Python use the same names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..registry.registry import Registry
from ..storage.run_dir import open_run
from .layers import WHOLE_LISTS, Layer, Tree, add_typed, file_layer, settings_layer
from .lost_paths import check_paths
from .recipes import recipe_layer


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """Everything that ``ganfw run`` and `ganfw.run` take for a run. None means: not given.

    - ``recipe`` and ``config``: a recipe's name, and TOML files on top of it, in order.
    - ``gen`` to ``metric``: names of components; in a list also ``"late=r1"``, which is then
      called ``late`` in the run. For a run that is resumed, ``loss`` adds to those that it has,
      and ``no_loss`` leaves some of them out.
    - ``start_from``: the folder of a run whose networks to start from, and whose config lies below
      all that is given here.
    - ``settings``: any option by its path, such as ``{"gen.optimizer.lr": 2e-4}``.
    - all others: short names for common settings; ``lr`` sets both optimizers.
    """

    recipe: str | None = None
    config: Sequence[Path] = ()
    gen: str | None = None
    disc: str | None = None
    data: str | None = None
    network: Sequence[str] = ()
    loss: Sequence[str] = ()
    no_loss: Sequence[str] = ()
    augment: Sequence[str] = ()
    callback: Sequence[str] = ()
    no_callback: Sequence[str] = ()
    metric: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    lr: float | str | None = None
    size: Any = None
    latent_dim: int | None = None
    seed: int | None = None
    device: str | None = None
    precision: str | None = None
    compile: bool | None = None
    name: str | None = None
    start_from: str | Path | None = None

    def layers(self, registry: Registry, source: str) -> list[Layer]:
        """The layers, weakest first; ``source`` names where the request comes from.

        Raises UsageError for an unknown recipe, a bad file, an impossible path, or a component or
        an option that is given twice; RunError for a folder to start from that is no run's.
        """
        components = [
            *([_run_layer(Path(self.start_from))] if self.start_from else []),
            *([recipe_layer(registry, self.recipe)] if self.recipe else []),
            *(_config_layer(registry, path) for path in self.config),
            self._components(source),
            self._callbacks(source),
        ]
        check_paths(registry, components, self.settings)
        return [*components, self.options_layer(source)]

    def changes(self, registry: Registry, saved: Layer, source: str) -> Layer:
        """What changes a run that is resumed, whose config is ``saved``. Raises UsageError."""
        check_paths(registry, [saved], self.settings)
        options = self.options_layer(source).values
        named: Tree = self._callbacks(source).values["callback"]
        for name, values in options.get("callback", {}).items():
            named[name] = {**named.get(name, {}), **values}
        losses = self._changed_losses(saved, options.get("loss", {}))
        return Layer(source, {**options, "callback": named, **losses}, WHOLE_LISTS & losses.keys())

    def _changed_losses(self, saved: Layer, options: Tree) -> Tree:
        """All losses of the run, if some come or go, with the ``options`` that are set."""
        if not (self.loss or self.no_loss):
            return {}
        named: Tree = {name: {} for name in saved.values["loss"]}
        for name in self.no_loss:
            if name not in named:
                raise UsageError(f"--no-loss {name}: the run has {', '.join(named) or 'none left'}")
            if name in options:
                raise UsageError(f"loss '{name}' is left out, and -s loss.{name} sets its options")
            del named[name]
        for name in self.loss:
            add_typed(named, "loss", name, {})
        for name, values in options.items():
            named[name] = {**named.get(name, {}), **values}
        return {"loss": named}

    def options_layer(self, source: str) -> Layer:
        """``settings`` and all short names as one layer. Raises UsageError if two of them set the
        same option, since one of them would be ignored."""
        _check_rate(self.lr)
        short = {path: value for path, value in self._short_names().items() if value is not None}
        for path in short:
            if path in self.settings:
                flag = path.rpartition(".")[2].replace("_", "-")
                raise UsageError(f"{path} is set by --{flag} and by -s {path}: give one of them")
        return settings_layer({**short, **self.settings}, source)

    def _short_names(self) -> dict[str, Any]:
        return {
            "train.epochs": self.epochs,
            "train.steps": self.steps,
            "train.batch_size": self.batch_size,
            "gen.optimizer.lr": self.lr,
            "disc.optimizer.lr": self.lr,
            "data.size": self.size,
            "train.latent_dim": self.latent_dim,
            "train.seed": self.seed,
            "train.device": self.device,
            "train.precision": self.precision,
            "train.compile": self.compile,
            "train.name": self.name,
            "train.start_from": self.start_from and str(Path(self.start_from).absolute()),
        }

    def _components(self, source: str) -> Layer:
        single = {"data": self.data, "gen": self.gen, "disc": self.disc}
        values: Tree = {slot: {"use": use} for slot, use in single.items() if use is not None}
        several = {
            "network": self.network,
            "loss": self.loss,
            "augment": self.augment,
            "metric": self.metric,
        }
        for slot, names in several.items():
            for name in names:
                add_typed(values.setdefault(slot, {}), slot, name, {})
        return Layer(source, values, WHOLE_LISTS & values.keys())

    def _callbacks(self, source: str) -> Layer:
        named: Tree = {}
        for name in self.callback:
            add_typed(named, "callback", name, {"enabled": True})
        for name in (callback.rpartition("/")[2] for callback in self.no_callback):
            if name in named:
                raise UsageError(f"callback '{name}' is both added and left out")
            named[name] = {"enabled": False}
        return Layer(source, {"callback": named})


def _check_rate(rate: float | str | None) -> None:
    """Raises UsageError for what ``--lr`` can't mean."""
    numbers = re.split(r"\s*[/;,]\s*", str(rate))
    if isinstance(rate, str) and re.fullmatch(r"\d+,\d+", rate):
        raise UsageError(f"--lr {rate}: a number has a point, as in {rate.replace(',', '.')}")
    if len(numbers) == 2:
        raise UsageError(
            f"--lr {rate}: it sets both optimizers; for two rates write "
            f"-s gen.optimizer.lr={numbers[0]} -s disc.optimizer.lr={numbers[1]}"
        )
    if isinstance(rate, str) and "->" in rate:
        start, _, end = rate.partition("->")
        raise UsageError(f"--lr {rate}: a schedule is written as {start.strip()}..{end.strip()}")


_OF_THAT_RUN_ALONE = {
    "data": ("asked",),
    "gen": ("freeze",),
    "disc": ("freeze",),
    "train": ("name", "device", "start_from"),
}


def _config_layer(registry: Registry, path: Path) -> Layer:
    """Of a config file. Raises UsageError, for the name of a component with where it is given."""
    if not path.exists() and (hint := registry.elsewhere(str(path))):
        raise UsageError(f"config file {path}: there is none{hint}")
    return file_layer(path)


def _run_layer(path: Path) -> Layer:
    """The config of the run in ``path``, as another one begins with it: no layers are frozen.
    Raises RunError if there is none."""
    layer = file_layer(open_run(path).config)
    values = dict(layer.values)
    for section, dropped in _OF_THAT_RUN_ALONE.items():
        body = values.get(section, {})
        values[section] = {key: value for key, value in body.items() if key not in dropped}
    return Layer(f"run {path}", values, layer.replaces)
