"""Labels as numbers that layers can use."""

from __future__ import annotations

from ganfw import LabelEmbedding, Shapes


def label_layer(shapes: Shapes, features: int, conditional: bool) -> LabelEmbedding | None:
    """From labels to (B, features); None for data without labels, and for a network that is not
    ``conditional``."""
    return LabelEmbedding(shapes, features) if conditional and shapes.has_labels else None
