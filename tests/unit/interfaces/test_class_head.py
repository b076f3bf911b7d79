"""What a critic gives beside its scores, in numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganfw import ClassHead, LabelEmbedding, Shapes, ShapesError, UsageError
from ganfw.interfaces.head_option import Head

SHAPES, PLAIN = Shapes((2,), None, 3, 5), Shapes((2,), None, 0, 5)
PICTURES = Shapes((2,), None, 0, 5, label=(3, 8, 8))
FEATURES = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
SCORES, LABELS = torch.tensor([[0.5], [-1.0]]), torch.tensor([2, 0])


@pytest.mark.parametrize("name", ["scores", "auto"])
def test_scores_alone_have_no_weights(name: Head) -> None:
    head = ClassHead(name, 2, PLAIN)
    assert head(SCORES, FEATURES).tolist() == [0.5, -1.0]
    assert not head.state_dict()


@pytest.mark.parametrize("name", ["projection", "auto"])
def test_a_projection_adds_a_product_with_the_labels_vector(name: Head) -> None:
    head = ClassHead(name, 2, SHAPES)
    head.load_state_dict({"vectors.layer.weight": torch.tensor([[2.0, 9], [9, 9], [-1, 0.5]])})
    given = head(SCORES, FEATURES, LABELS)
    assert given["scores"].tolist() == [0.5 - 3 + 2, -1.0 + 2]
    assert given["features"] is FEATURES
    with pytest.raises(UsageError, match="give it labels"):
        head(SCORES, FEATURES)
    # Labels that are vectors (3,), of whole numbers too: one of 0 and a 1 is as good as a class.
    weights = {"vectors.layer.weight": torch.tensor([[2.0, 9, -1], [9, 9, 0.5]])}
    head = ClassHead(name, 2, Shapes((2,), None, 0, 5, label=(3,)))
    head.load_state_dict(weights)
    again = head(SCORES, FEATURES, nn.functional.one_hot(LABELS, 3))
    assert torch.equal(again["scores"], given["scores"])


def test_a_projection_may_be_the_whole_score() -> None:
    def vectors(shapes: Shapes, features: int) -> nn.Module:
        embedding = LabelEmbedding(shapes, features)
        nn.init.constant_(embedding.layer.weight, 2.0)
        return embedding

    head = ClassHead("projection", 2, SHAPES, vectors=vectors, product=True)
    assert head.score_width == 2
    assert head(FEATURES + 1, FEATURES, LABELS)["scores"].tolist() == [18.0, 6.0]
    others = [ClassHead(name, 2, SHAPES, product=True) for name in ("scores", "classes")]
    assert [other.score_width for other in others] == [1, 1]


@pytest.mark.parametrize("name", ["multi-output", "fake-class"])
def test_the_score_may_be_that_of_the_own_class(name: Head) -> None:
    head = ClassHead(name, 2, SHAPES)
    wide = torch.tensor([[1.0, 2.0, 4.0, 0.5], [0.0, 7.0, 3.0, -1.0]])[:, : head.score_width]
    given = head(wide, FEATURES, LABELS)
    assert not head.state_dict()
    if name == "multi-output":
        assert head.score_width == 3
        assert set(given) == {"scores", "features"}
        assert given["scores"].tolist() == [4.0, 0.0]
    else:
        assert given["scores"].tolist() == [4.0 - 0.5, 0.0 + 1.0]
        assert given["classes"].tolist() == [[1.0, 2.0, 4.0], [0.0, 7.0, 3.0]]
        assert given["fake_class"].tolist() == [0.5, -1.0]
    with pytest.raises(UsageError, match="give it labels"):
        head(wide, FEATURES)


def test_logits_of_classes_and_embeddings() -> None:
    head = ClassHead("classes", 2, SHAPES)
    given = head(SCORES, FEATURES, LABELS)
    assert (set(given), given["classes"].shape) == ({"scores", "features", "classes"}, (2, 3))
    assert sum(weight.numel() for weight in head.parameters()) == 2 * 3 + 3

    head = ClassHead("twin-classes", 2, SHAPES)
    nn.init.constant_(head.layer.weight[:3], 1.0)
    nn.init.constant_(head.layer.weight[3:], 2.0)
    nn.init.zeros_(head.layer.bias)
    given = head(SCORES, FEATURES, LABELS)
    assert given["classes"].tolist() == [[7.0] * 3, [1.0] * 3]
    assert given["twin_classes"].tolist() == [[14.0] * 3, [2.0] * 3]

    head = ClassHead("embeddings", 2, SHAPES, linear=lambda *sizes: nn.Linear(*sizes, bias=False))
    head.load_state_dict({
        "layer.weight": torch.eye(2),
        "vectors.layer.weight": torch.tensor([[0.0, 2.0], [9.0, 9.0], [-6.0, 8.0]]),
    })  # fmt: skip
    given = head(SCORES, FEATURES, LABELS)
    assert torch.allclose(given["embeddings"], torch.tensor([[0.6, 0.8], [1.0, 0.0]]))
    assert torch.allclose(given["proxies"], torch.tensor([[-0.6, 0.8], [0.0, 1.0]]))
    assert given["scores"].tolist() == [0.5, -1.0]


@pytest.mark.parametrize(
    ("name", "shapes", "said"),
    [
        ("projection", PLAIN, "classes or vectors of numbers, but the data has none$"),
        ("auto", PICTURES, r"shape \(3, 8, 8\); try .*head=scores"),
        ("auto", Shapes((2,), None, 0, 5, label=(7,), label_values=30), r"are of shape \(7,\)"),
        ("classes", Shapes((2,), None, 0, 5, label=(3,)), "needs data with classes"),
        ("embeddings", PLAIN, "needs data with classes"),
        ("multi-output", PLAIN, "needs data with classes"),
    ],
)  # fmt: skip
def test_labels_must_be_there(name: Head, shapes: Shapes, said: str) -> None:
    with pytest.raises(ShapesError, match=said):
        ClassHead(name, 2, shapes)
