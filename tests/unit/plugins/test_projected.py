"""The projected discriminator: what is frozen, what learns, and what is saved."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import conv2d

from ganfw import Shapes, ShapesError
from ganfw_plugins.projected.discriminator import ProjectedDiscriminator
from ganfw_plugins.projected.mixing import RandomMixing
from ganfw_plugins.projected.options import ProjectedOptions

INPUTS, SIDES = (24, 40, 112, 320), (8, 4, 2, 1)


def _build(side: int = 16, **options: object) -> ProjectedDiscriminator:
    given = ProjectedOptions.model_validate({"features": "random", "mixed": 4, **options})
    return ProjectedDiscriminator(given, Shapes((3, side, side), (-1.0, 1.0), 0, 6))


def _maps() -> list[Tensor]:
    return [torch.randn(2, *size) for size in zip(INPUTS, SIDES, SIDES, strict=True)]


def test_mixing_goes_from_coarse_to_fine() -> None:
    mixing, maps = RandomMixing(INPUTS, 4, seed=0), _maps()
    mixed = mixing(maps)
    assert [level.shape[1] for level in mixed] == [4, 4, 8, 16]
    across, down = mixing.channels[3].weight, mixing.scales[3].weight
    coarsest = conv2d(conv2d(maps[3], across), down, padding=1)
    torch.testing.assert_close(mixed[3], coarsest)
    # A single place enlarged to 2×2 is the same four times.
    total = conv2d(maps[2], mixing.channels[2].weight) + coarsest.expand(-1, -1, 2, 2)
    torch.testing.assert_close(mixed[2], conv2d(total, mixing.scales[2].weight, padding=1))
    changed = mixing([maps[0], maps[1], maps[2] + 1, maps[3]])
    assert [torch.equal(*pair) for pair in zip(mixed, changed, strict=True)] == [False] * 3 + [True]
    # N(0, 1/n), n inputs of each output; its own seed, whatever torch's.
    assert mixing.scales[3].weight.std().item() == pytest.approx((1 / (32 * 9)) ** 0.5, rel=0.02)
    torch.manual_seed(9)
    assert torch.equal(RandomMixing(INPUTS, 4, seed=0)(maps)[0], mixed[0])
    assert not torch.equal(RandomMixing(INPUTS, 4, seed=1)(maps)[0], mixed[0])


def test_what_learns() -> None:
    """At 64 pixels the maps have sides of 16, 8, 4 and 2. With 8 mixed channels they have 8, 8, 16
    and 32, and the heads:

    - 3×3 8→8 584, 4×4 8→16 2,064, 4×4 16→32 8,224, 3×3 32→1 289: 11,161
    - 584, 2,064, 3×3 16→1 145: 2,793
    - 3×3 16→16 2,320, 145: 2,465
    - 3×3 32→32 9,248, 289: 9,537
    - of pixels, 64 to 4: 4×4 3→4 196, 4→8 520, 8→16 2,064, 16→32 8,224, 289: 11,293
    """
    heads = 11_161 + 2_793 + 2_465 + 9_537
    for pixels, count, places in ((0, heads, 4 * 16), (4, heads + 11_293, 5 * 16)):
        critic = _build(64, mixed=8, pixels=pixels)
        assert sum(weight.numel() for weight in critic.parameters()) == count
        assert critic(torch.randn(2, 3, 64, 64)).shape == (2, places)
        saved = critic.state_dict()
        assert not [name for name in saved if not name.startswith(("heads.", "of_pixels."))]


def test_scores_are_of_places_or_their_mean() -> None:
    """Every head weighs the same, however few places its map has."""
    samples = torch.randn(3, 3, 16, 16)
    critic, mean = _build(), _build(scores="mean")
    mean.load_state_dict(critic.state_dict())
    places = critic.eval()(samples)
    torch.testing.assert_close(mean.eval()(samples), places.mean(dim=1))
    assert torch.equal(places[:, 48:], places[:, 48:49].expand(-1, 16))  # a map of one place


def test_smaller_pictures_are_enlarged_and_others_refused() -> None:
    critic = _build(16, enlarge=64)
    assert critic.network(critic._enlarged(torch.zeros(1, 3, 16, 16)))[0].shape[2:] == (16, 16)
    for sample, said in (((3, 8, 8), "try disc.enlarge=64"), ((4, 16, 16), "grey and RGB")):
        with pytest.raises(ShapesError, match=said):
            ProjectedDiscriminator(
                ProjectedOptions(features="random"), Shapes(sample, (-1.0, 1.0), 0, 6)
            )


def test_a_run_with_a_penalty_in_bf16_resumes_exactly(
    ganfw: Callable[..., Result], tmp_path: Path
) -> None:
    """Also with labels. Of the frozen weights a checkpoint has none."""
    words = ("--recipe projected-fewshot -s data.size=16 -s data.species=4 -s data.individuals=4 "
             "-s disc.features=random -s disc.mixed=4 -s disc.pixels=4 -s gen.channels=4 "
             "--precision bf16 --batch-size 4 --latent-dim 6 --steps 2 "
             "--no-callback samples --no-callback loss-curve --quiet "
             "-s callback.checkpoints.every_steps=1")  # fmt: skip
    ended = ganfw("run", *words.split())
    assert ended.exit_code == 0, ended.output
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    assert ganfw("resume", copy, "--from-step", 1, "--quiet").exit_code == 0
    first, last, again = (
        load_file(file) for file in (run / "checkpoints/000001/state.safetensors",
                                     run / "checkpoints/000002/state.safetensors",
                                     copy / "checkpoints/000002/state.safetensors")
    )  # fmt: skip
    assert last.keys() == again.keys()
    assert all(torch.equal(last[name], again[name]) for name in last)
    weights = [name for name in last if "disc.network" in name]
    learnt = [name for name in weights if "original" in name]
    assert learnt
    assert not [name for name in learnt if torch.equal(first[name], last[name])]
    assert not [name for name in weights if ".network.network" in name or "mixing" in name]
