"""The README in a run's folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from ganfw import read_scores
from ganfw.storage.run_dir import RunDir
from ganfw_plugins.callbacks.model_card import table

Ganfw = Callable[..., Result]
POINTS = ("run", "--recipe", "d2l-gaussian", "-s", "data.count=64")


def test_the_model_card_shows_samples_and_scores(ganfw: Ganfw) -> None:
    result = ganfw(*POINTS, "--epochs", "2", "--metric", "frechet-gaussian", "-s",
                   "metric.frechet-gaussian.samples=500", "--out", "mein lä|uf")  # fmt: skip
    assert result.exit_code == 0, result.output
    folder = Path("mein lä|uf/0001-linear-gaussian")
    card = (folder / "README.md").read_text(encoding="utf-8")
    score = read_scores(RunDir(folder))[-1]
    assert f"| `frechet_gaussian` | {score.main_score:.5g} | lower | {score.step} |" in card
    assert f"The best step, by the first of the run's metrics, is {_best(folder)}:" in card
    (picture,) = re.findall(r"!\[Samples\]\((.*)\)", card)
    assert picture == f"samples/{score.step:06d}.png"
    assert (folder / picture).is_file()
    # What is typed again is what was typed, and a bar ends no cell.
    assert "ganfw sample 'mein lä|uf/0001-linear-gaussian' -n 64" in card


def test_a_model_cards_tables_hold_anything() -> None:
    assert table(("a", "b"), [("x|y", "ö\nz")]) == "| a | b |\n| --- | --- |\n| x\\|y | ö<br>z |"


def _best(folder: Path) -> int:
    return int((folder / "checkpoints" / "best").read_text())
