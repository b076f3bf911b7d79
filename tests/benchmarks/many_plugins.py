"""What ten strangers' packages of fifty components each add to ``ganfw list``.

Both environments are real, with real wheels; runs take turns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Row

sys.path.insert(0, str(Path(__file__).parents[1]))
if TYPE_CHECKING:
    from environments import Environment

PLUGINS, COMPONENTS, TURNS, BUDGET_MS = 10, 50, 20, 50

INIT = """
    from ganfw import Component, hookimpl

    @hookimpl
    def ganfw_components():
        for number in range({count}):
            yield Component("generator", f"{name}-{{number}}", "{module}.model:Generator",
                            "{module}.options:GeneratorOptions", "A generator",
                            {{"train.latent_dim": 100}}, ("pictures",))
"""


def _crowd(folder: Path) -> list[Path]:
    from environments import build_wheel

    wheels = []
    for index in range(PLUGINS):
        name, module = f"crowd-{index}", f"crowd_{index}"
        code = INIT.format(count=COMPONENTS, name=name, module=module)
        wheels.append(build_wheel(folder, name, {f"{module}/__init__.py": code}))
    return wheels


def _seconds(environment: Environment, expected: int) -> float:
    command = [str(environment.python), "-m", "ganfw", "list", "--json"]
    began = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    assert ended.stdout.count('"canonical": "crowd-') == expected
    return seconds


def rows(quick: bool) -> Iterator[Row]:
    """Pair by pair."""
    # Imported here, as it needs hatchling, which the other rows don't.
    from environments import Environment

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone, crowd = Environment(folder / "alone"), Environment(folder / "crowd")
        crowd.install(*_crowd(folder))
        turns = 6 if quick else TURNS
        times = [
            (_seconds(alone, 0), _seconds(crowd, PLUGINS * COMPONENTS)) for _ in range(turns + 1)
        ]
    added = sorted((b - a) * 1e3 for a, b in times[1:])
    yield Row(
        f"ganfw list with {PLUGINS} packages of {COMPONENTS} components",
        f"{min(b for _, b in times) * 1e3:.0f} ms",
        f"{min(a for a, _ in times) * 1e3:.0f} ms",
        f"+{added[len(added) // 2]:.0f} ms ({added[0]:.0f} to {added[-1]:.0f})",
        f"+{BUDGET_MS} ms",
    )
