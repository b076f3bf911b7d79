"""Augments: what they do to pictures, that gradients pass, and how ADA finds its strength."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import grid_sample

from ganfw import Augment, Shapes, ShapesError
from ganfw_plugins.augments.ada import AdaptiveAugment, rotated_hue
from ganfw_plugins.augments.diffaugment import DiffAugment
from ganfw_plugins.augments.options import AdaOptions, DiffAugmentOptions
from ganfw_plugins.augments.resampling import resample

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


def test_a_transform_has_its_probability() -> None:
    pictures = torch.ones(2000, 3, 16, 24)
    holes = _diffaugment("cutout", probability=0.3)(pictures) == 0
    assert holes.any(dim=(1, 2, 3)).float().mean().item() == pytest.approx(0.3, abs=0.04)
    assert torch.equal(_diffaugment("color", "cutout", probability=0)(pictures), pictures)


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


def test_contrast_and_saturation_as_the_paper_says() -> None:
    """Contrast is what greys differ by afterwards; what else colours differ by is times
    saturation, too."""
    pictures = _picture(4000)
    grey = pictures.mean(dim=1, keepdim=True)
    changed = _diffaugment("color")(pictures)
    changed_grey = changed.mean(dim=1, keepdim=True)
    contrast = _ratio(changed_grey, grey)
    saturation = _ratio(changed - changed_grey, pictures - grey) / contrast
    for found, low, high in ((contrast, 0.5, 1.5), (saturation, 0.0, 2.0)):
        assert found.min() == pytest.approx(low, abs=0.02)
        assert found.max() == pytest.approx(high, abs=0.02)
        assert found.mean() == pytest.approx(1, abs=0.05)
        assert found.std() == pytest.approx((high - low) / 12**0.5, rel=0.05)


def _ratio(changed: Tensor, plain: Tensor) -> Tensor:
    """By how much each of ``changed`` (B, ...) varies more than its ``plain`` one."""
    a, b = changed.flatten(1), plain.flatten(1)
    a, b = a - a.mean(dim=1, keepdim=True), b - b.mean(dim=1, keepdim=True)
    return (a * b).sum(dim=1) / b.square().sum(dim=1)


def _ada(shapes: Shapes = SHAPES, **options: object) -> AdaptiveAugment:
    return AdaptiveAugment(AdaOptions(**options), shapes)  # type: ignore[arg-type]


def _in_pixels(ada: AdaptiveAugment, pictures: Tensor) -> Tensor:
    """Its transforms (B, 3, 3) in pixels from the middle on."""
    halves = torch.tensor([pictures.shape[3] / 2, pictures.shape[2] / 2, 1])
    return ada.matrices(pictures) / halves * halves[:, None]


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


def test_resampling_is_torchs_and_can_be_differentiated_twice() -> None:
    random = torch.Generator().manual_seed(0)
    pictures = torch.randn(2, 3, 4, 5, generator=random, dtype=torch.float64, requires_grad=True)
    grid = torch.rand(2, 4, 5, 2, generator=random, dtype=torch.float64) * 3 - 1.5
    found = resample(pictures, grid)
    wanted = grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    assert torch.equal(found, wanted)
    gradients = [torch.autograd.grad(it.square().sum(), pictures)[0] for it in (found, wanted)]
    assert torch.equal(*gradients)
    assert torch.autograd.gradcheck(resample, (pictures, grid))
    assert torch.autograd.gradgradcheck(resample, (pictures, grid))


def test_no_strength_changes_nothing() -> None:
    pictures = _picture(4)
    torch.testing.assert_close(_ada(initial=0.0)(pictures), pictures, atol=1e-5, rtol=0)
    assert not torch.allclose(_ada(initial=0.8)(pictures), pictures, atol=0.1)


def test_whole_pixels_move_exactly() -> None:
    """At strength 1 each square picture is one of the eight, moved by whole pixels."""
    square = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    ada = _ada(Shapes((3, 16, 16), (-1.0, 1.0), 0, 4), initial=1, geometry=False, colors=False)
    torch.manual_seed(0)
    found = set()
    for moved in ada(square.expand(80, -1, -1, -1)):
        found.add(_which_move(square[0], moved))
    assert {(mirrored, quarters) for mirrored, quarters, *_ in found} == {
        (mirrored, quarters) for mirrored in (0, 1) for quarters in range(4)
    }
    assert {shift for *_, down, right in found for shift in (down, right)} == {-2, -1, 0, 1, 2}


def _which_move(picture: Tensor, moved: Tensor) -> tuple[int, int, int, int]:
    for mirrored in (0, 1):
        for quarters in range(4):
            turned = (picture.flip(2) if mirrored else picture).rot90(quarters, (1, 2))
            for down in range(-2, 3):
                for right in range(-2, 3):
                    shifted = turned.roll((down, right), (1, 2))
                    if torch.allclose(shifted[:, 2:-2, 2:-2], moved[:, 2:-2, 2:-2], atol=1e-4):
                        return mirrored, quarters, down, right
    raise AssertionError("no such move")


def test_a_mirrored_picture_of_another_shape() -> None:
    """Half turns and mirrors of a picture that is not square are exact; quarters don't shear."""
    pictures = _picture(300)
    ada = _ada(initial=1, geometry=False, colors=False)
    linear = _in_pixels(ada, pictures)[:, :2, :2]
    torch.testing.assert_close(linear.abs().sum(dim=2), torch.ones(300, 2))
    torch.testing.assert_close(linear @ linear.mT, torch.eye(2).expand(300, 2, 2))


def test_the_planes_magnitudes() -> None:
    """Appendix B: scales and stretches of deviation 0.2 in powers of 2, turns by any angle."""
    pictures = torch.zeros(4000, 1, 16, 24)
    torch.manual_seed(0)
    maps = _in_pixels(_ada(initial=1), pictures)
    wide, narrow = torch.linalg.svdvals(maps[:, :2, :2]).log2().T
    # The map's area is the scale's square; a stretch is as much one way as it shrinks the other.
    assert ((wide + narrow) / 2).std() == pytest.approx(0.2, rel=0.05)
    assert ((wide + narrow) / 2).mean() == pytest.approx(0, abs=0.02)
    assert ((wide - narrow) / 2).square().mean().sqrt() == pytest.approx(0.2, rel=0.05)
    assert (torch.linalg.det(maps) < 0).float().mean() == pytest.approx(0.5, abs=0.03)
    angle = torch.atan2(maps[:, 1, 0], maps[:, 0, 0])
    assert angle.cos().mean() == pytest.approx(0, abs=0.05)
    assert angle.sin().mean() == pytest.approx(0, abs=0.05)
    still = _in_pixels(_ada(initial=0), pictures[:5])
    torch.testing.assert_close(still, torch.eye(3).expand(5, 3, 3))


def test_shifts_are_shares_of_the_sides() -> None:
    """Up to an eighth in whole pixels, and an eighth's deviation between them."""
    pictures = torch.zeros(4000, 1, 16, 24)
    torch.manual_seed(0)
    whole = _in_pixels(_ada(initial=1, geometry=False), pictures)
    # Mirrors and turns come first, so a shift is what the map's own linear part undoes.
    shift = torch.linalg.solve(whole[:, :2, :2], whole[:, :2, 2])
    assert shift[:, 0].abs().max() == pytest.approx(3, abs=1e-4)
    assert shift[:, 1].abs().max() == pytest.approx(2, abs=1e-4)
    torch.testing.assert_close(shift, shift.round(), atol=1e-4, rtol=0)
    plane = _ada(initial=1)._geometry(pictures)
    shift = torch.linalg.solve(plane[:, :2, :2], plane[:, :2, 2])
    assert shift.std(dim=0).tolist() == pytest.approx([24 / 8, 16 / 8], rel=0.05)


def test_a_turn_happens_with_probability_p() -> None:
    """Of two turns, one or the other; of a shift, both of its numbers or none."""
    pictures = torch.zeros(8000, 1, 16, 16)
    torch.manual_seed(0)
    ada = _ada(Shapes((1, 16, 16), None, 0, 4), initial=0.3)
    plane = ada._geometry(pictures)
    turned = (plane[:, 0, 1].abs() > 1e-6) | (plane[:, 1, 0].abs() > 1e-6)
    assert turned.float().mean() == pytest.approx(0.3, abs=0.02)
    moved = plane[:, :2, 2].abs() > 1e-9
    assert torch.equal(moved[:, 0], moved[:, 1])
    assert moved[:, 0].float().mean() == pytest.approx(0.3, abs=0.02)


def test_the_colours_magnitudes() -> None:
    """Appendix B: brightness 0.2, contrast 0.5 and saturation 1 in powers of 2, half of the
    lightnesses turned over, hues by any angle."""
    greys = torch.tensor([-0.5, 0.5])[:, None].expand(4000, 3, 2, 1)
    torch.manual_seed(0)
    changed = _ada(Shapes((3, 2, 1), (-1.0, 1.0), 0, 4), initial=1)._recolored(greys)
    torch.testing.assert_close(changed[:, 0], changed[:, 2])
    contrast = changed[:, 0, 1, 0] - changed[:, 0, 0, 0]
    assert (contrast < 0).float().mean() == pytest.approx(0.5, abs=0.03)
    assert contrast.abs().log2().std() == pytest.approx(0.5, rel=0.05)
    brightness = changed[:, 0].mean(dim=(1, 2)) / contrast
    assert brightness.std() == pytest.approx(0.2, rel=0.05)
    red = torch.tensor([0.5, -0.25, -0.25])[:, None, None].expand(4000, 3, 1, 1)
    recolored = _ada(Shapes((3, 1, 1), (-1.0, 1.0), 0, 4), initial=1)._recolored(red)
    colour = (recolored - recolored.mean(dim=1, keepdim=True))[:, :, 0, 0]
    # Contrast's and saturation's deviations together.
    assert colour.norm(dim=1).log2().std() == pytest.approx(1.25**0.5, rel=0.05)
    along = colour @ red[0, :, 0, 0] / colour.norm(dim=1) / red[0].norm()
    assert along.mean() == pytest.approx(0, abs=0.05)
    assert along.min() < -0.99


def test_colours_of_other_channels() -> None:
    """Grey has no hue; how clear a pixel is stays."""
    grey, clear = torch.rand(50, 1, 4, 4), torch.rand(50, 4, 4, 4)
    one = _ada(Shapes((1, 4, 4), (-1.0, 1.0), 0, 4), initial=1)._recolored(grey)
    assert one.shape == grey.shape
    assert not torch.allclose(one, grey, atol=0.1)
    four = _ada(Shapes((4, 4, 4), (-1.0, 1.0), 0, 4), initial=1)._recolored(clear)
    assert torch.equal(four[:, 3], clear[:, 3])
    assert not torch.allclose(four[:, :3], clear[:, :3], atol=0.1)


def test_hues_turn_as_a_wheel_does() -> None:
    """A third of a turn makes red green; greys have no hue to turn."""
    red = torch.tensor([2.0, -1.0, -1.0])[None, :, None, None]
    third = torch.full((1, 1, 1, 1), 2 * math.pi / 3)
    green = torch.tensor([-1.0, 2.0, -1.0])[None, :, None, None]
    torch.testing.assert_close(rotated_hue(red, third), green)


def test_strength_rises_while_the_critic_is_too_sure() -> None:
    """From 0 to 1 within ``examples``, and down again as fast."""
    ada = _ada(examples=1000, limit=1.0)
    strengths = []
    for real_sign_mean in [1.0] * 80 + [0.0] * 80:
        ada.adapt(torch.tensor(real_sign_mean), 10)
        strengths.append(float(ada.strength))
    # The measure takes a few batches to pass the target of 0.6, then each batch counts 10/1000.
    assert strengths[8] == pytest.approx(0.0, abs=0.011)
    assert strengths[79] == pytest.approx(0.72, abs=0.03)
    assert strengths[100] < max(strengths)
    assert strengths[-1] == pytest.approx(0.0, abs=0.05)


def test_a_resumed_run_takes_up_its_strength(ganfw: Ganfw) -> None:
    words = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "--augment", "ada",
             "-s", "augment.ada.examples=200", "-s", "augment.ada.target=-0.99",
             "-s", "data.species=4", "-s", "data.individuals=8",
             "-s", "data.size=16", "-s", "train.batch_size=8", "-s", "gen.channels=8",
             "-s", "disc.channels=8", "-s", "disc.norm=none", "-s", "disc.spectral=true",
             "--loss", "rpgan", "--loss", "r1", "-s", "loss.r1.every=3",
             "--loss", "r2")  # fmt: skip
    assert ganfw(*words, "--steps", "6", "--out", "whole").exit_code == 0
    assert ganfw(*words, "--steps", "3", "--out", "halves").exit_code == 0
    result = ganfw("resume", "halves/0001-dcgan-sprites", "--steps", "6")
    assert result.exit_code == 0, result.output
    ends = [Path(out, "0001-dcgan-sprites") for out in ("whole", "halves")]
    weights = [load_file(end / "generator/model.safetensors") for end in ends]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    rows = [json.loads(line) for line in (ends[0] / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "D/r1.penalty" in row] == [1, 4]
    assert all("D/r2.penalty" in row for row in rows)
