"""Published methods as plugins of one file each: they are found, checked, run, resumed exactly,
sampled and reported on. Each is one line of `METHODS`, with what its paper claims beside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file

from ganfw import load
from ganfw.registry.discovery import discover

Ganfw = Callable[..., Result]

PLUGINS = Path(__file__).parents[1] / "plugins"
STEPS, BETWEEN = 6, 3

PICTURES = (
    "--data sprites -s data.species=4 -s data.individuals=8 -s data.size=16 --latent-dim 8 "
    "--batch-size 8"
)
DCGAN = f"{PICTURES} --gen dcgan --disc dcgan -s gen.channels=8 -s disc.channels=8"
POINTS = "--data ring -s data.count=64 --batch-size 8 --disc mlp"


@dataclass(frozen=True)
class Method:
    """A plugin file, the words of a run that uses it, and what must be true of that run.
    ``checked`` is whether ``ganfw check`` knows how to check it."""

    file: str
    words: str
    claim: Callable[[Path], None] = lambda run: None
    checked: bool = True

    @property
    def path(self) -> Path:
        return PLUGINS / f"{self.file}.py"


METHODS = [
    Method("wgan_gp", f"{DCGAN} --loss wgan-gp -s disc.norm=none -s train.disc_steps=2"),
    Method("sngan", f"{PICTURES} --gen sngan --disc projection --loss hinge -s gen.channels=8 -s disc.channels=8"),
    Method("sagan", f"{PICTURES} --gen sagan --disc sagan --loss hinge -s gen.channels=8 -s disc.channels=8"),
    Method("dragan", f"{DCGAN} --loss nonsaturating --loss dragan"),
    Method("consistency", f"{DCGAN} --loss hinge --loss consistency"),
    Method("acgan", f"{PICTURES} --gen acgan --disc acgan --loss nonsaturating --loss acgan -s gen.channels=8 -s disc.channels=8 --precision bf16", checked=False),
    Method("lecam", f"{DCGAN} --loss hinge --loss lecam"),
    Method("top_k", f"{DCGAN} --loss top-k -s loss.top-k.decay=0.8"),
    Method("orthogonal", f"{DCGAN} --loss hinge --loss orthogonal"),
    Method("zcr", f"{DCGAN} --loss hinge --loss zcr"),
    Method("mode_seeking", f"{DCGAN} --loss hinge --loss mode-seeking"),
    Method("path_length", f"{PICTURES} --gen style --disc dcgan --loss nonsaturating --loss path-length -s loss.path-length.every=2 -s gen.channels=8 -s disc.channels=8", checked=False),
    Method("fastgan", f"{PICTURES} --gen dcgan --disc fastgan --loss hinge --loss reconstruction -s gen.channels=8 -s disc.channels=8", checked=False),
    Method("projected", f"{PICTURES} --gen dcgan --disc projected --loss hinge -s gen.channels=8 -s disc.channels=8 -s disc.features=8", checked=False),
    Method("r3gan", f"{DCGAN} --loss r3gan -s disc.norm=none"),
    Method("history", f"{DCGAN} --loss nonsaturating --loss history -s loss.history.size=24"),
    Method("uniform", f"{POINTS} --gen uniform --loss nonsaturating"),
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.file)
def test_a_published_method(ganfw: Ganfw, tmp_path: Path, method: Method) -> None:
    def call(*words: object) -> str:
        result = ganfw(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    names = [part.component.name for part in discover([method.path]).components()
             if part.source.name == method.path.name]  # fmt: skip
    listed = call("list", "--plugin", method.path)
    assert names and all(name in listed for name in names)
    if method.checked:
        call("check", method.path)
    quiet = ("--no-callback", "samples", "--no-callback", "loss-curve", "--quiet")
    call("run", *method.words.split(), "--plugin", method.path, "--steps", STEPS, *quiet,
         "-s", f"callback.checkpoints.every_steps={BETWEEN}", "-s", "train.log_every=1")  # fmt: skip
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    call("resume", copy, "--from-step", BETWEEN, "--quiet")
    assert _weights(copy) == _weights(run)
    assert _losses(copy) == _losses(run)
    assert len(_losses(run)) == STEPS
    call("sample", run, "-n", 4, "-o", "samples.png")
    call("report", run, "-o", "report.html")
    method.claim(run)


def _weights(run: Path) -> dict[str, bytes]:
    found = {file.relative_to(run).as_posix(): file.read_bytes()
             for file in run.rglob("*.safetensors")}  # fmt: skip
    assert {"generator/model.safetensors", "discriminator/model.safetensors"} < found.keys()
    return found


def _losses(run: Path) -> list[dict[str, float]]:
    """Every line of the log, but for the speed."""
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if "second" not in k} for line in lines]
