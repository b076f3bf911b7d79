"""Scores from pooled features, with labels or without."""

from __future__ import annotations

from torch import Tensor, nn

from ganfw import Shapes

from .labels import label_layer


class ProjectionHead(nn.Module):
    """f(x, y) = yᵀ V φ(x) + ψ(φ(x)) (Miyato & Koyama 2018, eq. 3 and fig. 1d): ψ is linear, V has
    a vector for each class. Without labels it is ψ alone."""

    def __init__(self, features: int, shapes: Shapes) -> None:
        super().__init__()
        self.score = nn.Linear(features, 1)
        self.of_label = label_layer(shapes, features)
        if isinstance(self.of_label, nn.Embedding):
            nn.init.xavier_uniform_(self.of_label.weight)

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        """Features (B, F) and labels (B, ...) to scores (B,)."""
        scores: Tensor = self.score(features).squeeze(1)
        if self.of_label is not None:
            scores = scores + (self.of_label(labels) * features).sum(1).to(scores)
        return scores
