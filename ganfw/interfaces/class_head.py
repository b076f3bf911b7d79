"""What a discriminator makes of labels, and says of classes, beside its scores."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import normalize

from ..errors import ShapesError, UsageError
from .head_option import Head
from .label_embedding import LabelEmbedding
from .outputs import Output
from .shapes import Shapes

_OF_CLASSES = ("multi-output", "classes", "twin-classes", "fake-class", "embeddings")


class ClassHead(nn.Module):
    """The last part of a discriminator, for the option ``head``. The network makes features (B, F)
    and scores (B, ``score_width``) in its own way, and gives what this makes of them:

    - ``"scores"``: the scores (B,) alone. It has no weights.
    - ``"features"``: ``"scores"`` and ``"features"`` (B, F).
    - ``"projection"``: scores plus the product of the features with a vector of each sample's label
      (Miyato & Koyama 2018, eq. 3), and features.
    - ``"multi-output"``: features and scores, of which the network gives one for each class, and
      this the one of the sample's own (Mescheder et al. 2018; Liu et al. 2019).
    - ``"classes"``: scores, features, and ``"classes"`` (B, K), logits (Odena et al. 2017).
    - ``"twin-classes"``: those, and ``"twin_classes"`` (B, K), as many logits more, which the same
      layer makes (Gong et al. 2019; Hou et al. 2022).
    - ``"fake-class"``: features, ``"classes"`` (B, K) and ``"fake_class"`` (B,): the K + 1 numbers
      that the network gives are logits of the classes, and of being generated (Kavalerov et al.
      2019). The score is the lead of the sample's own class over the latter.
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

    Raises ShapesError where the data has no labels for a projection, or no classes for those after
    it.
    """

    score_width: int
    """How many numbers the network gives for a score: 1, or F for a product, K or K + 1 for the
    heads that choose among them."""

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
        if head in _OF_CLASSES and not shapes.classes:
            raise ShapesError(f'head = "{head}" needs data with classes, and these have none')
        self.head = head
        self.is_product = product and head == "projection"
        count = shapes.classes
        widths = {"projection": features if product else 1, "multi-output": count,
                  "fake-class": count + 1}  # fmt: skip
        self.score_width = widths.get(head, 1)
        outputs = {"classes": count, "twin-classes": 2 * count, "embeddings": features}.get(head)
        self.layer = linear(features, outputs) if outputs else nn.Identity()
        makers = {"projection": vectors, "embeddings": LabelEmbedding}
        self.vectors = makers[head](shapes, features) if head in makers else nn.Identity()

    def forward(self, scores: Tensor, features: Tensor, labels: Tensor | None = None) -> Output:
        """Scores (B, score_width), features (B, F) and labels (B, ...) to what a discriminator
        gives. Raises UsageError where they depend on labels, and there are none."""
        score = self._score(scores, features, labels)
        if self.head == "scores":
            return score
        return {"scores": score, "features": features, **self._others(scores, features, labels)}

    def _score(self, scores: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        if self.head in ("multi-output", "fake-class"):
            own = _of_own_class(scores, labels)
            return own - scores[:, -1] if self.head == "fake-class" else own
        if self.is_product:
            product: Tensor = (scores * self.vectors(labels)).sum(1)
            return product
        score = scores.squeeze(1)
        if self.head == "projection":
            score = score + (features * self.vectors(labels)).sum(1)
        return score

    def _others(self, scores: Tensor, features: Tensor, labels: Tensor | None) -> dict[str, Tensor]:
        """What there is beside scores and features."""
        if self.head == "classes":
            return {"classes": self.layer(features)}
        if self.head == "twin-classes":
            classes, twins = self.layer(features).chunk(2, 1)
            return {"classes": classes, "twin_classes": twins}
        if self.head == "fake-class":
            return {"classes": scores[:, :-1], "fake_class": scores[:, -1]}
        if self.head == "embeddings":
            return {
                "embeddings": normalize(self.layer(features)),
                "proxies": normalize(self.vectors(labels)),
            }
        return {}


def _of_own_class(logits: Tensor, labels: Tensor | None) -> Tensor:
    """The logit (B,) of each sample's class among those of all (B, K)."""
    if labels is None:
        raise UsageError("this network is conditional: give it labels")
    return logits.gather(1, labels[:, None]).squeeze(1)
