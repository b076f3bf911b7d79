"""Component: what a plugin says it has. Imports nothing heavy, so that listing is instant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

API = 1
"""The number of the plugin interface this version speaks; a plugin may declare ``GANFW_API``."""

SLOT_OF = {
    "dataset": "data",
    "generator": "gen",
    "discriminator": "disc",
    "loss": "loss",
    "augment": "augment",
    "callback": "callback",
}
"""The slot of a run that each kind of component fills."""

KINDS = (*SLOT_OF, "metric", "recipe")
"""Every kind of component a plugin can offer."""

_SINGLE = ("dataset", "generator", "discriminator")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[\w.-]+")


@dataclass(frozen=True)
class Component:
    """One thing a plugin offers.

    - ``kind``: one of `KINDS`.
    - ``name``: what users type; lower case, digits and hyphens.
    - ``target``: ``"package.module:Class"``; for a recipe ``"package:file.toml"``.
    - ``options``: ``"package.options:Class"``, a subclass of ``ganfw.Options``; None if there
      is nothing to set.
    - ``summary``: one line for lists.
    - ``suggests``: defaults for the rest of the run that this component knows are right for it:
      paths under ``train.`` or, for a dataset or a network, under its own slot, such as
      ``{"train.latent_dim": 100, "gen.optimizer.lr": 0.005}``.
    - ``tags``: free words for searching.
    - ``version``: raised when the same options come to mean something else.

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

    def __post_init__(self) -> None:
        where = f"component {self.kind!r} {self.name!r}"
        if self.kind not in KINDS:
            raise ValueError(f"{where}: the kind must be one of {', '.join(KINDS)}")
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{where}: a name is made of a-z, 0-9 and single hyphens")
        for target in (self.target, self.options):
            if target is not None and not _TARGET.fullmatch(target):
                raise ValueError(f"{where}: {target!r} does not read 'package.module:Name'")
        allowed = ("train", SLOT_OF.get(self.kind) if self.kind in _SINGLE else "train")
        for path in self.suggests:
            if path.split(".")[0] not in allowed:
                raise ValueError(
                    f"{where}: may not suggest {path!r}, only its own slot and train.*"
                )
