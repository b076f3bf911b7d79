"""The README's plugins, word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from environments import Environment, wheel_of

Ganfw = Callable[..., Result]
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """Each code block that begins with a file's name, by that name."""
    text = README.read_text(encoding="utf-8")
    return dict(re.findall(r"```(?:python|toml)\n# (\S+)\n(.*?)```", text, re.DOTALL))


def test_the_package_fits_on_a_screen(files: dict[str, str]) -> None:
    code = [line for name in ("sn_critic/__init__.py", "sn_critic/model.py")
            for line in files[name].splitlines()]  # fmt: skip
    assert len([line for line in code if line.strip()]) <= 30


def test_the_package_installs_and_trains(files: dict[str, str], tmp_path: Path) -> None:
    project = tmp_path / "sn-critic"
    (project / "sn_critic").mkdir(parents=True)
    for name in ("pyproject.toml", "sn_critic/__init__.py", "sn_critic/model.py"):
        (project / name).write_text(files[name], encoding="utf-8")
    environment = Environment(tmp_path / "env")
    environment.install(wheel_of(project))
    small = ("-s", "data.individuals=1", "-s", "data.species=32", "-s", "train.batch_size=16",
             "-s", "gen.channels=8")  # fmt: skip
    words = _words("ganfw run --gen dcgan --disc sn ")
    ended = environment.run(*words, *small, "--steps", 4, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "runs/0001-dcgan-sprites/discriminator/model.safetensors").is_file()
    checked = environment.run("check", "sn-critic", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout == "ok      discriminator/sn  16 of 16 checks\n"


def test_the_file_trains_and_keeps_the_contract(ganfw: Ganfw, files: dict[str, str]) -> None:
    Path("my_loss.py").write_text(files["my_loss.py"], encoding="utf-8")
    result = ganfw(*_words("ganfw run --plugin ./my_loss.py "), "--steps", 20)
    assert result.exit_code == 0, result.output
    checked = ganfw("check", "./my_loss.py")
    assert checked.exit_code == 0, checked.output
    assert checked.stdout.splitlines()[0] in README.read_text(encoding="utf-8")


def _words(begin: str) -> list[str]:
    """The arguments of the README's command that begins so."""
    (line,) = re.findall(rf"^\$ ({re.escape(begin)}.*)$", README.read_text("utf-8"), re.MULTILINE)
    return str(line).split()[1:]
