"""One file as a plugin: it is run, kept, hashed, and never run unasked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import ganfw as package
from ganfw.errors import PluginError, UsageError
from ganfw.registry.discovery import discover
from ganfw.runs.network import load_network

Ganfw = Callable[..., Result]

CODE = """
from ganfw import Component, Discriminator, Loss, Options, ShapesError, hookimpl
from pydantic import Field
from torch import nn
from torch.nn.functional import softplus


class MyOptions(Options):
    scale: float = Field(1.0, gt=0, le=10, description="Factor")


class MyLoss(Loss):
    def discriminator_terms(self, critic, real, fake):
        scale = self.options.scale
        return {"all": scale * (softplus(-critic(real)) + softplus(critic(fake))).mean()}

    def generator_terms(self, critic, real, fake):
        return {"all": softplus(-critic(fake)).mean()}


class Bilinear(Discriminator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        if shapes.is_picture:
            raise ShapesError("it needs points")
        self.layer = nn.Bilinear(*shapes.sample, *shapes.sample, 1)

    def forward(self, samples, labels=None):
        return self.layer(samples, samples).squeeze(1)


@hookimpl
def ganfw_components():
    return [
        Component("loss", "my-loss", "my_loss:MyLoss", "my_loss:MyOptions", "My own"),
        Component("discriminator", "bilinear", "my_loss:Bilinear", summary="My own"),
    ]
"""
RUN = ("run", "--gen", "linear", "--disc", "bilinear", "--data", "gaussian", "--loss", "my-loss",
       "-s", "loss.my-loss.scale=2", "--no-callback", "loss-curve")  # fmt: skip
FOLDER = Path("runs/0001-linear-gaussian")


@pytest.fixture
def file(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """``my-loss.py`` in the present folder, and a cache that knows no file yet."""
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    path = Path("my-loss.py")
    path.write_text(CODE)
    return path


@pytest.fixture
def run(ganfw: Ganfw, file: Path) -> Path:
    result = ganfw(*RUN, "--plugin", file, "--steps", 20)
    assert result.exit_code == 0, result.output
    return FOLDER


def test_its_components_are_listed_shown_and_checked(ganfw: Ganfw, file: Path) -> None:
    listed = ganfw("list", "loss/my*", "--plugin", file)
    assert listed.stdout.splitlines()[1].split() == ["loss", "my-loss", "./my-loss.py", "My", "own"]
    shown = ganfw("show", "loss", "my-loss", "--plugin", file)
    assert "loss 'my-loss' of ./my-loss.py" in shown.stdout
    assert f"{file.absolute()}:{CODE.splitlines().index('class MyLoss(Loss):') + 1}" in shown.stdout
    assert "0 < x <= 10" in shown.stdout
    record = json.loads(ganfw("list", "my-loss", "--json", "--plugin", file).stdout)[0]
    assert (record["source"], record["file"]) == ("file", str(file.absolute()))
    checked = ganfw("check", file)
    assert checked.exit_code == 0, checked.output
    assert "ok      loss/my-loss  17 of 18 checks" in checked.stdout


def test_the_run_keeps_a_copy_with_its_hash(run: Path) -> None:
    assert (run / "plugins" / "my-loss.py").read_text() == CODE
    record = json.loads((run / "provenance.json").read_text())
    (kept,) = record["plugin_files"]
    assert kept["path"] == str(Path("my-loss.py").absolute())
    assert record["versions"]["my-loss.py"] == kept["sha256"][:12]
    assert 'use = "my-loss.py/my-loss"' in (run / "config.toml").read_text()


def test_it_resumes_and_samples_without_the_file(ganfw: Ganfw, run: Path) -> None:
    Path("my-loss.py").unlink()
    result = ganfw("resume", run, "--steps", 40)
    assert result.exit_code == 0, result.output
    assert ganfw("sample", run).exit_code == 0
    assert ganfw("sample", run / "generator").exit_code == 0


def test_a_resumed_run_is_the_run_that_never_stopped(ganfw: Ganfw, run: Path) -> None:
    assert ganfw("resume", run, "--steps", 40).exit_code == 0
    assert ganfw(*RUN, "--plugin", "my-loss.py", "--steps", 40).exit_code == 0
    weights = [
        (Path(folder) / "discriminator" / "model.safetensors").read_bytes()
        for folder in (FOLDER, "runs/0002-linear-gaussian")
    ]
    assert weights[0] == weights[1]


def test_a_changed_file_is_said_and_the_copy_used(ganfw: Ganfw, run: Path) -> None:
    Path("my-loss.py").write_text(CODE + "# changed\n")
    result = ganfw("resume", run, "--steps", 40)
    assert "my-loss.py has changed since the run began; the run's own copy is used" in result.stderr
    again = ganfw("resume", run, "--steps", 60)
    assert "has changed since the run began" in again.stderr
    assert (run / "plugins" / "my-loss.py").read_text() == CODE


def test_the_changed_file_is_used_if_it_is_named(ganfw: Ganfw, run: Path) -> None:
    Path("my-loss.py").write_text(CODE + "# changed\n")
    result = ganfw("resume", run, "--steps", 40, "--plugin", "my-loss.py")
    assert f"NOTE: ./my-loss.py has changed since {run} began; it is used as it is" in result.stderr
    assert (run / "plugins" / "my-loss.py").read_text().endswith("# changed\n")
    record = json.loads((run / "provenance.json").read_text())
    before = record["resumed"][0]["plugin_files_before"][0]["sha256"]
    assert before != record["plugin_files"][0]["sha256"]
    assert "NOTE" not in ganfw("resume", run, "--steps", 60).stderr


def test_an_edited_copy_is_refused(ganfw: Ganfw, run: Path) -> None:
    copy = run / "plugins" / "my-loss.py"
    copy.write_text(CODE + "# edited\n")
    result = ganfw("resume", run, "--steps", 40)
    assert result.exit_code == 1
    assert f"{copy} was edited since the run began" in result.stderr
    assert ganfw("resume", run, "--steps", 40, "--plugin", copy).exit_code == 0


def test_a_lost_copy_is_named(ganfw: Ganfw, run: Path) -> None:
    (run / "plugins" / "my-loss.py").unlink()
    result = ganfw("sample", run)
    assert result.exit_code == 1
    assert "is missing: give the file with --plugin my-loss.py" in result.stderr
    assert ganfw("resume", run, "--steps", 40, "--plugin", "my-loss.py").exit_code == 0


@pytest.mark.parametrize("words", [("resume", FOLDER, "--steps", 40), ("sample", FOLDER)])
def test_a_strangers_code_is_not_run_unasked(
    ganfw: Ganfw, run: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...]
) -> None:
    """Another user, who was given this run folder, has never named that file."""
    monkeypatch.setenv("GANFW_CACHE", "another-cache")
    result = ganfw(*words)
    assert result.exit_code == 1
    copy = run / "plugins" / "my-loss.py"
    assert f"brings code that was never run by you, {copy}: read it" in result.stderr
    assert ganfw(*words, "--plugin", copy).exit_code == 0
    assert ganfw("sample", FOLDER).exit_code == 0


def test_an_exported_network_alone_names_its_file(ganfw: Ganfw, run: Path) -> None:
    alone = (run / "discriminator").rename("alone")
    with pytest.raises(package.RunError, match=r"--plugin my-loss\.py"):
        load_network(alone, discover())
    network = load_network(alone, discover([Path("my-loss.py")]))
    assert network.get_submodule("layer").in1_features == 2


def test_from_python(file: Path) -> None:
    run = package.run(
        gen="linear", disc="bilinear", data="gaussian", loss="my-loss", steps=4, plugin=file
    )
    file.write_text("raise SystemExit")
    assert run.sample(3).shape == (3, 2)
    assert package.resume(run.path, steps=8).outcome is not None


@pytest.mark.parametrize(
    ("name", "code", "status", "said"),
    [
        ("gone.py", None, 2, "--plugin gone.py: No such file or directory"),
        ("my_loss.txt", "", 2, "a plugin file is a Python file"),
        ("bad.py", "1 / 0", 1, "plugin file ./bad.py: import failed: ZeroDivisionError"),
        ("bad.py", "def (", 1, "plugin file ./bad.py: import failed: SyntaxError"),
        ("bad.py", "x = 1", 1, "registration failed: it has no function ganfw_components"),
        (
            "bad.py",
            "import ganfw\n@ganfw.register('loss', 'x')\nclass X(ganfw.Loss): ...",
            1,
            "a plugin file offers its components through the hook ganfw_components",
        ),
    ],
)
def test_a_bad_file_is_one_error(
    ganfw: Ganfw, name: str, code: str | None, status: int, said: str
) -> None:
    if code is not None:
        Path(name).write_text(code)
    result = ganfw("list", "--plugin", name)
    assert result.exit_code == status
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_name_of_ours_is_not_taken_silently(ganfw: Ganfw, file: Path) -> None:
    file.write_text(CODE.replace('"my-loss", "my_loss', '"hinge", "my_loss'))
    (warning,) = ganfw("list", "loss", "--plugin", file).stderr.splitlines()
    assert warning.startswith(
        "Warning: loss 'hinge' of ./my-loss.py has the name of one of ganfw's"
    )
    assert warning.endswith("write 'my-loss.py/hinge' for yours")


def test_two_files_of_one_name(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "my-loss.py"
    other.parent.mkdir()
    other.write_text(CODE)
    assert discover([file, file, other]).has("loss", "my-loss")
    other.write_text(CODE + "# changed\n")
    with pytest.raises(UsageError, match=r"two plugin files are named my-loss\.py"):
        discover([file, other])


def test_a_target_that_is_not_in_the_file(file: Path) -> None:
    file.write_text(CODE.replace("my_loss:MyLoss", "my_loss:YourLoss"))
    with pytest.raises(PluginError, match="has no attribute 'YourLoss'"):
        discover([file]).find("loss", "my-loss").load()
