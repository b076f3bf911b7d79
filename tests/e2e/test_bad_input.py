"""Bad input: one clear line, the right exit status, and no run folder."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from ganfw.cli import main
from ganfw.storage import checkpoint
from ganfw.storage.checkpoint import CheckpointStore
from ganfw.storage.run_dir import RunDir

Ganfw = Callable[..., Result]
DCGAN = ("run", "--gen", "dcgan", "--disc", "dcgan")
POINTS = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian")
SMALL = (
    "-s", "data.size=16", "-s", "gen.channels=8", "-s", "disc.channels=8", "--epochs", 1,
    "--no-callback", "loss-curve",
)  # fmt: skip


def refused(result: Result, code: int) -> str:
    """The one line of a refusal."""
    assert result.exit_code == code, result.output
    lines = result.stderr.splitlines()
    assert len([line for line in lines if line.startswith("Error: ")]) == 1, result.stderr
    assert "Traceback" not in result.output
    return lines[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*DCGAN, "--data", "pokmon"), "no dataset 'pokmon'. Did you mean 'pokemon'?"),
        (("run", "--gen", "dcgam", "--disc", "dcgan", "--data", "sprites"), "mean 'dcgan'?"),
        ((*DCGAN, "--data", "sprites", "--loss", "hing"), "no loss 'hing'. Did you mean 'hinge'?"),
        ((*DCGAN, "--data", "sprites", "--callback", "emma"), "Did you mean 'ema'?"),
        (("run", "--recipe", "d2l-gausian"), "Did you mean 'd2l-gaussian'?"),
        (("show", "genn", "dcgan"), "no kind of component 'genn'. Did you mean"),
        ((*DCGAN, "--data", "pokemon", "-s", "disc.chanels=32"),
         "disc 'dcgan' has no option 'chanels'. Did you mean 'channels'?"),
        ((*DCGAN, "--data", "sprites", "-s", "gen.channels=wide"), "(int, 8..1024)"),
        ((*POINTS, "--epochs", 0), "greater than or equal to 1"),
        ((*POINTS, "--seed", -1), "seed = -1"),
        ((*POINTS, "--batch-size", 5000), "has only 1000 samples"),
        ((*POINTS, "--device", "cuda:99"), "no device cuda:99 here"),
        ((*POINTS, "--config", "missing.toml"), "missing.toml: No such file"),
        ((*POINTS, "--loss", "r1"), "gives the generator nothing to minimise"),
        ((*DCGAN, "--data", "gaussian"), "it needs pictures (C, H, W), but the data's samples are"),
        ((*DCGAN, "--data", "sprites", "--size", 50, "-s", "data.species=1",
          "-s", "data.individuals=2"), "50×50 pictures do not halve evenly"),
        (("run", "--data", "gaussian", "--disc", "mlp"), "no generator chosen: give --gen NAME"),
        ((*DCGAN, "--data", "./nowhere"), "there is no such folder"),
        ((*DCGAN, "--data", "./file.txt"), "no dataset reads the file ./file.txt: a folder is"),
        ((*DCGAN, "--data", "pics/0.png"), "pics/0.png: it is one picture"),
        ((*DCGAN, "--data", "nowhere/"), "no dataset 'nowhere/': there is no such folder"),
    ],
)  # fmt: skip
def test_usage(ganfw: Ganfw, words: tuple[object, ...], said: str) -> None:
    Path("file.txt").write_text("words")
    Path("pics").mkdir()
    Path("pics", "0.png").write_text("words")
    assert said in refused(ganfw(*words), 2)
    assert not Path("runs").exists()


def test_folders_without_pictures(ganfw: Ganfw) -> None:
    Path("empty").mkdir()
    assert "has no pictures: it is empty" in refused(ganfw(*DCGAN, "--data", "./empty"), 1)
    Path("empty", "notes.txt").write_text("words")
    assert "its 1 files are 1 × .txt" in refused(ganfw(*DCGAN, "--data", "./empty"), 1)
    assert not Path("runs").exists()


def test_a_corrupt_picture_among_good_ones(ganfw: Ganfw) -> None:
    photos = Path("photos")
    photos.mkdir()
    for i in range(4):
        Image.new("RGB", (20, 20), (60 * i, 0, 0)).save(photos / f"{i}.png")
    (photos / "bad.png").write_bytes((photos / "1.png").read_bytes()[:40])
    words = (*DCGAN, "--data", "./photos", *SMALL)
    line = refused(ganfw(*words, "-s", "data.corrupt=refuse"), 1)
    assert "bad.png can't be read as a picture" in line
    skipped = ganfw(*words)
    assert skipped.exit_code == 0, skipped.output
    assert "skipped" in skipped.stderr
    assert "bad.png" in skipped.stderr


def test_archives_not_to_be_trusted(ganfw: Ganfw) -> None:
    with zipfile.ZipFile("hostile.zip", "w") as archive:
        archive.writestr("../evil.png", b"x")
    words = (*DCGAN, "--data", "pokemon", "-s")
    assert "leads outside the archive" in refused(ganfw(*words, "data.archive=hostile.zip"), 1)
    Path("cut.zip").write_bytes(Path("hostile.zip").read_bytes()[:-20])
    assert "is damaged, or no zip" in refused(ganfw(*words, "data.archive=cut.zip"), 1)
    assert not Path("runs").exists()


def test_an_output_folder_that_can_not_be_written(ganfw: Ganfw) -> None:
    Path("file").write_text("in the way")
    line = refused(ganfw(*POINTS, "--out", "file/runs"), 1)
    assert "can't make a run folder in file/runs" in line


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished")
    words = (*POINTS, "-s", "data.count=64", "--epochs", "4", "--no-callback", "samples",
             "--no-callback", "loss-curve", "-s", "callback.checkpoints.every_steps=8",
             "--out", str(out))  # fmt: skip
    assert CliRunner().invoke(main, words).exit_code == 0
    (run,) = out.iterdir()
    return run


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A finished run to spoil."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def test_sampling_what_is_not_there(ganfw: Ganfw, run: Path) -> None:
    assert "no run folder nowhere" in refused(ganfw("sample", "nowhere"), 1)
    Path("bare").mkdir()
    assert "bare has no generator yet" in refused(ganfw("sample", "bare"), 1)
    assert "give 1 or more" in refused(ganfw("sample", run, "-n", 0), 2)
    assert "is no format for samples" in refused(ganfw("sample", run, "-o", "a.txt"), 2)
    assert "there is no folder" in refused(ganfw("sample", run, "-o", "no/a.png"), 2)
    weights = run / "generator" / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:50])
    assert "can't be read" in refused(ganfw("sample", run), 1)
    weights.write_bytes((run / "discriminator" / "model.safetensors").read_bytes())
    assert "does not hold the weights of generator" in refused(ganfw("sample", run), 1)
    card = run / "generator" / "config.json"
    card.write_text(
        json.dumps(
            json.loads(card.read_text())
            | {
                "shapes": {
                    "sample": [2**63 - 1],
                    "value_range": None,
                    "classes": 0,
                    "latent_dim": 2,
                }
            }
        )
    )
    assert "can't be built of" in refused(ganfw("sample", run), 1)
    card.write_text("{")
    assert "is no exported network" in refused(ganfw("sample", run), 1)
    assert not Path("samples.png").exists()


def test_resuming_what_can_not_go_on(ganfw: Ganfw, run: Path) -> None:
    assert "no run folder nowhere" in refused(ganfw("resume", "nowhere"), 1)
    Path("bare").mkdir()
    assert "bare is no run folder" in refused(ganfw("resume", "bare"), 1)
    advice = "is finished (4 epochs, 32 steps): give --epochs 8, or --steps 64,"
    assert advice in refused(ganfw("resume", run), 1)
    assert "has no checkpoint of step 5" in refused(ganfw("resume", run, "--from-step", 5), 2)
    with RunDir(run).lock():
        line = refused(ganfw("resume", run, "--epochs", 5), 1)
        assert f"is being trained by another process, {os.getpid()} on " in line
    shutil.rmtree(run / "checkpoints")
    assert "has no checkpoint to resume from" in refused(ganfw("resume", run, "--epochs", 5), 1)


@pytest.mark.parametrize("device", ["foo", "cuda:x", "", "meta", "cpu:0", "cuda:99999999"])
def test_devices_that_are_not_here(ganfw: Ganfw, run: Path, device: str) -> None:
    line = refused(ganfw("evaluate", run, "--metric", "c2st", "--device", device), 2)
    assert line.startswith(f"Error: no device {device or repr('')} here; there are cpu")
    refused(ganfw("resume", run, "--epochs", 5, "--device", device), 2)


@pytest.mark.parametrize("seed", [-1, 2**63, 99999999999999999999])
def test_seeds_that_can_not_be(ganfw: Ganfw, run: Path, seed: int) -> None:
    for words in (("evaluate", run), ("sample", run), ("sample", run, "--interpolate", 3)):
        assert f"seed {seed}: give 0 or more" in refused(ganfw(*words, "--seed", seed), 2)
    assert not Path("samples.png").exists()
    assert not (run / "scores.jsonl").exists()


@pytest.mark.parametrize("command", [("evaluate",), ("resume", "--epochs", 5)])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[data]\nuse = '\xff'\n", "config.toml can't be read: it is not UTF-8 text"),
        (b"", "config.toml is damaged: it has no section [data]"),
        (b"[data]\n", 'config.toml is damaged: its section [data] has no use = "name"'),
        (b"[data]\nuse = 'ring'\n[gen]\nuse = 'mlp'\n[disc]\nuse = 'mlp'\n",
         "config.toml is damaged: it has no section [train]"),
    ],
)  # fmt: skip
def test_a_damaged_config(
    ganfw: Ganfw, run: Path, command: tuple[object, ...], content: bytes, said: str
) -> None:
    (run / "config.toml").write_bytes(content)
    assert said in refused(ganfw(command[0], run, *command[1:]), 1)


def test_resuming_a_run_of_a_newer_ganfw(ganfw: Ganfw, run: Path) -> None:
    path = run / "provenance.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "format": 99}))
    assert "was made by a newer ganfw" in refused(ganfw("resume", run, "--epochs", 5), 1)
    path.write_text("{")
    assert "can't be read" in refused(ganfw("resume", run, "--epochs", 5), 1)


@pytest.mark.parametrize(
    ("slot", "what"),
    [("gen", "generator 'ganfw-foo/it'"), ("gen.optimizer", "optimizer 'ganfw-foo/it'")],
)
def test_resuming_a_run_whose_plugin_is_not_installed(
    ganfw: Ganfw, run: Path, slot: str, what: str
) -> None:
    path = run / "provenance.json"
    record = json.loads(path.read_text())
    (component,) = [found for found in record["components"] if found["slot"] == slot]
    component["name"] = "ganfw-foo/it"
    record["versions"]["ganfw-foo"] = "2.1"
    path.write_text(json.dumps(record))
    line = refused(ganfw("resume", run, "--epochs", 5), 1)
    assert f"needs the {what}: pip install 'ganfw-foo==2.1'" in line


def test_a_damaged_checkpoint_and_the_way_around_it(ganfw: Ganfw, run: Path) -> None:
    tensors = run / "checkpoints" / "000032" / "state.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:100])
    line = refused(ganfw("resume", run, "--epochs", 5), 1)
    assert "resume from another one with --from-step 24" in line
    assert ganfw("resume", run, "--from-step", 24).exit_code == 0
    tree = run / "checkpoints" / "000024" / "state.json"
    whole = json.loads(tree.read_text())
    for key, damage in (
        ("players", {"gen": {"network": 3}}),
        ("progress", {"step": "x"}),
        ("callbacks", None),
    ):
        tree.write_text(json.dumps({**whole, "state": {**whole["state"], key: damage}}))
        line = refused(ganfw("resume", run, "--from-step", 24), 1)
        assert "the checkpoint of step 24 in" in line
        assert "does not fit this run: " in line
    tree = run / "checkpoints" / "000032" / "state.json"
    tree.write_text(json.dumps({**json.loads(tree.read_text()), "format": 99}))
    assert "checkpoint format 99" in refused(ganfw("resume", run, "--epochs", 5), 1)


def test_a_full_disk_leaves_the_last_checkpoint(
    ganfw: Ganfw, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = checkpoint.save_file, [1]

    def full(*arguments: object) -> None:
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()
        real(*arguments)

    monkeypatch.setattr(checkpoint, "save_file", full)
    line = refused(ganfw("resume", run, "--epochs", 8), 1)
    assert "No space left on device; the last one is step 40" in line
    monkeypatch.undo()
    assert CheckpointStore(run / "checkpoints").last == 40
    assert ganfw("resume", run, "--epochs", 8).exit_code == 0
    steps = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 65))


def test_data_that_has_changed(ganfw: Ganfw) -> None:
    photos = Path("photos")
    photos.mkdir()
    for i in range(4):
        Image.new("RGB", (16, 16), (60 * i, 0, 0)).save(photos / f"{i}.png")
    assert ganfw(*DCGAN, "--data", "./photos", *SMALL).exit_code == 0
    Image.new("RGB", (16, 16), "blue").save(photos / "0.png")
    line = refused(ganfw("resume", "runs/0001-dcgan-photos", "--epochs", 3), 1)
    assert "has changed since the run began" in line
