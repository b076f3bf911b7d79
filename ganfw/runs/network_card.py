"""What ``config.json`` of an exported network holds."""

from __future__ import annotations

from pydantic import JsonValue, SerializerFunctionWrapHandler, field_serializer, model_serializer

from ..interfaces.shapes import Shapes
from .json_files import Record


class NetworkData(Record):
    """The dataset that a network was trained on, and the names of its classes, if they have any."""

    use: str
    options: dict[str, JsonValue]
    class_names: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        """As release 0.1 did, unless classes have names."""
        written: dict[str, JsonValue] = write(self)
        if not self.class_names:
            written.pop("class_names", None)
        return written


class NetworkCard(Record):
    """``config.json`` of an exported network: what is needed to build it and to show its samples.

    ``use`` is canonical; ``distribution`` is what to install, such as ``ganfw==0.1.0``.
    """

    format: int
    kind: str
    use: str
    version: int
    distribution: str
    options: dict[str, JsonValue]
    shapes: Shapes
    data: NetworkData
    step: int

    @field_serializer("shapes", mode="wrap")
    def _write_shapes(
        self, shapes: Shapes, write: SerializerFunctionWrapHandler
    ) -> dict[str, JsonValue]:
        """A card is written as by release 0.1, unless labels are arrays."""
        written: dict[str, JsonValue] = write(shapes)
        if not shapes.label:
            del written["label"], written["label_values"]
        return written
