"""What a critic gives beside its scores, in numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch

from ganfw import ClassHead, Shapes, ShapesError

SHAPES = Shapes((2,), None, 3, 5)
FEATURES = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
SCORES, LABELS = torch.tensor([0.5, -1.0]), torch.tensor([2, 0])


def test_scores_alone_have_no_weights() -> None:
    head = ClassHead("scores", 2, Shapes((2,), None, 0, 5))
    assert head(SCORES, FEATURES) is SCORES
    assert not head.state_dict()


def test_a_projection_adds_a_product_with_the_classs_vector() -> None:
    head = ClassHead("projection", 2, SHAPES)
    assert head.of_class is not None
    head.of_class.weight.data = torch.tensor([[2.0, 9.0], [9.0, 9.0], [-1.0, 0.5]])
    given = head(SCORES, FEATURES, LABELS)
    assert given["scores"].tolist() == [0.5 - 3 + 2, -1.0 + 2]
    assert given["features"] is FEATURES


def test_logits_of_classes_and_embeddings() -> None:
    head = ClassHead("classes", 2, SHAPES)
    given = head(SCORES, FEATURES, LABELS)
    assert (set(given), given["classes"].shape) == ({"scores", "features", "classes"}, (2, 3))
    assert sum(weight.numel() for weight in head.parameters()) == 2 * 3 + 3

    head = ClassHead("embeddings", 2, SHAPES)
    assert head.layer is not None
    assert head.of_class is not None
    head.layer.weight.data, head.layer.bias.data = torch.eye(2), torch.zeros(2)
    head.of_class.weight.data = torch.tensor([[0.0, 2.0], [9.0, 9.0], [-6.0, 8.0]])
    given = head(SCORES, FEATURES, LABELS)
    assert torch.allclose(given["embeddings"], torch.tensor([[0.6, 0.8], [1.0, 0.0]]))
    assert torch.allclose(given["proxies"], torch.tensor([[-0.6, 0.8], [0.0, 1.0]]))
    assert given["scores"] is SCORES


@pytest.mark.parametrize("head", ["projection", "classes", "embeddings"])
def test_classes_must_be_there(head: str) -> None:
    with pytest.raises(ShapesError, match="needs data with classes"):
        ClassHead(head, 2, Shapes((2,), None, 0, 5))  # type: ignore[arg-type]
