"""Options: what a user can set on a component. Imports pydantic, never torch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


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
