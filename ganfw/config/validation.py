"""Typed values into options: what a user wrote, checked against a pydantic model, with errors
that name the slot, the value and what is allowed."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ..errors import UsageError, did_you_mean
from ..interfaces.options import Options
from .layers import Text

AnyOptions = TypeVar("AnyOptions", bound=Options)


@dataclass(frozen=True)
class FieldDescription:
    """One option, as ``ganfw show`` prints it."""

    name: str
    type: str
    default: Any
    range: str
    description: str


def fit(model: type[AnyOptions], values: Mapping[str, Any], where: str) -> AnyOptions:
    """``values`` as ``model``. `Text` is tried as the field's own string first, then as JSON.

    ``where`` names the place in errors, such as ``gen 'dcgan'``. Raises UsageError.
    """
    for key in values:
        if key not in model.model_fields:
            known = list(model.model_fields)
            hint = did_you_mean(key, known) or f"; it has {', '.join(known) or 'none'}"
            raise UsageError(f"{where} has no option '{key}'{hint}")
    typed = {key: _typed(model, key, value) for key, value in values.items()}
    try:
        return model.model_validate(typed)
    except ValidationError as error:
        raise UsageError(_first_problem(model, error, where)) from None


def describe(model: type[Options]) -> list[FieldDescription]:
    """Every option of ``model`` in its order."""
    return [
        FieldDescription(
            name,
            _type_name(field.annotation),
            "required" if field.is_required() else field.get_default(call_default_factory=True),
            _range(field),
            field.description or "",
        )
        for name, field in model.model_fields.items()
    ]


def plain(options: Options) -> dict[str, Any]:
    """Options as plain JSON values; a field that is None is left out, as TOML has no null."""
    return options.model_dump(mode="json", exclude_none=True)


def _typed(model: type[Options], key: str, value: Any) -> Any:
    if not isinstance(value, Text) or _accepts(model, key, str(value)):
        return value
    try:
        parsed = json.loads(value)
    except ValueError:
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
    if problem["type"] == "missing":
        return f"{where} needs the option '{key}': give -s {where.split()[0]}.{key}=VALUE"
    field = model.model_fields[key]
    limits = f" ({_type_name(field.annotation)}{', ' if _range(field) else ''}{_range(field)})"
    return f"{where}: {key} = {_shown(problem['input'])}: {_message(problem['msg'])}{limits}"


def _message(text: str) -> str:
    text = text.removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].lower() + text[1:]


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _type_name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type_name(each) for each in arguments if each is not type(None))
    if arguments:
        inner = ", ".join("..." if each is ... else _type_name(each) for each in arguments)
        return f"{origin.__name__}[{inner}]"
    return "path" if annotation.__name__ in ("Path", "PosixPath") else str(annotation.__name__)


def _range(field: FieldInfo) -> str:
    """The bounds as ``8..1024``, ``> 0`` or ``0 <= x < 1``; empty where there are none."""
    bounds = {
        name: _number(getattr(constraint, name))
        for constraint in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if hasattr(constraint, name)
    }
    if bounds.keys() == {"ge", "le"}:
        return f"{bounds['ge']}..{bounds['le']}"
    low, high = bounds.keys() & {"ge", "gt"}, bounds.keys() & {"le", "lt"}
    left = "".join(f"{bounds[name]} {_BELOW[name]} " for name in low)
    right = "".join(f" {_BELOW[name]} {bounds[name]}" for name in high)
    if left and not right:
        return "".join(f"{_ABOVE[name]} {bounds[name]}" for name in low)
    return f"{left}x{right}" if right else ""


_BELOW = {"ge": "<=", "gt": "<", "le": "<=", "lt": "<"}
_ABOVE = {"ge": ">=", "gt": ">"}


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"
