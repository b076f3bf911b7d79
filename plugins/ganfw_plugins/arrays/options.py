"""Options of arrays and tables."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ganfw import ExistingFile, Options, both_sides


def _names(value: object) -> object:
    """``"x,y"`` means ["x", "y"]; text that begins with a bracket is JSON, and read later."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return tuple(name.strip() for name in value.split(","))
    return value


def _least_and_greatest(limits: tuple[float, float]) -> tuple[float, float]:
    if not limits[0] < limits[1]:
        raise ValueError("the first must be less than the second")
    return limits


Side = Annotated[int, Field(ge=4, le=1024)]
Limit = Annotated[float, Field(ge=-1e30, le=1e30)]


class _FileOptions(Options):
    path: ExistingFile = Field(description="The file")

    def label(self) -> str | None:
        """The file's name, without its suffix and what a file name can't hold."""
        return re.sub(r"[^a-z0-9]+", "-", self.path.stem.lower()).strip("-") or None


class ArraysOptions(_FileOptions):
    """Which array holds the samples, which the labels, and what its axes mean."""

    samples: str | None = Field(
        None, description="Name of the array of samples, where the file holds several"
    )
    labels: str | None = Field(
        None, description="Name of the array of labels, or a .npy file; 'labels' or 'y' if there"
    )
    layout: Literal["auto", "nhwc", "nchw", "nhw", "other"] = Field(
        "auto", description="Axes of pictures; other: samples of any shape, as they are"
    )
    range: Annotated[tuple[Limit, Limit], AfterValidator(_least_and_greatest)] | None = Field(
        None, description="Least and greatest value there can be; for pictures found by default"
    )
    size: Annotated[tuple[Side, Side], BeforeValidator(both_sides)] | None = Field(
        None, description="Height and width to resize pictures to: 64, 48x64 or [48, 64]"
    )


class TableOptions(_FileOptions):
    """Which columns are features, and which is the label."""

    columns: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="Columns that make a point, as x,y; by default all that hold numbers"
    )
    labels: str | None = Field(
        None, description="Column of the label; by default one called label, if there is one"
    )
    delimiter: str | None = Field(
        None, min_length=1, max_length=1, description="Between cells; found out by default"
    )
