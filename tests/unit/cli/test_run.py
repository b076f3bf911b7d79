"""``ganfw run`` up to the resolved run, and the group that finds it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import click
import pytest
from click.testing import Result

from ganfw.cli import COMMANDS, main

Ganfw = Callable[..., Result]
RUN = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_the_group_says(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name


def test_help_lists_every_command_in_one_line(ganfw: Ganfw) -> None:
    lines = ganfw("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == [*COMMANDS]
    assert [line.split(maxsplit=1)[1] for line in lines] == [text for _, text in COMMANDS.values()]


def test_short_flags_set_options(ganfw: Ganfw) -> None:
    result = ganfw(
        *RUN, "--epochs", 3, "--steps", 9, "--batch-size", 8, "--lr", 0.25, "--size", 32,
        "--latent-dim", 7, "--seed", 5, "--device", "cpu", "--precision", "tf32", "--compile",
        "--name", "mine", "--print-config",
    )  # fmt: skip
    config = tomllib.loads(result.stdout)
    given = {"epochs": 3, "steps": 9, "batch_size": 8, "latent_dim": 7, "seed": 5, "device": "cpu",
             "precision": "tf32", "compile": True, "name": "mine"}  # fmt: skip
    assert given.items() <= config["train"].items()
    assert config["gen"]["optimizer"]["lr"] == config["disc"]["optimizer"]["lr"] == 0.25
    assert config["data"]["size"] == 32
    typed = [line for line in result.stdout.splitlines() if line.endswith("  # command line")]
    assert len(typed) == len(given) + 3 + 3  # both rates, the size, and three components


def test_sides_are_typed_as_the_dataset_takes_them(ganfw: Ganfw) -> None:
    result = ganfw(*RUN[:-1], ".", "--size", "48x64", "--print-config")
    assert tomllib.loads(result.stdout)["data"]["size"] == [48, 64]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lr", "1e-3", "-s", "gen.optimizer.lr=1e-4"), "--lr and by -s gen.optimizer.lr"),
        (("--batch-size", 8, "-s", "train.batch_size=8"), "--batch-size and by -s train.batch_s"),
        (("--size", "wide"), "data 'sprites': size = wide: should be a valid integer"),
        (("--lr", "-1"), "gen.optimizer 'adam': lr = -1: should be greater than or equal to 0"),
        (("--name", "a/b"), "train: name = a/b: "),
        (("-s", "gen.channels"), "-s gen.channels: it needs a value; write gen.channels=VALUE"),
    ],
)
def test_flags_that_can_not_be(ganfw: Ganfw, words: tuple[object, ...], said: str) -> None:
    result = ganfw(*RUN, *words, "--print-config")
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
