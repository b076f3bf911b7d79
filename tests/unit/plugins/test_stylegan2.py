"""StyleGAN2 against its paper: sizes, initial weights, and the equations."""

from __future__ import annotations

import math
from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, pad

from ganfw import Shapes, ShapesError, UsageError
from ganfw_plugins.resampling.binomial import Double, Halve
from ganfw_plugins.stylegan2.discriminator import StyleGAN2Discriminator, with_deviation
from ganfw_plugins.stylegan2.generator import StyleGAN2Generator
from ganfw_plugins.stylegan2.layers import Convolution
from ganfw_plugins.stylegan2.modulation import ModulatedConvolution
from ganfw_plugins.stylegan2.options import DiscriminatorOptions, GeneratorOptions
from ganfw_plugins.stylegan2.synthesis import StyledLayer, Synthesis

TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8


def _shapes(*sample: int, classes: int = 0, label: tuple[int, ...] = ()) -> Shapes:
    return Shapes(sample, (-1.0, 1.0), classes, latent_dim=6, label=label)


def _generator(shapes: Shapes, **options: Any) -> StyleGAN2Generator:
    small = {"channel_max": 8, "w_dim": 5, "mapping_layers": 2}
    return StyleGAN2Generator(GeneratorOptions(**{**small, **options}), shapes)


def _discriminator(shapes: Shapes, **options: Any) -> StyleGAN2Discriminator:
    small = {"channel_max": 8, "mapping_layers": 2}
    return StyleGAN2Discriminator(DiscriminatorOptions(**{**small, **options}), shapes)


def _parameters(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def test_the_papers_sizes() -> None:
    """Configuration F at 1024 px; nothing is computed. The authors' code prints these totals.

    G: 8 mapping layers of 512·513; a constant of 512·16; and for each layer a style of 512·in + in,
    9·in·out weights, out biases and a strength, for each painter a style, 3·in weights, 3 biases.
    D: 3·32 + 32 to read; for a block 9·in² + in, 9·in·out + out and in·out for its shortcut; a
    convolution of 9·513·512 + 512, a dense layer of 16·512·512 + 512, and 513 to score.
    """
    with torch.device("meta"):
        shapes = Shapes((3, 1024, 1024), (-1.0, 1.0), 0, latent_dim=512)
        generator = StyleGAN2Generator(GeneratorOptions(), shapes)
        discriminator = StyleGAN2Discriminator(DiscriminatorOptions(), shapes)
        given = generator(torch.zeros(1, 512))
        assert discriminator(given["samples"]).shape == (1,)
    assert given["samples"].shape == (1, 3, 1024, 1024)
    assert given["w"].shape == (1, 18, 512)
    assert _parameters(generator) == 30_370_060
    assert _parameters(discriminator) == 29_012_513


@pytest.mark.parametrize("form", ["skip", "residual"])
@pytest.mark.parametrize("sample", [(3, 8, 8), (1, 28, 28), (4, 16, 24)])
def test_any_size_that_halves(form: str, sample: tuple[int, ...]) -> None:
    shapes = _shapes(*sample, label=(3,))
    labels = torch.rand(3, 3)
    given = _generator(shapes, form=form)(torch.randn(3, 6), labels)
    assert given["samples"].shape == (3, *sample)
    judged = _discriminator(shapes, form=form)(given["samples"], labels)
    assert judged["scores"].shape == (3,)


def test_what_does_not_fit_is_refused() -> None:
    unlabelled = ({"conditional": False}, {"head": "scores"})
    for build, options in zip((_generator, _discriminator), unlabelled, strict=True):
        with pytest.raises(ShapesError, match="do not halve evenly"):
            build(_shapes(3, 65, 64))
        with pytest.raises(ShapesError, match="classes or vectors of numbers"):
            build(_shapes(3, 16, 16, label=(3, 16, 16)))
        build(_shapes(3, 16, 16, label=(3, 16, 16)), **options)
    with pytest.raises(UsageError, match="give it labels"):
        _generator(_shapes(3, 8, 8, classes=3))(torch.randn(2, 6))


def test_initial_weights() -> None:
    """Of variance 1, and of the mapping, which learns a hundred times as slowly, of 100²; biases
    and strengths 0, but for styles, which begin at 1."""
    shapes = _shapes(3, 32, 32, classes=3)
    options = {"channel_max": 64}
    networks = [_generator(shapes, w_dim=64, **options), _discriminator(shapes, **options)]
    for name, value in (pair for it in networks for pair in it.named_parameters()):
        if name.endswith(("weight", "constant")) and value.numel() > 1000:
            deviation = 100.0 if "mapping.layers" in name else 1.0
            assert value.std().item() == pytest.approx(deviation, rel=0.1), name
        elif name.endswith(("bias", "strength")):
            assert (value == float("style" in name)).all(), name


def test_maps_and_scores_begin_with_the_variance_of_their_inputs() -> None:
    shapes = _shapes(3, 32, 32)
    generator = _generator(shapes, channel_max=64, w_dim=64)
    w = generator.mapping(torch.randn(200, 6), None)
    assert w.square().mean().item() == pytest.approx(1, rel=0.5)
    critic = _discriminator(shapes, channel_max=64)
    even = torch.randn(200, 3, 1, 1).expand(-1, -1, 16, 16)
    maps = critic.blocks[0](critic.read[0](even))[..., 2:-2, 2:-2]
    assert maps.square().mean().item() == pytest.approx(1, rel=0.5)


def _smoothed(features: Tensor) -> Tensor:
    """By [1, 3, 3, 1] along both axes, channel by channel."""
    kernel = TAPS[:, None] * TAPS
    return torch.stack([conv2d(it[:, None], kernel[None, None])[:, 0] for it in features])


@pytest.mark.parametrize("doubles", [False, True])
def test_modulation_is_that_of_the_weights(doubles: bool) -> None:
    """Equations 1 and 3, sample by sample: weights times styles, divided by their norms. Sizes are
    doubled as upsample_conv of the paper's code does it: zeros between, convolution, filter."""
    layer = ModulatedConvolution(3, 4, 3, 5, doubles=doubles)
    features, w = torch.randn(2, 3, 6, 6), torch.randn(2, 5)
    given, factor = layer(features, w)
    for sample, row, found in zip(features, w, given * factor, strict=True):
        style = layer.style.weight @ row / math.sqrt(5) + 1
        weight = style[:, None, None] * layer.weight
        weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if doubles:
            spread = torch.zeros(3, 12, 12)
            spread[:, ::2, ::2] = sample
            # The transpose of a convolution turns its weights around.
            wide = conv2d(pad(spread, (2, 1, 2, 1))[None], weight.flip(2, 3))
            wanted = _smoothed(pad(wide, (1, 1, 1, 1)))[0] * 4
        else:
            wanted = conv2d(sample[None], weight, padding=1)[0]
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_pictures_are_resampled_by_the_filter() -> None:
    pictures = torch.randn(2, 3, 8, 8)
    halved = _smoothed(pad(pictures, (1, 1, 1, 1)))[:, :, ::2, ::2]
    torch.testing.assert_close(Halve(3)(pictures), halved)
    doubled = Double(3)(pictures)
    # Away from the edges it is linear interpolation.
    wanted = nn.functional.interpolate(pictures, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(doubled[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1])


def test_filters_that_read_groups_give_the_same_maps() -> None:
    """As they do on CUDA, where a group's other channels have weights of 0."""
    maps, halve = torch.randn(2, 32, 6, 6), Halve(32)
    groups = conv2d(maps, halve.group_kernel, stride=2, padding=1, groups=2)
    torch.testing.assert_close(groups, halve(maps))
    for channels, count in ((32, 2), (3, 3), (24, 24)):
        kernel, groups_of_16 = Halve(channels).kernel_and_groups(mock.Mock(is_cuda=True))
        assert groups_of_16 == count
        assert kernel.shape == (channels, channels // count, 4, 4)


def _styled(layer: StyledLayer, features: Tensor, w: Tensor) -> Tensor:
    features, factor = layer.convolution(features, w)
    features = features * factor + layer.strength * layer.noise + layer.bias
    return leaky_relu(features, 0.2) * math.sqrt(2)


@pytest.mark.parametrize("residual", [False, True])
def test_layers_are_joined_as_in_the_paper(residual: bool) -> None:
    """Figure 7, b and c: a painter has the w of the next layer; sums of paths are divided by √2."""
    synthesis = Synthesis([(5, 4, 4), (3, 8, 8)], 2, 6, residual).eval()
    for name, weight in synthesis.named_parameters():
        if name.endswith(("bias", "strength")):
            nn.init.normal_(weight)
    ws, block, paint = torch.randn(3, 4, 6), synthesis.blocks[0], synthesis.paint
    before = _styled(synthesis.first, synthesis.constant.expand(3, -1, -1, -1), ws[:, 0])
    after = _styled(block.second, _styled(block.first, before, ws[:, 1]), ws[:, 2])
    if residual:
        shortcut = conv2d(before, block.shortcut[0].weight / math.sqrt(5))
        wanted = paint[0]((after + Double(3)(shortcut)) / math.sqrt(2), ws[:, 3])
    else:
        wanted = Double(2)(paint[0](before, ws[:, 1])) + paint[1](after, ws[:, 3])
    torch.testing.assert_close(synthesis(ws), wanted)


def _convolved(layer: Convolution, features: Tensor, stride: int = 1) -> Tensor:
    scale = math.sqrt(layer.weight[0].numel())
    padding = layer.weight.shape[2] // 2 if stride == 1 else 0
    features = conv2d(features, layer.weight / scale, layer.bias, stride, padding)
    return leaky_relu(features, 0.2) * math.sqrt(2)


@pytest.mark.parametrize("form", ["skip", "residual"])
def test_the_discriminators_blocks(form: str) -> None:
    """Figure 7, b and c; a map is smoothed before it is halved."""
    critic = _discriminator(_shapes(2, 8, 8), form=form)
    for name, weight in critic.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(weight)
    pictures, (first, _, second) = torch.randn(3, 2, 8, 8), critic.blocks[0].layers
    read = _convolved(critic.read[0], pictures)
    smooth = _smoothed(pad(_convolved(first, read), (2, 2, 2, 2)))
    halved = _convolved(second, smooth, stride=2)
    if form == "residual":
        shortcut = conv2d(Halve(8)(read), critic.blocks[0].shortcut[1].weight / math.sqrt(8))
        wanted = (halved + shortcut) / math.sqrt(2)
    else:
        wanted = halved + _convolved(critic.read[1], Halve(2)(pictures))
    torch.testing.assert_close(critic(pictures), critic.head(wanted, None))


def test_styles_are_mixed_in_training_alone() -> None:
    generator = _generator(_shapes(3, 16, 16), mixing=0.5)
    latents = torch.randn(200, 6)
    ws = generator(latents)["w"]
    own = (ws == generator.mapping(latents, None)[:, None]).all(2)
    assert own[:, 0].all()
    # From a random layer on, none or all of the rest have another's style.
    counts = own.sum(1)
    assert set(counts.tolist()) == {1, 2, 3, 4, 5, 6}
    assert (own == (torch.arange(6) < counts[:, None])).all()
    assert (counts == 6).float().mean().item() == pytest.approx(0.5, abs=0.1)
    generator.eval()
    ws = generator(latents)["w"]
    assert torch.equal(ws, ws[:, :1].expand_as(ws))


def test_noise_is_new_in_training_and_fixed_in_evaluation() -> None:
    generator = _generator(_shapes(3, 8, 8), mixing=0)
    latents = torch.randn(2, 6)
    nn.init.ones_(generator.synthesis.first.strength)
    first, second = (generator(latents)["samples"] for _ in range(2))
    assert not torch.equal(first, second)
    generator.eval()
    both = generator(latents)["samples"]
    torch.testing.assert_close(generator(latents[1:])["samples"], both[1:])


def test_truncation_moves_w_to_its_mean() -> None:
    generator = _generator(_shapes(3, 8, 8), mixing=0)
    latents = torch.randn(4, 6)
    w = generator(latents)["w"][:, 0]
    torch.testing.assert_close(generator.w_mean, w.mean(0) * 0.002)
    generator.eval()
    truncated = generator.forward_truncated(latents, None, 0.25)["w"][:, 0]
    torch.testing.assert_close(truncated, 0.75 * generator.w_mean + 0.25 * w)
    none = generator.forward_truncated(latents, None, 0.0)["samples"]
    torch.testing.assert_close(none, none[:1].expand_as(none))


def test_w_stays_precise_under_autocast() -> None:
    shapes = _shapes(3, 16, 16, classes=3)
    generator, critic = _generator(shapes).eval(), _discriminator(shapes)
    latents, labels = torch.randn(3, 6), torch.arange(3)
    whole = generator(latents, labels)
    with torch.autocast("cpu", torch.bfloat16):
        half = generator(latents, labels)
        scores = critic(half["samples"], labels)["scores"]
    assert half["w"].dtype == half["samples"].dtype == scores.dtype == torch.float32
    torch.testing.assert_close(half["w"], whole["w"])
    assert half["samples"].sub(whole["samples"]).abs().max() < 0.05


def test_deviations_are_of_groups() -> None:
    # Deviations of both features: 1 and 2 among the first two samples, 0 among the last.
    features = torch.tensor([[0.0, 1.0], [2.0, 5.0], [3.0, 3.0], [3.0, 3.0]])[:, :, None, None]
    found = with_deviation(features.expand(-1, -1, 3, 3), 2)
    assert torch.equal(found[:, :2], features.expand(-1, -1, 3, 3))
    wanted = torch.tensor([1.5, 1.5, 0.0, 0.0])[:, None, None].expand(-1, 3, 3)
    torch.testing.assert_close(found[:, 2], wanted, atol=1e-3, rtol=0)
    # Five have no smaller groups, six those of three.
    assert len(with_deviation(torch.randn(5, 2, 3, 3), 4)[:, 2].unique()) == 1
    assert (with_deviation(torch.randn(5, 2, 3, 3), 4)[:, 2] > 0.1).all()
    assert len(with_deviation(torch.randn(6, 2, 3, 3), 4)[:, 2].unique()) == 2
    assert with_deviation(torch.randn(1, 2, 3, 3), 4).isfinite().all()


def test_scores_are_products_with_the_labels_vector() -> None:
    """Scaled by the square root of its length; vectors are of mean square 1 before the mapping."""
    shapes = _shapes(3, 8, 8, classes=3)
    head = _discriminator(shapes).head
    maps, labels = torch.randn(2, 8, 4, 4), torch.tensor([2, 0])
    mapping = head.class_head.vectors.mapping
    embedded = mapping.embed.weight.T[labels] / math.sqrt(3)
    of_label = mapping.layers(embedded / embedded.square().mean(1, keepdim=True).sqrt())
    hidden = head.dense(head.convolution(with_deviation(maps, 4)).flatten(1))
    wanted = (head.score(hidden) * of_label).sum(1) / math.sqrt(8)
    torch.testing.assert_close(head(maps, labels)["scores"], wanted)
