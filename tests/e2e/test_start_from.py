"""``--from RUN``: another run's networks to start from, with layers that keep their weights."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import Result
from safetensors.torch import load_file
from torch import Tensor, equal

import ganfw as package

Ganfw = Callable[..., Result]
SMALL = ("-s", "data.species=4", "-s", "data.individuals=2", "-s", "gen.channels=8",
         "-s", "disc.channels=8", "-s", "train.batch_size=4", "--steps", "2")  # fmt: skip


def _weights(run: Path, network: str) -> dict[str, Tensor]:
    return load_file(run / network / "model.safetensors")


@pytest.fixture
def first(ganfw: Ganfw) -> Path:
    """A run of dcgan on 32×32 pictures."""
    result = ganfw(
        "run", "sprites", "--gen", "dcgan", "--disc", "dcgan", "--size", 32, *SMALL, "--seed", 1
    )
    assert result.exit_code == 0, result.output
    return Path("runs/0001-dcgan-sprites")


def test_the_same_networks_go_on(ganfw: Ganfw, first: Path) -> None:
    made = json.loads((first / "provenance.json").read_text())
    (disc,) = (it for it in made["components"] if it["slot"] == "disc")
    disc["version"] = 0
    (first / "provenance.json").write_text(json.dumps(made))
    words = ("--lr", 0, "-s", "gen.freeze=blocks.0", "-s", "disc.slope=0.25")
    result = ganfw("run", "--from", first, "--steps", 1, *words)
    assert result.exit_code == 0, result.output
    (warned,) = [line for line in result.stderr.splitlines() if "had version" in line]
    assert f"discriminator 'dcgan' had version 0 in {first.absolute()} and has " in warned
    assert "now: what is taken from there may mean something else: channels = 8, " in warned
    assert "slope" not in warned  # it is set anew
    run = Path("runs/0002-dcgan-sprites")
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("from ")]
    assert line.startswith(f"from {first.absolute()}, step 2: gen: ")
    assert "new" not in line
    config = tomllib.loads((run / "config.toml").read_text())
    assert config["data"]["size"] == 32
    assert config["gen"]["freeze"] == ["blocks.0"]
    assert config["train"]["start_from"] == str(first.absolute())
    # The rate is 0, so that these are the weights it began with.
    before, after = _weights(first, "generator"), _weights(run, "generator")
    trained = [name for name in before if "running" not in name and "num_" not in name]
    assert all(equal(before[name], after[name]) for name in trained)
    record = json.loads((run / "provenance.json").read_text())["started_from"]
    assert (record["run"], record["step"]) == (str(first.absolute()), 2)
    file = first / "discriminator" / "model.safetensors"
    assert record["weights"]["disc"] == sha256(file.read_bytes()).hexdigest()
    # A resumed run does not ask for where it started.
    first.rename("elsewhere")
    assert ganfw("resume", run, "--steps", 2).exit_code == 0


def test_frozen_layers_keep_their_weights(ganfw: Ganfw, first: Path) -> None:
    words = ("-s", "disc.freeze=blocks.0,blocks.1")
    result = ganfw("run", "--from", first, "--steps", 3, *words)
    assert result.exit_code == 0, result.output
    run = Path("runs/0002-dcgan-sprites")
    assert ganfw("resume", run, "--steps", 5).exit_code == 0
    before, after = _weights(first, "discriminator"), _weights(run, "discriminator")
    weights = {name for name in before if name.endswith((".weight", ".bias"))}
    kept = {name for name in weights if equal(before[name], after[name])}
    assert kept == {name for name in weights if name.startswith(("blocks.0.", "blocks.1."))}
    assert kept


def test_another_size_takes_what_fits(ganfw: Ganfw, first: Path) -> None:
    result = ganfw("run", "--from", first, "--size", 64, "--steps", 1, "--lr", 0)
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("from ")]
    assert "new are" in line
    before, after = (
        _weights(run, "discriminator") for run in (first, Path("runs/0002-dcgan-sprites"))
    )
    assert equal(before["blocks.0.0.weight"], after["blocks.0.0.weight"])


def test_another_network_is_new_and_said_to_be(ganfw: Ganfw, first: Path) -> None:
    result = ganfw("run", "--from", first, "--disc", "compact", "--steps", 1)
    assert "disc: new, it is 'ganfw/dcgan' there and 'ganfw/compact' here" in result.stderr
    result = ganfw("run", "--from", first, "--gen", "compact", "--disc", "compact", "--steps", 1)
    assert result.exit_code == 1
    assert "has no network for this run: gen: it is 'ganfw/dcgan' there" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-s", "gen.freeze=nowhere"), "gen 'dcgan': freeze = nowhere is no layer; there are "),
        (("-s", "gen.freeze=blocks,last"), "freeze leaves no weight that learns"),
    ],
)
def test_what_can_not_be_frozen(
    ganfw: Ganfw, first: Path, words: tuple[str, ...], said: str
) -> None:
    if "last" in words[1]:
        tops = {name.partition(".")[0] for name in _weights(first, "generator")}
        words = ("-s", f"gen.freeze={','.join(tops)}")
    result = ganfw("run", "--from", first, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not Path("runs/0002-dcgan-sprites").exists()


def test_what_is_no_run(ganfw: Ganfw, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, said in (("nowhere", "no run folder nowhere"), ("empty", "is no run folder")):
        result = ganfw("run", "--from", folder)
        assert result.exit_code == 1
        assert said in result.stderr


def test_from_python(ganfw: Ganfw, first: Path) -> None:
    run = package.run(start_from=first, steps=1, settings={"disc.freeze": ["blocks.0"]})
    assert json.loads((run.path / "provenance.json").read_text())["started_from"]["step"] == 2
