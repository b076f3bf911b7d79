"""The gate for losses: each on data whose modes are known, by the recipes ``toy-…``.

    python tests/benchmarks toys                    every loss, toy and seed that is not done yet
    python tests/benchmarks toys --toys ring,grid --losses hinge,hinge+r1 --seeds 0
    python tests/benchmarks toys --jobs 2           two at a time, a thread each
    python tests/benchmarks toys --table            the table of what is done

A run is a recipe with other losses: the same networks, optimizers and steps. Each result is a line
of ``toys.jsonl`` (``--results FILE``), so that it can be stopped at any time and goes on. The table
is Markdown. Losses that are not installed are left out, and named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

import ganfw
from ganfw.registry.discovery import discover

ADVERSARIAL = ("nonsaturating", "minimax", "least-squares", "hinge", "wasserstein", "rpgan",
               "relativistic-average", "dual-contrastive", "top-k", "logan",
               "random-hinge")  # fmt: skip
PENALTIES = ("", "r1", "r1+r2", "gradient-penalty")
"""What each adversarial loss is tried with."""

REGULARISERS = ("dragan", "max-gradient-penalty", "lecam", "drift", "zcr", "cr", "bcr", "icr",
                "mode-seeking", "orthogonal", "feature-matching")  # fmt: skip
"""What two of them are tried with: a common one, and the best."""

SETTINGS: Mapping[str, Mapping[str, object]] = {
    "gradient-penalty": {"loss.gradient-penalty.strength": 0.1},
    "dragan": {"loss.dragan.strength": 0.1},
    "feature-matching": {"disc.head": "features"},
}
"""Strengths that suit points in a plane, not pictures, and what a loss needs. Those of ``r1`` and
``r2`` are the recipes'."""

MODES = ("ring", "grid", "100")
TOYS = (*MODES, "spiral", "moons")
SEEDS = (0, 1, 2)
QUIET = ("progress", "metrics-log", "samples", "loss-curve", "checkpoints", "collapse-watch",
         "model-card")  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """A recipe ``toy-…``, the losses in place of its own, joined by ``+``, and a seed."""

    toy: str
    losses: str
    seed: int


@dataclass(frozen=True)
class Result:
    """What a trial found, or why it ended before: ``failed`` is "" for one that did not."""

    toy: str
    losses: str
    seed: int
    steps: int
    seconds: float
    scores: dict[str, float]
    failed: str

    @property
    def trial(self) -> Trial:
        return Trial(self.toy, self.losses, self.seed)


def main(words: Sequence[str]) -> None:
    """Parse, run what is missing, print the table."""
    given = _parser().parse_args(words)
    given.losses = given.losses or combinations()
    done = read(given.results)
    if not given.table:
        wanted = [Trial(*row) for row in itertools.product(given.toys, given.losses, given.seeds)]
        missing = [trial for trial in wanted if trial not in {result.trial for result in done}]
        for result in run_all(missing, given.steps, given.jobs):
            done.append(result)
            with given.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result)) + "\n")
            print(f"{result.seconds:5.1f} s  {result.losses} on {result.toy}, seed {result.seed}: "
                  f"{result.failed or result.scores}", flush=True)  # fmt: skip
    print(table([result for result in done if result.losses in given.losses], given.toys))


def combinations() -> list[str]:
    """Every combination whose losses are installed; the others are named."""
    pairs = [*itertools.product(ADVERSARIAL, PENALTIES),
             *itertools.product(("nonsaturating", "rpgan"), REGULARISERS)]  # fmt: skip
    registry = discover()
    missing = [name for name in (*ADVERSARIAL, *REGULARISERS) if not registry.has("loss", name)]
    if missing:
        print(f"not installed: {', '.join(missing)}")
    return ["+".join(filter(None, pair)) for pair in pairs if not {*pair} & set(missing)]


def run_all(trials: Sequence[Trial], steps: int | None, jobs: int) -> Iterator[Result]:
    """Results as they come, in this process, or ``jobs`` at a time in processes of one thread."""
    if jobs == 1:
        _alone()
        yield from (run(trial, steps) for trial in trials)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_alone) as pool:
        for future in as_completed([pool.submit(run, trial, steps) for trial in trials]):
            yield future.result()


def _alone() -> None:
    torch.set_num_threads(1)
    logging.getLogger("ganfw").addHandler(logging.NullHandler())
    logging.getLogger("ganfw").propagate = False


def run(trial: Trial, steps: int | None = None) -> Result:
    """Train, and judge the last step."""
    began = time.perf_counter()
    losses = trial.losses.split("+")
    settings = {key: value for name in losses for key, value in SETTINGS.get(name, {}).items()}
    metric = "gaussian-modes" if trial.toy in MODES else "swd"
    settings[f"metric.{metric}.every"] = 1_000_000
    scores, failed, last = {}, "", 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            trained = ganfw.run(
                recipe=f"toy-{trial.toy}", loss=losses, settings=settings, steps=steps,
                seed=trial.seed, no_callback=QUIET, out=folder, device="cpu",
            )  # fmt: skip
            (record,) = trained.scores()
            names = ("modes", "modes_known", "high_quality", "kl", "swd")
            scores = {name: record.scores[name] for name in names if name in record.scores}
            last = record.step
        except ganfw.TrainingError as error:
            failed = str(error).splitlines()[0]
    seconds = round(time.perf_counter() - began, 1)
    return Result(**asdict(trial), steps=last, seconds=seconds, scores=scores, failed=failed)


def read(path: Path) -> list[Result]:
    """The results so far."""
    if not path.exists():
        return []
    return [Result(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def table(results: Sequence[Result], toys: Sequence[str]) -> str:
    """A row for each combination, a column for each toy, as Markdown."""
    rows = [["losses", *toys], ["---", *["---:"] * len(toys)]]
    for losses in dict.fromkeys(result.losses for result in results):
        own = [result for result in results if result.losses == losses]
        cells = [cell([result for result in own if result.toy == toy]) for toy in toys]
        rows.append([f"`{losses}`", *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cell(results: Iterable[Result]) -> str:
    """``8, 8, 7 · 93 %``: the modes of each seed and the median share of good samples; or the
    median distance and its range."""
    ordered = sorted(results, key=lambda result: result.seed)
    scores = [result.scores for result in ordered if not result.failed]
    if not ordered:
        return ""
    if not scores:
        return "nan"
    if "swd" in scores[0]:
        found = sorted(score["swd"] for score in scores)
        return f"{statistics.median(found):.3f} ({found[0]:.3f}–{found[-1]:.3f})"
    modes = ["nan" if result.failed else str(int(result.scores["modes"])) for result in ordered]
    good = statistics.median(score["high_quality"] for score in scores)
    return f"{', '.join(modes)} · {good:.0%}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks toys")
    parser.add_argument("--toys", type=_words, default=TOYS, help=f"some of {','.join(TOYS)}")
    parser.add_argument("--losses", type=_words, default=None, help="such as hinge,rpgan+r1+r2")
    parser.add_argument("--seeds", type=lambda words: [int(word) for word in _words(words)],
                        default=SEEDS)  # fmt: skip
    parser.add_argument("--steps", type=int, help="instead of the recipes' own")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path("toys.jsonl"))
    parser.add_argument("--table", action="store_true", help="print it, run nothing")
    return parser


def _words(text: str) -> list[str]:
    return text.split(",")
