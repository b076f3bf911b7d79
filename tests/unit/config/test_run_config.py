"""Layers and what they resolve to."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ganfw.config.layers import Layer, Text, file_layer, settings_layer, toml_layer
from ganfw.config.recipes import recipe_layer
from ganfw.config.request import RunRequest
from ganfw.config.run_config import RunConfig, resolve
from ganfw.errors import UsageError
from ganfw.registry.registry import Registry
from ganfw.storage import atomic


def _asked(**request: Any) -> list[Layer]:
    """The layers of a request for a run of pictures, unless it says otherwise."""
    chosen = {"gen": "dcgan", "disc": "dcgan", "data": "sprites", **request}
    return RunRequest(**chosen).layers(Registry(), "command line")


def _typed(**settings: str) -> Layer:
    paths = {key.replace("__", "."): Text(value) for key, value in settings.items()}
    return settings_layer(paths, "command line")


def test_plain_names_give_the_books_values_through_suggestions(registry: Registry) -> None:
    config = resolve(registry, _asked(data="pokemon"))
    assert config.train.batch_size == 256
    assert config.train.epochs == 20
    assert config.train.latent_dim == 100
    assert config.train.reduction == "sum"
    for choice in (config.gen_optimizer, config.disc_optimizer):
        assert choice.use == "adam"
        assert choice.options.model_dump()["lr"] == 0.005
        assert choice.options.model_dump()["betas"] == (0.5, 0.999)
    assert config.gen.options.model_dump() == {
        "channels": 64,
        "upsampling": "transposed",
        "init_std": 0.02,
    }
    assert [loss.registered.name for loss in config.losses] == ["nonsaturating"]
    assert config.origins["gen.optimizer.lr"] == "suggested by gen dcgan"


def test_plain_names_equal_the_recipe(registry: Registry) -> None:
    plain = resolve(registry, _asked(data="pokemon"))
    recipe = resolve(registry, [recipe_layer(registry, "d2l-dcgan")])
    assert plain.to_toml() == recipe.to_toml()


def test_stronger_layers_win(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[train]\nepochs = 7\nseed = 3\n[gen]\nchannels = 32\n")
    layers = [
        recipe_layer(registry, "d2l-dcgan"),
        file_layer(file),
        _typed(train__epochs="9"),
    ]
    config = resolve(registry, layers)
    assert (config.train.epochs, config.train.seed) == (9, 3)
    assert config.gen.options.model_dump()["channels"] == 32
    assert config.origins["train.epochs"] == "command line"
    assert config.origins["train.seed"] == str(file)
    assert config.origins["train.batch_size"] == "recipe d2l-dcgan"


def test_steps_and_epochs_take_each_others_place(registry: Registry, tmp_path: Path) -> None:
    """The stronger of two layers says how long a run is; one that gives both means both."""
    modern = recipe_layer(registry, "pictures")
    (plain,) = _asked(data="pokemon")[:1]

    def length(*layers: Layer) -> tuple[int | None, int | None]:
        config = resolve(registry, layers)
        again = tmp_path / "again.toml"
        again.write_text(config.to_toml())
        train = resolve(registry, [file_layer(again)]).train
        assert train == config.train
        return train.epochs, train.steps

    assert length(modern) == (None, 6000)
    assert length(modern, _typed(train__epochs="9")) == (9, None)
    assert length(plain) == (20, None)
    assert length(plain, _typed(train__steps="9")) == (None, 9)
    assert length(plain, _typed(train__steps="9", train__epochs="2")) == (2, 9)
    assert length(plain, _typed(train__steps="9"), _typed(train__epochs="2")) == (2, 9)
    file = tmp_path / "mine.toml"
    file.write_text("[train]\nepochs = 7\nsteps = 70\n")
    assert length(plain, file_layer(file)) == (7, 70)
    assert length(plain, file_layer(file), _typed(train__steps="900")) == (None, 900)


def test_a_run_has_an_end(registry: Registry) -> None:
    with pytest.raises(UsageError, match="no end: give --epochs or --steps"):
        resolve(registry, [*_asked(), _typed(train__steps="null")])


def test_a_new_filling_drops_the_old_ones_options_and_says_so(registry: Registry) -> None:
    layers = [
        recipe_layer(registry, "d2l-gaussian"),
        *RunRequest(disc="dcgan").layers(registry, "x"),
    ]
    config = resolve(registry, layers)
    assert config.disc.options.model_dump()["channels"] == 64
    (notice,) = config.notices
    assert notice == "disc: 'dcgan' replaces 'mlp'; options dropped: hidden, init_std"
    assert "disc.hidden" not in config.origins
    # The optimizer belongs to the player: the recipe's stays.
    assert config.disc_optimizer.options.model_dump()["lr"] == 0.05


def test_the_same_filling_again_keeps_its_options(registry: Registry) -> None:
    layers = [
        toml_layer('[gen]\nuse = "dcgan"\nchannels = 16\n', "file"),
        *_asked(),
    ]
    config = resolve(registry, layers)
    assert config.gen.options.model_dump()["channels"] == 16
    assert not config.notices


def test_another_optimizer_drops_the_old_ones_options(registry: Registry) -> None:
    config = resolve(registry, [*_asked(), _typed(gen__optimizer__use="sgd")])
    assert config.gen_optimizer.use == "sgd"
    assert config.gen_optimizer.options.model_dump()["lr"] == 0.01
    (notice,) = config.notices
    assert notice == "gen.optimizer: 'sgd' replaces 'adam'; options dropped: betas, lr"


def test_an_optimizer_is_a_component(registry: Registry) -> None:
    same = resolve(registry, [*_asked(), _typed(gen__optimizer__use="ganfw/adam")])
    assert not same.notices
    assert same.gen_optimizer.options.model_dump()["lr"] == 0.005
    slots = {component.slot: component.use for component in same.component_configs}
    assert slots["gen.optimizer"] == slots["disc.optimizer"] == "adam"


def test_losses_given_replace_the_default_and_sum(registry: Registry) -> None:
    typed = _typed(loss__r1__gamma="5", loss__hinge__weight="0.5")
    config = resolve(registry, [*_asked(loss=["hinge", "r1"]), typed])
    assert [loss.registered.name for loss in config.losses] == ["hinge", "r1"]
    assert config.losses[0].keys.weight == 0.5
    assert config.losses[1].options.model_dump() == {"gamma": 5.0, "relative": False}


def test_a_component_is_used_twice_under_two_names(registry: Registry) -> None:
    request = {"loss": ["hinge", "r1", "late=r1"], "callback": ["slow=ema", "ema"]}
    config = resolve(registry, [*_asked(**request), _typed(loss__late__gamma="5")])
    assert [(loss.name, loss.use) for loss in config.losses] == [
        ("hinge", "hinge"), ("r1", "r1"), ("late", "r1")
    ]  # fmt: skip
    gammas = [loss.options.model_dump().get("gamma") for loss in config.losses]
    assert gammas == [None, 10.0, 5.0]
    assert {"slow", "ema"} <= {callback.name for callback in config.callbacks}
    text = config.to_toml(origins=True)
    assert text.count("name = ") == 2
    assert '[[loss]]\nuse = "r1"  # command line\nname = "late"  # command line\n' in text
    assert resolve(registry, [toml_layer(text, "printed")]).to_toml() == config.to_toml()


def test_a_name_that_means_another_component_drops_the_options(registry: Registry) -> None:
    layers = [
        *_asked(loss=["hinge", "late=r1"], settings={"loss.late.gamma": 5}),
        *RunRequest(loss=["hinge", "late=r2"]).layers(registry, "command line"),
    ]
    config = resolve(registry, layers)
    assert config.losses[1].options.model_dump()["gamma"] == 10
    assert config.notices == ("loss.late: 'r2' replaces 'r1'; options dropped: gamma",)
    late = '[[loss]]\nuse = "{}"\nname = "late"\ngamma = 3\n'
    anew = [toml_layer(late.format(use), "given anew") for use in ("r2", "r1")]
    assert resolve(registry, [*layers, *anew]).notices == config.notices
    gone = toml_layer('[[loss]]\nuse = "gone/r2"\nname = "late"\ndepth = 3\n', "saved")
    assert resolve(registry, [gone, *layers]).losses == config.losses
    with pytest.raises(UsageError, match=r"no loss 'lat' in this run\. Did you mean 'late'\?"):
        resolve(registry, [*layers, _typed(loss__lat__gamma="1")])


def test_a_third_network_shares_its_players_optimizer(registry: Registry) -> None:
    """Any generator can be a network of the generator's side, and any discriminator of the
    other's; what it is not told of its optimizer, it takes from that player's."""
    layers = [
        *_asked(network=["back=dcgan", "judge=dcgan"], lr="1e-3..0"),
        _typed(network__judge__side="disc", network__judge__optimizer__lr="1e-4",
               network__back__channels="16", disc__optimizer__betas="[0.1, 0.9]",
               network__back__optimizer__use="sgd"),
    ]  # fmt: skip
    config = resolve(registry, layers)
    assert [network.registered.label for network in config.networks] == [
        "generator 'dcgan'", "discriminator 'dcgan'"
    ]  # fmt: skip
    back, judge = config.network_optimizers
    assert (back.use, back.options.model_dump()["lr"]) == ("sgd", 0.01)
    assert judge.options.model_dump()["betas"] == (0.1, 0.9)
    assert (judge.options.model_dump()["lr"], judge.schedules) == (1e-4, {})
    assert config.origins["network.judge.optimizer.betas"] == "command line"
    text = config.to_toml()
    assert '[[network]]\nuse = "dcgan"\nname = "judge"\nside = "disc"\n' in text
    assert resolve(registry, [toml_layer(text, "printed")]).to_toml() == text
    with pytest.raises(UsageError, match="no network or generator 'dcgna'"):
        resolve(registry, _asked(network=["dcgna"]))
    with pytest.raises(UsageError, match="network 'gen': a player has that name"):
        resolve(registry, _asked(network=["gen=dcgan"]))
    with pytest.raises(UsageError, match="network 'dcgan': side = left: should be 'gen' or 'disc'"):
        resolve(registry, [*_asked(network=["dcgan"]), _typed(network__dcgan__side="left")])


def test_callbacks_are_added_and_left_out(registry: Registry) -> None:
    layers = _asked(callback=["ema"], no_callback=["ganfw/progress"])
    config = resolve(registry, layers)
    enabled = {callback.registered.name: callback.keys.enabled for callback in config.callbacks}
    assert enabled["ema"]
    assert not enabled["progress"]
    assert enabled["checkpoints"]


def test_printed_toml_replays_the_run(registry: Registry) -> None:
    layers = [
        *_asked(data="gaussian", gen="linear", disc="mlp", loss=["hinge", "r1"],
                callback=["ema"], no_callback=["progress"]),
        _typed(data__A="[[1, 2.5], [0, 1]]", gen__optimizer__use="sgd", train__steps="5"),
    ]  # fmt: skip
    first = resolve(registry, layers)
    for text in (first.to_toml(), first.to_toml(origins=True)):
        second = resolve(registry, [toml_layer(text, "printed")])
        assert second.to_toml() == first.to_toml()
    assert "A = [[1.0, 2.5], [0.0, 1.0]]  # command line\n" in first.to_toml(origins=True)
    assert '\n\n[[loss]]\nuse = "hinge"\nweight = 1.0\n' in first.to_toml()
    assert "#" not in first.to_toml()


@pytest.mark.parametrize(
    "name",
    ["a\u2028b  # c", "a\x85b\x0cc", "# a", "\"a\" 'b' \\ \\n", "a\tb\nc\r\x01\x7f", "[é]\n[gen]"],
)
@pytest.mark.parametrize("origins", [False, True])
def test_any_text_survives_toml(
    registry: Registry, tmp_path: Path, name: str, origins: bool
) -> None:
    """Line separators, quotes, comment marks and control characters: in a value, and in the name
    of the file that set it."""
    folder = tmp_path / name
    folder.mkdir()
    layers = [Layer(f"file {name}", layer.values) for layer in _asked(data=str(folder))]
    config = resolve(registry, layers)
    text = config.to_toml(origins)
    assert tomllib.loads(text)["data"]["root"] == str(folder)
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    again = resolve(registry, [file_layer(tmp_path / "config.toml")])
    assert again.data.options == config.data.options
    assert again.to_toml() == config.to_toml()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are UTF-8")
def test_a_name_that_is_not_utf8_survives_toml(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    config = resolve(registry, _asked(data=str(folder)))
    atomic.write_text(tmp_path / "config.toml", config.to_toml(origins=True))
    again = resolve(registry, [file_layer(tmp_path / "config.toml")])
    assert again.data.options == config.data.options
    assert config.data.options.model_dump()["root"] == folder
    assert again.to_toml() == config.to_toml()
    assert again.data.identity == config.data.identity


def test_short_names_are_paths_of_the_command_line(registry: Registry) -> None:
    short = {"epochs": 3, "batch_size": 8, "latent_dim": 7, "seed": 5, "compile": True}
    layers = _asked(lr=0.25, size=Text("32"), name="my-run", **short)
    config = resolve(registry, layers)
    for optimizer in (config.gen_optimizer, config.disc_optimizer):
        assert optimizer.options.model_dump()["lr"] == 0.25
    assert {key: getattr(config.train, key) for key in short} == short
    assert config.data.options.model_dump()["size"] == 32
    assert config.name == "my-run"
    paths = {f"train.{key}" for key in (*short, "name")}
    paths |= {"gen.optimizer.lr", "disc.optimizer.lr", "data.size"}
    assert paths <= {path for path, source in config.origins.items() if source == "command line"}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"lr": 1e-3, "settings": {"disc.optimizer.lr": 2e-3}},
         "disc.optimizer.lr is set by --lr and by -s disc.optimizer.lr: give one of them"),
        ({"batch_size": 8, "settings": {"train.batch_size": 8}}, "set by --batch-size and by -s"),
        ({"lr": 1e-3, "settings": {"gen.optimizer": {"lr": 2e-3}}}, "'optimizer' are set too"),
        ({"settings": {"gen.channels": 8, "gen.channels.x": 8}}, "'channels' already has a value"),
        ({"data": "gaussian", "size": 32}, "data 'gaussian' has no option 'size'"),
        ({"name": "../up"}, "train: name = ../up: "),
        ({"latent_dim": 0}, "train: latent_dim = 0: "),
    ],
)  # fmt: skip
def test_no_short_name_is_ignored(registry: Registry, request_: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        resolve(registry, _asked(**request_))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("gen.channels", "32", 32),
        ("gen.init_std", "2e-2", 0.02),
    ],
)
def test_typed_values_take_their_fields_type(
    registry: Registry, path: str, value: str, expected: object
) -> None:
    config = resolve(registry, [*_asked(), settings_layer({path: Text(value)}, "x")])
    assert config.gen.options.model_dump()[path.split(".")[1]] == expected


def _resolve_points(registry: Registry, layer: Layer) -> RunConfig:
    return resolve(registry, [*_asked(gen="linear", disc="mlp", data="gaussian"), layer])


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("gen.chanels", "3", "gen 'linear' has no option 'chanels'; it has init_std"),
        ("gen.init_stf", "3", "Did you mean 'init_std'?"),
        ("gen.init_std", "-1", "gen 'linear': init_std = -1: should be greater than 0"),
        ("gen.init_std", "wide", "should be a valid number"),
        ("data.count", "0", "data 'gaussian': count = 0: should be greater than or equal to 1"),
        ("data.b", "[1]", "each row of A must be as long as b (1), they are 2, 2"),
        ("gne.init_std", "1", "-s gne.init_std: no section 'gne'. Did you mean 'gen'?"),
        ("gen", "linear", "-s gen: write gen.OPTION=VALUE"),
        ("loss.r1", "1", "-s loss.r1: write loss.NAME.OPTION=VALUE"),
        ("loss.r1.gamma", "1", "loss 'r1' takes no part in this run; add --loss r1"),
        ("loss.rr.gamma", "1", "no loss 'rr'; there are 2c, "),
        ("loss.nonsaturating.wieght", "1", "has no option 'wieght'"),
        ("gen.optimizer.use", "adm", "no optimizer 'adm'. Did you mean 'adam'?"),
        ("gen.optimizer.lr", "-1", "gen.optimizer 'adam': lr = -1: should be greater than or"),
        ("gen.optimizer.beta", "1", "'adam' has no option 'beta'. Did you mean 'betas'?"),
        ("gen.optimizer", "adam", "gen.optimizer must be a table"),
        ("train.batchsize", "1", "train has no option 'batchsize'. Did you mean 'batch_size'?"),
        ("train.batch_size", "-8", "should be greater than or equal to 1 (int, 1..1048576)"),
        ("train.epochs", "0", "train: epochs = 0"),
        ("train.epochs", "many", "should be a valid integer"),
        ("train.seed", "-1", "train: seed = -1"),
        ("gen.init_std", "[" * 9999, "should be a valid number"),
        ("gen.x\n\x1b[2Jy", "1", "gen 'linear' has no option 'x ?[2Jy'"),
        ("gne.a\n \u2028b", "1", "-s gne.a b: no section"),
        ("train.device", "xpu", "train: device = xpu"),
        ("train.reduction", "max", "should be 'mean' or 'sum' (mean | sum)"),
    ],
)
def test_bad_settings_are_one_clear_line(
    registry: Registry, path: str, value: str, said: str
) -> None:
    with pytest.raises(UsageError) as error:
        _resolve_points(registry, settings_layer({path: Text(value)}, "command line"))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[gen", "is not valid TOML"),
        ("[genn]\n", "no section 'genn'. Did you mean 'gen'?"),
        ("a = " + "[" * 9999, "is not valid TOML: it is nested too deeply"),
        ("a = " + "9" * 9999, "is not valid TOML: "),
        ("gen = 3\n", "'gen' must be a table: [gen]"),
        ('[loss]\nuse = "r1"\n', "must be an array of tables: [[loss]]"),
        ("[[loss]]\ngamma = 1\n", 'each [[loss]] needs a use = "name"'),
        (
            '[[loss]]\nuse = "r1"\n[[loss]]\nuse = "r1"\n',
            "loss 'r1' is given twice: name the second one, as in --loss second=r1, or name = ",
        ),
        ('[[loss]]\nuse = "r1"\nname = "The late one"\n', "loss 'The late one': a name is made of"),
        ('[[loss]]\nuse = "r1"\nname = 3\n', "loss '3': a name is made of a-z, 0-9"),
        ("[gen]\nuse = 3\n", "gen.use must be a name, not 3"),
        ("[gen]\nchannels = true\nuse = 'dcgan'\n", "channels = True"),
    ],
)
def test_bad_files_are_one_clear_line(registry: Registry, content: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        resolve(registry, [*_asked(), toml_layer(content, "mine.toml")])
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_pieces_are_asked_for(registry: Registry) -> None:
    with pytest.raises(UsageError, match=r"no generator .*: give --gen NAME; there are .*compact"):
        resolve(registry, _asked(gen=None))
    with pytest.raises(UsageError, match=r"A folder is given as a path: \./photos"):
        resolve(registry, _asked(data="photos"))


def test_a_path_is_a_folder_of_pictures(registry: Registry, tmp_path: Path) -> None:
    photos = tmp_path / "my photos"
    photos.mkdir()
    config = resolve(registry, _asked(data=str(photos)))
    assert config.data.registered.name == "folder"
    assert config.name == "dcgan-my-photos"
    again = resolve(registry, [toml_layer(config.to_toml(), "saved")])
    assert again.data.options == config.data.options
