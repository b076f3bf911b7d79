"""Seeded loss curves of all recipes, which no refactoring may move.

Regenerate them (only for a change that means to move them) with ``GANFW_WRITE_GOLDEN=1``.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from ganfw_plugins.sprites.creatures import draw

Ganfw = Callable[..., Result]
HERE = Path(__file__).parent
QUIET = ("--no-callback", "samples", "--no-callback", "loss-curve")


def _curve(run: Path) -> list[list[float]]:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [[round(row["loss_D"], 6), round(row["loss_G"], 6)] for row in rows]


def _hold(name: str, curve: list[list[float]], tolerance: float) -> None:
    path = HERE / f"{name}.json"
    if os.environ.get("GANFW_WRITE_GOLDEN"):
        path.write_text(json.dumps(curve) + "\n")
    golden = json.loads(path.read_text())
    assert len(curve) == len(golden)
    for step, (now, then) in enumerate(zip(curve, golden, strict=True), start=1):
        assert now == pytest.approx(then, abs=tolerance), step


def test_d2l_gaussian(ganfw: Ganfw) -> None:
    result = ganfw("run", "--recipe", "d2l-gaussian", "--steps", 100, *QUIET)
    assert result.exit_code == 0, result.output
    _hold("d2l-gaussian", _curve(Path("runs/0001-linear-gaussian")), 1e-4)


def test_d2l_dcgan(ganfw: Ganfw) -> None:
    """On an archive made here, and narrower, so that it takes seconds."""
    with zipfile.ZipFile("book.zip", "w") as archive:
        for i in range(48):
            content = io.BytesIO()
            Image.fromarray(draw(0, i % 6, i // 6).transpose(1, 2, 0)).save(content, "PNG")
            archive.writestr(f"pokemon/kind-{i % 6}/{i}.png", content.getvalue())
    # Row by row: at this learning rate another order of additions soon shows, and channels last
    # is one. That it is nothing but another order is shown in ``unit/test_layout.py``.
    words = ("-s", "data.archive=book.zip", "-s", "train.batch_size=16", "--epochs", 3,
             "-s", "gen.channels=16", "-s", "disc.channels=16",
             "-s", "train.channels_last=false")  # fmt: skip
    result = ganfw("run", "--recipe", "d2l-dcgan", *words, *QUIET)
    assert result.exit_code == 0, result.output
    # Kernels of other machines round otherwise, and this learning rate amplifies it.
    _hold("d2l-dcgan", _curve(Path("runs/0001-dcgan-pokemon")), 0.02)


def test_pictures(ganfw: Ganfw) -> None:
    """Smaller and narrower, so that it takes seconds: both critics, all losses, the augment."""
    words = ("-s", "data.species=6", "-s", "data.individuals=8", "-s", "data.size=32",
             "-s", "gen.channels=8", "-s", "disc.channels=8", "-s", "disc.layout=8", "--steps", 24,
             "-s", "train.channels_last=false")  # fmt: skip
    result = ganfw("run", "--recipe", "pictures", *words, *QUIET)
    assert result.exit_code == 0, result.output
    _hold("pictures", _curve(Path("runs/0001-compact-sprites")), 0.02)
