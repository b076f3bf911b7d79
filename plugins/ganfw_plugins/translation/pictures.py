"""What the networks have in common: pictures made of pictures, norms, and how weights begin."""

from __future__ import annotations

from torch import Tensor, nn

from ganfw import Shapes, ShapesError

STD, SLOPE, WIDEST = 0.02, 0.2, 8
"""Of all weights, of leaky ReLUs, and the widest map as a multiple of the first: both papers'."""

_NEEDED = "it needs pictures whose labels are pictures of the same sides"


def check_labels(shapes: Shapes) -> None:
    """Raises ShapesError unless labels are pictures of the samples' sides."""
    if not beside(shapes):
        raise ShapesError(f"{_NEEDED}, as of pairs, and the data's are {_described(shapes)}")


def beside(shapes: Shapes) -> bool:
    """Whether labels are pictures of the samples' sides."""
    return shapes.is_picture and len(shapes.label) == 3 and shapes.label[1:] == shapes.sample[1:]


def given(labels: Tensor | None) -> Tensor:
    """The labels' pictures (B, C, H, W). Raises ShapesError if there are none."""
    if labels is None:
        raise ShapesError(f"{_NEEDED}, and was given no labels")
    return labels


def norms(kind: str, channels: int) -> list[nn.Module]:
    """The norm of a block; that of instances has no weights, as in the authors' code."""
    if kind == "none":
        return []
    return [nn.BatchNorm2d(channels) if kind == "batch" else nn.InstanceNorm2d(channels)]


def init_weights(module: nn.Module) -> None:
    """N(0, 0.02²) for kernels, 0 for biases: Isola et al. 2017, section 6.2, and Zhu et al. 2017,
    section 7.1."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _described(shapes: Shapes) -> str:
    labels = f"labels {shapes.label}" if shapes.label else f"{shapes.classes or 'no'} classes"
    return f"{shapes} with {labels}"
