"""The part that learns: a small critic for each map."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import LabelEmbedding, Shapes

PLACES = 4
"""Each head scores a grid of this many places a side."""

_WIDEST, _SLOPE = 512, 0.2


class Head(nn.Module):
    """A 3×3 convolution, then one of stride 2 for each halving down to 4 places a side, each with
    leaky ReLU; a last one scores. All weights are divided by their spectral norms (Miyato et al.
    2018). A label's vector times the features is added (Miyato & Koyama 2018, eq. 3).

    The first convolution is ours: without it, the head of the coarsest map would be linear. Where
    it ``halves``, it is one of stride 2.
    """

    def __init__(
        self, inputs: int, width: int, side: int, shapes: Shapes | None, halves: bool = False
    ) -> None:
        super().__init__()
        first = _conv(inputs, width, 4, 2) if halves else _conv(inputs, width, 3, 1)
        layers: list[nn.Module] = [first, nn.LeakyReLU(_SLOPE)]
        side = side // 2 if halves else side
        while side >= 2 * PLACES:
            wider = min(2 * width, max(width, _WIDEST))
            layers += [_conv(width, wider, 4, 2), nn.LeakyReLU(_SLOPE)]
            width, side = wider, side // 2
        self.layers = nn.Sequential(*layers)
        self.score = _conv(width, 1, 3, 1)
        self.label = None if shapes is None else _embedding(shapes, width)

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        """A map (B, C, H, W) and labels (B, ...) to scores of places (B, 16), repeated where the
        map has fewer, so that every head weighs the same."""
        found = self.layers(features)
        scores: Tensor = self.score(found)
        if self.label is not None:
            vector = self.label(labels)[:, :, None, None]
            scores = scores + (vector * found).mean(dim=1, keepdim=True).to(scores)
        return interpolate(scores, (PLACES, PLACES)).flatten(1)


def _conv(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding=1))


def _embedding(shapes: Shapes, width: int) -> nn.Module:
    embedding = LabelEmbedding(shapes, width)
    spectral_norm(embedding.layer)
    return embedding
