"""``[[fit]]``: options that a recipe leaves to the data's size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ganfw.config.layers import Layer, Text, settings_layer, toml_layer
from ganfw.config.run_config import RunConfig, resolve
from ganfw.errors import UsageError
from ganfw.registry.registry import Registry

RECIPE = """
[data]
use = "sprites"
[gen]
use = "compact"
channels = 24
[disc]
use = "compact"
[[loss]]
use = "rpgan"
[[augment]]
use = "diffaugment"
policy = ["flip"]
[train]
batch_size = 16
steps = 9
[[fit]]
option = "train.batch_size"
by = "samples"
values = [[100, 4], [5000, 16], [60000, 32]]
[[fit]]
option = "gen.channels"
by = "side"
values = [[32, 48]]
[[fit]]
option = "augment.diffaugment.policy"
by = "samples"
values = [[100, ["flip", "color"]]]
"""


def _config(registry: Registry, recipe: str = RECIPE, **settings: Any) -> RunConfig:
    typed = {path.replace("__", "."): Text(value) for path, value in settings.items()}
    return resolve(registry, [toml_layer(recipe, "recipe r"), settings_layer(typed, "typed")])


def test_the_first_row_holds_that_is_not_exceeded(registry: Registry) -> None:
    """What the recipe says of its own data is no news; what another has is said, and recorded."""
    own = _config(registry)
    assert (own.train.batch_size, own.notices) == (16, ())
    assert own.origins["train.batch_size"] == "recipe r"
    few = _config(registry, data__species="10", data__individuals="10", data__size="32")
    assert few.train.batch_size == 4
    assert few.gen.options.model_dump()["channels"] == 48
    assert few.augments[0].options.model_dump()["policy"] == ("flip", "color")
    assert few.origins["train.batch_size"] == "recipe r for 100 samples"
    assert few.origins["gen.channels"] == "recipe r for 32 pixels"
    assert few.notices == (
        'train.batch_size=4, gen.channels=48, augment.diffaugment.policy=["flip","color"] '
        "fit the data, -s sets others",
    )
    fewer = Layer("typed", {"callback": {"samples": {"enabled": False}}})
    assert resolve(registry, [toml_layer(RECIPE, "recipe r"), fewer]).train == own.train
    assert _config(registry, data__individuals="100").train.batch_size == 32
    assert _config(registry, data__individuals="2000").train.batch_size == 16
    assert resolve(registry, [toml_layer(few.to_toml(), "saved")]).to_toml() == few.to_toml()


def test_classes_of_many_samples_and_of_few(registry: Registry) -> None:
    """Not followed where the data has no classes, or does not say how many."""
    rule = 'option = "disc.head"\nby = "samples_per_class"\nvalues = [[9, "scores"], [99, "auto"]]'
    recipe = f"{RECIPE}\n[[fit]]\n{rule}\n"
    many = _config(registry, recipe, data__individuals="10")
    assert many.disc.options.model_dump()["head"] == "auto"
    assert many.origins["disc.head"] == "recipe r for 10 samples of each class"
    pairs = {"data__use": "sprite-outlines", "data__individuals": "10"}
    for other in ({"data__individuals": "9"}, {"data__individuals": "100"}, pairs):
        config = _config(registry, recipe, **other)
        assert config.disc.options.model_dump()["head"] == "scores"


def test_options_of_one_rule_are_all_set_or_none_is(registry: Registry) -> None:
    recipe = (
        RECIPE.replace("channels = 24", "channels = 24\nconditional = false")
        + """[[fit]]
option = ["gen.conditional", "disc.head"]
by = "samples_per_class"
values = [[9, [false, "scores"]], [99, [true, "projection"]]]
"""
    )
    both = _config(registry, recipe)
    assert both.gen.options.model_dump()["conditional"]
    assert both.disc.options.model_dump()["head"] == "projection"
    assert both.notices == (
        'gen.conditional=true, disc.head="projection" fit the data, -s sets others',
    )
    few = {"data__individuals": "9", "data__species": "500"}
    for settings in (
        few, {**few, "gen__conditional": "true"}, {"gen__conditional": "false"},
        {"gen__use": "dcgan"},
    ):  # fmt: skip
        config = _config(registry, recipe, **settings)
        assert config.disc.options.model_dump()["head"] == "scores"
    for settings in ({"gen__conditional": "True"}, {"disc__head": "projection"}):
        config = _config(registry, recipe, **settings)  # what the rule says anyway
        assert config.gen.options.model_dump()["conditional"]
        assert config.disc.options.model_dump()["head"] == "projection"
    for path, value in (("disc__head", "scores"), ("disc__use", "dcgan")):
        config = _config(registry, recipe, **{path: value})
        assert not config.gen.options.model_dump()["conditional"]


def test_what_is_set_by_hand_wins_and_another_component_is_left_alone(registry: Registry) -> None:
    words = {"data__individuals": "1", "train__batch_size": "8", "gen__use": "dcgan"}
    config = _config(registry, **words, gen__channels="16")
    assert config.train.batch_size == 8
    assert config.gen.options.model_dump()["channels"] == 16
    assert not any("train.batch_size" in notice for notice in config.notices)


def test_pictures_are_counted_and_what_is_unknown_changes_nothing(
    registry: Registry, tmp_path: Path
) -> None:
    for number in range(3):
        Image.new("RGB", (40, 40), (number, 0, 0)).save(tmp_path / f"{number}.png")
    config = _config(registry, data__use="folder", data__root=str(tmp_path))
    assert config.train.batch_size == 4
    assert config.gen.options.model_dump()["channels"] == 24
    (tmp_path / "bare").mkdir()
    for number in range(3):
        (tmp_path / f"{number}.png").rename(tmp_path / "bare" / str(number))
    bare = _config(registry, data__use="folder", data__root=str(tmp_path / "bare"))
    assert bare.train.batch_size == 16  # without a suffix they are known only when they are read
    pokemon = _config(registry, data__use="pokemon", data__size="32")
    assert pokemon.train.batch_size == 16
    assert pokemon.gen.options.model_dump()["channels"] == 48


def test_a_rule_for_steps_leaves_the_epochs_of_its_recipe(registry: Registry) -> None:
    rules = """[[fit]]
option = "train.steps"
by = "samples"
values = [[9999, 5]]
[[fit]]
option = "train.epochs"
by = "side"
values = [[64, 2]]
"""
    first = rules[: rules.rindex("[[fit]]")]
    recipe = RECIPE.replace("steps = 9", "steps = 9\nepochs = 3")
    both, one = (_config(registry, recipe + part).train for part in (rules, first))
    assert (both.steps, both.epochs) == (5, 2)
    assert (one.steps, one.epochs) == (5, 3)
    by_hand = _config(registry, recipe + rules, train__epochs="4").train
    assert (by_hand.steps, by_hand.epochs) == (None, 4)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("fit = 3\n", "recipe r: 'fit' must be an array of tables"),
        ('[[fit]]\noption = "train.seed"\nby = "size"\nvalues = [[9, 1]]\n', "by"),
        ('[[fit]]\noption = "train.seed"\nby = "samples"\nvalues = []\n', "values"),
        ('[[fit]]\noption = "trian.seed"\nby = "samples"\nvalues = [[9999, 1]]\n',
         "recipe r: [[fit]] trian.seed: no section 'trian'"),
        ('[[fit]]\noption = "train.seed"\nby = "samples"\nvalues = [[9999, "x"]]\n',
         "recipe r for 3840 samples: [[fit]] train.seed: train: seed = x: should be"),
        ('[[fit]]\noption = "loss.r3.gamma"\nby = "samples"\nvalues = [[9999, 1]]\n',
         "recipe r for 3840 samples: [[fit]] loss.r3.gamma: no loss 'r3'"),
        ('[[fit]]\noption = ["train.seed", "train.steps"]\nby = "side"\nvalues = [[99, [1]]]\n',
         "recipe r: [[fit]]: [1] is no list of 2 values, one for each option"),
        ('[[fit]]\noption = "train.seed"\nby = "samples"\n',
         "recipe r: [[fit]] needs the option 'values'"),
        ('[[fit]]\noption = "train.seed"\nby = "samples"\nvalues = [[9]]\n',
         "recipe r: [[fit]]: values = [9]: field required"),
        ('[[fit]]\noption = "data.size"\nby = "samples"\nvalues = [[9, 32]]\n',
         "recipe r: [[fit]] data.size: what follows the data can't be the data's own"),
        (2 * '[[fit]]\noption = "train.seed"\nby = "samples"\nvalues = [[9, 1]]\n',
         "recipe r: [[fit]] train.seed: it has two rules"),
    ],
)  # fmt: skip
def test_a_rule_that_is_none(registry: Registry, rule: str, message: str) -> None:
    recipe = RECIPE[: RECIPE.index("[[fit]]")]
    text = rule + recipe if rule.startswith("fit") else recipe + rule
    with pytest.raises(UsageError) as caught:
        _config(registry, text)
    assert message in str(caught.value)
    assert "-s " not in str(caught.value)
