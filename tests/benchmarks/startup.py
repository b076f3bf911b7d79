"""How long commands take to start, beside ``python -c pass`` in the same run: best of 10.

python tests/benchmarks/startup.py
"""

from __future__ import annotations

import subprocess
import sys
import time

REFERENCE = ("-c", "pass")
MISTYPED = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "pokemon", "-s", "disc.chanels=1")
COMMANDS = {
    "--help": (("-m", "ganfw", "--help"), 100),
    "list": (("-m", "ganfw", "list"), 200),
    "a mistyped option": (("-m", "ganfw", *MISTYPED), 400),
}


def seconds(words: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], capture_output=True, check=False)
    return time.perf_counter() - began


def main() -> None:
    times: dict[str, list[float]] = {"python -c pass": []} | {name: [] for name in COMMANDS}
    for _ in range(10):
        times["python -c pass"].append(seconds(REFERENCE))
        for name, (words, _) in COMMANDS.items():
            times[name].append(seconds(words))
    reference = times["python -c pass"]
    base = min(reference)
    print(f"python -c pass     best {base * 1e3:4.0f} ms, worst {max(reference) * 1e3:4.0f} ms")
    for name, (_, budget) in COMMANDS.items():
        best, worst = min(times[name]), max(times[name])
        more = (best - base) * 1e3
        print(
            f"{name:18} best {best * 1e3:4.0f} ms, worst {worst * 1e3:4.0f} ms: "
            f"{more:+4.0f} ms, {best / base:.1f} × (budget +{budget} ms)"
        )


if __name__ == "__main__":
    main()
