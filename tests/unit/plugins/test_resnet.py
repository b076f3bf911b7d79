"""The residual networks: their papers' tables, initialisation and formulas."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import relu
from torch.nn.utils.parametrizations import spectral_norm

from ganfw import Shapes, ShapesError, tensor_of
from ganfw_plugins.resnet import biggan, discriminator, generator
from ganfw_plugins.resnet.attention import Attention
from ganfw_plugins.resnet.biggan import BigGANDiscriminator, BigGANGenerator
from ganfw_plugins.resnet.blocks import DownBlock, UpBlock
from ganfw_plugins.resnet.deep import DeepDownBlock, DeepUpBlock
from ganfw_plugins.resnet.discriminator import ResnetDiscriminator
from ganfw_plugins.resnet.generator import ResnetGenerator
from ganfw_plugins.resnet.norms import by_label, by_vector
from ganfw_plugins.resnet.options import (
    BigGANDiscriminatorOptions,
    BigGANGeneratorOptions,
    DiscriminatorOptions,
    GeneratorOptions,
    SAGANDiscriminatorOptions,
    SAGANGeneratorOptions,
)
from ganfw_plugins.resnet.spectral import SpectralNorm, add_spectral_norm
from ganfw_plugins.resnet.widths import discriminator_widths, generator_widths

Ganfw = Callable[..., Result]


def _shapes(side: int, classes: int = 0, latent_dim: int = 128, width: int | None = None) -> Shapes:
    sample = (3, side, side if width is None else width)
    return Shapes(sample, (-1.0, 1.0), classes, latent_dim)


def _count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The parameters of a network that is not initialised, and takes no memory."""
    for module in (biggan, generator, discriminator):
        monkeypatch.setattr(module, "add_spectral_norm", lambda *_, **__: None)
    monkeypatch.setattr(biggan, "init_orthogonal", lambda _: None)
    monkeypatch.setattr(nn.Embedding, "reset_parameters", lambda _: None)  # slow without memory

    def count(build: Callable[..., nn.Module], options: object, shapes: Shapes) -> int:
        with torch.device("meta"):
            return _count(build(options, shapes))

    return count


# --- Parameters, by hand from the papers' tables ---


def _conv(inputs: int, outputs: int, side: int = 3) -> int:
    return inputs * outputs * side**2 + outputs


def _up(inputs: int, outputs: int, norm: Callable[[int], int] = lambda width: 2 * width) -> int:
    """Two convolutions, one of 1×1, two norms of a scale and a shift."""
    convs = _conv(inputs, outputs) + _conv(outputs, outputs) + _conv(inputs, outputs, 1)
    return convs + norm(inputs) + norm(outputs)


def _down(inputs: int, outputs: int, hidden: int) -> int:
    return _conv(inputs, hidden) + _conv(hidden, outputs) + _conv(inputs, outputs, 1)


def test_table_3_of_sngan_and_appendix_f_of_wgan_gp(counted: Callable[..., int]) -> None:
    # dense 4 × 4 × 256; ResBlock up 256, three times; BN; 3 × 3 conv 3
    by_hand = (128 + 1) * 4 * 4 * 256 + 3 * _up(256, 256) + 2 * 256 + _conv(256, 3)
    assert counted(ResnetGenerator, GeneratorOptions(), _shapes(32)) == by_hand == 4_276_739
    # The same with 128 channels.
    by_hand = (128 + 1) * 4 * 4 * 128 + 3 * _up(128, 128) + 2 * 128 + _conv(128, 3)
    options = GeneratorOptions(channels=32)
    assert counted(ResnetGenerator, options, _shapes(32)) == by_hand == 1_204_483
    # ResBlock down 128, twice; ResBlock 128, twice, whose shortcut is the identity; dense 1
    by_hand = _down(3, 128, 128) + _down(128, 128, 128) + 4 * _conv(128, 128) + 129
    for critic in (DiscriminatorOptions(), DiscriminatorOptions(spectral_norm=False)):
        assert counted(ResnetDiscriminator, critic, _shapes(32)) == by_hand == 1_053_825
    # Two layer norms in each block but the first.
    critic = DiscriminatorOptions(spectral_norm=False, norm="layer")
    assert counted(ResnetDiscriminator, critic, _shapes(32)) == by_hand + 3 * 4 * 128


def test_table_5_of_sngan_with_the_classes_of_imagenet(counted: Callable[..., int]) -> None:
    def norm(width: int) -> int:
        return 2 * 1000 * width

    widths = [1024, 1024, 512, 256, 128, 64]
    blocks = sum(_up(*pair, norm) for pair in itertools.pairwise(widths))
    by_hand = (128 + 1) * 4 * 4 * 1024 + blocks + 2 * 64 + _conv(64, 3)
    shapes = _shapes(128, 1000)
    assert counted(ResnetGenerator, GeneratorOptions(), shapes) == by_hand
    widths = [3, 64, 128, 256, 512, 1024]
    blocks = sum(_down(i, o, max(i, 64)) for i, o in itertools.pairwise(widths))
    critic = blocks + 2 * _conv(1024, 1024) + 1025 + 1000 * 1024
    assert counted(ResnetDiscriminator, DiscriminatorOptions(), shapes) == critic
    # SAGAN adds attention to maps of 32 × 32: f, g, h to an eighth, v back, and γ.
    assert counted(ResnetGenerator, SAGANGeneratorOptions(), shapes) == by_hand + 4 * 256 * 32 + 1
    with_attention = counted(ResnetDiscriminator, SAGANDiscriminatorOptions(), shapes)
    assert with_attention == critic + 4 * 128 * 16 + 1


def test_the_sizes_that_the_biggan_paper_tells(counted: Callable[..., int]) -> None:
    def sizes(channels: int, latent_dim: int, deep: bool) -> tuple[int, int]:
        options, critic = BigGANGeneratorOptions, BigGANDiscriminatorOptions
        shapes = _shapes(128, 1000, latent_dim)
        return (
            counted(BigGANGenerator, options(channels=channels, deep=deep), shapes),
            counted(BigGANDiscriminator, critic(channels=channels, deep=deep), shapes),
        )

    # Table 1: 158.3 million in both; as published 70,433,988 and 87,982,370.
    assert sizes(96, 120, deep=False) == (70_433_988, 87_982_370)
    # Appendix B: 50.4 and 34.6 million.
    assert sizes(128, 128, deep=True) == pytest.approx((50.4e6, 34.6e6), rel=0.005)


# --- Shapes ---


@pytest.mark.parametrize(
    ("side", "of_generator", "of_discriminator", "halvings"),
    [
        (16, [4, 4, 4], [2, 2, 2, 2], 2),
        (32, [4, 4, 4, 4], [2, 2, 2, 2], 2),  # table 3
        (48, [8, 4, 2, 1], [1, 2, 4, 8, 16], 4),  # table 4
        (64, [16, 8, 4, 2, 1], [1, 2, 4, 8, 16], 4),
        (128, [16, 16, 8, 4, 2, 1], [1, 2, 4, 8, 16, 16], 5),  # table 5
        (256, [16, 16, 8, 8, 4, 2, 1], [1, 2, 4, 8, 8, 16, 16], 6),  # BigGAN's table 5
    ],
)
def test_widths(
    side: int, of_generator: list[int], of_discriminator: list[int], halvings: int
) -> None:
    assert list(generator_widths(_shapes(side), 1)) == of_generator
    widths, count = discriminator_widths(_shapes(side), 1)
    assert (list(widths), count) == (of_discriminator, halvings)


PAIRS = [
    (ResnetGenerator, GeneratorOptions(channels=2), ResnetDiscriminator, DiscriminatorOptions),
    (ResnetGenerator, SAGANGeneratorOptions(channels=2), ResnetDiscriminator,
     SAGANDiscriminatorOptions),
    (BigGANGenerator, BigGANGeneratorOptions(channels=2, embedding=4), BigGANDiscriminator,
     BigGANDiscriminatorOptions),
    (BigGANGenerator, BigGANGeneratorOptions(channels=4, embedding=4, deep=True),
     BigGANDiscriminator, lambda channels: BigGANDiscriminatorOptions(channels=4, deep=True)),
]  # fmt: skip


@pytest.mark.parametrize(("make", "options", "judge", "critic"), PAIRS)
def test_any_size_that_halves(make: type, options: object, judge: type, critic: type) -> None:
    for shapes in (_shapes(8), _shapes(20, 3), _shapes(48, width=96)):
        labels = torch.arange(2) if shapes.classes else None
        pictures = make(options, shapes)(torch.randn(2, 128), labels)
        assert pictures.shape == (2, *shapes.sample)
        assert pictures.abs().max() <= 1
        given = judge(critic(channels=2), shapes)(pictures, labels)
        assert tensor_of(given, "scores").shape == (2,)


def test_what_cannot_be_made_is_refused_in_shapes() -> None:
    with pytest.raises(ShapesError, match="do not halve evenly"):
        ResnetGenerator(GeneratorOptions(), _shapes(65))
    with pytest.raises(ShapesError, match="4096×4096 pictures are too large"):
        ResnetDiscriminator(DiscriminatorOptions(), _shapes(4096))
    with pytest.raises(ShapesError, match=r"4 layers share .* 3 numbers; try train.latent_dim=80"):
        BigGANGenerator(BigGANGeneratorOptions(), _shapes(32, latent_dim=3))


# --- How weights begin ---


def test_glorots_weights() -> None:
    network = ResnetDiscriminator(DiscriminatorOptions(spectral_norm=False), _shapes(32, 3))
    block = network.blocks[1]
    bound = math.sqrt(2) * math.sqrt(6 / (9 * 128 + 9 * 128))
    assert float(block.conv1.weight.detach().abs().max()) == pytest.approx(bound, rel=1e-3)
    assert float(block.shortcut.weight.detach().abs().max()) == pytest.approx(
        math.sqrt(6 / 256), rel=1e-2
    )
    assert not block.conv1.bias.any()
    # All classes begin alike: batch norm scales by 1, and shifts by 0.
    maker = ResnetGenerator(GeneratorOptions(channels=4), _shapes(16, 3)).eval()
    first, second = maker(torch.ones(2, 128), torch.tensor([0, 1]))
    assert torch.equal(first, second)


def test_orthogonal_weights() -> None:
    network = BigGANGenerator(BigGANGeneratorOptions(channels=2, embedding=6), _shapes(16, 3))
    weights = [weight.detach() for weight in network.parameters() if weight.ndim > 1]
    assert len(weights) > 10
    for weight in weights:
        rows = weight.flatten(1)
        rows = rows if len(rows) <= rows.shape[1] else rows.mT
        torch.testing.assert_close(rows @ rows.mT, torch.eye(len(rows)), atol=1e-5, rtol=0)


# --- Formulas ---


def test_spectral_norm_is_the_greatest_singular_value() -> None:
    ours, torchs = (nn.Conv2d(3, 8, 3) for _ in range(2))
    torchs.load_state_dict(ours.state_dict())
    add_spectral_norm(ours)
    spectral_norm(torchs)
    matrix = ours.parametrizations.weight.original.flatten(1)
    for _ in range(100):
        given, wanted = ours.weight, torchs.weight
    torch.testing.assert_close(given, wanted)
    torch.testing.assert_close(given.flatten(1), matrix / torch.linalg.svdvals(matrix)[0])
    grads = [torch.autograd.grad(layer.weight.square().sum().sqrt() + layer.weight[0].sum(),
             layer.parametrizations.weight.original)[0] for layer in (ours, torchs)]  # fmt: skip
    torch.testing.assert_close(*grads)
    layer = SpectralNorm(3).double().eval()
    weight = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, weight)


@pytest.mark.parametrize("pooled", [False, True])
def test_attention_place_by_place(pooled: bool) -> None:
    attention = Attention(16, pooled)
    features = torch.randn(2, 16, 4, 6)
    assert torch.equal(attention(features), features)
    nn.init.constant_(attention.gamma, 0.5)
    keys, values = attention.f(features), attention.h(features)
    if pooled:
        keys, values = (nn.functional.max_pool2d(it, 2) for it in (keys, values))
    queries = attention.g(features).flatten(2)
    keys, values = keys.flatten(2), values.flatten(2)
    o = torch.empty(2, values.shape[1], 24)
    for b in range(2):
        for j in range(24):
            s = [keys[b, :, i] @ queries[b, :, j] for i in range(keys.shape[2])]  # eq. 1
            beta = torch.stack(s).softmax(0)
            o[b, :, j] = sum(beta[i] * values[b, :, i] for i in range(len(s)))  # eq. 2
    wanted = 0.5 * attention.v(o.view(2, -1, 4, 6)) + features  # eq. 3
    torch.testing.assert_close(attention(features), wanted)


def test_blocks_are_what_their_figures_show() -> None:
    """Enlarging behind a 1×1 convolution is the same as before it, and so is averaging."""
    features, labels = torch.randn(2, 4, 8, 8), torch.tensor([1, 0])
    up = UpBlock(4, 6, by_label(_shapes(8, 2)))
    nn.init.normal_(up.norm1.gain.layer.weight)
    large = nn.Upsample(scale_factor=2)
    normal = nn.functional.batch_norm(features, None, None, training=True)
    scaled = normal * (1 + up.norm1.gain.layer.weight[labels])[:, :, None, None]
    hidden = up.conv1(large(relu(scaled)))
    hidden = up.conv2(relu(nn.functional.batch_norm(hidden, None, None, training=True)))
    torch.testing.assert_close(up(features, labels), hidden + up.shortcut(large(features)))

    small = nn.AvgPool2d(2)
    down = DownBlock(4, 6, 5, halve=True)
    wanted = small(down.conv2(relu(down.conv1(relu(features)))) + down.shortcut(features))
    torch.testing.assert_close(down(features), wanted)
    first = DownBlock(4, 6, 5, halve=True, first=True)
    wanted = small(first.conv2(relu(first.conv1(features))) + first.shortcut(features))
    torch.testing.assert_close(first(features), wanted)


def test_deep_shortcuts_keep_what_they_can() -> None:
    features, given = torch.randn(2, 8, 4, 4), torch.randn(2, 3)
    up, down = DeepUpBlock(8, 4, by_vector(3), enlarge=True), DeepDownBlock(8, 12, halve=True)
    assert (up.conv1.out_channels, down.conv1.out_channels) == (2, 3)
    for block in (up, down):
        nn.init.zeros_(block.conv4.weight)
        nn.init.zeros_(block.conv4.bias)
    assert torch.equal(up(features, given), nn.Upsample(scale_factor=2)(features[:, :4]))
    assert torch.equal(down(features)[:, :8], nn.AvgPool2d(2)(features))


def test_the_score_of_a_class_is_its_projection() -> None:
    """f(x, y) = yᵀ V φ(x) + ψ(φ(x)), for classes and for labels that are vectors."""
    network = ResnetDiscriminator(DiscriminatorOptions(channels=2), _shapes(16, 3)).eval()
    samples, (a, b) = torch.randn(2, 3, 16, 16), (torch.tensor([0, 1]), torch.tensor([2, 2]))
    phi = relu(network.blocks(samples)).sum((2, 3))
    V = network.class_head.vectors.layer.weight
    assert torch.linalg.svdvals(V)[0] < 1.2
    difference = ((V[a] - V[b]) * phi).sum(1)
    found = network(samples, a)["scores"] - network(samples, b)["scores"]
    torch.testing.assert_close(found, difference)
    shapes = Shapes((3, 16, 16), (-1.0, 1.0), 0, 8, label=(4,))
    network = ResnetDiscriminator(DiscriminatorOptions(channels=2), shapes).eval()
    phi = relu(network.blocks(samples)).sum((2, 3))
    y = torch.randn(2, 4)
    projected = (y @ network.class_head.vectors.layer.weight.mT * phi).sum(1)
    found = network(samples, y)["scores"] - network.score(phi).squeeze(1)
    torch.testing.assert_close(found, projected)


def test_options_of_the_critic() -> None:
    samples = torch.randn(4, 3, 16, 16)
    network = ResnetDiscriminator(DiscriminatorOptions(channels=2, norm="layer"), _shapes(16))
    # Layer norm sees one sample at a time.
    torch.testing.assert_close(network.eval()(samples)[:1], network(samples[:1]))
    mean = ResnetDiscriminator(DiscriminatorOptions(channels=2, pooling="mean"), _shapes(16)).eval()
    phi = relu(mean.blocks(samples)).mean((2, 3))
    torch.testing.assert_close(mean(samples), mean.score(phi).squeeze(1))


@pytest.mark.parametrize("deep", [False, True])
def test_biggans_blocks_have_latents_of_their_own(deep: bool) -> None:
    """The last part of the latents reaches the last block alone, or all of them if it is deep."""
    options = BigGANGeneratorOptions(channels=4, embedding=3, attention=0, deep=deep)
    network = BigGANGenerator(options, _shapes(16, 2, latent_dim=7)).eval()
    seen: list[Tensor] = []
    for block in network.trunk.blocks:
        block.register_forward_hook(lambda *call: seen.append(call[-1]))
    latents, label = torch.randn(1, 7), torch.tensor([1])
    changed = latents.clone()
    changed[:, 5:] += 1  # 7 = 3 + 2 + 2
    for given in (latents, changed):
        network(given, label)
    half = len(seen) // 2
    alike = [torch.equal(*pair) for pair in zip(seen[:half], seen[half:], strict=True)]
    assert alike == ([False] * 4 if deep else [True, False])
    assert not torch.equal(network(latents, torch.tensor([0])), network(latents, label))


# --- A run ---


def test_a_recipe_runs_and_resumes_exactly(ganfw: Ganfw, tmp_path: Path) -> None:
    """Of spectral norm, batch norm by class, projection and attention, all is saved; γ begins at 0
    and is learnt."""
    words = """run --recipe biggan-cifar10 --data sprites -s data.size=8 -s data.species=3
        -s data.individuals=4 --batch-size 4 --latent-dim 4 -s gen.channels=2 -s disc.channels=2
        -s gen.embedding=3 -s train.disc_steps=2 --loss hinge --loss r1 --steps 4 --quiet
        --precision bf16 -s callback.checkpoints.every_steps=2 --no-callback samples
        --no-callback loss-curve"""
    assert ganfw(*words.split()).exit_code == 0
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    assert ganfw("resume", copy, "--from-step", 2, "--quiet").exit_code == 0
    for file in ("generator/model.safetensors", "checkpoints/000004/state.safetensors"):
        assert (run / file).read_bytes() == (copy / file).read_bytes()
    for name in ("generator", "discriminator", "generator_ema"):
        weights = load_file(run / name / "model.safetensors")
        (gamma,) = [weight for key, weight in weights.items() if key.endswith("gamma")]
        assert 0 < abs(gamma) < 0.1
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert all(math.isfinite(row["loss_D"]) for row in rows)
