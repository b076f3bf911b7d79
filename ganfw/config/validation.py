"""Values checked against a pydantic model, with errors that name the slot, the value and what is
allowed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from ..errors import UsageError, did_you_mean
from ..interfaces.options import Options
from ..storage.names import as_text, restored
from .describe import describe
from .layers import SECTIONS, Text
from .places import by_place, replaced
from .schedule import Schedule, looks_like_schedule, read_schedule

AnyOptions = TypeVar("AnyOptions", bound=Options)


def validate(model: type[AnyOptions], values: Mapping[str, Any], where: str) -> AnyOptions:
    """``values`` as ``model``. `Text` is tried as the field's own string first, then as JSON.

    ``where`` names the place in errors, such as ``gen 'dcgan'``. Raises UsageError.
    """
    return validate_scheduled(model, values, where)[0]


def validate_scheduled(
    model: type[AnyOptions], values: Mapping[str, Any], where: str, may_follow: Collection[str] = ()
) -> tuple[AnyOptions, dict[str, Schedule]]:
    """``values`` as ``model`` where those named in ``may_follow`` may be schedules: the options as
    of the first step, and the schedules by their `places`. All ends keep to the option's own
    bounds."""
    _check_keys(model, values, where)
    values = {key: _list_or_same(value) for key, value in values.items()}
    schedules = {
        place: _schedule(place, value, where, may_follow)
        for place, value in by_place(values).items()
        if looks_like_schedule(value) and not _is_text(model, place, values)
    }
    most = max((len(schedule.ends) for schedule in schedules.values()), default=1)
    for i in reversed(range(most)):
        ends = {place: _at_most(schedule.ends, i) for place, schedule in schedules.items()}
        options = _validated(model, replaced(values, ends), where)
    return options, schedules


def _at_most(ends: tuple[float, ...], index: int) -> float:
    return ends[min(index, len(ends) - 1)]


def _list_or_same(value: Any) -> Any:
    """A list that is written in `Text` and holds a schedule, which is no number yet."""
    if not (isinstance(value, Text) and value.lstrip().startswith("[")):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed if any(map(looks_like_schedule, parsed)) else value


def _is_text(model: type[Options], place: str, values: Mapping[str, Any]) -> bool:
    """Whether the option takes what looks like a schedule as its own text."""
    key = place.partition(".")[0]
    value = values[key]
    return _accepts(model, key, str(value) if isinstance(value, str) else value)


def _schedule(place: str, text: str, where: str, may_follow: Collection[str]) -> Schedule:
    if place.partition(".")[0] not in may_follow:
        raise UsageError(f"{where}: '{place}' can't follow a schedule")
    return read_schedule(text, f"{where}: {place}")


def _check_keys(model: type[Options], values: Mapping[str, Any], where: str) -> None:
    for key in values:
        if key not in model.model_fields:
            known = list(model.model_fields)
            hint = did_you_mean(key, known) or f"; it has {', '.join(known) or 'none'}"
            raise UsageError(f"{where} has no option '{key}'{hint}")


def _validated(model: type[AnyOptions], values: Mapping[str, Any], where: str) -> AnyOptions:
    typed = {key: _typed(model, key, value) for key, value in values.items()}
    try:
        return model.model_validate(typed)
    except ValidationError as error:
        raise UsageError(_first_problem(model, error, where)) from None


def to_plain(options: Options) -> dict[str, Any]:
    """Options as JSON values; a field that is None is left out, as TOML has no null. Names that are
    not UTF-8 are written as `names.as_text` does."""
    plain: dict[str, Any] = _each_text(options.model_dump(mode="json", exclude_none=True), as_text)
    return plain


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """``value``, made of JSON, with each text changed."""
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def _typed(model: type[Options], key: str, value: Any) -> Any:
    if not isinstance(value, Text):
        return _each_text(value, restored)
    if _accepts(model, key, str(value)):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return str(value)
    return parsed if _accepts(model, key, parsed) else str(value)


def _accepts(model: type[Options], key: str, value: Any) -> bool:
    try:
        model.model_validate({key: value})
    except ValidationError as error:
        return all(problem["loc"][:1] != (key,) for problem in error.errors())
    return True


def _first_problem(model: type[Options], error: ValidationError, where: str) -> str:
    problem = error.errors()[0]
    if not problem["loc"]:
        return f"{where}: {_message(problem['msg'])}"
    key = str(problem["loc"][0])
    if problem["type"] == "missing" and len(problem["loc"]) == 1:
        slot = where.split()[0]
        is_set = slot.partition(".")[0] in SECTIONS
        return f"{where} needs the option '{key}'" + is_set * f": give -s {slot}.{key}=VALUE"
    (option,) = (option for option in describe(model) if option.name == key)
    if problem["type"] == "string_pattern_mismatch":
        return f"{where}: {key} = {_shown(problem['input'])}: not allowed ({option.description})"
    limits = f"{option.type}, {option.range}" if option.range else option.type
    return f"{where}: {key} = {_shown(problem['input'])}: {_message(problem['msg'])} ({limits})"


def _message(text: str) -> str:
    text = text.removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].lower() + text[1:]


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
