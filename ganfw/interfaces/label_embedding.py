"""Labels as vectors, for the networks that heed them."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import UsageError
from .shapes import Shapes


class LabelEmbedding(nn.Module):
    """A vector (B, F) for each label: an embedding of classes, or a linear map without bias of
    labels that are vectors. A network initialises ``layer`` as it likes.

    Raises ShapesError for data without labels, and for labels that are pictures or texts.
    """

    layer: nn.Embedding | nn.Linear

    def __init__(self, shapes: Shapes, features: int) -> None:
        super().__init__()
        length = shapes.label_length()
        self.layer = (
            nn.Embedding(length, features)
            if shapes.classes
            else nn.Linear(length, features, bias=False)
        )

    def forward(self, labels: Tensor | None) -> Tensor:
        """Labels (B,) or (B, K) to vectors (B, F). Raises UsageError for None."""
        if labels is None:
            raise UsageError("this network is conditional: give it labels")
        if isinstance(self.layer, nn.Linear):
            labels = labels.to(next(self.parameters()).dtype)
        vectors: Tensor = self.layer(labels)
        return vectors
