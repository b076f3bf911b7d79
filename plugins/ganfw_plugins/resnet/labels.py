"""Labels as numbers that layers can use."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from ganfw import Shapes


def known_labels(shapes: Shapes, conditional: bool) -> Shapes:
    """``shapes`` as a network is to know them: without labels if it is not ``conditional``."""
    return shapes if conditional else replace(shapes, classes=0, label=())


def label_layer(shapes: Shapes, outputs: int) -> nn.Module | None:
    """A layer from labels to (B, outputs): a vector for each class, or a linear map of labels that
    are vectors. None for data without labels, and for any others."""
    if shapes.classes:
        return nn.Embedding(shapes.classes, outputs)
    if len(shapes.label) == 1 and not shapes.label_values:
        return nn.Linear(shapes.label[0], outputs, bias=False)
    return None
