"""What people type: a path for data, names from other tools, one word for ``show``."""

from __future__ import annotations

import json
import os
import shutil
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


def _size(ganfw: Ganfw, *words: object) -> list[int]:
    result = ganfw("run", *words, "--print-config")
    assert result.exit_code == 0, result.output
    size: list[int] = tomllib.loads(result.stdout)["data"]["size"]
    return size


def test_the_size_follows_from_the_pictures(ganfw: Ganfw, tmp_path: Path) -> None:
    _photos(tmp_path / "photos")
    assert _size(ganfw, "./photos") == [24, 24]
    shutil.make_archive("photos", "zip", "photos")
    assert _size(ganfw, "photos.zip") == [24, 24]
    # The median of the shorter sides, whatever can't be read; side folders hold no pictures.
    for index, (width, height) in enumerate([(90, 61), (61, 90), (400, 300), (60, 300), (61, 61)]):
        Image.new("RGB", (width, height)).save(f"photos/more{index}.png")
    Path("photos/broken.png").write_bytes(b"no picture")
    os.utime("photos", ns=(1, 1))
    assert _size(ganfw, "./photos") == [56, 56]
    for least, side in ((9, 16), (500, 64)):
        Path(f"{least}").mkdir()
        Image.new("RGB", (least, 999)).save(f"{least}/0.png")
        assert _size(ganfw, f"./{least}") == [side, side]
    Path("empty").mkdir()
    assert _size(ganfw, "./empty") == [64, 64]


def test_a_size_that_is_given_wins_and_one_that_is_chosen_is_recorded(
    ganfw: Ganfw, tmp_path: Path
) -> None:
    _photos(tmp_path / "photos")
    for typed in ("32", "32x32", "32,32", "(32, 32)", "32X32", "32 px", "32*32", "32.0"):
        assert _size(ganfw, "./photos", "--size", typed) == [32, 32]
    assert _size(ganfw, "./photos", "--size", "48x64") == [48, 64]
    words = ("--steps", 1, "--no-callback", "loss-curve", "-s", "train.batch_size=2")
    said = ganfw("run", "./photos", *words).stderr.splitlines()
    assert any("trained by recipe pictures" in line for line in said)
    said = next(line for line in said if "fit the data" in line)
    assert said.startswith("data.size=[24,24], augment.diffaugment.policy=[")
    fitted = "gen.channels=24, disc.channels=64, loss.r1.gamma=0.003, loss.r2.gamma=0.003"
    assert said.endswith(f"{fitted} fit the data, -s sets others")
    Image.new("RGB", (99, 99)).save("photos/0.png")  # the run's own is not chosen anew
    (run,) = Path("runs").iterdir()
    assert tomllib.loads((run / "config.toml").read_text())["data"]["size"] == [24, 24]
    assert json.loads((run / "provenance.json").read_text())["origins"]["data.size"]
    assert "has changed since the run began" in ganfw("resume", run, "--steps", 2).stderr


@pytest.mark.parametrize(
    ("typed", "meant"), [("gpu", "cuda"), ("GPU:1", "cuda:1"), ("0", "cuda:0"), ("CPU", "cpu")]
)
def test_devices_as_other_tools_write_them(ganfw: Ganfw, typed: str, meant: str) -> None:
    config = tomllib.loads(ganfw("run", "ring", "--device", typed, "--print-config").stdout)
    assert config["train"]["device"] == meant


def test_what_a_shell_and_an_editor_leave(
    ganfw: Ganfw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _photos(tmp_path / "photos")
    monkeypatch.setenv("PLACE", str(tmp_path))
    shown = ganfw("run", "$PLACE/photos", "--print-config").stdout
    assert tomllib.loads(shown)["data"]["root"] == str(tmp_path / "photos")
    Path("marked.toml").write_bytes(b"\xef\xbb\xbf[train]\r\n\tsteps\t=\t7\r\n")
    shown = ganfw("run", "./photos", "--config", "marked.toml", "--print-config").stdout
    assert tomllib.loads(shown)["train"]["steps"] == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-s", "callback.ema.network=foo"), "there is no network 'foo'"),
        (("--callback", "lr-schedule", "--lr", "0.1..0.01"), "both set the learning rate"),
    ],
)
def test_a_run_that_a_callback_refuses_leaves_nothing(
    ganfw: Ganfw, words: tuple[str, ...], said: str
) -> None:
    result = ganfw("run", "ring", "--steps", 1, "-s", "data.count=200", *words)
    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]
    assert not Path("runs").exists()


def test_a_run_is_found_by_what_is_near(ganfw: Ganfw) -> None:
    words = ("--steps", 1, "-s", "data.count=200", "--no-callback", "loss-curve")
    assert ganfw("run", "ring", *words).exit_code == 0
    run = "runs/0001-mlp-ring"
    for typed in ("1", "0001", f"{run}/generator/model.safetensors", f"{run}/checkpoints/000001"):
        for command in ("sample", "resume", "evaluate"):
            result = ganfw(command, typed)
            assert result.exit_code == 1
            assert result.stderr.rstrip().endswith(f"{run}?"), (command, result.stderr)


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
    assert notice.endswith("; for pictures: --recipe pictures")


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
        (("list", "--lr", "1"), "ganfw list has no option --lr: ganfw run has it"),
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
        (("trian",), "no command 'trian'. Did you mean 'ganfw run'?"),
        (("./photos",), "Did you mean 'ganfw run ./photos'?"),
        (("--data", "photos"), "ganfw has no option --data: write ganfw run --data"),
        (("sample",), "ganfw sample needs RUN: ganfw sample RUN; ganfw sample --help"),
        (("cache", "clear"), "No such command 'clear' of ganfw cache: there is prune"),
        (("resume", "r", "--seed", "1"), "a resumed run keeps its own; ganfw run --from RUN"),
        (("run", "./photos", "-o", "x"), "Did you mean --out FOLDER?"),
        (("run", "./photos", "-e", "1"), "Did you mean --epochs?"),
        (("run", "./photos", "--epochs", "1e5"), "'1e5' is not a valid integer"),
        (("run", "./photos", "./photos"), "./photos is one argument too many"),
        (("run", "my", "photos"), "write a name with spaces in quotes: 'my photos'"),
        (("run", "photos/0.png", "photos/1.png"), "give the folder that holds the files"),
        (("run", "./photos", "gen.channels=32"), "which is set with -s gen.channels=32"),
        (("run", "./photos", "--gen.channels", "8"), "write -s gen.channels=VALUE"),
        (("run", "./photos", "-s", "gen.channels", "=", "8"), "without spaces around ="),
        (("run", "./photos", "-s", "--steps", "3"), "-s is followed by PATH=VALUE, not by --steps"),
        (("run", "./photos", "-s", "gen=dcgan"), "the component itself is given with --gen"),
        (("run", "./photos", "-s", "gen.lr=1"), "-s gen.lr: write gen.optimizer.lr"),
        (("run", "./photos", "-s", "loss.gamma=1"), "write loss.r1.gamma, or loss.r2.gamma"),
        (("run", "./photos", "-s", "optimizer=lion"), "use=NAME or -s disc.optimizer"),
        (("run", "./photos", "--lr", "0,01"), "a number has a point, as in 0.01"),
        (("run", "./photos", "--lr", "1e-4/2e-4"), "lr=1e-4 -s disc.optimizer.lr=2"),
        (("run", "./photos", "--lr", "1->0.1"), "a schedule is written as 1..0.1"),
        (("run", "./photos", "--size", "big"), "big: write 64, or 48x64 for height"),
        (("run", "./photos", "--device", "xpu"), "device = xpu: not allowed (auto, cpu, cuda"),
        (("run", "./photos", "--gen", "DCGAM"), "no generator 'DCGAM'. Did you mean 'dcgan'?"),
        (("run", "--recipe", "sprites-modern"), "no recipe 'sprites-modern': write --recipe pict"),
        (("run", "./photos", "--loss", "wgan"), "no loss 'wgan': write --loss wasserstein"),
        (("run", "./photos", "--loss", "hinge,r1"), "given one by one: --loss hinge --loss r1"),
        (("run", "./photos", "--config", "my.yaml"), "my.yaml: a config is TOML"),
        (("run", "./photos", "--config", "pictures"), "is given with --recipe pictures"),
        (("run", "./photos", "--config", "flat.toml"), "'epochs' stands in no section"),
        (("run", "./phtos"), "photos'?"),
        (("run", "phtos"), "no dataset 'phtos'. Did you mean './photos'?"),
        (("run", "'./photos'"), "Did you mean './photos'?"),
        (("run", ".\\photos"), "there is no such folder. Did you mean '"),
        (("run", "photos/cats"), "no dataset 'photos/cats': there is no such folder"),
        (("run", "C:\\x\\y"), "a path is written with / here"),
        (("run", "https://a.b/photos.zip"), "is an address: download it, unpack it"),
        (("run", "photos/0.png"), "photos/0.png: it is one picture, and a GAN learns from many"),
        (("run", "flat.toml"), "a run file is given with --config flat.toml"),
        (("run", "x.mp4"), "it is a video: save its frames as pictures"),
        (("run", ""), "no dataset '': give a folder of pictures, ./PATH"),
        (("run", "FFHQ-256"), "is at github.com/NVlabs/ffhq-dataset; download and unpack it"),
        (("run", "celeba_hq"), "github.com/switchablenorms/CelebAMask-HQ"),
        (("run", "cifar"), "write --data torchvision -s data.name=CIFAR10"),
        (("run", "tiny-imagenet"), "--data huggingface -s data.path=zh-plus/tiny-imagenet"),
        (("run", "some/thing"), "for one of the hub write --data huggingface -s data.path=some/th"),
        (("run",), "no dataset chosen: give --data NAME or a folder of pictures, ./PATH"),
    ],
)  # fmt: skip
def test_a_wrong_name_says_which_is_right(
    ganfw: Ganfw, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    _photos(tmp_path / "photos")
    _photos(tmp_path / "my photos")
    Path("my.yaml").write_text("lr: 1")
    Path("flat.toml").write_text("epochs = 3")
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
