"""What every component must do, of whatever kind."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from typing import Any

from ..config import validation
from ..config.layers import SEVERAL
from ..config.networks import PLAYERS
from ..config.schema import SLOT_KEYS, TrainOptions
from ..errors import UsageError
from ..interfaces.callback import Callback
from ..interfaces.dataset import Dataset
from ..interfaces.loss import Loss
from ..interfaces.metric import Metric
from ..interfaces.networks import Augment, Discriminator, Generator, Network
from ..registry.component import FIRST_OPTIMIZER, OPTIMIZER, SLOT_OF, kind_in
from .failure import Broken, NotApplicable, expecting
from .subject import Subject

LONGEST_SUMMARY = 80
_LOWER = {"minimum", "exclusiveMinimum", "ge", "gt"}
_UPPER = {"maximum", "exclusiveMaximum", "le", "lt"}
_INNER = ("anyOf", "oneOf", "prefixItems", "items", "additionalProperties")
_BASES = (Dataset, Generator, Discriminator, Network, Loss, Augment, Callback, Metric)


def says_what_it_is(subject: Subject) -> None:
    """``ganfw list`` prints the summary on one line."""
    summary = subject.registered.component.summary
    if not summary or "\n" in summary or len(summary) > LONGEST_SUMMARY:
        raise Broken(f"a summary of one line, up to {LONGEST_SUMMARY} characters", repr(summary))


def is_of_its_kind(subject: Subject) -> None:
    """A subclass inherits what later versions of ganfw add to the interface."""
    kind, target = subject.registered.component.kind, subject.target
    (base,) = (base for base in _BASES if base.__name__.lower() == kind)
    if not (isinstance(target, type) and issubclass(target, base)):
        raise Broken(f"a subclass of ganfw.{base.__name__}", repr(target), target)


def options_are_described_and_bounded(subject: Subject) -> None:
    """Every option says what it means, and every number has bounds."""
    model = subject.registered.load_options()
    for name, schema in model.model_json_schema()["properties"].items():
        if not schema.get("description"):
            raise Broken(f"a description of the option '{name}'", "none", model)
        if not _is_bounded(schema):
            raise Broken(f"bounds on both sides of '{name}': ge or gt, le or lt", "fewer", model)


def options_refuse_unknown_keys(subject: Subject) -> None:
    """An unknown key is an error, and no option hides one of the engine's own keys."""
    model = subject.registered.load_options()
    if model.model_config.get("extra") != "forbid" or not model.model_config.get("frozen"):
        raise Broken("options that are frozen and forbid unknown keys", "others", model)
    slot = SLOT_OF.get(subject.registered.component.kind, "")
    taken = {"use", *(SLOT_KEYS[slot].model_fields if slot in SLOT_KEYS else ())}
    taken |= {OPTIMIZER} if slot in (*PLAYERS, "network") else set()
    taken |= {"name"} if slot in SEVERAL else set()
    for name in model.model_fields.keys() & taken:
        raise Broken(f"an option of another name than '{name}'", f"'{name}', the engine's", model)


def options_replay(subject: Subject) -> None:
    """A run's config.toml, read back, gives the same options."""
    options = subject.options()
    with expecting("options that survive being written to a file", type(options)):
        plain = json.loads(json.dumps(validation.to_plain(options)))
        again = validation.validate(type(options), plain, subject.registered.label)
    if again != options:
        raise Broken(f"{options!r} again, from {plain}", repr(again), type(options))


def suggestions_can_be_set(subject: Subject) -> None:
    """What a component suggests must be something that can be set."""
    for path, value in subject.registered.component.suggests.items():
        try:
            _check_suggestion(subject, path, value)
        except UsageError as error:
            raise Broken(f"a suggestion that can be set, {path} = {value!r}", str(error)) from None


def _check_suggestion(subject: Subject, path: str, value: Any) -> None:
    """Raises UsageError for what can't be set."""
    section, _, key = path.partition(".")
    slot, _, option = path.rpartition(".")
    if section == "train":
        validation.validate(TrainOptions, {key: value}, path)
    elif kind_in(slot) == OPTIMIZER:
        suggested = subject.registered.component.suggests
        use = str(suggested.get(f"{slot}.use", FIRST_OPTIMIZER))
        model = subject.registry.find(OPTIMIZER, use).load_options()
        validation.validate(model, {} if option == "use" else {option: value}, path)
    else:
        validation.validate(type(subject.options()), {**subject.given, key: value}, path)


def listing_imports_no_torch(subject: Subject) -> None:
    """``ganfw list`` and the error for a mistyped option are fast: neither waits for torch."""
    if subject.registered.source.kind != "package":
        raise NotApplicable("its code is in one file or session, which is imported as a whole")
    culprit = _first_to_import_torch(subject.registered.source.name)
    if culprit == "listing":
        raise Broken("targets as strings, so that listing imports no torch", "torch is imported")
    if culprit == subject.registered.component.options:
        model = subject.registered.load_options()
        raise Broken("options in a module that imports no torch", "torch is imported", model)


_LISTING = """
import sys
from ganfw.registry.discovery import discover

culprit = "listing"
for found in discover().components():
    if "torch" in sys.modules:
        break
    if found.source.name == sys.argv[1] and found.component.options:
        culprit = found.component.options
        found.load_options()
print(culprit if "torch" in sys.modules else "")
"""


@functools.cache
def _first_to_import_torch(source: str) -> str:
    """What imports torch when the components of ``source`` are listed: "listing" itself, the
    options of a component, or "". Found out in a new process."""
    path = os.pathsep.join(sys.path)
    env = {**os.environ, "PYTHONPATH": path, "GANFW_PLUGINS": source, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", _LISTING, source]
    ended = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if ended.returncode:
        raise Broken("that it can be listed", ended.stderr.strip().splitlines()[-1])
    return ended.stdout.splitlines()[-1]


def _is_bounded(schema: Any, outside: frozenset[str] = frozenset()) -> bool:
    """Whether every number in a JSON schema has bounds on both sides; those of a union stand
    ``outside`` its members."""
    if isinstance(schema, list):
        return all(_is_bounded(member, outside) for member in schema)
    if not isinstance(schema, dict) or schema.keys() & {"enum", "const"}:
        return True
    bounds = outside | schema.keys()
    if schema.get("type") in ("integer", "number"):
        return bool(bounds & _LOWER) and bool(bounds & _UPPER)
    return all(_is_bounded(schema[key], bounds) for key in _INNER if key in schema)
