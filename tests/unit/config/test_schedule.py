"""Schedules: how they are written, what may follow one, and the values at each step."""

from __future__ import annotations

from typing import Any

import pytest

from ganfw.config.layers import Text, settings_layer, toml_layer
from ganfw.config.request import RunRequest
from ganfw.config.run_config import RunConfig, resolve
from ganfw.config.schedule import Phase, Schedule, read_schedule
from ganfw.errors import UsageError
from ganfw.launch.schedules import unreached_phases
from ganfw.registry.registry import Registry

HOLD_THEN_FALL = Schedule((Phase(2e-4, 2e-4, None, percent=50), Phase(2e-4, 0)))
WARM_UP_THEN_FALL = Schedule((Phase(0, 1, over=3), Phase(1, 0.2)))


def _one(start: float, end: float, *more: Any, **others: Any) -> Schedule:
    return Schedule((Phase(start, end, *more, **others),))


def _resolved(registry: Registry, **settings: str) -> RunConfig:
    paths = {key.replace("__", "."): Text(value) for key, value in settings.items()}
    request = RunRequest(
        gen="dcgan",
        disc="dcgan",
        data="sprites",
        loss=["nonsaturating", "r1"],
        augment=["diffaugment"],
        callback=["ema"],
    )
    layers = [*request.layers(registry, "command line"), settings_layer(paths, "command line")]
    return resolve(registry, layers)


@pytest.mark.parametrize(
    ("text", "schedule", "printed"),
    [
        ("10..1", _one(10, 1), "10..1"),
        ("2e-4..0", _one(2e-4, 0), "0.0002..0"),
        (" .5 .. 1.25  Cosine ", _one(0.5, 1.25, "cosine"), "0.5..1.25 cosine"),
        ("1..1e-5 geometric over 500", _one(1, 1e-5, "geometric", 500),
         "1..1e-05 geometric over 500"),
        ("-1..+1 over 7", _one(-1, 1, over=7), "-1..1 over 7"),
        ("2e-4 over 50% then 2e-4..0", HOLD_THEN_FALL, "0.0002 over 50% then 0.0002..0"),
        ("0..1  over 3 THEN 1..0.2", WARM_UP_THEN_FALL, "0..1 over 3 then 1..0.2"),
        ("0 over 9 then 1", Schedule((Phase(0, 0, None, 9), Phase(1, 1, None))), "0 over 9 then 1"),
        ("1..2 cosine over 12.50%", _one(1, 2, "cosine", percent=12.5), "1..2 cosine over 12.5%"),
    ],
)  # fmt: skip
def test_a_schedule_is_read_and_printed(text: str, schedule: Schedule, printed: str) -> None:
    assert read_schedule(text, "x") == schedule
    assert str(schedule) == printed
    assert read_schedule(printed, "x") == schedule


@pytest.mark.parametrize(
    ("schedule", "total", "values"),
    [
        (_one(10, 1), 4, [10, 7, 4, 1]),
        (_one(0, 1, "cosine"), 5, [0, 0.146447, 0.5, 0.853553, 1]),
        (_one(1, 100, "geometric"), 3, [1, 10, 100]),
        (_one(0, 1, over=3), 9, [0, 0.5, 1, 1, 1]),
        (_one(3, 5), 1, [3]),
        (_one(3, 5, over=1), 4, [3, 5, 5]),
        (HOLD_THEN_FALL, 6, [2e-4, 2e-4, 2e-4, 2e-4, 1e-4, 0]),
        (HOLD_THEN_FALL, 2, [2e-4, 2e-4, 0]),
        (WARM_UP_THEN_FALL, 8, [0, 0.5, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2]),
        (WARM_UP_THEN_FALL, 2, [0, 0.5]),
        (read_schedule("4 over 50% then 2 over 50%", "x"), 3, [4, 4, 2, 2]),
        (read_schedule("1..2 over 25% then 5 over 1 then 3", "x"), 8, [1, 2, 5, 3, 3]),
    ],
)
def test_values_go_from_the_first_step_to_the_last(
    schedule: Schedule, total: int, values: list[float]
) -> None:
    steps = range(1, len(values) + 1)
    assert [schedule.at(step, total) for step in steps] == pytest.approx(values, abs=1e-6)
    assert schedule.at(1, total) == schedule.ends[0]
    assert all(schedule.at(step, total) <= schedule.greatest for step in range(1, 12))


def test_a_phase_that_the_run_is_too_short_for_is_named(registry: Registry) -> None:
    config = _resolved(
        registry,
        loss__r1__gamma="10..1 over 20",
        gen__optimizer__lr="2e-4 over 50% then 2e-4..0",
        callback__ema__decay="0 over 9 then 0.9 over 2 then 0.99",
    )
    assert list(unreached_phases(config, 12)) == []
    (line,) = unreached_phases(config, 9)
    assert line.startswith("callback 'ema': decay = 0 over 9 then 0.9")
    assert line.endswith(": 9 steps end before '0.9 over 2' begins")
    assert "before '0.99' begins" in next(unreached_phases(config, 11))


def test_a_config_holds_the_first_value_and_prints_the_schedule(registry: Registry) -> None:
    config = _resolved(
        registry,
        loss__r1__gamma="10..1",
        loss__r1__weight="0..1 over 20",
        gen__optimizer__lr="2e-4..0 cosine",
        disc__optimizer__lr="0..2e-4 over 20 then 2e-4 over 50% then 2e-4..0",
        gen__optimizer__weight_decay="0..0.01",
        gen__optimizer__betas='[0, "0.9..0.99 over 7"]',
        callback__ema__decay="0.9..0.999",
        augment__diffaugment__cutout="0.25..0.5",
    )
    r1 = config.losses[1]
    assert (r1.options.model_dump()["gamma"], r1.keys.weight) == (10, 0)
    assert r1.schedules == {"gamma": _one(10, 1), "weight": _one(0, 1, over=20)}
    assert config.gen_optimizer.schedules["lr"] == _one(2e-4, 0, "cosine")
    assert config.gen_optimizer.schedules["betas.1"] == _one(0.9, 0.99, over=7)
    assert config.gen_optimizer.options.model_dump()["betas"] == (0, 0.9)
    assert config.augments[0].schedules == {"cutout": _one(0.25, 0.5)}
    assert config.disc_optimizer.schedules["lr"].greatest == 2e-4
    text = config.to_toml(origins=True)
    assert 'lr = "0..0.0002 over 20 then 0.0002 over 50% then 0.0002..0"' in text
    assert 'gamma = "10..1"  # command line\n' in text
    assert 'betas = [0.0, "0.9..0.99 over 7"]  # command line\n' in text
    assert 'decay = "0.9..0.999"  # command line\n' in text
    again = resolve(registry, [toml_layer(text, "printed")])
    assert again.to_toml() == config.to_toml()
    assert again.losses == config.losses


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("loss.r1.relative", "0..1", "loss 'r1': 'relative' can't follow a schedule"),
        ("loss.r1.every", "1..4", "loss 'r1': 'every' can't follow a schedule"),
        ("gen.channels", "8..64", "gen 'dcgan': 'channels' can't follow a schedule"),
        ("gen.optimizer.eps", "1..0", "gen.optimizer 'adam': 'eps' can't follow a schedule"),
        ("gen.optimizer.betas", '[0, "0.9..1"]', "gen.optimizer 'adam': betas = 1.0: should be"),
        ("gen.optimizer.betas", "0.9..1", "gen.optimizer 'adam': betas = 1.0: should be"),
        ("gen.optimizer.betas", '[0, "0..1 x"]', "gen.optimizer 'adam': betas.1 = 0..1 x is no"),
        ("augment.diffaugment.policy", '["0..1"]', "'policy.0' can't follow a schedule"),
        ("train.batch_size", "8..64", "train: 'batch_size' can't follow a schedule"),
        ("data.size", "8..64", "data 'sprites': 'size' can't follow a schedule"),
        ("augment.diffaugment.policy", "0..1", "'policy' can't follow a schedule"),
        ("loss.r1.gamma", "10..-1", "loss 'r1': gamma = -1.0: should be greater than or equal to"),
        ("loss.r1.weight", "-1..1", "loss 'r1': weight = -1.0: should be greater than or equal"),
        ("callback.ema.decay", "0.9..1", "callback 'ema': decay = 1.0: should be less than 1"),
        ("loss.r1.gamma", "10..0 geometric", "a geometric schedule has both ends above 0"),
        ("loss.r1.gamma", "10..1 linnear", "10..1 linnear is no schedule: write START..END"),
        ("loss.r1.gamma", "10..1 over 0", "is no schedule"),
        ("loss.r1.gamma", "1..2..3", "is no schedule"),
        ("loss.r1.gamma", "1..2 over 0%", "[over STEPS|PERCENT%], and join several by 'then'"),
        ("loss.r1.gamma", "1..2 over 101%", "is no schedule"),
        ("loss.r1.gamma", "1..2 over 5 then", "is no schedule"),
        ("loss.r1.gamma", "1 linear over 5", "gamma = 1 linear over 5 is no schedule"),
        ("loss.r1.gamma", "1..2 then 2..0", "1..2 then 2..0: all phases but the last need over"),
        ("loss.r1.gamma", "1 over 60% then 2 over 50%", "its phases take more than the whole run"),
        ("loss.r1.gamma", "1 over 100% then 2", "its phases take more than the whole run"),
        ("loss.r1.gamma", "1 over 5 then 2..-2 over 5 then 3", "gamma = -2.0: should be"),
        ("train.batch_size", "8 over 50% then 64", "train: 'batch_size' can't follow a schedule"),
        ("loss.r1.gama", "1..2", "loss 'r1' has no option 'gama'. Did you mean 'gamma'?"),
    ],
)  # fmt: skip
def test_what_can_not_be_one_clear_line(
    registry: Registry, path: str, value: str, said: str
) -> None:
    with pytest.raises(UsageError) as error:
        _resolved(registry, **{path.replace(".", "__"): value})
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_text_that_an_option_takes_is_no_schedule(registry: Registry) -> None:
    assert _resolved(registry, train__name="1..2").train.name == "1..2"
