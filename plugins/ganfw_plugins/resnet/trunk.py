"""What all generators here have in common: a vector becomes a small map, blocks enlarge it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import relu

from ganfw import Shapes


class Trunk(nn.Module):
    """A linear layer, ``blocks`` of features and a condition, batch norm, ReLU, a convolution to
    the picture, tanh."""

    def __init__(
        self,
        inputs: int,
        widths: Sequence[int],
        blocks: Sequence[nn.Module],
        shapes: Shapes,
    ) -> None:
        super().__init__()
        height, width = shapes.halvings()[0]
        self.map = (widths[0], height, width)
        self.first = nn.Linear(inputs, widths[0] * height * width)
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.BatchNorm2d(widths[-1])
        self.paint = nn.Conv2d(widths[-1], shapes.sample[0], 3, padding=1)
        self.shapes = shapes

    def forward(self, vectors: Tensor, conditions: Sequence[Tensor | None]) -> Tensor:
        """Vectors (B, inputs), and a condition for each block, to pictures (B, C, H, W)."""
        features = self.first(vectors).unflatten(1, self.map)
        for block, given in zip(self.blocks, conditions, strict=True):
            features = block(features, given)
        return self.shapes.bound(self.paint(relu(self.norm(features))))
