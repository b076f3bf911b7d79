"""The option of a discriminator that chooses its head. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

Head = Annotated[
    Literal[
        "auto",
        "scores",
        "features",
        "projection",
        "multi-output",
        "classes",
        "twin-classes",
        "fake-class",
        "embeddings",
    ],
    Field(
        description="What it gives: scores; also features, logits of classes (once, twice, or with "
        "one for fake), or embeddings for losses that need them; projection, multi-output: scores "
        "that depend on the label; auto: projection if the data has labels"
    ),
]
"""See `ganfw.ClassHead`."""
