"""Someone else's optimizer: with groups of its own, recorded with the run, and resumed exactly."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Ganfw = Callable[..., Result]

PLUGIN = '''
import torch
from ganfw import Component, Options, hookimpl
from pydantic import Field

class SlowOptions(Options):
    lr: float = Field(1e-3, gt=0, le=1, description="Step size")

def slow(options, network):
    """Biases learn at a tenth of the rate."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [{"params": [w for w in weights if w.dim() > 1]},
              {"params": [w for w in weights if w.dim() <= 1], "lr": options.lr / 10}]
    return torch.optim.Adam(groups, lr=options.lr)

@hookimpl
def ganfw_components():
    return [Component("optimizer", "slow", "mine:slow", "mine:SlowOptions", summary="Slow")]
'''
RUN = ("run", "--plugin", "mine.py", "--gen", "linear", "--disc", "mlp", "--data", "gaussian",
       "-s", "gen.optimizer.use=slow", "-s", "gen.optimizer.lr=0.01", "--callback", "lr-schedule",
       "--no-callback", "loss-curve", "--no-callback", "samples",
       "-s", "callback.checkpoints.every_steps=7")  # fmt: skip


def _rates(run: Path, step: int) -> list[float]:
    state = json.loads((run / f"checkpoints/{step:06d}/state.json").read_text())["state"]
    return [group["lr"] for group in state["players"]["gen"]["optimizer"]["param_groups"]]


def test_it_is_recorded_and_resumes_exactly(ganfw: Ganfw) -> None:
    Path("mine.py").write_text(PLUGIN)
    ended = ganfw(*RUN, "--steps", 20)
    assert ended.exit_code == 0, ended.output
    run = Path("runs/0001-linear-gaussian")
    record = json.loads((run / "provenance.json").read_text())
    names = {component["slot"]: component["name"] for component in record["components"]}
    assert names["gen.optimizer"] == "mine.py/slow"
    assert names["disc.optimizer"] == "ganfw/adam"
    rates = _rates(run, 14)
    assert rates[0] < 0.01
    assert rates[1] == pytest.approx(rates[0] / 10)
    before = (run / "generator/model.safetensors").read_bytes()
    shutil.rmtree(run / "checkpoints/000020")
    resumed = ganfw("resume", run, "--from-step", 7, "--plugin", "mine.py")
    assert resumed.exit_code == 0, resumed.output
    assert (run / "generator/model.safetensors").read_bytes() == before


def test_what_is_no_optimizer_is_one_line(ganfw: Ganfw) -> None:
    Path("mine.py").write_text(PLUGIN.replace("return torch.optim.Adam(groups, lr=options.lr)", ""))
    ended = ganfw(*RUN, "--steps", 20)
    assert ended.exit_code == 1
    assert ended.stderr.endswith("Error: optimizer 'slow' gave no torch.optim.Optimizer\n")
