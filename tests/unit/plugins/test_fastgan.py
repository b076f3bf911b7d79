"""FastGAN against its paper: sizes, excitation, what is rebuilt; and that runs resume exactly."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from click.testing import Result
from torch import nn

from ganfw import Shapes, ShapesError
from ganfw_plugins.fastgan import layers
from ganfw_plugins.fastgan.decoders import quarters, resized
from ganfw_plugins.fastgan.discriminator import FastGANDiscriminator
from ganfw_plugins.fastgan.generator import FastGANGenerator
from ganfw_plugins.fastgan.layers import Noise, SkipLayerExcitation
from ganfw_plugins.fastgan.loss import RandomHinge, Reconstruction
from ganfw_plugins.fastgan.options import (
    DiscriminatorOptions,
    GeneratorOptions,
    RandomHingeOptions,
    ReconstructionOptions,
)


def _shapes(*sample: int) -> Shapes:
    return Shapes(sample, (-1.0, 1.0), 0, 256)


def _without(layer: nn.Module) -> None:
    """In place of spectral norm, which takes seconds on the meta device."""


def _count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


# The paper gives no counts. By hand from its layers, for 256 pixels and widths 1024, 512, 256, 128,
# 128, 64, 32 of the generator (kernels, then batch norms and noise):
#   first 256·2048·16 + 4096, and doublings 1024·1024·9 + 512·1024·9 + 4096 + 2, 512·512·9 + 1024,
#   256·256·9 + 128·256·9 + 1024 + 2, 128·256·9 + 512, 128·128·9 + 64·128·9 + 512 + 2,
#   64·64·9 + 128; excitations 1024·128·16 + 128², 512·64·16 + 64², 256·32·16 + 32²; 32·3·9.
# The discriminator, with widths 16, 32, 64, 128, 256, 512: stem 3·16·9, blocks 17ab + 9b² + 6b,
#   excitations 16ac + c² of 16→128, 32→256, 64→512, scores 512·1024 + 2048 + 1024·16; the small
#   branch 3·32·16, and 16ab + 2b to 64, 128, 256, scores 256·16; decoders of 512, 256 and 256
#   channels: 256·9w + 512, then 128·128·9 + 256, 64·128·9 + 256, 64·64·9 + 128, 32·3·9.
def test_numbers_of_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "spectral_norm", _without)
    with torch.device("meta"):
        shapes = _shapes(3, 256, 256)
        assert _count(FastGANGenerator(GeneratorOptions(), shapes)) == 29_127_654
        assert _count(FastGANDiscriminator(DiscriminatorOptions(), shapes)) == 11_526_160
        alone = FastGANDiscriminator(DiscriminatorOptions(decoders=False), shapes)
        assert _count(alone) == 8_386_672


@pytest.mark.parametrize(
    ("sample", "excited", "excited_in_critic", "scores", "rebuilt"),
    [
        ((3, 1024, 1024), "4567", "345", 50, (128, 128)),
        ((3, 128, 96), "4", "3", 2 * 13 * 9, (128, 96)),
        ((4, 64, 64), "4", "3", 50, (64, 64)),
        ((1, 28, 28), "2", "1", 2 * 11 * 11, (28, 28)),
    ],
)
def test_any_size_from_16_pixels(
    monkeypatch: pytest.MonkeyPatch,
    sample: tuple[int, ...],
    excited: str,
    excited_in_critic: str,
    scores: int,
    rebuilt: tuple[int],
) -> None:
    shapes = _shapes(*sample)
    if sample[1] > 128:
        monkeypatch.setattr(layers, "spectral_norm", _without)
    with torch.device("meta" if sample[1] > 128 else "cpu"):
        generator = FastGANGenerator(GeneratorOptions(channels=8), shapes)
        critic = FastGANDiscriminator(DiscriminatorOptions(channels=8), shapes)
        pictures = generator(torch.zeros(2, 256))
        given = critic(pictures)
    assert pictures.shape == (2, *sample)
    assert "".join(generator.blocks.excitations) == excited
    assert "".join(critic.blocks.excitations) == excited_in_critic
    assert given["scores"].shape == (2, scores)
    assert given["decoded"].shape == given["targets"].shape == (2, 3, sample[0], *rebuilt)
    with pytest.raises(ShapesError, match="needs larger pictures"):
        FastGANGenerator(GeneratorOptions(), _shapes(3, 8, 8))


def test_excitation_weighs_channels() -> None:
    torch.manual_seed(0)
    excitation = SkipLayerExcitation(3, 5, (4, 4), factor=2)
    source, features = torch.randn(2, 3, 8, 8), torch.randn(2, 5, 16, 16)
    weights = excitation(source, features) / features
    torch.testing.assert_close(weights, weights[..., :1, :1].expand_as(weights))
    first, _, second, _ = excitation.gate.eval()
    means = source.reshape(2, 3, 4, 2, 4, 2).mean((3, 5))
    inner = torch.einsum("bcij,ocij->bo", means, first.weight)
    outer = torch.where(inner > 0, inner, inner * 0.1) @ second.weight[:, :, 0, 0].T
    torch.testing.assert_close(excitation(source, features)[:, :, 0, 0],
                               outer.sigmoid() * features[:, :, 0, 0])  # fmt: skip


def test_noise_is_learned_from_0_on_and_the_same_for_all_channels() -> None:
    noise, features = Noise(), torch.zeros(2, 3, 4, 4)
    assert not noise(features).any()
    nn.init.ones_(noise.strength)
    drawn = noise(features)
    assert torch.equal(drawn[:, 0], drawn[:, 2])
    assert not torch.equal(drawn, noise(features))


def test_a_quarter_of_the_picture_is_rebuilt_from_a_quarter_of_the_map() -> None:
    picture = torch.arange(16.0).view(1, 1, 4, 4).expand(4, 2, 4, 4)
    found = quarters(picture, torch.tensor([0, 1, 2, 3]))
    assert found.shape == (4, 2, 2, 2)
    assert found[:, 1].flatten(1).tolist() == [
        [0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]  # fmt: skip
    assert resized(picture[:1, :1], torch.empty(2, 2)).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    critic = FastGANDiscriminator(DiscriminatorOptions(channels=8), _shapes(3, 32, 32)).eval()
    pictures = torch.rand(2, 3, 32, 32) * 2 - 1
    whole, small, part = critic(pictures)["targets"].unbind(1)
    assert torch.equal(whole, pictures)
    assert torch.equal(small, pictures)
    halves = [pictures[..., i : i + 16, j : j + 16] for i in (0, 16) for j in (0, 16)]
    for i in range(2):
        assert any(torch.equal(part[i, :, ::2, ::2], half[i]) for half in halves)


def test_losses() -> None:
    decoded, targets = torch.zeros(2, 3, 1, 2, 2), torch.zeros(2, 3, 1, 2, 2)
    decoded[0, 0], targets[:, 2] = 1, -2  # means of 0.5, 0 and 2
    critic = SimpleNamespace(all=lambda samples: {"decoded": decoded, "targets": targets})
    loss = Reconstruction(ReconstructionOptions(strength=10))
    assert loss.discriminator_terms(critic, decoded, decoded)["real"].item() == 25
    assert loss.generator_terms(critic, decoded, decoded) == {}
    scores = torch.linspace(-2, 2, 999)
    plain, random = (RandomHinge(RandomHingeOptions(spread=spread)) for spread in (0, 0.2))
    # ∫ max(0, 1 - s) ds / 4 over -2..2 is 9/8; with margins of 0.9 on average about 2.9²/8.
    terms = plain.discriminator_terms(lambda samples: samples, scores, scores)
    assert terms["real"].item() == pytest.approx(9 / 8, rel=1e-2)
    terms = random.discriminator_terms(lambda samples: samples, scores, scores)
    assert terms["real"].item() == pytest.approx(2.9**2 / 8, rel=1e-2)
    assert terms["fake"].item() == pytest.approx(2.9**2 / 8, rel=1e-2)
    assert random.generator_terms(lambda samples: samples, scores, scores + 3)["fake"] == -3
    margins = 1 - random._margins(torch.zeros(1000))
    assert 0 <= margins.min() < 0.01 < 0.19 < margins.max() <= 0.2


SMALL = ("--data", "sprites", "-s", "data.species=4", "-s", "data.individuals=8", "-s",
         "data.size=32", "--batch-size", 8, "--latent-dim", 8, "-s", "gen.channels=8", "-s",
         "disc.channels=8", "--steps", 4, "-s", "callback.checkpoints.every_steps=2",
         "--no-callback", "samples", "--no-callback", "loss-curve", "--quiet")  # fmt: skip


@pytest.mark.parametrize("recipe", ["fastgan", "r3gan-cifar10"])
def test_a_recipe_is_played_and_resumed_exactly(
    ganfw: Callable[..., Result], tmp_path: Path, recipe: str
) -> None:
    result = ganfw("run", "--recipe", recipe, *SMALL, "-s", "train.log_every=1")
    assert result.exit_code == 0, result.output
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    assert ganfw("resume", copy, "--from-step", 2, "--quiet").exit_code == 0
    files = [file.relative_to(run) for file in run.rglob("*.safetensors")]
    assert len(files) >= 5
    for file in files:
        assert (copy / file).read_bytes() == (run / file).read_bytes(), file
    assert math.isfinite(float(result.stdout.split("loss_D ")[1].split(",")[0]))
