"""The compiled step gives the eager one's losses, or is refused with the reason."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from torch import nn

from ganfw.training.updates import UPDATES

Ganfw = Callable[..., Result]
Process = Callable[..., "subprocess.Popen[str]"]
GAUSSIAN = ("run", "--recipe", "d2l-gaussian", "--no-callback", "loss-curve", "--no-callback",
            "samples", "-s", "data.count=404")  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--loss", "nonsaturating", "--loss", "r1"), "loss 'r1' differentiates the critic's"),
        (("--callback", "grad-clip"), "callback 'grad-clip' watches gradients"),
        (("-s", "gen.optimizer.use=sgd"), "SGD can't be compiled: use adam"),
        (("--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "-s", "data.individuals=1",
          "-s", "data.size=16", "-s", "gen.channels=8", "-s", "disc.channels=8"),
         "the generator keeps statistics (batch norm's, say)"),
    ],
)  # fmt: skip
def test_what_cannot_be_compiled_is_refused(
    ganfw: Ganfw, words: tuple[str, ...], said: str
) -> None:
    result = ganfw(*GAUSSIAN[:3], *words, "--compile", "--steps", 2)
    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]
    assert not Path("runs").exists()


def _rows(out: Path) -> torch.Tensor:
    lines = (out / "0001-linear-gaussian" / "metrics.jsonl").read_text().splitlines()
    return torch.tensor([[json.loads(line)[key] for key in ("loss_D", "loss_G")] for line in lines])


@pytest.mark.skipif(shutil.which("c++") is None, reason="torch compiles with a C++ compiler")
def test_a_compiled_run_is_the_eager_run(ganfw_process: Process, tmp_path: Path) -> None:
    """Also over the smaller last batch of each epoch, a schedule of the rates, and a resume."""

    def run(*words: object) -> str:
        process = ganfw_process(*words)
        _, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
        return error

    scheduled = (*GAUSSIAN, "--callback", "lr-schedule", "--epochs", 2)
    run(*scheduled, "--out", "eager")
    error = run(*scheduled, "--compile", "--out", "compiled")
    assert "the step is compiled (" in error
    assert "recompile" not in error
    eager, compiled = (_rows(tmp_path / out) for out in ("eager", "compiled"))
    assert len(eager) == 2 * 51
    torch.testing.assert_close(compiled, eager, rtol=1e-3, atol=1e-3)
    run(*GAUSSIAN, "--compile", "--steps", 80, "--out", "whole")
    run(*GAUSSIAN, "--compile", "--steps", 60, "--out", "halves")
    run("resume", "halves/0001-linear-gaussian", "--steps", 80)
    assert torch.equal(_rows(tmp_path / "halves"), _rows(tmp_path / "whole"))


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (torch.optim.Adam, {"lr": 0.01, "betas": (0.5, 0.99), "weight_decay": 0.1}),
        (torch.optim.AdamW, {"lr": 0.02, "betas": (0.9, 0.999), "weight_decay": 0.3}),
    ],
)
def test_updates_are_torchs(cls: type[torch.optim.Optimizer], options: dict[str, object]) -> None:
    torch.manual_seed(0)
    start = torch.randn(3, 2)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    optimizer = cls([theirs], **options)  # type: ignore[call-arg]
    names = ("step", "exp_avg", "exp_avg_sq")
    state = {name: torch.zeros(()) if name == "step" else torch.zeros(3, 2) for name in names}
    for _ in range(5):
        theirs.grad = torch.randn(3, 2)
        optimizer.step()
        rate = torch.tensor(options["lr"])
        with torch.no_grad():
            UPDATES[cls.__name__](ours, theirs.grad, state, rate, optimizer.param_groups[0])
    torch.testing.assert_close(ours, theirs)
    for name in names:
        torch.testing.assert_close(state[name], optimizer.state[theirs][name])
