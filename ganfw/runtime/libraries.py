"""The libraries that a run can't do without, and which of them can't be imported here."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass

from ..errors import reason_of

LIBRARIES = {
    "numpy": "numpy",
    "PIL": "pillow",
    "safetensors": "safetensors",
    "pydantic": "pydantic",
    "pluggy": "pluggy",
    "filelock": "filelock",
    "platformdirs": "platformdirs",
    "tomlkit": "tomlkit",
    "rich": "rich",
    "torch": "torch",
}
"""What is imported, and the distribution to install for it."""


@dataclass(frozen=True)
class BrokenLibrary:
    """A library that can't be imported: the distribution to install, and why."""

    name: str
    distribution: str
    reason: str

    @property
    def advice(self) -> str:
        """What to try."""
        return f"pip install --force-reinstall {self.distribution}"

    def __str__(self) -> str:
        return f"{self.name} can't be imported ({self.reason}): {self.advice}"


def broken_libraries() -> list[BrokenLibrary]:
    """Those that can't be imported: missing, built for another machine, or without a library that
    they need themselves. One that fails as another did, fails because of it."""
    broken: list[BrokenLibrary] = []
    for name, distribution in LIBRARIES.items():
        try:
            with warnings.catch_warnings():
                # torch warns, in many lines, of the NumPy that it can't use.
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {reason_of(error)}"
            if all(other.reason != reason for other in broken):
                broken.append(BrokenLibrary(name, distribution, reason))
    return broken
