"""The first GAN of the book reaches the book's numbers."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from safetensors.numpy import load_file

Ganfw = Callable[..., Result]

A = np.array([[1.0, 2.0], [-0.1, 0.5]])
B = np.array([1.0, 2.0])
LAST_LINE = re.compile(r"loss_D (\d\.\d{3}), loss_G (\d\.\d{3}), [\d.]+ examples/sec on cpu")


def _squared_frechet(run: Path) -> float:
    """Between the generator's N(bias, W·Wᵀ) and the data's N(b, AᵀA) (Dowson & Landau 1982)."""
    weights = load_file(run / "generator" / "model.safetensors")
    mean, factor = weights["layer.bias"].astype(float), weights["layer.weight"].astype(float)
    made, true = factor @ factor.T, A.T @ A
    root = np.sqrt(np.linalg.eigvals(made @ true).real.clip(0)).sum()
    return float(((mean - B) ** 2).sum() + np.trace(made) + np.trace(true) - 2 * root)


@pytest.mark.slow
def test_three_seeds(ganfw: Ganfw) -> None:
    distances = []
    for seed in range(3):
        words = ("--no-callback", "samples", "--no-callback", "loss-curve", "--seed", seed)
        result = ganfw("run", "--recipe", "d2l-gaussian", *words)
        assert result.exit_code == 0, result.output
        found = LAST_LINE.fullmatch(result.stdout.splitlines()[-1])
        assert found, result.stdout
        assert all(0.68 <= float(loss) <= 0.72 for loss in found.groups())
        distances.append(_squared_frechet(Path(f"runs/{seed + 1:04d}-linear-gaussian")))
    assert statistics.median(distances) <= 0.1
