"""Layers and what they resolve to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganfw.config.layers import (
    Layer,
    Text,
    callbacks_layer,
    components_layer,
    file_layer,
    settings_layer,
    toml_layer,
)
from ganfw.config.recipes import recipe_layer
from ganfw.config.run_config import RunConfig, resolve
from ganfw.errors import UsageError
from ganfw.registry.registry import Registry


def _names(gen: str = "dcgan", disc: str = "dcgan", data: str = "sprites", **more: object) -> Layer:
    losses = more.get("losses", ())
    return components_layer(gen, disc, data, losses, (), "command line")  # type: ignore[arg-type]


def _typed(**settings: str) -> Layer:
    paths = {key.replace("__", "."): Text(value) for key, value in settings.items()}
    return settings_layer(paths, "command line")


def test_plain_names_give_the_books_values_through_suggestions(registry: Registry) -> None:
    config = resolve(registry, [_names(data="pokemon")])
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
    assert [each.registered.name for each in config.losses] == ["nonsaturating"]
    assert config.origins["gen.optimizer.lr"] == "suggested by gen dcgan"


def test_plain_names_equal_the_recipe(registry: Registry) -> None:
    plain = resolve(registry, [_names(data="pokemon")])
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
    modern, plain = recipe_layer(registry, "sprites-modern"), _names(data="pokemon")

    def length(*layers: Layer) -> tuple[int | None, int | None]:
        config = resolve(registry, layers)
        again = tmp_path / "again.toml"
        again.write_text(config.to_toml())
        train = resolve(registry, [file_layer(again)]).train
        assert train == config.train
        return train.epochs, train.steps

    assert length(modern) == (None, 12000)
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
        resolve(registry, [_names(data="pokemon"), _typed(train__steps="null")])


def test_a_new_filling_drops_the_old_ones_options_and_says_so(registry: Registry) -> None:
    layers = [
        recipe_layer(registry, "d2l-gaussian"),
        components_layer(None, "dcgan", None, (), (), "x"),
    ]
    config = resolve(registry, layers)
    assert config.disc.options.model_dump()["channels"] == 64
    (notice,) = config.notices
    assert notice == ("disc: 'mlp' gives way to 'dcgan'; its options hidden, init_std are dropped")
    # The optimizer belongs to the player: the recipe's stays.
    assert config.disc_optimizer.options.model_dump()["lr"] == 0.05


def test_the_same_filling_again_keeps_its_options(registry: Registry) -> None:
    layers = [
        toml_layer('[gen]\nuse = "dcgan"\nchannels = 16\n', "file"),
        _names(),
    ]
    config = resolve(registry, layers)
    assert config.gen.options.model_dump()["channels"] == 16
    assert not config.notices


def test_another_optimizer_drops_the_old_ones_options(registry: Registry) -> None:
    config = resolve(registry, [_names(), _typed(gen__optimizer__use="sgd")])
    assert config.gen_optimizer.use == "sgd"
    assert config.gen_optimizer.options.model_dump()["lr"] == 0.01
    assert "gen.optimizer: 'adam' gives way to 'sgd'; its lr, betas"[:40] in config.notices[0]


def test_losses_given_replace_the_default_and_sum(registry: Registry) -> None:
    config = resolve(
        registry,
        [_names(losses=("hinge", "r1")), _typed(loss__r1__gamma="5", loss__hinge__weight="0.5")],
    )
    assert [each.registered.name for each in config.losses] == ["hinge", "r1"]
    assert config.losses[0].keys.weight == 0.5
    assert config.losses[1].options.model_dump() == {"gamma": 5.0, "relative": False}


def test_callbacks_are_added_and_left_out(registry: Registry) -> None:
    layers = [_names(), callbacks_layer(("ema",), ("progress",), "command line")]
    config = resolve(registry, layers)
    enabled = {each.registered.name: each.keys.enabled for each in config.callbacks}
    assert enabled["ema"]
    assert not enabled["progress"]
    assert enabled["checkpoints"]


def test_printed_toml_replays_the_run(registry: Registry) -> None:
    layers = [
        _names(data="gaussian", gen="linear", disc="mlp", losses=("hinge", "r1")),
        callbacks_layer(("ema",), ("progress",), "command line"),
        _typed(data__A="[[1, 2.5], [0, 1]]", gen__optimizer__use="sgd", train__steps="5"),
    ]
    first = resolve(registry, layers)
    for text in (first.to_toml(), first.to_toml(origins=True)):
        second = resolve(registry, [toml_layer(text, "printed")])
        assert second.to_toml() == first.to_toml()
    assert "# command line" in first.to_toml(origins=True)
    assert "#" not in first.to_toml()


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
    config = resolve(registry, [_names(), settings_layer({path: Text(value)}, "x")])
    assert config.gen.options.model_dump()[path.split(".")[1]] == expected


def _resolve_points(registry: Registry, layer: Layer) -> RunConfig:
    return resolve(registry, [_names("linear", "mlp", "gaussian"), layer])


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
        ("loss.rr.gamma", "1", "no loss 'rr'; there are gradient-penalty, "),
        ("loss.nonsaturating.wieght", "1", "has no option 'wieght'"),
        ("gen.optimizer.use", "adm", "no optimizer 'adm'. Did you mean 'adam'?"),
        ("gen.optimizer.lr", "0", "gen.optimizer: lr = 0: should be greater than 0"),
        ("gen.optimizer", "adam", "gen.optimizer must be a table"),
        ("train.batchsize", "1", "train has no option 'batchsize'. Did you mean 'batch_size'?"),
        ("train.batch_size", "-8", "should be greater than or equal to 1 (int, 1..1048576)"),
        ("train.epochs", "0", "train: epochs = 0"),
        ("train.epochs", "many", "should be a valid integer"),
        ("train.seed", "-1", "train: seed = -1"),
        ("train.device", "gpu", "train: device = gpu"),
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
        ("[gen", "is no valid TOML"),
        ("[genn]\n", "no section 'genn'. Did you mean 'gen'?"),
        ("gen = 3\n", "'gen' must be a table: [gen]"),
        ('[loss]\nuse = "r1"\n', "must be an array of tables: [[loss]]"),
        ("[[loss]]\ngamma = 1\n", 'each [[loss]] needs a use = "name"'),
        ('[[loss]]\nuse = "r1"\n[[loss]]\nuse = "r1"\n', "loss 'r1' is given twice"),
        ("[gen]\nuse = 3\n", "gen.use must be a name, not 3"),
        ("[gen]\nchannels = true\nuse = 'dcgan'\n", "channels = True"),
    ],
)
def test_bad_files_are_one_clear_line(registry: Registry, content: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        resolve(registry, [_names(), toml_layer(content, "mine.toml")])
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_pieces_are_asked_for(registry: Registry) -> None:
    with pytest.raises(UsageError, match="no generator chosen: give --gen NAME; there are compact"):
        resolve(registry, [components_layer(None, "mlp", "gaussian", (), (), "x")])
    with pytest.raises(UsageError, match=r"A folder is given as a path: \./photos"):
        resolve(registry, [_names(data="photos")])


def test_a_path_is_a_folder_of_pictures(registry: Registry, tmp_path: Path) -> None:
    photos = tmp_path / "my photos"
    photos.mkdir()
    config = resolve(registry, [_names(data=str(photos))])
    assert config.data.registered.name == "folder"
    assert config.name == "dcgan-my-photos"
    again = resolve(registry, [toml_layer(config.to_toml(), "saved")])
    assert again.data.options == config.data.options
