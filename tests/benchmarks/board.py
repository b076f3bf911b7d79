"""A board of quality by time: what recipes reach, and after how many minutes and pictures.

    python tests/benchmarks board
    python tests/benchmarks board --data sprites,./photos --recipes pictures,./other.toml
    python tests/benchmarks board --minutes 5 --seeds 0 --jobs 2
    python tests/benchmarks board --table

For each data and recipe, a short run alone tells how fast it trains with all cores. The others last
as many steps as fit into the minutes, and are judged on the way, which does not count; ``--jobs 2``
has runs of one thread beside each other. Runs are in the folder ``board`` (``--out``), and those
that ended are not done again. A level is reached when the median of the seeds is. It needs
``pip install '.[lite]'``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from measuring import median_rate

from ganfw.runs.records import read_provenance
from ganfw.runs.scores import read_scores
from ganfw.storage.run_dir import open_run

LEVELS: Mapping[str, tuple[float, ...]] = {
    "swd": (30, 20), "lite-kid": (10, 5), "random-kid": (),
}  # fmt: skip
"""The scores, lower is better, and the levels of them that the board has a column for."""

EVALUATIONS, SAMPLES = 4, 2000
SPEED_STEPS, WARM_UP = 250, 50
QUICK = ["--no-callback", "samples", "--no-callback", "loss-curve", "--no-callback", "checkpoints"]


@dataclass(frozen=True)
class Entry:
    """Data and a recipe; ``rate`` is in pictures a second, alone, with all cores."""

    data: str
    recipe: str
    rate: float
    batch: int
    examples: int

    def steps(self, minutes: float) -> int:
        """How many steps take so many minutes."""
        return max(EVALUATIONS, round(minutes * 60 * self.rate / self.batch))


@dataclass(frozen=True)
class Judged:
    """The scores of one step of a run."""

    pictures: int
    scores: Mapping[str, float]


def main(words: Sequence[str]) -> None:
    """Parse, run what is missing, print the table."""
    given = _parser().parse_args(words)
    given.out.mkdir(parents=True, exist_ok=True)
    pairs = itertools.product(given.data, given.recipes)
    entries = [_entry(given.out, *pair, may_run=not given.table) for pair in pairs]
    found = [entry for entry in entries if entry is not None]
    if not given.table:
        trials = [(entry, seed) for seed in given.seeds for entry in found]
        threads = {"OMP_NUM_THREADS": "1"} if given.jobs > 1 else {}
        with ThreadPoolExecutor(given.jobs) as pool:
            list(pool.map(lambda it: _train(given.out, *it, given.minutes, threads), trials))
    print(table(given.out, found))


def _entry(out: Path, data: str, recipe: str, may_run: bool) -> Entry | None:
    """Its speed, as measured before or now."""
    folder = _folder(out, data, recipe)
    kept = folder / "entry.json"
    if not kept.exists():
        if not may_run:
            return None
        run = _run(folder / "speed", data, recipe, SPEED_STEPS, 0,
                   ["-s", "train.log_every=10", *QUICK], {})  # fmt: skip
        samples = read_provenance(open_run(run)).data.examples
        entry = Entry(data, recipe, median_rate(run, WARM_UP), _batch(run), samples)
        kept.write_text(json.dumps(asdict(entry)))
    return Entry(**json.loads(kept.read_text()))


def _train(
    out: Path, entry: Entry, seed: int, minutes: float, environment: Mapping[str, str]
) -> None:
    """One run to its end, judged some times, unless it is there."""
    folder = _folder(out, entry.data, entry.recipe) / f"seed-{seed}"
    if _judged(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)  # what was stopped
    steps = entry.steps(minutes)
    every = max(1, math.ceil(steps * entry.batch / entry.examples / EVALUATIONS))
    words = [word for name in LEVELS for word in
             ("--metric", name, "-s", f"metric.{name}.every={every}",
              "-s", f"metric.{name}.samples={SAMPLES}")]  # fmt: skip
    _run(folder, entry.data, entry.recipe, steps, seed, words, environment)
    last = _judged(folder)[-1]
    print(f"{entry.recipe} on {entry.data}, seed {seed}: {dict(last.scores)}", flush=True)


def _run(
    folder: Path, data: str, recipe: str, steps: int, seed: int, words: Sequence[str],
    environment: Mapping[str, str],
) -> Path:  # fmt: skip
    """The run's folder, in ``folder``."""
    chosen = ["--config" if recipe.endswith(".toml") else "--recipe", recipe]
    command = [sys.executable, "-m", "ganfw", "run", "--data", data, *chosen, "--steps", str(steps),
               "--seed", str(seed), "--out", str(folder), "--quiet", *words]  # fmt: skip
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    (run,) = folder.iterdir()
    return run


def _folder(out: Path, data: str, recipe: str) -> Path:
    return out / f"{Path(recipe).stem}-{Path(data).stem}"


def _judged(folder: Path) -> list[Judged]:
    """The scores of a run that ended, by their step; empty for another."""
    runs = [path for path in folder.glob("*") if _is_whole(path)]
    if not runs:
        return []
    batch = _batch(runs[0])
    found: dict[int, dict[str, float]] = {}
    for record in read_scores(open_run(runs[0])):
        if record.main_score is not None:
            found.setdefault(record.step, {})[record.metric] = record.main_score
    return [Judged(step * batch, scores) for step, scores in sorted(found.items())]


def _batch(run: Path) -> int:
    first = (run / "metrics.jsonl").read_text().splitlines()[0]
    return int(json.loads(first)["examples"])


def _is_whole(run: Path) -> bool:
    provenance = read_provenance(open_run(run))
    return provenance.ended is not None and provenance.ended.step == provenance.total_steps


def table(out: Path, entries: Sequence[Entry]) -> str:
    """Markdown: what is reached in the end, least and greatest of the seeds, and after how long."""
    header = ["data", "recipe", "pictures/s", *(f"{name}, last" for name in LEVELS)]
    header += [f"{name} ≤ {level:g}" for name, levels in LEVELS.items() for level in levels]
    rows = [header, ["---", "---", *["---:"] * (len(header) - 2)]]
    for entry in entries:
        folder = _folder(out, entry.data, entry.recipe)
        runs = [_judged(seed) for seed in sorted(folder.glob("seed-*"))]
        runs = [run for run in runs if run]
        if runs:
            last = [_range([run[-1].scores[name] for run in runs]) for name in LEVELS]
            reached = [_reached(entry, runs, name, level)
                       for name, levels in LEVELS.items() for level in levels]  # fmt: skip
            label = [Path(entry.data).name, f"`{Path(entry.recipe).stem}`", f"{entry.rate:.0f}"]
            rows.append([*label, *last, *reached])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _range(values: Sequence[float]) -> str:
    least, greatest = (f"{value:.3g}" for value in (min(values), max(values)))
    return least if least == greatest else f"{least}–{greatest}"


def _reached(entry: Entry, runs: Sequence[Sequence[Judged]], name: str, level: float) -> str:
    """``4 min, 21k``: when the median of the runs first had the level."""
    for moment in zip(*runs, strict=False):
        if statistics.median(judged.scores[name] for judged in moment) <= level:
            pictures = moment[0].pictures
            return f"{pictures / entry.rate / 60:.1f} min, {pictures / 1000:.0f}k"
    return "–"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks board")
    parser.add_argument("--data", type=_words, default=["sprites"], help="names and folders")
    parser.add_argument("--recipes", type=_words, default=["pictures"], help="names and TOML files")
    parser.add_argument("--seeds", type=_words, default=["0", "1", "2"])
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, for each run")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("board"))
    parser.add_argument("--table", action="store_true", help="print it, run nothing")
    return parser


def _words(text: str) -> list[str]:
    return text.split(",")
