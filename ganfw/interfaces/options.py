"""Options: what a user can set on a component. Imports pydantic, never torch."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class DataFacts:
    """What is known of data before it is read: how many samples there are, the shorter side of its
    pictures in pixels, as a run would see them, and how many classes its labels name, 0 without
    labels. None where that takes reading it."""

    samples: int | None = None
    side: int | None = None
    classes: int | None = None

    @property
    def samples_per_class(self) -> int | None:
        """On average, rounded down. None where it is not known, or there are no classes."""
        return self.samples // self.classes if self.samples and self.classes else None


@dataclass(frozen=True)
class Schedulable:
    """Marks a number among the options of a loss, an augment or a callback that may follow a
    schedule, such as ``10..1``::

        gamma: Annotated[float, Schedulable()] = Field(10.0, ge=0, le=1e6, description="Strength")

    The mark is a promise: the component reads ``self.options.gamma`` anew whenever it needs it. The
    engine replaces ``self.options`` by a copy with the step's value before each step.
    """


class Options(BaseModel):
    """Base class of every component's options: frozen, and unknown keys are errors.

    Give each field a type, a default, a ``description`` and, for numbers, bounds::

        class GeneratorOptions(Options):
            channels: int = Field(64, ge=8, le=1024, description="Width of the last block")
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def label(self) -> str | None:
        """A short word for the run's name, where the component's own name says too little."""
        return None

    def facts(self) -> DataFacts:
        """Of a dataset's options: what a recipe's ``[[fit]]`` may follow. It costs little, and is
        never an error: what is wrong with the data is said when it is prepared."""
        return DataFacts()
