"""``[[fit]]``: the options that a recipe leaves to the data's size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import Field, model_validator

from ..errors import UsageError
from ..interfaces.options import DataFacts, Options
from .layers import FIT, Layer, Tree, settings_layer
from .validation import validate

Fact = Literal["samples", "side", "samples_per_class"]

_UNITS: dict[Fact, str] = {
    "samples": "samples",
    "side": "pixels",
    "samples_per_class": "samples of each class",
}


class FitRule(Options):
    """The value of one option by a fact of the data, see `DataFacts`::

        [[fit]]
        option = "train.batch_size"
        by = "samples"
        values = [[1000, 8], [10000, 16], [100000, 32]]

    The first row holds whose number is not exceeded. Beyond the last one, and where the fact is not
    known, the option stays as its layer has it.

    A rule of several options, with a list of values in each row, sets all of them or, where
    something stronger sets one of them or replaces its component, none.
    """

    option: str | tuple[str, ...] = Field(description="The path, or paths: train.batch_size")
    by: Fact = Field(description="What it follows")
    values: tuple[tuple[int, Any], ...] = Field(min_length=1, description="Rows [up to, value]")

    @property
    def paths(self) -> tuple[str, ...]:
        """The options that it sets."""
        return (self.option,) if isinstance(self.option, str) else self.option

    def settings(self, value: Any) -> dict[str, Any]:
        """The option's value, or those of several, by path."""
        return (
            {self.option: value}
            if isinstance(self.option, str)
            else dict(zip(self.option, value, strict=True))
        )

    @model_validator(mode="after")
    def _a_value_each(self) -> FitRule:
        if not isinstance(self.option, str):
            count = len(self.option)
            for _, value in self.values:
                if not isinstance(value, list | tuple) or len(value) != count:
                    raise ValueError(f"{value!r} is no list of {count} values, one for each option")
        return self


@dataclass(frozen=True)
class Fitted:
    """The value that a rule chose, as a layer to be put right above the rule's own. It holds only
    where all of ``together`` do, options that the same rule sets."""

    path: str
    value: Any
    layer: Layer
    together: tuple[str, ...]


def fitted(layer: Layer, facts: DataFacts) -> list[Fitted]:
    """What the layer's rules choose by ``facts``, where it is not what the layer has anyway. Raises
    UsageError as `fit_rules` does."""
    return [choice for rule in fit_rules(layer) for choice in _choices(layer, rule, facts)]


def fit_rules(layer: Layer) -> list[FitRule]:
    """The layer's rules. Raises UsageError for one that is none, for two of one option, and for an
    option of the data, whose facts are known before any rule."""
    where = _where(layer)
    rules = [validate(FitRule, rule, where) for rule in layer.fit]
    options = [path for rule in rules for path in rule.paths]
    for option in options:
        if option.startswith("data."):
            raise UsageError(f"{where} {option}: what follows the data can't be the data's own")
        if options.count(option) > 1:
            raise UsageError(f"{where} {option}: it has two rules; give one of them")
    return rules


def _where(layer: Layer) -> str:
    return f"{layer.source}: [[{FIT}]]"


def _choices(layer: Layer, rule: FitRule, facts: DataFacts) -> list[Fitted]:
    number = _number(facts, rule.by)
    if number is None:
        return []
    held = next((value for limit, value in rule.values if number <= limit), None)
    if held is None:
        return []
    settings = rule.settings(held)
    news = {path: value for path, value in settings.items() if value != stated(layer.values, path)}
    source = f"{layer.source} for {number} {_UNITS[rule.by]}"
    return [
        Fitted(
            path,
            value,
            replace(settings_layer({path: value}, source, _where(layer)), part_of=layer.source),
            (*news,),
        )
        for path, value in news.items()
    ]


def _number(facts: DataFacts, by: Fact) -> int | None:
    numbers: dict[Fact, int | None] = {
        "samples": facts.samples,
        "side": facts.side,
        "samples_per_class": facts.samples_per_class,
    }
    return numbers[by]


def stated(tree: Tree, path: str) -> Any:
    """What the tree of a layer says of an option."""
    place: Any = tree
    for part in path.split("."):
        place = place.get(part) if isinstance(place, dict) else None
    return place
