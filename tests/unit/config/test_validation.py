"""What users write, as options."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from ganfw import Options, UsageError
from ganfw.config.layers import Text
from ganfw.config.validation import describe, fit, plain


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
    assert getattr(fit(Sample, {key: Text(typed)}, "here"), key) == value


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
        fit(Sample, values, "here")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_required_option_is_asked_for() -> None:
    class Needy(Options):
        root: str = Field(description="A place")

    with pytest.raises(UsageError, match="data 'x' needs the option 'root'"):
        fit(Needy, {}, "data 'x'")
    assert describe(Needy)[0].default == "required"


def test_a_description_and_plain_values() -> None:
    rows = {each.name: each for each in describe(Sample)}
    assert (rows["count"].type, rows["count"].range) == ("int", "1..9")
    assert rows["widths"].type == "tuple[int, ...]"
    assert rows["limit"].type == "int"
    assert "limit" not in plain(Sample())
    assert plain(Sample())["widths"] == [1, 2]
