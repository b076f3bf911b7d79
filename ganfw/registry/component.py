"""Component: one thing that a plugin offers. Imports nothing heavy, so that listing is instant.

How the plugin interface changes, and what a plugin may count on:

- A plugin may declare ``GANFW_API = 1`` beside its hook; one that declares nothing means 1. The
  number is raised only when working plugins would break, and a ganfw that raises it supports
  `OLDEST_API` and all numbers between for at least another year.
- 1 is what release 0.2 offers; nothing was published before it.
- Within one number we only add: names, kinds of components, methods that do nothing by default,
  optional parameters. Events, `Turn`, `Shapes` and `RunView` get new fields at their ends (a plugin
  reads them, it never makes them). The hook may get an argument: one that is not in your signature
  is not passed.
- What a method is given stays: a discriminator is called with samples and labels, a loss's plain
  form with a critic, real and fake samples. A network whose output is a dict may name more in it.
- A component whose same options come to mean something else raises its ``version``. A run records
  it; resuming or sampling that run with another version is refused, and the error names the
  release to install. To keep both, offer the new behaviour under a new name or a new option.
- A test compares every public name and signature of ``ganfw`` and ``ganfw.testing`` with a
  list, so that none of them changes by accident.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

API = 1
"""The number of this version's plugin interface; a plugin may declare ``GANFW_API``."""

OLDEST_API = 1
"""The oldest number whose plugins still work, and that of a plugin that declares none."""

SLOT_OF = {
    "dataset": "data",
    "generator": "gen",
    "discriminator": "disc",
    "network": "network",
    "loss": "loss",
    "augment": "augment",
    "callback": "callback",
    "metric": "metric",
}
"""The slot of a run that each kind of component fills. An optimizer belongs to a network, so that
its slot is inside that network's: ``gen.optimizer``."""

KIND_OF = {slot: kind for kind, slot in SLOT_OF.items()}
"""The kind of component that fills each slot."""

OPTIMIZER = "optimizer"
FIRST_OPTIMIZER = "adam"
"""The optimizer of a network for which nobody chose one."""

KINDS = (*SLOT_OF, OPTIMIZER, "recipe")
"""Every kind of component a plugin can offer."""

_SINGLE = ("dataset", "generator", "discriminator")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""What a component may be called, and what a run may call it."""

_TARGET = re.compile(r"[A-Za-z_][\w.]*:[\w.-]+")


@dataclass(frozen=True)
class Component:
    """One thing a plugin offers.

    - ``kind``: one of `KINDS`.
    - ``name``: what users type; lower case, digits and hyphens.
    - ``target``: ``"package.module:Class"``; for an optimizer a class or function that takes its
      options and a network and gives a ``torch.optim.Optimizer``; for a recipe
      ``"package:file.toml"``.
    - ``options``: ``"package.options:Class"``, a subclass of ``ganfw.Options``; None if there
      is nothing to set.
    - ``summary``: one line for lists.
    - ``suggests``: defaults for the rest of the run that this component knows are right for it:
      paths under ``train.`` or, for a dataset or a network, under its own slot, such as
      ``{"train.latent_dim": 100, "gen.optimizer.lr": 0.005}``; ``gen.optimizer.use`` as well.
    - ``tags``: free words for searching.
    - ``version``: raised when the same options come to mean something else.
    - ``presets``: what people call this component with some options, such as
      ``{"cifar10": {"name": "CIFAR10"}}``: who types such a name is told what to write.
      A key ``USER/NAME`` stands for all names of that form, in the options as well.
    - ``paths``: for a dataset, which paths ``--data PATH`` hands to it, by the end of their names,
      and the option that takes them: ``{".zip": "root"}``; ``"/"`` stands for any folder,
      ``"/input/target"`` for one that holds these two, ``"/*.tar"`` for one of such files alone,
      ``"/+to"`` for one beside which the option ``to`` is given.

    Raises ValueError if any of these can't be right.
    """

    kind: str
    name: str
    target: str
    options: str | None = None
    summary: str = ""
    suggests: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    version: int = 1
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"component {self.kind!r} {self.name!r}"
        if self.kind not in KINDS:
            raise ValueError(f"{where}: the kind must be one of {', '.join(KINDS)}")
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{where}: a name is made of a-z, 0-9 and single hyphens")
        for end in self.paths:
            if self.kind != "dataset" or not end.startswith(("/", ".")):
                raise ValueError(f"{where}: no path {end!r}; a dataset takes '/' or such as '.zip'")
        for target in (self.target, self.options):
            if target is not None and not _TARGET.fullmatch(target):
                raise ValueError(f"{where}: {target!r} does not read 'package.module:Name'")
        allowed = ("train", SLOT_OF.get(self.kind) if self.kind in _SINGLE else "train")
        for path in self.suggests:
            if path.split(".")[0] not in allowed:
                raise ValueError(
                    f"{where}: may not suggest {path!r}, only its own slot and train.*"
                )


def kind_in(slot: str) -> str:
    """The kind of component that fills ``slot``, such as ``gen``, ``loss.r1`` or ``gen.optimizer``;
    what is no slot is given back."""
    section = slot.partition(".")[0]
    return OPTIMIZER if slot.endswith(f".{OPTIMIZER}") else KIND_OF.get(section, slot)
