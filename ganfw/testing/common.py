"""What every component owes, of whatever kind."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import typing
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from ..config import validation
from ..config.schema import OPTIMIZERS, SLOT_KEYS, TrainOptions
from ..errors import UsageError
from ..interfaces.callback import Callback
from ..interfaces.dataset import Dataset
from ..interfaces.loss import Loss
from ..interfaces.metric import Metric
from ..interfaces.networks import Augment, Discriminator, Generator
from ..interfaces.options import Options
from ..registry.component import SLOT_OF
from .failure import Broken, NotApplicable, expecting
from .subject import Subject

LONGEST_SUMMARY = 80
_BOUNDS = (("ge", "gt"), ("le", "lt"))
_ROOT = {
    "dataset": Dataset,
    "generator": Generator,
    "discriminator": Discriminator,
    "loss": Loss,
    "augment": Augment,
    "callback": Callback,
    "metric": Metric,
}


def says_what_it_is(subject: Subject) -> None:
    """``ganfw list`` prints the summary on one line."""
    summary = subject.registered.component.summary
    if not summary or "\n" in summary or len(summary) > LONGEST_SUMMARY:
        raise Broken(
            f"a summary on one line of at most {LONGEST_SUMMARY} characters", repr(summary)
        )


def is_of_its_kind(subject: Subject) -> None:
    """A subclass has what later versions of ganfw add to the interface."""
    root, target = _ROOT[subject.registered.component.kind], subject.target
    if not (isinstance(target, type) and issubclass(target, root)):
        raise Broken(f"a subclass of ganfw.{root.__name__}", repr(target), target)


def options_are_described_and_bounded(subject: Subject) -> None:
    """Every option tells what it means, and every number how large it may be."""
    model = subject.registered.load_options()
    for name, field in model.model_fields.items():
        if not field.description:
            raise Broken(f"a description of the option '{name}'", "none", model)
        if not all(_is_bounded(field, each) for each in _numbers(field.annotation)):
            wanted = f"bounds on both sides of the number '{name}': ge or gt, le or lt"
            raise Broken(wanted, "a number as large as you please, or nan", model)


def options_refuse_what_they_do_not_know(subject: Subject) -> None:
    """An unknown key is an error, and no option hides one of the engine's own keys."""
    model = subject.registered.load_options()
    if model.model_config.get("extra") != "forbid" or not model.model_config.get("frozen"):
        raise Broken("options that are frozen and forbid unknown keys", "others", model)
    slot = SLOT_OF.get(subject.registered.component.kind, "")
    taken = {"use", *(SLOT_KEYS[slot].model_fields if slot in SLOT_KEYS else ())}
    taken |= {"optimizer"} if slot in ("gen", "disc") else set()
    for name in model.model_fields.keys() & taken:
        raise Broken(f"an option of another name than '{name}'", f"'{name}', the engine's", model)


def options_replay(subject: Subject) -> None:
    """A run's config.toml, read back, means the very same options."""
    options = subject.options()
    with expecting("options that survive being written to a file", type(options)):
        plain = json.loads(json.dumps(validation.to_plain(options)))
        again = validation.validate(type(options), plain, subject.registered.label)
    if again != options:
        raise Broken(f"{options!r} again, from {plain}", repr(again), type(options))


def suggestions_can_be_set(subject: Subject) -> None:
    """What a component suggests must be something that can be set."""
    component = subject.registered.component
    for path, value in component.suggests.items():
        section, _, key = path.partition(".")
        model: type[Options] = TrainOptions
        given: dict[str, Any] = {}
        if key.startswith("optimizer."):
            model, key = OPTIMIZERS["adam"], key.removeprefix("optimizer.")
        elif section != "train":
            model, given = type(subject.options()), dict(subject.given)
        try:
            validation.validate(model, {**given, key: value}, path)
        except UsageError as error:
            raise Broken(f"a suggestion that can be set, {path} = {value!r}", str(error)) from None


def listing_imports_no_torch(subject: Subject) -> None:
    """``ganfw list`` and a mistyped option answer at once, so torch must wait."""
    if subject.registered.source.kind != "package":
        raise NotApplicable("its code is in one file or session, which is imported as a whole")
    imported = _imports_of(subject.registered.source.name)
    if imported["list"]:
        raise Broken(
            "a package that names its targets as strings, and imports no torch to be listed",
            "torch is imported",
            sys.modules.get(subject.registered.component.target.partition(".")[0]),
        )
    if subject.registered.component.options in imported["options"]:
        model = subject.registered.load_options()
        raise Broken("options in a module that imports no torch", "torch is imported", model)


_LISTING = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from ganfw.registry.discovery import discover
registry = discover()
listed = "torch" in sys.modules
late = []
for each in registry.components():
    if each.source.name == sys.argv[2] and each.component.options and not listed:
        each.load_options()
        if "torch" in sys.modules:
            late.append(each.component.options)
            break
print(json.dumps({"list": listed, "options": late}))
"""


@functools.cache
def _imports_of(source: str) -> dict[str, Any]:
    """Which steps of listing the plugins of ``source`` import torch, told in a process of its
    own."""
    command = [sys.executable, "-c", _LISTING, json.dumps(sys.path), source]
    variables = {**os.environ, "GANFW_PLUGINS": source, "PYTHONWARNINGS": "ignore"}
    ended = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    if ended.returncode:
        raise Broken("that it can be listed", ended.stderr.strip().splitlines()[-1])
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _numbers(annotation: Any) -> Iterator[tuple[Any, ...]]:
    """For each number type within an annotation, the constraints that its own place carries."""
    arguments = typing.get_args(annotation)
    if annotation in (int, float):
        yield ()
    elif typing.get_origin(annotation) is typing.Annotated:
        inner, *constraints = arguments
        for found in _numbers(inner):
            yield (*found, *constraints)
    elif typing.get_origin(annotation) is not typing.Literal:
        for each in arguments:
            yield from _numbers(each)


def _is_bounded(field: FieldInfo, constraints: tuple[Any, ...]) -> bool:
    found = [*field.metadata]
    for each in constraints:
        found += each.metadata if isinstance(each, FieldInfo) else [each]
    return all(
        any(getattr(each, bound, None) is not None for each in found for bound in side)
        for side in _BOUNDS
    )
