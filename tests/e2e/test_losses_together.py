"""Many losses in one run: they train beside each other, are logged, and resume exactly."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Ganfw = Callable[..., Result]

PICTURES = (
    "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "-s", "data.species=4",
    "-s", "data.individuals=8", "-s", "data.size=16", "--batch-size", 8, "--latent-dim", 8,
    "-s", "gen.channels=8", "-s", "disc.channels=8", "--no-callback", "loss-curve",
    "--no-callback", "samples", "--quiet", "-s", "train.log_every=1",
    "-s", "callback.checkpoints.every_steps=2", "--steps", 4,
)  # fmt: skip


@pytest.mark.parametrize(
    ("head", "losses"),
    [
        (
            "embeddings",
            "top-k lecam drift icr cr dragan orthogonal mode-seeking feature-matching 2c d2d-ce",
        ),
        ("twin-classes", "relativistic-average dual-contrastive logan max-gradient-penalty r1 bcr "
         "zcr auxiliary-classifier tac adc"),
    ],
)  # fmt: skip
def test_losses_beside_each_other(ganfw: Ganfw, tmp_path: Path, head: str, losses: str) -> None:
    words = [word for name in losses.split() for word in ("--loss", name)]
    given = ("-s", f"disc.head={head}", "-s", "disc.spectral=true", "-s", "disc.norm=none")
    result = ganfw("run", *PICTURES, *given, *words, "-s", "train.fake_labels=shuffled")
    assert result.exit_code == 0, result.output
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    assert ganfw("resume", copy, "--from-step", 2, "--quiet").exit_code == 0
    for name in ("generator/model.safetensors", "checkpoints/000004/state.safetensors"):
        assert (copy / name).read_bytes() == (run / name).read_bytes()
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    logged = {key[2:].partition(".")[0] for key in rows[-1] if key[:2] in ("D/", "G/")}
    assert logged == set(losses.split())
