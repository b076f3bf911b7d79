"""BigGAN and BigGAN-deep (Brock et al. 2019, appendix B)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from ganfw import ClassHead, Discriminator, Generator, Output, Shapes, ShapesError

from .attention import Attended, Attention, place_in_discriminator, place_in_generator
from .blocks import UpBlock, down_blocks
from .deep import DeepDownBlock, DeepUpBlock
from .labels import label_layer
from .norms import by_vector
from .options import BigGANDiscriminatorOptions, BigGANGeneratorOptions
from .spectral import add_spectral_norm
from .trunk import Trunk
from .weights import init_orthogonal
from .widths import discriminator_widths, generator_widths


class BigGANGenerator(Generator):
    """The first part of the latents becomes a small map, and each block has a part of its own
    (fig. 15). Batch norm knows it, and the label, as one vector that all blocks share (table 4a).

    If it is ``deep`` there are two blocks for one, and all of them have all latents (table 7a).
    """

    def __init__(self, options: BigGANGeneratorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        widths = generator_widths(shapes, options.channels)
        self.embed = label_layer(shapes, options.embedding, options.conditional)
        known = 0 if self.embed is None else options.embedding
        if options.deep:
            first = shapes.latent_dim + known
            blocks = _deep_blocks(widths, first)
        else:
            first, *parts = _parts(shapes.latent_dim, len(widths))
            blocks = _blocks(widths, [part + known for part in parts])
        if options.attention:
            place = place_in_generator(shapes, options.attention)
            attention = Attention(widths[place], pooled=True)
            place *= len(blocks) // (len(widths) - 1)
            blocks[place] = Attended(attention, blocks[place])
        self.trunk = Trunk(first, widths, blocks, shapes)
        init_orthogonal(self)
        add_spectral_norm(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (B, Z) and labels (B, ...) to pictures (B, C, H, W) in the data's range,
        through tanh."""
        known = [] if self.embed is None else [self.embed(labels)]
        count = len(self.trunk.blocks)
        if self.options.deep:
            first = torch.cat([latents, *known], dim=1)
            given = [first] * count
        else:
            first, *parts = latents.tensor_split(count + 1, dim=1)
            given = [torch.cat([part, *known], dim=1) for part in parts]
        pictures: Tensor = self.trunk(first, given)
        return pictures


class BigGANDiscriminator(Discriminator):
    """Residual blocks with attention, spectral norm and projection (table 4b). The first
    convolution of a block is as wide as its second, unlike in SNGAN. If it is ``deep`` there are
    two blocks for one (table 7b)."""

    def __init__(self, options: BigGANDiscriminatorOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        widths, halvings = discriminator_widths(shapes, options.channels)
        place = place_in_discriminator(shapes, options.attention, halvings)
        if options.deep:
            widths = widths[: halvings + 1]
            blocks = _deep_critic_blocks(shapes.sample[0], widths)
            width, after = widths[place + 1], 2 * place + 3
        else:
            blocks = down_blocks(shapes.sample[0], widths, halvings, wide=True)
            width, after = widths[place], place + 1
        if options.attention:
            blocks.insert(after, Attention(width, pooled=True))
        self.blocks = nn.Sequential(*blocks)
        head = ClassHead(options.head, widths[-1], shapes)
        self.score = nn.Linear(widths[-1], head.score_width)
        self.class_head = head
        init_orthogonal(self)
        add_spectral_norm(self, embeddings=True)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Output:
        """Pictures (B, C, H, W) and labels (B, ...) to scores (B,), and what the option ``head``
        adds to them; its features are the last map's sums."""
        features = relu(self.blocks(samples)).sum((2, 3))
        output: Output = self.class_head(self.score(features), features, labels)
        return output


def _parts(latent_dim: int, count: int) -> list[int]:
    """The lengths of ``count`` parts of the latents, as ``tensor_split`` makes them. Raises
    ShapesError if there are too few."""
    if latent_dim < count:
        raise ShapesError(
            f"{count} layers share the latents, which are {latent_dim} numbers; try "
            f"train.latent_dim={20 * count}, or deep=true"
        )
    return [len(part) for part in torch.empty(latent_dim).tensor_split(count)]


def _blocks(widths: Sequence[int], given: Sequence[int]) -> list[nn.Module]:
    """A block for each doubling, with conditions of the lengths ``given``."""
    pairs = zip(itertools.pairwise(widths), given, strict=True)
    return [UpBlock(*pair, by_vector(length)) for pair, length in pairs]


def _deep_blocks(widths: Sequence[int], given: int) -> list[nn.Module]:
    """Two blocks for each doubling, the second of which doubles."""
    blocks: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        blocks.append(DeepUpBlock(inputs, inputs, by_vector(given), enlarge=False))
        blocks.append(DeepUpBlock(inputs, outputs, by_vector(given), enlarge=True))
    return blocks


def _deep_critic_blocks(inputs: int, widths: Sequence[int]) -> list[nn.Module]:
    """A convolution, and two blocks for each halving, the first of which halves."""
    blocks: list[nn.Module] = [nn.Conv2d(inputs, widths[0], 3, padding=1)]
    for before, width in itertools.pairwise(widths):
        blocks.append(DeepDownBlock(before, width, halve=True))
        blocks.append(DeepDownBlock(width, width, halve=False))
    return blocks
