"""Every public name and signature that a plugin can meet, held to a list.

A change here is a change of the interface: `ganfw.component` says what may change within one API
number. Write the list anew, for a change that is meant, with ``GANFW_WRITE_GOLDEN=1``.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ganfw
import ganfw.testing
from ganfw.interfaces.player import Player
from ganfw.interfaces.run_view import Requests
from ganfw.registry.component import API, KINDS, OLDEST_API, SLOT_OF
from ganfw.registry.hookspecs import ganfw_components
from ganfw.registry.loading import HOOK
from ganfw.runs import records
from ganfw.runs.json_files import Record
from ganfw.sampling.sampler import Sampler
from ganfw.storage.run_dir import RunDir
from ganfw.training.progress import Outcome

RECORDS = (
    Record,
    records.ComponentRecord,
    records.DataRecord,
    records.End,
    records.MachineRecord,
    records.PluginFileRecord,
    records.Resumption,
    records.ScoreData,
)
GOLDEN = Path(__file__).with_name("public_api.txt")


def _described(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        yield f"class {name}({bases})"
        yield from sorted(f"  {line}" for line in _members(value))
    elif callable(value) and hasattr(value, "__module__") and inspect.isroutine(value):
        yield f"def {name}{inspect.signature(value)}"
    else:
        yield f"{name}: {value!r}" if isinstance(value, str) else name


def _members(cls: type) -> Iterator[str]:
    """What it has of its own, and what it takes to make one."""
    fields = {field.name for field in dataclasses.fields(cls)} if _is_record(cls) else set()
    if _is_record(cls):
        yield f"__init__{inspect.signature(cls)}"
    annotations = vars(cls).get("__annotations__", {})
    model_fields = getattr(cls, "model_fields", {})
    yield from (f"{name}: {annotations[name]}" for name in annotations if name in model_fields)
    for name, value in vars(cls).items():
        own = name in ("__init__", "__call__", "__len__", "__getitem__")
        if (name.startswith("_") and not own) or (name == "__init__" and fields):
            continue
        if isinstance(value, property):
            yield f"{name}: property"
        elif inspect.isfunction(value):
            yield f"{name}{inspect.signature(value)}"
        elif name not in fields and not name.startswith("model_"):
            yield f"{name} = {value!r}"


def _is_record(cls: type) -> bool:
    return dataclasses.is_dataclass(cls)


def test_the_public_api_is_as_it_was() -> None:
    lines = [f"API {API}, oldest {OLDEST_API}", f"kinds {KINDS}", f"slots {SLOT_OF}"]
    lines.append(f"hook {HOOK}{inspect.signature(ganfw_components)}")
    for module in (ganfw, ganfw.testing):
        lines.append(f"\n{module.__name__}")
        for name in sorted(set(module.__all__) - {"__version__"}):
            lines += _described(name, getattr(module, name))
    lines.append("\nmet through these")
    for cls in (Outcome, Player, Requests, RunDir, Sampler, *RECORDS):
        lines += _described(cls.__name__, cls)
    now = "\n".join(lines) + "\n"
    if os.environ.get("GANFW_WRITE_GOLDEN"):
        GOLDEN.write_text(now, encoding="utf-8")
    assert now.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()
