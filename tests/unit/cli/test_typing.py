"""What people type: a path for data, names from other tools, one word for ``show``."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from ganfw import Component
from ganfw.cli import COMMANDS
from ganfw.config import synonyms
from ganfw.config.layers import Layer
from ganfw.config.run_config import resolve
from ganfw.errors import UsageError
from ganfw.registry.registry import Registry
from ganfw.registry.source import HOME, Source

Ganfw = Callable[..., Result]


def _photos(folder: Path) -> None:
    folder.mkdir(parents=True)
    for index in range(4):
        Image.fromarray(np.full((24, 24, 3), 60 * index, np.uint8)).save(folder / f"{index}.png")


@pytest.mark.parametrize("typed", [("./photos",), ("photos",), ("--data", "photos")])
def test_a_path_is_all_it_takes(ganfw: Ganfw, tmp_path: Path, typed: tuple[str, ...]) -> None:
    _photos(tmp_path / "photos")
    config = tomllib.loads(ganfw("run", *typed, "--print-config").stdout)
    assert config["data"]["root"] == str(tmp_path / "photos")
    assert config["gen"]["use"] == config["disc"]["use"] == "compact"
    assert [loss["use"] for loss in config["loss"]] == ["rpgan", "r1", "r2"]


def test_the_kind_of_data_chooses_a_recipe(ganfw: Ganfw) -> None:
    config = tomllib.loads(ganfw("run", "ring", "--print-config").stdout)
    assert config["gen"]["use"] == config["disc"]["use"] == "mlp"
    result = ganfw("run", "gaussian", "--steps", 2, "-s", "data.count=50")
    assert result.exit_code == 0
    said = "dataset 'gaussian' holds points: trained by recipe points (gen mlp, disc mlp)"
    assert sum(line.startswith(said) for line in result.stderr.splitlines()) == 1


def test_the_parts_of_the_chosen_recipe_can_be_set(ganfw: Ganfw) -> None:
    words = ("-s", "loss.r1.gamma=3", "-s", "gen.hidden=[4]", "--no-callback", "ema")
    config = tomllib.loads(ganfw("run", "ring", *words, "--print-config").stdout)
    assert [loss.get("gamma") for loss in config["loss"]] == [None, 3.0, 0.1]
    assert config["gen"]["hidden"] == [4]
    assert {"use": "ema", "enabled": False}.items() <= config["callback"][-1].items()


def test_a_choice_of_networks_is_left_alone(ganfw: Ganfw) -> None:
    given = ganfw("run", "ring", "--gen", "mlp", "--disc", "mlp", "--print-config").stdout
    assert "recipe" not in given
    assert "no discriminator chosen" in ganfw("run", "ring", "--gen", "mlp").stderr
    other = ganfw("run", "ring", "--recipe", "d2l-gaussian", "--print-config").stdout
    assert tomllib.loads(other)["gen"]["use"] == "linear"


def test_our_default_recipe_is_not_replaced_by_anothers(registry: Registry) -> None:
    more = Registry()
    other = Component("recipe", "aa", "a:b.toml", tags=("default-for-points",))
    more.add(other, Source("acme", "1"))
    for registered in registry.components():
        more.add(registered.component, registered.source)
    config = resolve(more, [Layer("here", {"data": {"use": "ring"}})])
    assert config.origins["gen.use"] == "recipe points"


def test_data_of_several_kinds_is_told_of_each(registry: Registry) -> None:
    more = Registry()
    for registered in registry.components():
        more.add(registered.component, registered.source)
    more.add(Component("dataset", "any", "a:B", tags=("points", "pictures")), Source("acme", "1"))
    (notice,) = resolve(more, [Layer("here", {"data": {"use": "any"}})]).notices
    assert notice.startswith("dataset 'any' holds points: trained by recipe points (gen mlp, disc")
    assert notice.endswith("; for pictures: --recipe sprites-modern")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--learning-rate", "1"), "has no option --learning-rate. Did you mean --lr?"),
        (("run", "--batch", "1"), "Did you mean --batch-size?"),
        (("run", "--bs=1"), "Did you mean --batch-size?"),
        (("run", "--image-size", "1"), "Did you mean --size?"),
        (("run", "--z_dim", "1"), "Did you mean --latent-dim?"),
        (("run", "--gpus", "1"), "Did you mean --nproc or --device cuda for one?"),
        (("run", "--outdir", "x"), "Did you mean --out FOLDER?"),
        (("sample", "r", "--outdir", "x"), "Did you mean -o FILE?"),
        (("run", "--kimg", "1"), "give --steps: 1 kimg is 1000 real samples"),
        (("run", "--resume", "x"), "ganfw resume RUN goes on with it"),
        (("run", "--amp"), "Did you mean --precision bf16?"),
        (("run", "--workers", "1"), "none is needed, as data is decoded once"),
        (("run", "--num-samples", "1"), "other commands have -n"),
        (("run", "--xyzzy", "x"), "ganfw run --help lists them"),
        (("run", "--epoch", "1"), "Did you mean --epochs?"),
        (("list", "--lr", "1"), "ganfw list has no option --lr: only ganfw run has it"),
        (("list", "--xyzzy"), "ganfw list has no option --xyzzy: ganfw list --help lists them"),
        (("train",), "no command 'train'. Did you mean 'ganfw run'? Train a GAN"),
        (("fit",), "Did you mean 'ganfw run'?"),
        (("generate",), "Did you mean 'ganfw sample'?"),
        (("eval",), "Did you mean 'ganfw evaluate'?"),
        (("rum",), "no command 'rum'. Did you mean 'run'?"),
        (("xyzzy",), "no command 'xyzzy': ganfw --help lists them"),
        (("run", "ring", "-s", "lr=1"),
         "-s lr: write gen.optimizer.lr, disc.optimizer.lr, or --lr for both"),
        (("run", "ring", "-s", "learning_rate=1"), "or --lr for both"),
        (("run", "ring", "-s", "train.lr=1"), "or --lr for both"),
        (("run", "ring", "-s", "generator.hidden=[3]"), "write gen.hidden"),
        (("run", "ring", "-s", "hidden=[3]"), "write gen.hidden, or disc.hidden"),
        (("run", "ring", "-s", "batch_size=1"), "write train.batch_size, or --batch-size"),
        (("run", "ring", "-s", "n_critic=1"), "write -s train.disc_steps=N"),
        (("run", "ring", "-s", "nothing=1"), "no section 'nothing'"),
        (("run", "dcgan"), "is given with --gen dcgan or --disc dcgan"),
        (("run", "my.toml"), "a run file is given with --config my.toml"),
        (("run", "ring", "--data", "ring"), "data is given twice: ring, and --data ring"),
        (("run",), "no dataset chosen: give --data NAME or a folder of pictures, ./PATH"),
    ],
)  # fmt: skip
def test_a_wrong_name_says_which_is_right(ganfw: Ganfw, words: tuple[str, ...], said: str) -> None:
    result = ganfw(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_every_synonym_leads_to_what_there_is(ganfw: Ganfw) -> None:
    helps = "".join(ganfw(name, "--help").stdout for name in COMMANDS)
    for word, here in synonyms.SYNONYMS.items():
        flags = [way.replace(",", "").split()[0] for way in here.split("|")]
        assert all(f"{flag}" in helps for flag in flags if flag.startswith("-")), word
    assert {*synonyms.COMMANDS.values()} <= {*COMMANDS}
    assert not {*synonyms.COMMANDS} & {*COMMANDS}


def test_every_option_that_a_synonym_names_is_there(ganfw: Ganfw) -> None:
    paths = [way.split()[1].partition("=")[0] for here in synonyms.SYNONYMS.values()
             for way in here.split("|") if way.startswith("-s ")]  # fmt: skip
    words = [f"-s{path}=no such value" for path in dict.fromkeys(paths)]
    for word in words:
        result = ganfw("run", ".", "--loss", "r1", "--augment", "diffaugment", word)
        assert "no option" not in result.stderr
        assert "takes no part" not in result.stderr


def test_a_name_that_a_component_knows_says_what_to_write(registry: Registry) -> None:
    known = Registry()
    presets = {"cifar10": {"name": "CIFAR10"}, "svhn": {"name": "SVHN", "split": "train"}}
    known.add(Component("dataset", "store", "a:B", presets=presets), Source(HOME, "1"))
    for typed in ("cifar10", "CIFAR-10", "cifar_10"):
        with pytest.raises(UsageError, match=r"write --data store -s data\.name=CIFAR10$"):
            resolve(known, [Layer("here", {"data": {"use": typed}})])
    with pytest.raises(UsageError, match=r"-s data\.name=SVHN -s data\.split=train$"):
        known.find("dataset", "svhn")


def test_show_takes_one_word(ganfw: Ganfw, tmp_path: Path) -> None:
    shown = ganfw("show", "dcgan").stdout
    assert shown.index("generator 'dcgan' of") < shown.index("discriminator 'dcgan' of")
    kinds = [record["kind"] for record in json.loads(ganfw("show", "dcgan", "--json").stdout)]
    assert kinds == ["generator", "discriminator"]
    assert "freeze" in ganfw("show", "gen").stdout
    assert "batch_size" in ganfw("show", "train").stdout
    assert "sgd" in ganfw("show", "gen.optimizer").stdout
    assert "weight_decay" in ganfw("show", "disc.optimizer").stdout
    assert ganfw("show", "loss.r1").stdout == ganfw("show", "loss", "r1").stdout
    assert "every" in ganfw("show", "loss").stdout
    assert "Did you mean 'dcgan'" in ganfw("show", "dcgn").stderr
    assert ganfw("show", "dcgn").exit_code == 2


@pytest.mark.parametrize("words", [("data", "photos"), ("data", "./photos/"), ("./photos",)])
def test_show_says_what_a_folder_holds(
    ganfw: Ganfw, tmp_path: Path, words: tuple[str, ...]
) -> None:
    _photos(tmp_path / "photos" / "cats")
    _photos(tmp_path / "photos" / "dogs")
    lines = ganfw("show", *words, "-s", "data.size=32").stdout.splitlines()
    assert lines[0].endswith("8 samples of dataset 'folder', each 3×32×32")
    assert lines[1] == "2 classes: cats, dogs"
    assert "--picture FILE" in lines[2]
