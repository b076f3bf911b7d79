"""What ``ganfw new-plugin`` writes works untouched: its tests, ruff, mypy, and a run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from environments import Environment, Site, wheel_of

from ganfw.registry.component import KINDS
from ganfw.registry.registry import Registry
from ganfw.scaffold.new_plugin import LONGEST_NAME, plugin_files, try_command, write_plugin

Ganfw = Callable[..., Result]
LONGEST = "n" * (LONGEST_NAME - 2) + "-x"


PACKAGES: dict[str, tuple[str, ...]] = {f"acme-{kind}": (kind,) for kind in KINDS}
PACKAGES |= {"acme-all": KINDS, LONGEST: KINDS}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package of every kind, one of all kinds, and one of the longest name."""
    folder = tmp_path_factory.mktemp("new")
    for name, kinds in PACKAGES.items():
        write_plugin(folder, name, kinds, Registry())
    return folder


@pytest.fixture(scope="module")
def wheels(place: Path) -> list[Path]:
    return [wheel_of(place / name) for name in PACKAGES]


@pytest.fixture(scope="module")
def installed(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """This process sees the packages."""
    site = Site(tmp_path_factory.mktemp("installed") / "site")
    site.install(*wheels)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site.path)
        yield
    site.forget()


@pytest.fixture(scope="module")
def environment(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("environment") / "env")
    environment.install(*wheels)
    return environment


@pytest.mark.slow
def test_its_own_tests_pass(place: Path, environment: Environment) -> None:
    folders = [f"acme-{kind}/tests" for kind in KINDS]
    words = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-W", "error", *folders)
    ended = environment.run(*words, module="pytest", cwd=place)
    assert ended.returncode == 0, ended.stdout
    assert "skipped" not in ended.stdout


@pytest.mark.slow
def test_its_types_are_right(place: Path, environment: Environment) -> None:
    words = ("--python-executable", environment.python)
    ended = environment.run(*words, module="mypy", cwd=place / "acme-all")
    assert ended.returncode == 0, ended.stdout
    assert "Success: no issues found in 12 source files" in ended.stdout


@pytest.mark.parametrize("words", [("check",), ("format", "--check")])
def test_it_is_clean(place: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "ruff", *words, "--no-cache", *PACKAGES]
    ended = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_it_trains(installed: None, ganfw: Ganfw) -> None:
    words = try_command("acme-all", KINDS).split()
    assert words[:2] == ["ganfw", "run"]
    ended = ganfw(*words[1:], "-s", "train.epochs=2")
    assert ended.exit_code == 0, ended.output
    assert "the losses were closest in epoch " in ended.stderr
    assert ended.stdout.startswith("loss_D ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_it_prints_resolves(kind: str, installed: None, ganfw: Ganfw) -> None:
    words = try_command(f"acme-{kind}", (kind,)).split()
    if kind in ("metric", "network"):
        assert words == ["ganfw", "check", f"{kind}/acme-{kind}"]
        return
    ended = ganfw(*words[1:], "--print-config")
    assert ended.exit_code == 0, ended.output
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
    readme = Path("my-penalty/README.md").read_text()
    assert "A plugin for ganfw: discriminator, loss." in readme
    assert "class MyLoss(Loss):" in plugin_files("my-loss", ["loss"])["src/my_loss/loss.py"]
    written = {str(path.relative_to("my-penalty")) for path in Path("my-penalty").rglob("*")
               if path.is_file()}  # fmt: skip
    assert written == set(plugin_files("my-penalty", ["loss", "discriminator"]))
    assert {"src/my_penalty/options.py", "src/my_penalty/loss.py", ".gitignore",
            ".github/workflows/test.yml", "README.md"} <= written  # fmt: skip


def test_it_never_overwrites(ganfw: Ganfw) -> None:
    Path("acme-gan").mkdir()
    Path("acme-gan/mine.txt").write_text("mine")
    result = ganfw("new-plugin", "acme-gan", "--kind", "loss")
    assert result.exit_code == 2
    assert "acme-gan exists already: nothing is written" in result.stderr
    assert [path.name for path in Path("acme-gan").iterdir()] == ["mine.txt"]


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
