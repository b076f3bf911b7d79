"""What ten strangers' packages of fifty components each add to ``ganfw list``.

python tests/benchmarks/many_plugins.py

Both environments are real, with real wheels; runs take turns. Best of twenty, and the spread.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from environments import Environment, build_wheel

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


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone, crowd = Environment(folder / "alone"), Environment(folder / "crowd")
        crowd.install(*_crowd(folder))
        times: list[tuple[float, float]] = []
        for _ in range(TURNS + 1):
            times.append((_seconds(alone, 0), _seconds(crowd, PLUGINS * COMPONENTS)))
        times = times[1:]
    first, second = ([pair[i] * 1e3 for pair in times] for i in (0, 1))
    added = sorted(b - a for a, b in zip(first, second, strict=True))
    print(f"ganfw list alone                 best {min(first):4.0f} ms, worst {max(first):4.0f} ms")
    print(f"with {PLUGINS} × {COMPONENTS} components more    best {min(second):4.0f} ms, "
          f"worst {max(second):4.0f} ms")  # fmt: skip
    print(
        f"added, pair by pair: median {added[len(added) // 2]:.0f} ms, "
        f"{added[0]:.0f} to {added[-1]:.0f} ms (budget {BUDGET_MS} ms)"
    )


if __name__ == "__main__":
    main()
