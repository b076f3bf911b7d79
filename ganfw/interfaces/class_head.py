"""What a discriminator makes of labels, and says of classes, beside its scores."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import normalize

from ..errors import ShapesError
from .head_option import Head
from .label_embedding import LabelEmbedding
from .outputs import Output
from .shapes import Shapes


class ClassHead(nn.Module):
    """The last part of a discriminator, for the option ``head``. The network makes features (B, F)
    and scores (B, ``score_width``) in its own way, and gives what this makes of them:

    - ``"scores"``: the scores (B,) alone. It has no weights.
    - ``"features"``: ``"scores"`` and ``"features"`` (B, F).
    - ``"projection"``: scores plus the product of the features with a vector of each sample's label
      (Miyato & Koyama 2018, eq. 3), and features.
    - ``"classes"``: scores, features, and ``"classes"`` (B, K), logits (Odena et al. 2017).
    - ``"embeddings"``: scores, features, ``"embeddings"`` (B, F), the features through one more
      layer, and ``"proxies"`` (B, F), a vector of each sample's class. Both have length 1 (Kang &
      Park 2020, section 3).
    - ``"auto"``: ``"projection"`` if the data has labels, else ``"scores"``.

    ``linear`` makes the layer of logits and that of embeddings, ``vectors`` what maps labels to the
    vectors (B, F) that features are projected on. If the projection is a ``product`` there is no
    score without the label: the network gives F numbers, and the score is their product with the
    label's vector, as in StyleGAN2-ADA.

    A network that wants spectral norm, or an initialisation of its own, applies it to
    ``head.layer`` and ``head.vectors``, or to all its modules, as to any others.

    Raises ShapesError where the data has no labels for a projection, or no classes for the next
    two.
    """

    score_width: int
    """How many numbers the network gives for a score: 1, or F for a product."""

    layer: nn.Module
    """Of the features: to logits of classes, or to embeddings. The identity if there is none."""

    vectors: nn.Module
    """Labels to vectors (B, F). The identity if there is none."""

    def __init__(
        self,
        head: Head,
        features: int,
        shapes: Shapes,
        *,
        linear: Callable[[int, int], nn.Module] = nn.Linear,
        vectors: Callable[[Shapes, int], nn.Module] = LabelEmbedding,
        product: bool = False,
    ) -> None:
        super().__init__()
        if head == "auto":
            head = "projection" if shapes.has_labels else "scores"
        if head in ("classes", "embeddings") and not shapes.classes:
            raise ShapesError(f'head = "{head}" needs data with classes, and these have none')
        self.head = head
        self.is_product = product and head == "projection"
        self.score_width = features if self.is_product else 1
        outputs = {"classes": shapes.classes, "embeddings": features}.get(head)
        self.layer = linear(features, outputs) if outputs else nn.Identity()
        makers = {"projection": vectors, "embeddings": LabelEmbedding}
        self.vectors = makers[head](shapes, features) if head in makers else nn.Identity()

    def forward(self, scores: Tensor, features: Tensor, labels: Tensor | None = None) -> Output:
        """Scores (B, score_width), features (B, F) and labels (B, ...) to what a discriminator
        gives."""
        if self.is_product:
            scores = (scores * self.vectors(labels)).sum(1)
        else:
            scores = scores.squeeze(1)
            if self.head == "projection":
                scores = scores + (features * self.vectors(labels)).sum(1)
        if self.head == "scores":
            return scores
        return {"scores": scores, "features": features, **self._of_classes(features, labels)}

    def _of_classes(self, features: Tensor, labels: Tensor | None) -> dict[str, Tensor]:
        if self.head == "classes":
            return {"classes": self.layer(features)}
        if self.head == "embeddings":
            return {
                "embeddings": normalize(self.layer(features)),
                "proxies": normalize(self.vectors(labels)),
            }
        return {}
