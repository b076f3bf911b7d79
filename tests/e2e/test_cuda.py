"""Whole runs on a GPU: resumed, in every precision, sampled and scored, and moved to the CPU."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result

from ganfw.sampling.latents import Latents

Ganfw = Callable[..., Result]
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

PICTURES = (
    "run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "-s", "data.species=10",
    "-s", "data.individuals=5", "-s", "data.size=32", "-s", "gen.channels=16",
    "-s", "disc.channels=16", "-s", "train.batch_size=8", "-s", "train.log_every=4",
    "--no-callback", "loss-curve", "--no-callback", "samples",
)  # fmt: skip
RUN = Path("runs/0001-dcgan-sprites")
NETWORKS = ("generator", "discriminator", "generator_ema")

KILLED = """
    import os, signal, sys
    from ganfw.cli import main
    from ganfw.training.game import Game

    kill_at, step = int(sys.argv.pop(1)), Game.step

    def deadly(self, batches, latents, on_gradients, number):
        if number == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, batches, latents, on_gradients, number)

    Game.step = deadly
    main()
"""
"""ganfw in a process that is killed before a step."""


def _ran(ganfw: Ganfw, *words: object) -> str:
    result = ganfw(*words)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.stdout


def _losses(run: Path) -> list[tuple[float, float]]:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(row["loss_D"], row["loss_G"]) for row in rows]


def _gap(run: Path, other: Path, steps: int | None = None) -> float:
    """The largest difference of two runs' losses, relative to the larger of 1 and the loss."""
    pairs = zip(_losses(run)[:steps], _losses(other)[:steps], strict=True)
    return max(
        abs(a - b) / max(abs(b), 1) for one, two in pairs for a, b in zip(one, two, strict=True)
    )


@pytest.mark.parametrize("deterministic", ["true", "false"])
@pytest.mark.usefixtures("ganfw")
def test_a_killed_run_resumes(tmp_path: Path, deterministic: str) -> None:
    """With deterministic algorithms it ends with the very bytes; without, torch promises nothing:
    whether it does is printed."""
    script = tmp_path / "deadly.py"
    script.write_text(textwrap.dedent(KILLED))

    def process(kill_at: int, *words: object) -> int:
        command = [sys.executable, script, kill_at, *words, "--device", "cuda"]
        ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        return ended.returncode

    words = (*PICTURES, "--callback", "ema", "--callback", "lr-schedule", "--epochs", 4,
             "-s", "callback.checkpoints.every_steps=5", "--loss", "nonsaturating",
             "--loss", "r1", "-s", f"train.deterministic={deterministic}")  # fmt: skip
    assert process(0, *words, "--out", "whole") == 0
    assert process(18, *words, "--out", "runs") == -signal.SIGKILL
    assert process(0, "resume", RUN) == 0
    whole = Path("whole", RUN.name)
    files = [Path(name, "model.safetensors") for name in NETWORKS]
    same = [(RUN / file).read_bytes() == (whole / file).read_bytes() for file in files]
    gap = _gap(RUN, whole)
    print(f"resumed on cuda, deterministic={deterministic}: identical {same}, apart by {gap:.3g}")
    assert deterministic == "false" or all(same)


@pytest.mark.parametrize(
    "words",
    [
        ("-s", "train.precision=bf16"),
        ("-s", "train.precision=tf32"),
        ("-s", "train.precision=bf16", "-s", "train.accumulate=2", "--augment", "diffaugment"),
        ("--augment", "ada"),
        ("--augment", "ada", "--loss", "nonsaturating", "--loss", "r1"),
        ("--loss", "hinge", "--loss", "gradient-penalty", "-s", "train.precision=bf16"),
        ("-s", "gen.optimizer.use=rmsprop", "-s", "disc.optimizer.use=sgd"),
        ("--callback", "ema", "--metric", "swd", "--metric", "random-kid",
         "-s", "metric.swd.samples=40", "-s", "metric.random-kid.samples=40"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_kind_of_run(ganfw: Ganfw, words: tuple[str, ...]) -> None:
    out = _ran(ganfw, *PICTURES, *words, "--device", "cuda", "--epochs", 2)
    assert "examples/sec on cuda:0" in out
    assert len(_losses(RUN)) == 14


# What torch 2.11 says of itself while it compiles.
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_compiled_run(ganfw: Ganfw, precision: str) -> None:
    words = (*PICTURES, "--device", "cuda", "--steps", 6, "-s", f"train.precision={precision}")
    result = ganfw(*words, "--compile")
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    assert "the networks are compiled" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--loss", "nonsaturating", "--loss", "r1", "-s", "loss.r1.every=4"),
        ("--augment", "diffaugment", "-s", "train.precision=bf16", "-s", "train.disc_steps=2"),
        ("-s", "train.accumulate=2", "--callback", "grad-clip", "--callback", "ema"),
    ],
    ids=" ".join,
)
def test_a_run_in_cuda_graphs_has_the_losses_of_a_launched_one(
    ganfw: Ganfw, words: tuple[str, ...]
) -> None:
    """Fourteen steps of two epochs, the last of each smaller and launched. With deterministic
    algorithms nothing may differ; it resumes too."""
    words = (*PICTURES, *words, "--device", "cuda", "-s", "train.deterministic=true")
    _ran(ganfw, *words, "--epochs", 2, "--out", "launched")
    result = ganfw(*words, "-s", "train.cuda_graphs=true", "--epochs", 1)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    assert "captured as CUDA graphs" in result.stderr
    _ran(ganfw, "resume", RUN, "--epochs", 2)
    gap = _gap(RUN, Path("launched", RUN.name))
    print(f"in CUDA graphs, {' '.join(words[-8:-4])}: losses apart by {gap:.3g}")
    assert gap <= 1e-3


@pytest.mark.parametrize(("first", "second"), [("cuda", "cpu"), ("cpu", "cuda")])
def test_a_run_goes_on_on_another_device(ganfw: Ganfw, first: str, second: str) -> None:
    _ran(ganfw, *PICTURES, "--callback", "ema", "--device", first, "--epochs", 1)
    result = ganfw("resume", RUN, "--device", second, "--epochs", 3)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    assert "saved on another kind of device" in result.stderr
    _ran(ganfw, "resume", RUN, "--device", first, "--epochs", 4)
    assert len(_losses(RUN)) == 28


def test_samples_and_scores_are_those_of_the_cpu(ganfw: Ganfw) -> None:
    _ran(ganfw, *PICTURES, "--callback", "ema", "--device", "cuda", "--epochs", 2)
    _ran(ganfw, "sample", RUN, "-n", 4, "-o", "samples.png")
    assert Path("samples.png").stat().st_size
    scores = []
    for device in ("cuda", "cpu"):
        words = ("--metric", "swd", "--device", device, "-s", "metric.swd.samples=40")
        _ran(ganfw, "evaluate", RUN, *words)
        line = (RUN / "scores.jsonl").read_text().splitlines()[-1]
        scores.append(json.loads(line)["result"]["swd"])
    assert scores[0] == pytest.approx(scores[1], rel=0.02)


@pytest.mark.parametrize(
    ("words", "steps", "tolerance"),
    [
        (("--recipe", "d2l-gaussian", "--steps", 100), 100, 1e-3),
        # At the book's learning rate, rounding soon shows: the first steps alone are compared.
        ((*PICTURES[1:], "--steps", 12), 3, 0.02),
    ],
    ids=["gaussian", "dcgan"],
)
def test_losses_are_those_of_the_cpu(
    ganfw: Ganfw,
    words: tuple[object, ...],
    steps: int,
    tolerance: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the same latents, as each kind of device draws its own."""
    runs = []
    for device in ("cpu", "cuda"):
        stream = torch.Generator().manual_seed(5)

        def drawn(self: Latents, count: int, stream: torch.Generator = stream) -> torch.Tensor:
            return torch.randn(count, self._shapes.latent_dim, generator=stream).to(self.device)

        monkeypatch.setattr(Latents, "__call__", drawn)
        _ran(ganfw, "run", *words, "--device", device, "--out", device)
        runs.append(next(Path(device).iterdir()))
    first, last = _gap(*runs, steps), _gap(*runs)
    print(f"cuda beside cpu: losses apart by {first:.3g} in {steps} steps, {last:.3g} in all")
    assert first <= tolerance


def test_a_run_on_the_cpu_takes_no_memory_of_the_gpu(tmp_path: Path) -> None:
    words = [str(word) for word in (*PICTURES, "--device", "cpu", "--steps", 3)]
    code = (
        "import sys, torch\nfrom ganfw.cli import main\n"
        f"main({words!r}, standalone_mode=False)\nsys.exit(torch.cuda.is_initialized())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr


def test_the_doctor(ganfw: Ganfw) -> None:
    print(_ran(ganfw, "doctor"))
    report = json.loads(_ran(ganfw, "doctor", "--json"))
    assert report["devices"][1]["device"] == "cuda:0"
    assert report["devices"][1]["error"] is None
    assert report["devices"][1]["name"] == torch.cuda.get_device_name(0)
