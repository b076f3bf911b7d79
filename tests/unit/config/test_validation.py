"""What users write, as options."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from ganfw import Options, PluginError, UsageError
from ganfw.cli.table import columns
from ganfw.config.describe import describe
from ganfw.config.layers import Text
from ganfw.config.validation import to_plain, validate


class Sample(Options):
    name: str = Field("x", description="A name")
    count: int = Field(3, ge=1, le=9, description="A count")
    rate: float = Field(0.5, gt=0, lt=1, description="A rate")
    on: bool = Field(True, description="A switch")
    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field((1, 2), description="Widths")
    kind: Literal["a", "b"] = Field("a", description="A kind")
    limit: int | None = Field(None, description="A limit")


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("name", "5", "5"),
        ("name", "[1]", "[1]"),
        ("count", "5", 5),
        ("rate", "2e-1", 0.2),
        ("on", "false", False),
        ("widths", "[4, 5]", (4, 5)),
        ("kind", "b", "b"),
        ("limit", "null", None),
        ("limit", "7", 7),
    ],
)
def test_text_becomes_what_its_field_is(key: str, typed: str, value: object) -> None:
    assert getattr(validate(Sample, {key: Text(typed)}, "here"), key) == value


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"cuont": 1}, "here has no option 'cuont'. Did you mean 'count'?"),
        ({"count": 10}, "(int, 1..9)"),
        ({"count": Text("many")}, "here: count = many: "),
        ({"rate": 1.0}, "(float, 0 < x < 1)"),
        ({"kind": "c"}, "(a | b)"),
        ({"widths": [0]}, "here: widths = 0: "),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(values: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        validate(Sample, values, "here")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_required_option_is_asked_for() -> None:
    class Needy(Options):
        root: str = Field(description="A place")

    with pytest.raises(UsageError, match="data 'x' needs the option 'root'"):
        validate(Needy, {}, "data 'x'")
    assert describe(Needy)[0].default == "required"


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(Options):
    depth: int = 1


class Many(Options):
    """One option of each type and range that a plugin is likely to have."""

    count: int = Field(3, ge=1, le=9, description="A count")
    rate: float = Field(0.5, ge=0, lt=1)
    open: float = Field(0.5, gt=0, lt=1)
    std: float = Field(0.5, gt=0, le=10.5)
    lr: float | None = Field(None, gt=0)
    seed: int = Field(0, ge=0, lt=2**63)
    most: int = Field(1, ge=-3)
    least: float = Field(1, le=1e9)
    kind: Literal["a", "b"] = "a"
    channels: Literal[1, 3] = 3
    only: Literal["x"] = "x"
    colour: Colour = Colour.RED
    either: int | str = 1
    root: Path = Path("data")
    betas: tuple[float, float] = (0.5, 0.999)
    widths: tuple[Annotated[int, Field(ge=1)], ...] = (1, 2)
    rows: list[list[Literal["u", "v"]]] = Field(default_factory=lambda: [["u"]])
    weights: dict[str, float] = Field(default_factory=dict)
    inner: Inner = Inner()
    whatever: Any = None


TABLE = """
count     int                  1..9                          3
rate      float                0 <= x < 1                    0.5
open      float                0 < x < 1                     0.5
std       float                0 < x <= 10.5                 0.5
lr        float                > 0                           None
seed      int                  0 <= x < 9223372036854775808  0
most      int                  >= -3                         1
least     float                <= 1000000000                 1
kind      a | b                                              a
channels  1 | 3                                              3
only      x                                                  x
colour    red | blue                                         red
either    int | str                                          1
root      path                                               data
betas     [float, float]                                     [0.5, 0.999]
widths    [int, ...]                                         [1, 2]
rows      [[u | v, ...], ...]                                [['u']]
weights   object                                             {}
inner     object                                             {'depth': 1}
whatever  any                                                None
"""


def test_a_table_of_options() -> None:
    options = describe(Many)
    rows = [(option.name, option.type, option.range, str(option.default)) for option in options]
    assert columns(rows) == TABLE.strip()
    assert options[0].description == "A count"


def test_options_that_json_can_not_hold_are_the_plugins_fault() -> None:
    class Odd(Options):
        function: Callable[[], None] = print

    with pytest.raises(PluginError, match="Odd has an option without JSON: Cannot generate"):
        describe(Odd)


def test_plain_values() -> None:
    assert "limit" not in to_plain(Sample())
    assert to_plain(Sample())["widths"] == [1, 2]
