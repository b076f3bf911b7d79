"""Subject: a component under test, with its options and the shapes it accepts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch

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
    Shapes((1, 16, 16), (-1.0, 1.0), 0, 5, (4,)),
)
"""Points and pictures, wide and odd ones, in three ranges; without labels, with classes, and with
vectors."""

MORE_SHAPES = (
    Shapes((2,), None, 0, 5, (4,), 9),
    Shapes((1, 256), (-1.0, 1.0), 0, 5),
    Shapes((16, 8), (-1.0, 1.0), 0, 5),
    Shapes((1, 16, 16, 16), (-1.0, 1.0), 0, 5),
    Shapes((3, 64, 64), (-1.0, 1.0), 0, 5),
    Shapes((3, 128, 128), (-1.0, 1.0), 0, 5),
    Shapes((3, 256, 256), (-1.0, 1.0), 0, 5),
    Shapes((3, 16, 16), (-1.0, 1.0), 0, 5, (3, 16, 16)),
)
"""Series, sequences, voxels, large pictures, and pictures of pictures: tried if a network refuses
all the usual ones."""

Built = TypeVar("Built")


@dataclass(frozen=True)
class Subject:
    """What a check is given.

    ``given`` are options by name, ``shapes`` are tried instead of the usual ones. ``partners`` are
    what a loss is checked with, in place of small networks: "gen", "disc", and further networks by
    name.
    """

    registry: Registry
    registered: Registered
    given: Mapping[str, Any]
    shapes: Sequence[Shapes]
    partners: Mapping[str, Subject] = field(default_factory=dict)

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

    def build(self, *shapes: Shapes) -> Any:
        """The component, built as the engine does it: from its options, and a network's shapes."""
        return self.target(self.options(), *shapes)

    def networks(self, seed: int) -> Iterator[tuple[Shapes, Any]]:
        """A network for each of the shapes that it accepts: it refuses others with ShapesError."""
        groups = [self.shapes] if self.shapes else [USUAL_SHAPES, MORE_SHAPES]
        return self.accepted(groups, self.build, seed)

    def accepted(
        self,
        groups: Sequence[Sequence[Shapes]],
        build: Callable[[Shapes], Built],
        seed: int,
    ) -> Iterator[tuple[Shapes, Built]]:
        """What ``build`` makes for the shapes of the first of ``groups`` in which it accepts any;
        ShapesError refuses some."""
        refusals = []
        for candidates in groups:
            accepted = False
            for shapes in candidates:
                torch.manual_seed(seed)
                with expecting(f"a network for {describe(shapes)}, or ShapesError"):
                    try:
                        built = build(shapes)
                    except ShapesError as error:
                        refusals.append(str(error))
                        continue
                accepted = True
                yield shapes, built
            if accepted:
                return
        got = f"ShapesError for each, the last: {refusals[-1]}"
        expected = f"a network for some shape, of {len(refusals)} tried"
        raise Broken(expected, got, self.target.__init__)


_NAMES = {1: "points", 2: "series", 3: "pictures", 4: "voxels"}
"""What a sample of so many axes is called."""


def describe(shapes: Shapes) -> str:
    """Shapes in a few words, such as ``pictures (3, 32, 32) in -1..1 with 3 classes``."""
    what = _NAMES.get(len(shapes.sample), "arrays")
    limits = shapes.value_range
    within = "" if limits is None else f" in {limits[0]:g}..{limits[1]:g}"
    classes = f" with {shapes.classes} classes" if shapes.classes else ""
    whole = f" of {shapes.label_values} values" if shapes.label_values else ""
    classes = f" with labels of shape {shapes.label}{whole}" if shapes.label else classes
    return f"{what} {shapes}{within}{classes}"
