"""pix2pix and CycleGAN against their papers: sizes, patches, equations; runs that resume exactly,
and both directions sampled."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from click.testing import Result
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from ganfw import DataError, Shapes, ShapesError, load, to_bytes
from ganfw_plugins.images.options import UnpairedOptions
from ganfw_plugins.images.unpaired import Unpaired
from ganfw_plugins.sprites.options import PairsOptions
from ganfw_plugins.sprites.pairs import SpriteNights, SpriteOutlines, by_night, line_drawing
from ganfw_plugins.translation.cyclegan import CycleGAN
from ganfw_plugins.translation.history import History
from ganfw_plugins.translation.options import (
    CycleGANOptions,
    PatchOptions,
    TranslatorOptions,
    UNetOptions,
)
from ganfw_plugins.translation.patch import Patch
from ganfw_plugins.translation.translator import Translator
from ganfw_plugins.translation.unet import UNet

Ganfw = Callable[..., Result]

RANGE = (-1.0, 1.0)


def _pairs(*sides: int, given: int = 3) -> Shapes:
    return Shapes((3, *sides), RANGE, 0, 5, (given, *sides))


def _count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


# The authors' code prints 54.414 M, 2.769 M (six channels, batch norm), 2.765 M (three channels,
# instance norm) and 11.378 M, for 256 pixels. By hand, with no bias before a batch norm:
#   U-Net, down 16·(3·64 + 64·128 + 128·256 + 256·512 + 4·512²), norms 2·(128 + 256 + 4·512),
#   up 16·(512² + 3·1024·512 + 1024·256 + 512·128 + 256·64 + 128·3) + 3, norms
#   2·(4·512 + 256 + 128 + 64), where the paper's CD512-CD512-CD512-C512-C256-C128-C64 lacks the
#   fourth 512 that its eight halvings need;
#   patches 16·(6·64 + 64·128 + 128·256 + 256·512 + 512) + 65, norms 2·(128 + 256 + 512);
#   translator: below.
def test_numbers_of_weights() -> None:
    shapes = _pairs(256, 256)
    with torch.device("meta"):
        assert _count(UNet(UNetOptions(), shapes)) == 54_413_955
        assert _count(Patch(PatchOptions(), shapes)) == 2_768_705
        alone = PatchOptions(conditional=False, norm="instance")
        assert _count(Patch(alone, shapes)) == 2_764_737
        block = 2 * (9 * 256**2 + 256)
        ends = 2 * 49 * 3 * 64 + 64 + 3 + 2 * 9 * (64 * 128 + 128 * 256) + 128 + 256 + 128 + 64
        translator = Translator(TranslatorOptions(), shapes)
        assert _count(translator) == 9 * block + ends == 11_378_179
        assert _count(Translator(TranslatorOptions(), _pairs(128, 128))) == 6 * block + ends


@pytest.mark.parametrize(("depth", "patch"), list(enumerate([1, 16, 34, 70, 142, 286])))
def test_a_score_sees_a_patch(depth: int, patch: int) -> None:
    """As far as its gradient reaches in a picture that is larger than any patch."""
    side = 320
    options = PatchOptions(channels=4, depth=depth, norm="none", conditional=False)
    critic = Patch(options, Shapes((1, side, side), RANGE, 0, 5)).double()
    picture = torch.zeros(1, 1, side, side, dtype=torch.double, requires_grad=True)
    scores = critic(picture)[0]
    middle = scores[len(scores) // 2 + int(len(scores) ** 0.5) // 2]
    seen = torch.autograd.grad(middle, picture)[0][0, 0].abs().sum(0).nonzero()
    assert seen.max() - seen.min() + 1 == patch


@pytest.mark.parametrize(
    ("sides", "scores"),
    [((256, 256), 900), ((64, 48), 24), ((32, 32), 4), ((8, 8), 4), ((28, 28), 25)],
)
def test_smaller_pictures_get_smaller_patches(sides: tuple[int, int], scores: int) -> None:
    critic = Patch(PatchOptions(channels=4), _pairs(*sides, given=1))
    assert critic(torch.zeros(2, 3, *sides), torch.zeros(2, 1, *sides)).shape == (2, scores)


def test_a_critic_of_pairs_looks_at_both_and_another_at_samples_alone() -> None:
    samples, labels = torch.randn(2, 3, 16, 16), torch.randn(2, 3, 16, 16)
    both = Patch(PatchOptions(channels=4), _pairs(16, 16))
    assert not torch.equal(both(samples, labels), both(samples, labels.flip(0)))
    with pytest.raises(ShapesError, match="conditional=false"):
        both(samples)
    alone = Patch(PatchOptions(channels=4, conditional=False, spectral=True), _pairs(16, 16))
    assert torch.equal(alone.eval()(samples, labels), alone(samples))


@pytest.mark.parametrize("sides", [(16, 16), (32, 48), (8, 24)])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("make", [UNet, Translator])
def test_a_picture_is_made_of_its_label(
    make: type[UNet | Translator], norm: str, sides: tuple[int, int]
) -> None:
    options = {UNet: UNetOptions, Translator: TranslatorOptions}[make]
    network = make(options(channels=4, norm=norm), _pairs(*sides, given=1)).eval()
    labels, latents = torch.randn(3, 1, *sides), torch.zeros(3, 5)
    made = network(latents, labels)
    assert made.shape == (3, 3, *sides)
    assert not torch.equal(made[0], made[1])
    weights = [it.flatten() for name, it in network.named_parameters() if it.dim() == 4]
    assert torch.cat(weights).std().item() == pytest.approx(0.02, rel=0.05)


def test_what_does_not_fit_is_refused() -> None:
    for make in (lambda s: UNet(UNetOptions(), s), lambda s: Translator(TranslatorOptions(), s)):
        for shapes, said in (
            (Shapes((3, 16, 16), RANGE, 4, 5), "are (3, 16, 16) with 4 classes"),
            (Shapes((3, 16, 16), RANGE, 0, 5, (3, 8, 8)), "with labels (3, 8, 8)"),
            (Shapes((2,), None, 0, 5), "are (2,) with no classes"),
            (_pairs(17, 13), "data.size=64"),
        ):
            with pytest.raises(ShapesError) as refused:
                make(shapes)
            assert said in str(refused.value)
    for options, shapes in (
        (PatchOptions(depth=3), _pairs(16, 16)),
        (PatchOptions(), _pairs(1, 1)),
    ):
        with pytest.raises(ShapesError, match="too small"):
            Patch(options, shapes)
    with pytest.raises(ShapesError, match="evenly 4 times"):
        UNet(UNetOptions(depth=4), _pairs(24, 24))


def test_the_history_keeps_fifty_and_shows_an_old_one_in_half_of_all_cases() -> None:
    history, seen = History(50), []
    for step in range(400):
        new = torch.full((2, 1, 1, 1), float(step))
        seen.append(history(new).flatten())
        if step < 25:
            assert torch.equal(seen[-1], new.flatten())
    assert history.kept.shape == (50, 1, 1, 1)
    shown = torch.stack(seen[25:])
    old = shown != torch.arange(25, 400)[:, None]
    assert 0.4 < old.float().mean() < 0.6
    assert (shown <= torch.arange(25, 400)[:, None]).all()
    assert history(torch.zeros(60, 1, 1, 1)).shape == (60, 1, 1, 1)
    assert torch.equal(History(0)(new), new)


def _turn(player: str, a: Tensor, b: Tensor) -> SimpleNamespace:
    """Of translators G(x) = 2x and F(x) = x/4, and critics whose scores are the samples."""

    def forward(name: str, first: Tensor | None, second: Tensor | None) -> Tensor:
        return second / 4 if name == "back" else first

    return SimpleNamespace(
        player=player, real=b, fake=2 * a, labels=a, fake_labels=a, latents=None, forward=forward,
        generate=lambda latents, labels: {"samples": 2 * labels},
        critic=lambda samples, labels=None: samples, augment=nn.Identity(),
    )  # fmt: skip


def test_equation_3_with_least_squares() -> None:
    a, b = torch.tensor([[0.0, 2.0]]), torch.tensor([[4.0, 0.0]])
    loss = CycleGAN(CycleGANOptions())
    terms = {name: value.item() for name, value in loss.terms(_turn("gen", a, b)).items()}
    # fake B is 0, 4 and fake A 1, 0; there and back again they are a/2 and b/2, and the two that
    # need no change become a/4 and 2b.
    assert terms == {
        "a": (0 + 1) / 2,
        "b": (1 + 9) / 2,
        "cycle": 10 * (1 / 2 + 2 / 2),
        "identity": 5 * (1.5 / 2 + 4 / 2),
    }
    terms = {name: value.item() for name, value in loss.terms(_turn("disc", a, b)).items()}
    assert terms == {"a": ((1 + 1) / 2 + 1 / 2) / 2, "b": ((9 + 1) / 2 + 16 / 2) / 2}
    assert torch.equal(loss.of_a.kept, b / 4)
    assert torch.equal(loss.of_b.kept, 2 * a)
    alone = CycleGAN(CycleGANOptions(identity=0)).terms(_turn("gen", a, b))
    assert set(alone) == {"a", "b", "cycle"}
    with pytest.raises(ShapesError, match="alike in shape"):
        loss.terms(_turn("gen", torch.zeros(1, 1), b))


def test_sprites_of_lines_and_by_night() -> None:
    options = PairsOptions(species=3, individuals=4, size=16)
    pairs, nights = SpriteOutlines(options), SpriteNights(options)
    for index in (0, 3, 11):
        picture, lines = pairs[index]
        assert lines.shape == (1, 16, 16)
        assert 0.5 < (lines > 127).mean() < 1  # more paper than lines
        night, day = nights[index]
        assert np.array_equal(day, picture)
        assert not np.array_equal(night, by_night(day))  # of another creature
        assert night.max(axis=(1, 2)).tolist() == [70, 84, 150]
    picture = np.full((3, 4, 4), 200, np.uint8)
    picture[:, 0, :] = 50  # a line, across two of the four places that are left
    assert line_drawing(picture, fine=2).tolist() == [[[128, 128], [255, 255]]]
    assert pairs.fingerprint() != nights.fingerprint()


def _folders(**colours: str) -> None:
    for i, (folder, colour) in enumerate(colours.items()):
        Path(folder.replace("_", "/")).mkdir(parents=True)
        for number in range(4 + 2 * i):
            picture = Image.new("RGB", (16, 16), colour)
            picture.putpixel((number, number), (255, 255, 255))
            picture.save(f"{folder.replace('_', '/')}/{number}.png")


SMALL = (
    "-s gen.channels=4 -s disc.channels=4 -s network.back.channels=4 -s network.disc-a.channels=4"
)


def test_two_folders_are_translated_both_ways_and_resumed_exactly(
    ganfw: Ganfw, tmp_path: Path
) -> None:
    """What a user types first; the history of generated pictures is part of a checkpoint."""
    _folders(horses="brown", zebras="grey")
    ran = ganfw("run", "horses", "-s", "data.to=zebras", *SMALL.split(), "--steps", 8,
                "-s", "loss.cyclegan.history=3", "-s", "callback.checkpoints.every_steps=4",
                "--no-callback", "loss-curve", "-s", "train.log_every=1")  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert "trained by recipe cyclegan (gen translator, disc patch)" in ran.stderr
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name == "0001-translator-horses-to-zebras"
    copy = shutil.copytree(run, tmp_path / "copy")
    assert ganfw("resume", copy, "--from-step", 4, "--quiet").exit_code == 0
    for name in ("checkpoints/000008/state.safetensors", "networks/back/model.safetensors"):
        assert (copy / name).read_bytes() == (run / name).read_bytes()
    state = load_file(run / "checkpoints/000008/state.safetensors")
    assert [it.shape for name, it in state.items() if name.endswith("kept")] == [(3, 3, 16, 16)] * 2
    Path("zebras").rename("moved")
    gone = ganfw("resume", copy, "--steps", 9, "--quiet")
    assert "there is no such folder" in gone.stderr
    went_on = ganfw("resume", copy, "--steps", 9, "--quiet", "-s", "data.to=moved")
    assert went_on.exit_code == 0, went_on.output
    both = [load(folder) for folder in (run, run / "networks/back")]
    shutil.rmtree("horses")
    for sampler, asked in zip(both, ("brown", "grey"), strict=True):
        Image.new("RGB", (16, 16), asked).save("asked.png")
        ((_, labels),) = sampler.batches(2)
        drawn = ganfw("sample", sampler.folder, "-n", 2, "--labels", "asked.png", "-o", "a.png")
        assert drawn.exit_code == 0, drawn.output
        with Image.open("a.png") as grid, Image.open("asked.png") as picture:
            assert grid.size == (34 + 2, 2 * 18 + 2)  # what was given, and what was made of it
            assert grid.getpixel((4, 4)) == picture.getpixel((8, 8))
        assert to_bytes(labels, RANGE)[0, :, 15, 15].tolist() == list(picture.getpixel((8, 8)))


def test_a_folder_of_both_kinds_and_what_is_missing(ganfw: Ganfw) -> None:
    _folders(mine_trainA="red", mine_trainB="blue")
    found = Unpaired(UnpairedOptions(root=Path("mine")))
    found.prepare()
    assert len(found) == 6
    target, given = found[5]
    assert (target[2, 0, 0], given[0, 0, 0], given[0, 1, 1]) == (255, 255, 255)
    shown = ganfw("run", "mine", "--print-config")
    assert 'use = "unpaired"  # ' in shown.stdout
    for words, said in (
        (("mine/trainA", "--data", "unpaired"), "data is given twice"),
        (("--data", "unpaired", "-s", "data.root=mine/trainA"), "give the second folder"),
        (("mine/trainA", "-s", "data.to=nothing"), "there is no such folder"),
    ):
        refused = ganfw("run", "--recipe", "cyclegan", *words)
        assert refused.exit_code in (1, 2), refused.output
        assert said in refused.stderr
        assert refused.stderr.count("\n") == 1
    Path("none").mkdir()
    empty = Unpaired(UnpairedOptions(root=Path("none"), to=Path("mine")))
    with pytest.raises(DataError, match="has no pictures"):
        empty.prepare()


def test_the_recipe_of_pairs_learns_pixels_and_resumes_exactly(
    ganfw: Ganfw, tmp_path: Path
) -> None:
    words = ("--recipe", "pix2pix", "-s", "data.size=16", "-s", "data.species=4",
             "-s", "data.individuals=8", "-s", "gen.channels=4", "-s", "disc.channels=4",
             "--no-callback", "loss-curve", "-s", "train.log_every=1", "--steps", 6,
             "-s", "callback.checkpoints.every_steps=3", "--quiet")  # fmt: skip
    assert ganfw("run", *words).exit_code == 0
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    assert ganfw("resume", copy, "--from-step", 3, "--quiet").exit_code == 0
    name = "checkpoints/000006/state.safetensors"
    assert (copy / name).read_bytes() == (run / name).read_bytes()
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    distances = [row["G/pixel-l1.distance"] for row in rows]
    assert distances[-1] < distances[0]
    labels = torch.ones(2, 1, 16, 16)
    assert torch.equal(*load(run).sample(2, labels=labels))  # there is no noise without dropout
