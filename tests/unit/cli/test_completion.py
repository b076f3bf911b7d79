"""What a shell is offered on Tab, by click's own protocol."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ganfw.cli import main

SHELLS = ("bash", "zsh", "fish")


def _offered(line: str, shell: str = "bash") -> list[str]:
    """The words offered after ``line``, whose last word is being typed."""
    words = line.split(" ")
    variables = {
        "_GANFW_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": words[-1] if shell == "fish" else line,
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1),
    }
    if shell == "fish":
        variables["COMP_WORDS"] = line
    ended = subprocess.run(
        [sys.executable, "-c", "from ganfw.cli import main; main(prog_name='ganfw')"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    if shell == "zsh":
        return lines[1::3]
    return [each.partition(",")[2].partition("\t")[0] for each in lines]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_completes_a_component(shell: str) -> None:
    assert _offered("ganfw run --gen d", shell) == ["dcgan"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_completes_a_setting(shell: str) -> None:
    line = "ganfw run --disc dcgan -s disc.a"
    assert _offered(line, shell) == ["disc.activation="]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from ganfw.cli import main; main(prog_name='ganfw')"],
        env={**os.environ, "_GANFW_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    if shell == "bash" and "Bash version" in ended.stderr:
        pytest.skip("no bash here")
    assert "_GANFW_COMPLETE" in ended.stdout


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        (["run", "--loss"], "h", ["hinge"]),
        (["run", "--callback"], "e", ["ema"]),
        (["run", "--recipe"], "d2l-g", ["d2l-gaussian"]),
        (["run", "--data"], "s", ["sprites"]),
        (["run", "--recipe", "d2l-dcgan", "-s"], "gen.ch", ["gen.channels="]),
        (["run", "--gen", "linear", "-s"], "gen.optimizer.l", ["gen.optimizer.lr="]),
        (
            ["run", "--loss", "r1", "-s"],
            "loss.r1.",
            ["loss.r1.gamma=", "loss.r1.relative=", "loss.r1.weight=", "loss.r1.every="],
        ),
        (["run", "-s"], "callback.checkpoints.ke", ["callback.checkpoints.keep="]),
        (["run", "-s"], "train.la", ["train.latent_dim="]),
        (["run", "-s"], "gen.channels=", []),
        (["run", "--gen", "nonsense", "-s"], "gen.", []),
        (["run", "--plugin", "gone.py", "--gen"], "d", []),
        (["show"], "ge", ["gen"]),
        (["show", "disc"], "m", ["mlp"]),
        (["check"], "loss/h", ["loss/hinge"]),
        (["check"], "ganf", ["ganfw"]),
    ],
)
def test_what_is_offered(words: list[str], typed: str, offered: list[str]) -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(main, {}, "ganfw", "_GANFW_COMPLETE")
    assert [each.value for each in complete.get_completions(words, typed)] == offered


def test_a_folder_is_left_to_the_shell() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(main, {}, "ganfw", "_GANFW_COMPLETE")
    (item,) = complete.get_completions(["run", "--data"], "./ph")
    assert (item.type, item.value) == ("dir", "./ph")
