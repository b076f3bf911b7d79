"""How near the Gaussian of ch. 20.1 is met: squared Fréchet distances of ``d2l-gaussian``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from measuring import Row
from safetensors.numpy import load_file

import ganfw


def rows(quick: bool) -> Iterator[Row]:
    """The book's final losses are 0.693 and 0.693."""
    with tempfile.TemporaryDirectory() as out:
        for seed in range(1 if quick else 5):
            run = ganfw.run(recipe="d2l-gaussian", seed=seed, out=out, no_callback="progress")
            assert run.outcome is not None
            losses = f"losses {run.outcome.loss_D:.3f}, {run.outcome.loss_G:.3f}"
            distance = f"{squared_frechet(run.path):.4f}"
            yield Row(f"d2l-gaussian, seed {seed}", losses, "0.693, 0.693", distance, "")


def squared_frechet(run: Path) -> float:
    weights = load_file(run / "generator" / "model.safetensors")
    A, b = np.array([[1.0, 2.0], [-0.1, 0.5]]), np.array([1.0, 2.0])
    mean, factor = weights["layer.bias"].astype(float), weights["layer.weight"].astype(float)
    made, true = factor @ factor.T, A.T @ A
    root = np.sqrt(np.linalg.eigvals(made @ true).real.clip(0)).sum()
    return float(((mean - b) ** 2).sum() + np.trace(made) + np.trace(true) - 2 * root)
