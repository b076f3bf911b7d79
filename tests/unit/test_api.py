"""The same from Python."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import ganfw


@pytest.fixture
def run(tmp_path: Path) -> ganfw.Run:
    return ganfw.run(
        gen="linear",
        disc="mlp",
        data="gaussian",
        loss=["least-squares", "gradient-penalty", "late=gradient-penalty"],
        callback="ema",
        no_callback=["loss-curve"],
        settings={"data.count": 40, "loss.late.strength": "0..1"},
        epochs=2,
        batch_size=8,
        lr=1e-3,
        seed=3,
        name="mine",
        out=tmp_path / "runs",
    )


def test_a_run_and_what_it_holds(run: ganfw.Run) -> None:
    assert run.path.name == "0001-mine"
    assert run.outcome is not None
    assert run.outcome.step == 10
    assert [row.step for row in run.metrics()] == list(range(1, 11))
    terms = run.metrics()[0].terms
    assert {"D/least-squares.real", "D/gradient-penalty.penalty"} <= terms.keys()
    assert terms["D/late.penalty"] == 0 < run.metrics()[1].terms["D/late.penalty"]
    png = run._repr_png_()
    assert png is not None
    assert png.startswith(b"\x89PNG")
    assert run.preview(8).size[0] > 0
    config = tomllib.loads((run.path / "config.toml").read_text())
    assert config["gen"]["optimizer"]["lr"] == config["disc"]["optimizer"]["lr"] == 1e-3
    longer = run.resume(epochs=3)
    assert longer.outcome is not None
    assert longer.outcome.step == 15


def test_samples_are_a_function_of_the_seed(run: ganfw.Run) -> None:
    sampler = ganfw.load(run.path)
    assert sampler.folder.name == "generator_ema"
    samples = sampler.sample(64)
    assert samples.shape == (64, 2)
    assert torch.equal(samples, ganfw.load(run.path).sample(64))
    assert torch.equal(samples, run.sample(64))
    assert not torch.equal(samples, sampler.sample(64, seed=1))
    plain = ganfw.load(run.path / "generator").sample(64)
    assert not torch.equal(samples, plain)


def test_a_network_loads_alone(run: ganfw.Run, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (run.path / "generator").rename(elsewhere)
    assert ganfw.load(elsewhere).sample(3).shape == (3, 2)
    weights = load_file(elsewhere / "model.safetensors")
    assert {name: tuple(weight.shape) for name, weight in weights.items()} == {
        "layer.weight": (2, 2),
        "layer.bias": (2,),
    }


def test_a_run_folder_holds_no_pickle(run: ganfw.Run) -> None:
    kinds = {path.suffix for path in run.path.rglob("*") if path.is_file()}
    assert kinds == {".toml", ".json", ".jsonl", ".md", ".png", ".safetensors", ""}
    bare = {path.name for path in run.path.rglob("*") if path.is_file() and not path.suffix}
    assert bare <= {"last", ".lock", ".holder"}


def test_a_folder_of_pictures_with_labels(tmp_path: Path) -> None:
    for i in range(6):
        folder = tmp_path / "photos" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (40 * i, 0, 90)).save(folder / f"{i}.png")
    run = ganfw.run(
        gen="dcgan",
        disc="dcgan",
        data=str(tmp_path / "photos"),
        size=(16, 32),
        settings={"data.channels": 1, "gen.channels": 8, "disc.channels": 8},
        no_callback="loss-curve",
        steps=1,
        out=tmp_path / "runs",
    )
    assert run.path.name == "0001-dcgan-photos"
    assert ganfw.load(run.path).sample(2).shape == (2, 1, 16, 32)


def test_errors_are_those_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(ganfw.UsageError, match="Did you mean 'dcgan'"):
        ganfw.run(gen="dcgam", disc="dcgan", data="sprites", out=tmp_path)
    with pytest.raises(ganfw.RunError, match="no run folder"):
        ganfw.load(tmp_path / "nowhere")


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seeds_that_can_not_be(run: ganfw.Run, seed: int) -> None:
    for draw in (run.sample, run.preview, ganfw.load(run.path).sample):
        with pytest.raises(ganfw.UsageError, match=f"seed {seed}: give 0 or more"):
            draw(4, seed=seed)
    with pytest.raises(ganfw.UsageError, match=f"seed {seed}: give 0 or more"):
        run.evaluate("c2st", seed=seed)
    assert run.scores() == []
    assert run.sample(4, seed=2**63 - 1).shape == (4, 2)
