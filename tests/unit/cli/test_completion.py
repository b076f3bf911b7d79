"""What a shell is offered on Tab, by click's own protocol."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ganfw.cli import main

SHELLS = ("bash", "zsh", "fish")


def _ganfw(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ganfw.cli import main; main(prog_name='ganfw')"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_completes(shell: str) -> None:
    line = "ganfw run --disc dcgan -s disc.a"
    word = line.split()[-1] if shell == "fish" else str(len(line.split()) - 1)
    ended = _ganfw(_GANFW_COMPLETE=f"{shell}_complete", COMP_WORDS=line, COMP_CWORD=word)
    assert ended.stderr == ""
    assert "disc.activation=" in ended.stdout
    assert "disc.channels=" not in ended.stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ganfw run --network enc = dc", "plain,dcgan"),
        ("ganfw run --network enc =", "plain,compact"),
        ("ganfw run --loss = hi", "plain,hinge"),
        ("ganfw run --loss late = r1 -s loss.late.g", "plain,loss.late.gamma="),
    ],
)
def test_bash_takes_an_equals_sign_for_a_word(line: str, offered: str) -> None:
    word = str(len(line.split()) - 1)
    ended = _ganfw(_GANFW_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=word)
    assert offered in ended.stdout.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell: str) -> None:
    ended = _ganfw(_GANFW_COMPLETE=f"{shell}_source")
    if shell == "bash" and "Bash version" in ended.stderr:
        pytest.skip("no bash here")
    assert "_GANFW_COMPLETE" in ended.stdout


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        (["run", "--gen"], "d", ["dcgan"]),
        (["run", "--loss"], "h", ["hinge"]),
        (["run", "--loss"], "late=h", ["late=hinge"]),
        (["run", "--network"], "back=dcg", ["back=dcgan"]),
        (["run", "--loss", "late=r1", "-s"], "loss.late.g", ["loss.late.gamma="]),
        (
            ["run", "--network", "enc=mlp", "-s"],
            "network.enc.optimizer.l",
            ["network.enc.optimizer.lr="],
        ),
        (["run", "--callback"], "e", ["ema"]),
        (["run", "--recipe"], "d2l-g", ["d2l-gaussian"]),
        (["run", "--data"], "sh", ["shards"]),
        (["run", "--recipe", "d2l-dcgan", "-s"], "gen.ch", ["gen.channels="]),
        (["run", "--gen", "linear", "-s"], "gen.optimizer.l", ["gen.optimizer.lr="]),
        (
            ["run", "-s", "gen.optimizer.use=sgd", "-s"],
            "gen.optimizer.m",
            ["gen.optimizer.momentum="],
        ),
        (["run", "--data", "./photos", "-s"], "data.co", ["data.corrupt="]),
        (["run", "--loss", "r1", "-s"], "loss.n", []),
        (
            ["run", "--loss", "r1", "-s"],
            "loss.r1.",
            ["loss.r1.gamma=", "loss.r1.relative=", "loss.r1.weight=", "loss.r1.every="],
        ),
        (["run", "-s"], "callback.checkpoints.ke", ["callback.checkpoints.keep="]),
        (["run", "-s"], "train.la", ["train.latent_dim="]),
        (["run", "-s"], "gen.channels=", []),
        (["run", "--gen", "nonsense", "-s"], "gen.c", []),
        (["run", "--plugin", "gone.py", "--gen"], "d", []),
        (["show"], "ge", ["gen"]),
        (["show", "optimizer"], "adam", ["adam", "adamw"]),
        (["show", "disc"], "m", ["mlp"]),
        (["check"], "loss/h", ["loss/hinge"]),
        (["list", "--tag"], "cond", ["conditional"]),
        (["check"], "ganf", ["ganfw"]),
    ],
)
def test_what_is_offered(words: list[str], typed: str, offered: list[str]) -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(main, {}, "ganfw", "_GANFW_COMPLETE")
    assert [item.value for item in complete.get_completions(words, typed)] == offered


def test_a_folder_is_left_to_the_shell() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(main, {}, "ganfw", "_GANFW_COMPLETE")
    (item,) = complete.get_completions(["run", "--data"], "./ph")
    assert (item.type, item.value) == ("dir", "./ph")
