"""Augments: what they do to pictures, that gradients pass, and how ADA finds its strength."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file
from torch import Tensor

from ganfw import Augment, Shapes, ShapesError
from ganfw_plugins.augments.ada import AdaptiveAugment
from ganfw_plugins.augments.diffaugment import DiffAugment
from ganfw_plugins.augments.options import AdaOptions, DiffAugmentOptions

Ganfw = Callable[..., Result]
SHAPES = Shapes((3, 16, 24), (-1.0, 1.0), 0, 4)


def _picture(count: int = 64) -> Tensor:
    return torch.randn(3, 16, 24, generator=torch.Generator().manual_seed(0)).repeat(count, 1, 1, 1)


def _diffaugment(*policy: str, **options: object) -> DiffAugment:
    return DiffAugment(DiffAugmentOptions(policy=policy, **options), SHAPES)  # type: ignore[arg-type]


def test_a_flip_is_a_picture_or_its_mirror() -> None:
    pictures = _picture()
    flipped = _diffaugment("flip")(pictures)
    same = (flipped == pictures).all(dim=(1, 2, 3))
    mirrored = (flipped == pictures.flip(3)).all(dim=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert 16 < same.sum() < 48


@pytest.mark.parametrize("fill", ["edge", "grey"])
def test_a_translation_moves_whole_pixels(fill: str) -> None:
    picture = _picture(1)[0]
    found = set()
    for moved in _diffaugment("translation", fill=fill)(_picture(200)):
        shifts = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-3, 4)
            if torch.equal(
                moved[:, max(-down, 0) : 16 - max(down, 0), max(-right, 0) : 24 - max(right, 0)],
                picture[:, max(down, 0) : 16 + min(down, 0), max(right, 0) : 24 + min(right, 0)],
            )
        ]
        assert len(shifts) == 1
        (down, right) = shifts[0]
        found.add((down, right))
        if down > 0:
            edge = picture[:, -1:, max(right, 0) : 24 + min(right, 0)]
            new = moved[:, -down:, max(-right, 0) : 24 - max(right, 0)]
            assert torch.equal(new, edge.expand_as(new) if fill == "edge" else new * 0)
    assert len(found) == 5 * 7


def test_a_cutout_is_half_the_sides() -> None:
    holes = _diffaugment("cutout")(torch.ones(300, 3, 16, 24)) == 0
    assert (holes.flatten(1).sum(dim=1) <= 3 * 8 * 12).all()
    assert holes.flatten(1).sum(dim=1).max() == 3 * 8 * 12
    assert holes.float().mean(dim=0).min() > 0.02


def test_colours_change_as_much_as_the_paper_says() -> None:
    flat = torch.zeros(4000, 3, 16, 24)
    brightness = _diffaugment("color")(flat)[:, 0, 0, 0]
    assert brightness.abs().max() <= 0.5
    assert brightness.std() == pytest.approx(1 / 12**0.5, rel=0.05)


def _ada(**options: object) -> AdaptiveAugment:
    return AdaptiveAugment(AdaOptions(**options), SHAPES)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [lambda: _diffaugment("flip", "translation", "color", "cutout"),
                                  lambda: _ada(initial=0.8)])  # fmt: skip
def test_gradients_reach_the_pictures(make: Callable[[], Augment]) -> None:
    pictures = _picture(8).requires_grad_()
    augmented = make()(pictures)
    assert augmented.shape == pictures.shape
    augmented.square().sum().backward()
    assert pictures.grad is not None
    assert (pictures.grad.flatten(1).norm(dim=1) > 0).all()
    with pytest.raises(ShapesError, match="it needs pictures"):
        type(make())(make().options, Shapes((2,), None, 0, 2))


def test_no_strength_changes_nothing() -> None:
    pictures = _picture(4)
    torch.testing.assert_close(_ada(initial=0.0)(pictures), pictures, atol=1e-5, rtol=0)
    assert not torch.allclose(_ada(initial=0.8)(pictures), pictures, atol=0.1)


def test_strength_rises_while_the_critic_is_too_sure() -> None:
    """From 0 to 1 within ``examples``, and down again as fast."""
    ada = _ada(examples=1000, limit=1.0)
    strengths = []
    for sureness in [1.0] * 80 + [0.0] * 80:
        ada.adapt(torch.tensor(sureness), 10)
        strengths.append(float(ada.strength))
    # The measure takes a few batches to pass the target of 0.6, then each batch counts 10/1000.
    assert strengths[8] == pytest.approx(0.0, abs=0.011)
    assert strengths[79] == pytest.approx(0.72, abs=0.03)
    assert strengths[100] < max(strengths)
    assert strengths[-1] == pytest.approx(0.0, abs=0.05)


def test_a_resumed_run_takes_up_its_strength(ganfw: Ganfw) -> None:
    words = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "--augment", "ada",
             "-s", "augment.ada.examples=200", "-s", "data.species=4", "-s", "data.individuals=8",
             "-s", "data.size=16", "-s", "train.batch_size=8", "-s", "gen.channels=8",
             "-s", "disc.channels=8", "-s", "disc.norm=none", "-s", "disc.spectral=true",
             "--loss", "rpgan", "--loss", "r1", "-s", "loss.r1.every=3",
             "--loss", "r2")  # fmt: skip
    assert ganfw(*words, "--steps", "10", "--out", "whole").exit_code == 0
    assert ganfw(*words, "--steps", "5", "--out", "halves").exit_code == 0
    result = ganfw("resume", "halves/0001-dcgan-sprites", "--steps", "10")
    assert result.exit_code == 0, result.output
    ends = [Path(out, "0001-dcgan-sprites") for out in ("whole", "halves")]
    weights = [load_file(end / "generator/model.safetensors") for end in ends]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    rows = [json.loads(line) for line in (ends[0] / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "D/r1.penalty" in row] == [1, 4, 7, 10]
    assert all("D/r2.penalty" in row for row in rows)
