"""Parts of a batch, passes in bfloat16, exact algorithms: the same game, in less memory or time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file
from torch import nn

import ganfw as package
from ganfw.errors import UsageError
from ganfw.launch.checks import _slow_precision
from ganfw.runtime.deterministic import only_deterministic
from ganfw.training.trainer import Trainer

Ganfw = Callable[..., Result]
GAUSSIAN = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "-s", "data.count=103",
            "-s", "train.batch_size=10", "--epochs", 2, "--no-callback", "loss-curve",
            "--no-callback", "samples")  # fmt: skip
SPRITES = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "-s", "data.size=16",
           "-s", "data.individuals=1", "-s", "train.batch_size=12", "-s", "gen.channels=8",
           "-s", "disc.channels=8", "--steps", 6, "--no-callback", "loss-curve",
           "--no-callback", "samples")  # fmt: skip


def _rows(number: int, name: str) -> list[dict[str, float]]:
    lines = Path(f"runs/{number:04d}-{name}/metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("losses", [("hinge",), ("least-squares", "r1")])
def test_parts_add_up_to_the_whole(ganfw: Ganfw, reduction: str, losses: tuple[str, ...]) -> None:
    words = [word for loss in losses for word in ("--loss", loss)]
    words += ["-s", f"train.reduction={reduction}", "-s", "train.disc_steps=2"]
    for parts in (1, 3):
        result = ganfw(*GAUSSIAN, *words, "-s", f"train.accumulate={parts}")
        assert result.exit_code == 0, result.output
    whole, split = _rows(1, "linear-gaussian"), _rows(2, "linear-gaussian")
    assert len(whole) == len(split) == 12
    for one, other in zip(whole, split, strict=True):
        assert one.keys() == other.keys()
        assert {key: other[key] for key in one if "/" in key} == pytest.approx(
            {key: one[key] for key in one if "/" in key}, abs=1e-5
        )


def test_labels_go_with_their_parts(ganfw: Ganfw) -> None:
    result = ganfw(*SPRITES, "-s", "train.accumulate=4")
    assert result.exit_code == 0, result.output
    assert len(_rows(1, "dcgan-sprites")) == 6


def test_bfloat16_keeps_float32_weights(ganfw: Ganfw) -> None:
    for precision in ("float32", "bf16"):
        result = ganfw(*SPRITES, "--precision", precision)
        assert result.exit_code == 0, result.output
    exact, rough = _rows(1, "dcgan-sprites"), _rows(2, "dcgan-sprites")
    assert rough[0]["loss_D"] != exact[0]["loss_D"]
    assert rough[0]["loss_D"] == pytest.approx(exact[0]["loss_D"], rel=0.02)
    weights = load_file("runs/0002-dcgan-sprites/generator/model.safetensors")
    floats = [each for name, each in weights.items() if "num_batches" not in name]
    assert {each.dtype for each in floats} == {torch.float32}


def test_tf32_is_a_switch_of_torchs(ganfw: Ganfw) -> None:
    assert ganfw(*GAUSSIAN, "--precision", "tf32").exit_code == 0
    assert torch.get_float32_matmul_precision() == "high"
    assert ganfw(*GAUSSIAN).exit_code == 0
    assert torch.get_float32_matmul_precision() == "highest"


def test_an_unknown_precision(ganfw: Ganfw) -> None:
    result = ganfw(*GAUSSIAN, "--precision", "fp8")
    assert result.exit_code == 2
    assert "train: precision = fp8" in result.stderr


def test_a_run_on_a_gpu_is_told_what_float32_costs() -> None:
    cuda, convolution = torch.device("cuda", 0), nn.Conv2d(1, 1, 1)
    (notice,) = _slow_precision("float32", cuda, [nn.Linear(1, 1), convolution])
    assert notice.startswith("float32 on cuda:0 is exact and slow")
    assert _slow_precision("float32", cuda, [nn.Linear(1, 1)]) == []
    assert _slow_precision("bf16", cuda, [convolution]) == []
    assert _slow_precision("float32", torch.device("cpu"), [convolution]) == []


def test_deterministic_algorithms_are_used_during_the_run(
    ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    seen, run_epoch = [], Trainer._run_epoch

    def watched(trainer: Trainer) -> None:
        seen.append(torch.are_deterministic_algorithms_enabled())
        run_epoch(trainer)

    monkeypatch.setattr(Trainer, "_run_epoch", watched)
    run = "runs/0001-linear-gaussian"
    for words in ((*GAUSSIAN, "-s", "train.deterministic=true"), ("resume", run, "--epochs", 3),
                  GAUSSIAN):  # fmt: skip
        assert ganfw(*words).exit_code == 0
        assert not torch.are_deterministic_algorithms_enabled()
    assert seen == [True, True, True, False, False]


def test_what_has_no_deterministic_algorithm_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    refusal = "some_cuda does not have a deterministic implementation, but you set 'it'"
    with (
        pytest.raises(UsageError, match=r"train\.deterministic: some_cuda does not have"),
        only_deterministic(True),
    ):
        raise RuntimeError(refusal)
    assert not torch.are_deterministic_algorithms_enabled()
    with pytest.raises(RuntimeError, match="another"), only_deterministic(True):
        raise RuntimeError("another")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
)
def test_short_memory_says_what_to_try(
    ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(trainer: Trainer) -> None:
        raise error

    monkeypatch.setattr(Trainer, "_run_epoch", fail)
    result = ganfw(*GAUSSIAN)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: out of memory with batches of 10: try -s train.accumulate=2, which splits them, "
        "or -s train.batch_size=5"
    )


def test_from_python(tmp_path: Path) -> None:
    run = package.run(gen="linear", disc="mlp", data="gaussian", steps=3, precision="bf16",
                      out=tmp_path)  # fmt: skip
    assert 'precision = "bf16"' in (run.path / "config.toml").read_text()
