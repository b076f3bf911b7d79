"""What can be set: each option's type, default, range and description, from its JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from ..errors import PluginError
from ..interfaces.options import Options

Schema = Mapping[str, Any]

CHOSEN = "as fits"
"""The default of an option whose ``default_factory`` chooses it by the options before."""


@dataclass(frozen=True)
class FieldDescription:
    """One option, as ``ganfw show`` prints it. The default is a JSON value, or "required"."""

    name: str
    type: str
    default: Any
    range: str
    description: str


def describe(model: type[Options]) -> list[FieldDescription]:
    """Every option of ``model``, in order. Raises PluginError for one that JSON can't hold."""
    try:
        schema = model.model_json_schema(by_alias=False)
    except PydanticUserError as error:
        raise PluginError(f"{model.__name__} has an option without JSON: {error.message}") from None
    definitions, properties = schema.get("$defs", {}), schema.get("properties", {})
    return [
        FieldDescription(
            name,
            _type_name(properties[name], definitions),
            _default(field),
            _range(properties[name]),
            field.description or "",
        )
        for name, field in model.model_fields.items()
    ]


def chosen_options(options: Options) -> dict[str, Any]:
    """What nobody set, and the options chose by themselves: see `CHOSEN`. As JSON values."""
    by_data = {
        name
        for name, field in type(options).model_fields.items()
        if field.default_factory_takes_validated_data
    }
    return options.model_dump(mode="json", include=by_data - options.model_fields_set)


def _default(field: FieldInfo) -> Any:
    """The default as a JSON value; the schema leaves out what a default_factory makes."""
    if field.is_required():
        return "required"
    if field.default_factory_takes_validated_data:
        return CHOSEN
    return to_jsonable_python(field.get_default(call_default_factory=True))


_NAMES = {"integer": "int", "number": "float", "string": "str", "boolean": "bool"}


def _type_name(schema: Schema, definitions: Schema) -> str:
    """The type in a JSON schema: ``int``, ``path``, ``a | b`` or ``[float, ...]``."""
    if "$ref" in schema:
        return _type_name(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        names = [_type_name(variant, definitions) for variant in schema["anyOf"]]
        return " | ".join(name for name in names if name != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "prefixItems" in schema:
        return f"[{', '.join(_type_name(item, definitions) for item in schema['prefixItems'])}]"
    if schema.get("type") == "array":
        return f"[{_type_name(schema.get('items', {}), definitions)}, ...]"
    name = schema.get("const") or schema.get("format") or schema.get("type", "any")
    return str(_NAMES.get(name, name))


_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
_RANGES = {
    ("minimum", "maximum"): "{}..{}",
    ("minimum", "exclusiveMaximum"): "{} <= x < {}",
    ("exclusiveMinimum", "maximum"): "{} < x <= {}",
    ("exclusiveMinimum", "exclusiveMaximum"): "{} < x < {}",
    ("minimum",): ">= {}",
    ("exclusiveMinimum",): "> {}",
    ("maximum",): "<= {}",
    ("exclusiveMaximum",): "< {}",
}


def _range(schema: Schema) -> str:
    """The bounds in a JSON schema: ``8..1024``, ``> 0`` or ``0 <= x < 1``; empty without any."""
    variants = [schema, *schema.get("anyOf", ())]
    bounds = {key: variant[key] for key in _BOUNDS for variant in variants if key in variant}
    numbers = [int(bound) if bound % 1 == 0 else bound for bound in bounds.values()]
    return _RANGES.get(tuple(bounds), "").format(*numbers)
