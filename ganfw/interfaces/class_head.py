"""What a discriminator says of classes, beside its scores."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import normalize

from ..errors import ShapesError
from .head_option import Head
from .outputs import Output
from .shapes import Shapes


class ClassHead(nn.Module):
    """The last part of a discriminator, for the option ``head``. The network makes features (B, F)
    and scores (B,) in its own way, and gives what this makes of them:

    - ``"scores"``: the scores alone. It has no weights.
    - ``"features"``: ``"scores"`` and ``"features"`` (B, F).
    - ``"projection"``: scores plus the product of the features with a vector of each sample's class
      (Miyato & Koyama 2018, eq. 3), and features.
    - ``"classes"``: scores, features, and ``"classes"`` (B, K), logits (Odena et al. 2017).
    - ``"embeddings"``: scores, features, ``"embeddings"`` (B, F), the features through one more
      layer, and ``"proxies"`` (B, F), a vector of each sample's class. Both have length 1 (Kang &
      Park 2020, section 3).

    A network that wants spectral norm, or an initialisation of its own, applies it to
    ``head.layer`` and ``head.of_class``, or to all its modules, as to any others.

    Raises ShapesError where the last three are given data without classes.
    """

    layer: nn.Linear | None
    """Of the features: to logits of classes, or to embeddings."""

    of_class: nn.Embedding | None
    """One vector (F,) for each class."""

    def __init__(self, head: Head, features: int, shapes: Shapes) -> None:
        super().__init__()
        self.head = head
        if head in ("projection", "classes", "embeddings") and not shapes.classes:
            raise ShapesError(f'head = "{head}" needs data with classes, and these have none')
        outputs = {"classes": shapes.classes, "embeddings": features}.get(head)
        self.layer = nn.Linear(features, outputs) if outputs else None
        has_vectors = head in ("projection", "embeddings")
        self.of_class = nn.Embedding(shapes.classes, features) if has_vectors else None

    def forward(self, scores: Tensor, features: Tensor, labels: Tensor | None = None) -> Output:
        """Scores (B,), features (B, F) and classes (B,) to what a discriminator gives."""
        if self.head == "scores":
            return scores
        given = {"scores": scores, "features": features}
        vectors = None if self.of_class is None else self.of_class(labels)
        if self.layer is None:
            if vectors is not None:
                given["scores"] = scores + (vectors * features).sum(1)
        elif vectors is None:
            given["classes"] = self.layer(features)
        else:
            given["embeddings"] = normalize(self.layer(features))
            given["proxies"] = normalize(vectors)
        return given
