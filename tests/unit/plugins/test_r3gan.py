"""R3GAN against its paper: sizes, initialization, resampling, and how labels enter."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from ganfw import Shapes, ShapesError, UsageError, tensor_of
from ganfw_plugins.r3gan.discriminator import R3GANDiscriminator
from ganfw_plugins.r3gan.generator import R3GANGenerator
from ganfw_plugins.r3gan.layers import Downsampling, ResidualBlock, Upsampling
from ganfw_plugins.r3gan.options import DiscriminatorOptions, GeneratorOptions, Preset

SMALL, CRITIC = (it(channels=8, blocks=1) for it in (GeneratorOptions, DiscriminatorOptions))


def _shapes(size: int = 16, classes: int = 0, latent_dim: int = 64, **more: object) -> Shapes:
    return Shapes((3, size, size), (-1.0, 1.0), classes, latent_dim, **more)  # type: ignore[arg-type]


def _count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


# By hand, for CIFAR-10: a block of width 768, 1536 inside in groups of 16, has 2·768·1536 +
# 1536·16·9 + 2·1536 = 2,583,552 weights; eight of them 20,668,416. The generator adds a base of
# 768·16, 64·768 from the latents and 768·3 to the picture; the discriminator 3·768, 768·16 and 768.
# Ten classes add 10·64 + 64·768 to the one, 10·768 + 768² - 768 to the other.
# Huang et al. 2024, table 2, config E: 23.058 and 23.010 million for FFHQ-256.
@pytest.mark.parametrize(
    ("preset", "size", "classes", "in_generator", "in_discriminator"),
    [
        ("cifar10", 32, 0, 20_732_160, 20_683_776),
        ("cifar10", 32, 10, 20_781_952, 21_280_512),
        ("ffhq-64", 64, 0, 22_429_824, 22_381_440),
        ("ffhq-256", 256, 0, 23_057_952, 23_009_568),
        ("imagenet-32", 32, 1000, 82_914_304, 86_548_992),
        ("imagenet-64", 64, 1000, 103_570_432, 107_205_120),
    ],
)
def test_numbers_of_weights(
    preset: Preset, size: int, classes: int, in_generator: int, in_discriminator: int
) -> None:
    shapes = _shapes(size, classes)
    with torch.device("meta"):
        networks = (R3GANGenerator(GeneratorOptions(preset=preset), shapes),
                    R3GANDiscriminator(DiscriminatorOptions(preset=preset), shapes))  # fmt: skip
        assert tuple(map(_count, networks)) == (in_generator, in_discriminator)
        if not preset.startswith("imagenet"):
            assert _count(R3GANGenerator(GeneratorOptions(), shapes)) == in_generator


@pytest.mark.parametrize("sample", [(3, 32, 32), (1, 28, 28), (3, 16, 24), (4, 64, 64)])
def test_any_size_that_halves(sample: tuple[int, ...]) -> None:
    shapes = Shapes(sample, (0.0, 1.0), 0, 5)
    pictures = R3GANGenerator(SMALL, shapes)(torch.randn(2, 5))
    assert pictures.shape == (2, *sample)
    assert R3GANDiscriminator(CRITIC, shapes)(pictures).shape == (2,)


def test_widths_are_in_proportion() -> None:
    generator = R3GANGenerator(GeneratorOptions(channels=16), _shapes(128, latent_dim=5))
    blocks = [layer for layer in generator.stages if isinstance(layer, ResidualBlock)]
    widths = [block.branch[0].in_channels for block in blocks]
    assert widths == [16, 16, 16, 16, 16, 16, 16, 16, 8, 8, 4, 4]
    with pytest.raises(ShapesError, match="'ffhq-64' is for pictures of 64×64"):
        R3GANGenerator(GeneratorOptions(preset="ffhq-64"), _shapes(32))


def test_blocks_begin_as_nothing_and_with_variances_of_their_number() -> None:
    torch.manual_seed(0)
    block = ResidualBlock(channels=64, expansion=2, group=16, depth=16)
    features = torch.randn(2, 64, 4, 4)
    assert torch.equal(block(features), features)
    first, _, second, _, last = block.branch
    # Gain √(2 / 1.04) · 16^(-1/4) = 0.693; fan-in 64, and 16 channels of 9 pixels.
    assert first.weight.std().item() == pytest.approx(0.693 / 8, rel=0.03)
    assert second.weight.std().item() == pytest.approx(0.693 / 12, rel=0.03)
    assert not last.weight.any()
    assert second.groups == 8
    assert first.bias is not None
    assert last.bias is None


def test_resampling_is_the_filter_1_3_3_1() -> None:
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    dot = torch.zeros(1, 1, 4, 4)
    dot[..., 1, 1] = 1
    enlarged = Upsampling(1, 1)(dot)
    torch.testing.assert_close(enlarged[0, 0, 1:5, 1:5], torch.outer(row, row) / 16)
    assert enlarged.sum() == 4
    picture = torch.randn(1, 1, 8, 8)
    reduced = Downsampling(1, 1)(picture)
    weighted = picture[0, 0, 1:5, 3:7] * torch.outer(row, row) / 64
    torch.testing.assert_close(reduced[0, 0, 1, 2], weighted.sum())


def test_a_label_is_a_vector_beside_the_latents_and_one_to_agree_with() -> None:
    torch.manual_seed(0)
    shapes = _shapes(classes=3, latent_dim=6)
    generator, critic = R3GANGenerator(SMALL, shapes), R3GANDiscriminator(CRITIC, shapes)
    assert generator.scale.in_features == 12
    # Fan-in 3, and 1/√8, as the product sums over 8 channels.
    deviation = critic.class_head.vectors.layer.weight.std().item()
    assert deviation == pytest.approx(1 / math.sqrt(8 * 3), rel=0.3)
    pictures, labels = torch.randn(2, 3, 16, 16), torch.tensor([2, 0])
    vectors = critic.score(critic.pool(critic.stages(critic.from_picture(pictures))).flatten(1))
    wanted = (vectors * critic.class_head.vectors.layer.weight[labels]).sum(1)
    torch.testing.assert_close(critic(pictures, labels)["scores"], wanted)
    with pytest.raises(UsageError, match="is conditional"):
        generator(torch.randn(2, 6))
    plain = R3GANGenerator(GeneratorOptions(channels=8, conditional=False), shapes)
    assert plain(torch.randn(2, 6)).shape == (2, 3, 16, 16)


@pytest.mark.parametrize("labels", [torch.tensor([1, 0]), None])
def test_a_penalty_is_differentiated_in_bf16(labels: Tensor | None) -> None:
    critic = R3GANDiscriminator(CRITIC, _shapes(classes=0 if labels is None else 2))
    samples = torch.randn(2, 3, 16, 16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        scores = tensor_of(critic(samples, labels), "scores")
    (gradient,) = torch.autograd.grad(scores.float().sum(), samples, create_graph=True)
    gradient.square().sum().backward()
    assert all(
        weight.grad is None or weight.grad.isfinite().all() for weight in critic.parameters()
    )
    assert critic.from_picture.weight.grad.any()
