"""Runs killed at random moments, again and again, end with the bytes of one that nothing disturbed.

    python tests/benchmarks/chaos.py              100 kills, about twenty minutes on one core
    python tests/benchmarks/chaos.py 20 --seed 7  fewer, at other moments

A small VAE-GAN on sprites: a third network that draws numbers of its own, moving averages,
schedules, an augment that adapts, scores each epoch; in one process, and in two. SIGKILL meets the
whole run, or one of its processes alone, as the system does where memory runs out. After it
``ganfw resume`` goes on. At the end all state, all weights, the log, the scores and the pictures
must be those of the undisturbed run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

PLUGIN = Path(__file__).parents[1] / "plugins" / "vaegan.py"
RUN = f"""run --data sprites -s data.species=4 -s data.individuals=10 --size 16 --batch-size 8
  --gen dcgan --disc features --network encoder --plugin {PLUGIN} --latent-dim 8
  -s gen.channels=8 -s disc.channels=8 -s network.encoder.channels=8
  --loss nonsaturating --loss vaegan --loss r1 -s loss.r1.gamma=10..1 -s loss.r1.every=2
  --augment ada --callback ema -s callback.ema.decay=0.5..0.99 --lr 1e-3..1e-4
  --metric swd -s metric.swd.samples=16 --epochs 30 -s callback.checkpoints.every_steps=3
  -s train.log_every=2 -s callback.loss-curve.seconds=3600""".split()
KILLS = 5
"""How often a run is killed, where it lives so long."""


def ganfw(out: Path, *words: str) -> subprocess.Popen[str]:
    """The real program in the folder ``out``; what it says on stderr goes to a file there."""
    return subprocess.Popen(
        [sys.executable, "-m", "ganfw", *words],
        cwd=out,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=(out / "stderr.txt").open("w"),
        text=True,
    )


def content(run: Path) -> Iterator[tuple[str, object]]:
    """All that must be the same, by name: not the times and the speed, which no two runs share."""
    for path in sorted(path for path in run.rglob("*") if path.suffix in (".safetensors", ".png")):
        yield str(path.relative_to(run)), path.read_bytes()
    for name in ("metrics.jsonl", "scores.jsonl"):
        rows = [json.loads(line) for line in (run / name).read_text().splitlines()]
        yield name, [{k: v for k, v in row.items() if "second" not in k} for row in rows]
    yield "best", (run / "checkpoints" / "best").read_text()


def kill(process: subprocess.Popen[str], chance: random.Random) -> None:
    """Kill the whole run, or one of its processes: then the others must end by themselves. But not
    torchrun alone, whose processes would train on."""
    own = psutil.Process(process.pid)
    training = own.children(recursive=True) or [own]
    group = {own, *training}
    victims = group if chance.random() < 0.5 else {chance.choice(training)}
    for victim in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()
    process.wait()
    _, alive = psutil.wait_procs(group, timeout=60)
    assert not alive, f"{alive} live on"


def disturbed(out: Path, start: list[str], lasts: float, chance: random.Random) -> tuple[Path, int]:
    """A run below ``out`` that is killed up to `KILLS` times, and how often it was."""
    kills = 0
    words, more = start, start[-2:]
    while True:
        process = ganfw(out, *words)
        if kills < KILLS:
            try:
                process.wait(chance.uniform(0, lasts))
            except subprocess.TimeoutExpired:
                kill(process, chance)
                kills += 1
        process.wait()
        said = (out / "stderr.txt").read_text()
        assert "Traceback (most recent call last)" not in said, said
        saved = sorted(out.glob("runs/*/checkpoints/last"))
        if process.returncode == 0:
            return saved[-1].parents[1], kills
        assert kills, said
        words = ["resume", str(saved[-1].parents[1]), *more] if saved else start


def chaos(kills: int, seed: int) -> Iterator[tuple[int, list[str]]]:
    """Of each run how often it was killed, and what of it differs from the undisturbed one."""
    chance, done = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as name:
        ways = {}
        for count in ("1", "2"):
            out, start = Path(name, f"whole{count}"), [*RUN, "--nproc", count]
            out.mkdir()
            began = time.monotonic()
            run, _ = disturbed(out, start, 3600, chance)
            ways[count] = start, time.monotonic() - began, dict(content(run))
        while done < kills:
            for count, (start, lasts, expected) in ways.items():
                out = Path(name, f"{count}-{done}")
                out.mkdir()
                run, times = disturbed(out, start, lasts, chance)
                found = dict(content(run))
                done += times
                yield times, sorted(key for key in expected.keys() | found.keys()
                                    if expected.get(key) != found.get(key))  # fmt: skip


def main() -> None:
    """Parse, kill, count."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/chaos.py")
    parser.add_argument("kills", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    kills = exact = runs = 0
    for times, different in chaos(given.kills, given.seed):
        kills, runs, exact = kills + times, runs + 1, exact + (not different)
        print(f"{times} kills: {', '.join(different) or 'exact'}", flush=True)
    print(f"{kills} kills in {runs} runs: {exact} runs ended exact")
    sys.exit(exact != runs)


if __name__ == "__main__":
    main()
