"""What a run may change when it is resumed.

A loss may come and go: what it has learnt is its own state, a loss that is new begins without, and
the streams of random numbers are those of the checkpoint whatever was built before.
"""

from __future__ import annotations

from pathlib import Path

from ..config.run_config import RunConfig
from ..errors import UsageError
from ..registry.component import OPTIMIZER
from ..runs.options import differences, flat_options
from ..training.trainer import Trainer

Changes = dict[str, tuple[str, str]]
"""The value before and the value now, by path; "–" where there is none."""

_OF_TRAINING = frozenset(
    {
        "epochs",
        "steps",
        "device",
        "precision",
        "compile",
        "cuda_graphs",
        "accumulate",
        "deterministic",
    }
    | {"channels_last", "log_every", "reduction", "gen_steps"}
)
"""The options of [train] that the state of a run does not depend on."""


def find_changes(before: RunConfig, now: RunConfig, path: str) -> Changes:
    """What ``now`` changes in the run in ``path``. Raises UsageError for what its saved state does
    not allow to change."""
    options = [flat_options(config.to_toml()) for config in (before, now)]
    found = {key: (row[0], row[1]) for key, row in differences(options).items()}
    # Where the data is does not matter: its fingerprint tells whether it is the same.
    found = {key: pair for key, pair in found.items() if not _is_place(key, pair)}
    for key, (old, new) in found.items():
        if not _may_change(key, "–" in (old, new)):
            raise UsageError(
                f"{key} is {old} in {path}, whose saved state belongs to it: a resumed run can't "
                f"have {new}. Start another run from its networks: ganfw run --from {path}"
            )
    return found


def said(found: Changes) -> list[str]:
    """A line for each change; of what is new or left out, one for all of its options."""
    uses = {key.removesuffix(".use"): pair for key, pair in found.items() if key.endswith(".use")}
    new = [name for name, (old, _) in uses.items() if old == "–"]
    left_out = [name for name in uses if name not in new]
    lines = [
        f"{key}: {now}, which was {old}"
        for key, (old, now) in found.items()
        if key.rpartition(".")[0] not in uses
    ]
    gone = [f"{name}: left out, and its state dropped" for name in sorted(left_out)]
    return [*lines, *gone, *(f"{name}: new" for name in sorted(new))]


def _is_place(path: str, values: tuple[str, str]) -> bool:
    return path.startswith("data.") and all(Path(value).is_absolute() for value in values)


def _may_change(path: str, comes_or_goes: bool) -> bool:
    section, _, rest = path.partition(".")
    if section == "train":
        return rest in _OF_TRAINING
    name = rest.rpartition(".")[2]
    if section in ("gen", "disc", "network"):
        return f".{OPTIMIZER}." in f".{rest}" and name != "use"
    if section in ("callback", "loss") and comes_or_goes:
        return True
    return section == "callback" or (section != "data" and name != "use")


Rates = dict[str, list[dict[str, object]]]


def optimizer_settings(trainer: Trainer) -> Rates:
    """What each optimizer's groups are set to, by network, before a state is loaded."""
    return {
        name: [_settings(group) for group in player.optimizer.param_groups]
        for name, player in trainer.run.networks.items()
    }


def _settings(group: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in group.items() if key != "params"}


def apply_to_optimizers(trainer: Trainer, settings: Rates, changed: Changes) -> None:
    """Give the optimizers anew what of their ``settings`` was ``changed``: a state that was loaded
    has brought the values before."""
    for name, groups in settings.items():
        network = name if name in ("gen", "disc") else f"network.{name}"
        optimizer = trainer.run.networks[name].optimizer
        for group, fresh in zip(optimizer.param_groups, groups, strict=True):
            keys = [key for key in fresh if f"{network}.{OPTIMIZER}.{key}" in changed]
            group.update({key: fresh[key] for key in keys})
