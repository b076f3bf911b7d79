"""What ``ganfw new-plugin`` writes works untouched: its tests, ruff, mypy, and a run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from environments import Environment, wheel_of

from ganfw.registry.component import KINDS
from ganfw.scaffold.new_plugin import LONGEST_NAME, plugin_files, try_command

Ganfw = Callable[..., Result]
LONGEST = "n" * (LONGEST_NAME - 2) + "-x"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package of every kind, one of all kinds, and one of the longest name."""
    folder = tmp_path_factory.mktemp("new")
    packages = {f"acme-{kind}": (kind,) for kind in KINDS}
    packages |= {"acme-all": KINDS, LONGEST: KINDS}
    for name, kinds in packages.items():
        words = [word for kind in kinds for word in ("--kind", kind)]
        command = [sys.executable, "-m", "ganfw", "new-plugin", name, *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    environment = Environment(folder / "env")
    environment.install(*(wheel_of(folder / name) for name in packages))
    return folder


@pytest.fixture(scope="module")
def environment(place: Path) -> Environment:
    return Environment(place / "env")


def test_its_own_tests_pass(place: Path, environment: Environment) -> None:
    folders = [f"acme-{kind}/tests" for kind in KINDS]
    words = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-W", "error", *folders)
    ended = environment.run(*words, module="pytest", cwd=place)
    assert ended.returncode == 0, ended.stdout
    assert "skipped" not in ended.stdout


@pytest.mark.parametrize("name", ["acme-all", LONGEST])
def test_it_is_clean(name: str, place: Path, environment: Environment) -> None:
    project = place / name
    for words in (("check", "."), ("format", "--check", ".")):
        ended = environment.run(*words, "--no-cache", module="ruff", cwd=project)
        assert ended.returncode == 0, ended.stdout
    if name == "acme-all":
        ended = environment.run(
            "--python-executable", environment.python, module="mypy", cwd=project
        )
        assert ended.returncode == 0, ended.stdout
        assert "Success: no issues found in 10 source files" in ended.stdout


def test_single_kinds_are_clean_too(place: Path, environment: Environment) -> None:
    for words in (("check",), ("format", "--check")):
        folders = [f"acme-{kind}" for kind in KINDS]
        ended = environment.run(*words, "--no-cache", *folders, module="ruff", cwd=place)
        assert ended.returncode == 0, ended.stdout


def test_they_train_together(place: Path, environment: Environment) -> None:
    slots = {"data": "dataset", "gen": "generator", "disc": "discriminator"}
    slots |= {kind: kind for kind in ("loss", "augment", "callback")}
    words = [word for slot, kind in slots.items() for word in (f"--{slot}", f"acme-{kind}")]
    ended = environment.run("run", *words, "--steps", 40, cwd=place)
    assert ended.returncode == 0, ended.stderr
    assert "calmest epoch: " in ended.stderr


def test_the_recipe_trains(place: Path, environment: Environment) -> None:
    words = try_command("acme-all", KINDS).split()
    assert words[:2] == ["ganfw", "run"]
    ended = environment.run(*words[1:], "-s", "train.epochs=2", cwd=place)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("loss_D ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_it_prints_resolves(kind: str, place: Path, environment: Environment) -> None:
    words = try_command(f"acme-{kind}", (kind,)).split()
    if kind == "metric":
        assert words == ["ganfw", "check", "metric/acme-metric"]
        return
    ended = environment.run(*words[1:], "--print-config", cwd=place)
    assert ended.returncode == 0, ended.stderr
    assert f"acme-{kind}" in ended.stdout


def test_it_ends_with_two_commands(ganfw: Ganfw) -> None:
    result = ganfw("new-plugin", "my-penalty", "--kind", "loss", "--kind", "disc")
    assert result.exit_code == 0, result.output
    install, try_it = result.stdout.splitlines()[-2:]
    assert install.endswith("pip install -e ./my-penalty")
    assert try_it.endswith(
        "ganfw run --data gaussian --gen linear --disc my-penalty --loss my-penalty --steps 200"
    )
    assert "class MyPenaltyLoss(Loss):" in Path("my-penalty/src/my_penalty/loss.py").read_text()
    assert "A discriminator and a loss for ganfw." in Path("my-penalty/README.md").read_text()
    assert "class MyLoss(Loss):" in plugin_files("my-loss", ["loss"])["src/my_loss/loss.py"]
    written = {str(each.relative_to("my-penalty")) for each in Path("my-penalty").rglob("*")
               if each.is_file()}  # fmt: skip
    assert written == set(plugin_files("my-penalty", ["loss", "discriminator"]))
    assert {"src/my_penalty/options.py", "src/my_penalty/loss.py", ".gitignore",
            ".github/workflows/test.yml", "README.md"} <= written  # fmt: skip


def test_it_never_overwrites(ganfw: Ganfw) -> None:
    Path("acme-gan").mkdir()
    Path("acme-gan/mine.txt").write_text("mine")
    result = ganfw("new-plugin", "acme-gan", "--kind", "loss")
    assert result.exit_code == 2
    assert "acme-gan exists already: nothing is written" in result.stderr
    assert [each.name for each in Path("acme-gan").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("My_Gan", "try 'my-gan'"),
        ("1gan", "try 'gan'"),
        ("a--b", "try 'a-b'"),
        ("../gan", "try 'gan'"),
        ("x" * 41, "at most 40"),
        ("", "can't be a plugin's name"),
        ("torch", "would hide the module torch: try 'torch-gan'"),
        ("json", "would hide the module json"),
        ("class", "would hide the module class"),
        ("ganfw", "would hide the module ganfw"),
        ("hinge", "ganfw has a loss 'hinge' of its own: try 'my-hinge'"),
    ],
)
def test_a_name_that_cannot_be(ganfw: Ganfw, name: str, said: str) -> None:
    result = ganfw("new-plugin", name, "--kind", "loss")
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(Path().iterdir()) == []


def test_kinds(ganfw: Ganfw) -> None:
    assert ganfw("new-plugin", "acme-gan").exit_code == 2
    assert ganfw("new-plugin", "acme-gan", "--kind", "lossy").exit_code == 2
    result = ganfw("new-plugin", "acme-gan", "--kind", "gen", "--kind", "generator")
    assert result.exit_code == 2
    assert "a kind is given twice" in result.stderr
