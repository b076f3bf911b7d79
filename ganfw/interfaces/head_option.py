"""The option of a discriminator that chooses its head. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

Head = Annotated[
    Literal["auto", "scores", "features", "projection", "classes", "embeddings"],
    Field(
        description="What it gives: scores; also features, logits of classes, or embeddings for "
        "losses that need them; projection: scores that depend on the label; auto: projection if "
        "the data has labels"
    ),
]
"""See `ganfw.ClassHead`."""
