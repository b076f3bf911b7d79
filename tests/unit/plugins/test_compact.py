"""The compact pair: its sizes, what it sums, and what its critic sees of a batch."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import avg_pool2d

from ganfw import Shapes, ShapesError
from ganfw_plugins.compact.discriminator import CompactDiscriminator, with_deviation
from ganfw_plugins.compact.generator import CompactGenerator
from ganfw_plugins.compact.options import DiscriminatorOptions, GeneratorOptions


def _shapes(*sample: int, classes: int = 0) -> Shapes:
    return Shapes(sample=sample, value_range=(-1.0, 1.0), classes=classes, latent_dim=6)


@pytest.mark.parametrize("sample", [(3, 64, 64), (1, 28, 28), (3, 64, 48), (4, 8, 8), (3, 128, 96)])
def test_any_size_that_halves(sample: tuple[int, ...]) -> None:
    shapes = _shapes(*sample)
    pictures = CompactGenerator(GeneratorOptions(channels=4), shapes)(torch.randn(3, 6))
    assert pictures.shape == (3, *sample)
    assert pictures.abs().max() <= 1
    scores = CompactDiscriminator(DiscriminatorOptions(channels=4), shapes)(pictures)
    assert scores.shape == (3,)


def test_what_does_not_halve_is_refused_in_shapes() -> None:
    for build, options in (
        (CompactGenerator, GeneratorOptions()),
        (CompactDiscriminator, DiscriminatorOptions()),
    ):
        with pytest.raises(ShapesError, match="do not halve evenly"):
            build(options, _shapes(3, 65, 64))


def test_no_map_is_wider_than_asked() -> None:
    options = GeneratorOptions(channels=8, widest=12)
    generator = CompactGenerator(options, _shapes(3, 64, 64))
    assert [layer.in_channels for layer in generator.paint] == [12, 12, 12, 12, 8]


def test_every_map_paints_into_the_picture() -> None:
    torch.manual_seed(0)
    generator = CompactGenerator(GeneratorOptions(channels=4), _shapes(3, 64, 64)).eval()
    latents = torch.randn(2, 6)
    whole = generator(latents)
    for layer in generator.paint:
        kept = layer.weight.detach().clone()
        torch.nn.init.zeros_(layer.weight)
        assert not torch.equal(generator(latents), whole)
        layer.weight.data.copy_(kept)
    assert torch.equal(generator(latents), whole)


def test_the_deviation_of_a_batch_is_its_last_map() -> None:
    features = torch.tensor([[0.0, 2.0], [4.0, 8.0]])[:, :, None, None].expand(2, 2, 3, 3)
    seen = with_deviation(features)
    assert torch.equal(seen[:, :2], features)
    # Deviations 2 and 3 of the two features, on average 2.5.
    torch.testing.assert_close(seen[:, 2], torch.full((2, 3, 3), 2.5))


def test_samples_that_are_alike_are_told_from_varied_ones() -> None:
    torch.manual_seed(0)
    critic = CompactDiscriminator(DiscriminatorOptions(channels=4), _shapes(3, 16, 16))
    one, others = torch.randn(1, 3, 16, 16), torch.randn(3, 3, 16, 16)
    alike, varied = critic(one.expand(4, -1, -1, -1)), critic(torch.cat([one, others]))
    assert not torch.allclose(alike[0], varied[0], atol=1e-5)
    torch.testing.assert_close(alike[0], critic(one)[0])


def test_layout_is_judged_apart_and_without_augments() -> None:
    torch.manual_seed(0)
    options = DiscriminatorOptions(channels=4, layout=4, head="features")
    critic = CompactDiscriminator(options, _shapes(3, 16, 16))
    assert critic.sees_unaugmented
    pictures, augmented = torch.randn(2, 3, 3, 16, 16)
    alone, beside = critic(pictures)["scores"], critic(augmented, None, pictures)["scores"]
    assert alone.shape == beside.shape == (3, 2)
    assert torch.equal(beside[:, 1], alone[:, 1])
    assert torch.equal(beside[:, 0], critic(augmented)["scores"][:, 0])
    assert not torch.equal(beside[:, 0], alone[:, 0])


def test_classes_are_heeded_by_the_generator_and_the_layout_alone() -> None:
    torch.manual_seed(0)
    shapes = _shapes(3, 16, 16, classes=3)
    labels = torch.tensor([0, 1, 2])
    generator = CompactGenerator(GeneratorOptions(channels=4, label_std=0.5), shapes)
    assert generator.of_labels is not None
    assert 0.2 < generator.of_labels.layer.weight.std() < 0.8
    same = generator(torch.randn(1, 6).expand(3, -1), labels)
    assert not torch.allclose(same[0], same[1])
    plain = CompactGenerator(GeneratorOptions(channels=4, conditional=False), shapes)
    assert (
        plain.state_dict().keys()
        == CompactGenerator(GeneratorOptions(channels=4), _shapes(3, 16, 16)).state_dict().keys()
    )

    options = DiscriminatorOptions(channels=4, layout=4, head="auto")
    critic = CompactDiscriminator(options, shapes)
    seen, other = critic(same, labels), critic(same, labels.roll(1))
    assert torch.equal(seen["scores"][:, 0], other["scores"][:, 0])
    assert not torch.allclose(seen["scores"][:, 1], other["scores"][:, 1])
    without = CompactDiscriminator(options, _shapes(3, 16, 16))
    assert without(same)["scores"].shape == (3, 2)


@pytest.mark.parametrize(("side", "seen"), [(16, 16), (20, 20), (56, 28), (64, 16), (256, 16)])
def test_layout_is_seen_in_small_pictures(side: int, seen: int) -> None:
    options = DiscriminatorOptions(channels=4, widest=4, layout=4)
    critic = CompactDiscriminator(options, _shapes(3, side, side))
    assert critic.layout is not None
    assert side // critic.layout.reduced == seen
    fine = torch.randn(1, 3, side, side)
    scores = critic(fine, None, fine)[:, 1]
    coarse = avg_pool2d(fine, side // seen)
    repeated = coarse.repeat_interleave(side // seen, 2).repeat_interleave(side // seen, 3)
    torch.testing.assert_close(critic(fine, None, repeated)[:, 1], scores)
