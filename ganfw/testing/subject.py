"""Subject: a component on trial, with its options and the shapes it says it can do."""

from __future__ import annotations

import functools
import inspect
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import validation
from ..errors import ShapesError
from ..interfaces.options import Options
from ..interfaces.shapes import Shapes
from ..registry.registry import Registered, Registry
from .failure import Broken, NotApplicable, expecting

USUAL_SHAPES = (
    Shapes((2,), None, 0, 5),
    Shapes((3,), (-1.0, 1.0), 3, 5),
    Shapes((1, 28, 28), (-1.0, 1.0), 0, 5),
    Shapes((3, 32, 32), (-1.0, 1.0), 3, 5),
    Shapes((3, 16, 24), (0.0, 1.0), 0, 5),
    Shapes((3, 17, 13), (-1.0, 1.0), 0, 5),
)
"""Points and pictures, wide and odd ones, with labels and without, in three ranges."""

LARGE_SHAPES = (
    Shapes((3, 64, 64), (-1.0, 1.0), 0, 5),
    Shapes((3, 128, 128), (-1.0, 1.0), 0, 5),
    Shapes((3, 256, 256), (-1.0, 1.0), 0, 5),
)
"""Tried for a network that refuses all of the usual ones."""


@dataclass(frozen=True)
class Subject:
    """What a check is given.

    ``given`` are options by name, ``shapes`` the shapes to try instead of the usual ones.
    """

    registry: Registry
    registered: Registered
    given: Mapping[str, Any]
    shapes: Sequence[Shapes]

    @property
    def target(self) -> Any:
        """The component's class."""
        return self.registered.load()

    @property
    def home(self) -> Path | None:
        """The folder of the component's package, or its file."""
        if self.registered.source.file is not None:
            return self.registered.source.file.path
        try:
            return Path(inspect.getfile(self.target)).parent
        except TypeError:
            return None

    def options(self) -> Options:
        """The options to build with. Raises NotApplicable if one is needed and not given."""
        model = self.registered.load_options()
        needed = [
            name
            for name, field in model.model_fields.items()
            if field.is_required() and name not in self.given
        ]
        if needed:
            raise NotApplicable(f"it needs {', '.join(needed)}: give -s {needed[0]}=VALUE")
        options: Options = validation.validate(model, self.given, self.registered.label)
        return options

    def build(self, *arguments: Any) -> Any:
        """The component, made as the engine makes it."""
        options = self.options()
        with expecting("that it can be built from its options", self.target.__init__):
            return self.target(options, *arguments)

    def fitting(self) -> list[Shapes]:
        """The shapes that the network accepts: it refuses the others with ShapesError."""
        found = self._accepted(tuple(self.shapes or USUAL_SHAPES))
        found = found or self._accepted(() if self.shapes else LARGE_SHAPES)
        if not found:
            raise Broken(
                "a network that can be built for some shape",
                f"ShapesError for each of {len(self.shapes) or 'all the'} shapes tried",
                self.target.__init__,
            )
        return found

    def _accepted(self, shapes: tuple[Shapes, ...]) -> list[Shapes]:
        return [each for each in shapes if self._accepts(each)]

    def _accepts(self, shapes: Shapes) -> bool:
        options = self.options()
        with expecting(f"a network for {describe(shapes)}, or ShapesError", self.target.__init__):
            try:
                self.target(options, shapes)
            except ShapesError:
                return False
        return True


def describe(shapes: Shapes) -> str:
    """Shapes in a few words, such as ``pictures (3, 32, 32) in -1..1 with 3 classes``."""
    what = "pictures" if shapes.is_picture else "points"
    limits = shapes.value_range
    within = "" if limits is None else f" in {limits[0]:g}..{limits[1]:g}"
    classes = f" with {shapes.classes} classes" if shapes.classes else ""
    return f"{what} {shapes}{within}{classes}"


@functools.cache
def scratch() -> Path:
    """A folder for what checks write, gone when the process ends."""
    _KEPT.append(tempfile.TemporaryDirectory(prefix="ganfw-check-"))
    return Path(_KEPT[-1].name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
