"""Callbacks for people: collapse-watch, model-card, tensorboard, the overview."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from torch import Tensor

import ganfw as package
from ganfw import Discriminator, Generator
from ganfw.cli import main
from ganfw.registry import session
from ganfw_plugins.callbacks.collapse_watch import variety

Ganfw = Callable[..., Result]
POINTS = ("run", "--recipe", "d2l-gaussian", "--epochs", "3", "-s", "data.count=64")
NO_PICTURES = ("--no-callback", "samples", "--no-callback", "loss-curve")
"""They take most of the time of a short run."""


class Constant(Generator):
    """Nearly the same point for every latent, far from the data."""

    def __init__(self, options: Any, shapes: Any) -> None:
        super().__init__(options, shapes)
        self.point = torch.nn.Parameter(torch.tensor([-50.0, 0.0]))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.point + 1e-3 * latents


class Sure(Discriminator):
    """Tells by the first feature, and well."""

    def __init__(self, options: Any, shapes: Any) -> None:
        super().__init__(options, shapes)
        self.scale = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return (samples[:, 0] + 25) * self.scale


@pytest.fixture
def hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_REGISTERED", {})
    package.register("generator", "constant")(Constant)
    package.register("discriminator", "sure")(Sure)


@pytest.mark.usefixtures("hopeless")
def test_a_lost_game_is_said_once(ganfw: Ganfw) -> None:
    words = (*NO_PICTURES, "--gen", "constant", "--disc", "sure", "--epochs", "5")
    result = ganfw(*POINTS, *words)
    assert result.exit_code == 0, result.output
    assert result.stderr.count("after epoch 3, samples are nearly alike: they differ 0%") == 1
    assert result.stderr.count("after epoch 3, the critic is never wrong (loss_D 0.000)") == 1
    lines = Path("runs/0001-constant-gaussian/warnings.jsonl").read_text().splitlines()
    assert {json.loads(line)["what"] for line in lines} == {"alike", "sure"}
    result = ganfw("resume", "runs/0001-constant-gaussian", "--epochs", "8")
    assert "after epoch" not in result.stderr


class Told(Discriminator):
    """Never wrong as long as it is told what a real sample shows: else it calls it generated."""

    def __init__(self, options: Any, shapes: Any) -> None:
        super().__init__(options, shapes)
        self.scale = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        assert labels is not None
        angle = labels * (2 * torch.pi / self.shapes.classes)
        centres = 2 * torch.stack([angle.cos(), angle.sin()], dim=1)
        inside = 0.5 - (samples - centres).norm(dim=1)
        return 100 * inside.clamp(-0.1, 0.1) * self.scale


@pytest.mark.usefixtures("hopeless")
def test_a_critic_is_told_what_real_samples_show(ganfw: Ganfw) -> None:
    package.register("discriminator", "told")(Told)
    words = ("--data", "ring", "--gen", "constant", "--disc", "told", "--epochs", "3",
             "-s", "data.radius=2", *NO_PICTURES)  # fmt: skip
    result = ganfw(*POINTS, *words)
    assert result.exit_code == 0, result.output
    assert "after epoch 3, the critic is never wrong" in result.stderr


@pytest.mark.usefixtures("hopeless")
def test_advice_fits_the_data(ganfw: Ganfw) -> None:
    """Pictures are augmented, points can't be."""
    points = ganfw(*POINTS, *NO_PICTURES, "--gen", "constant", "--disc", "sure").stderr
    assert "What helps: --loss r1 beside the loss" in points
    assert "augment" not in points
    package.register("generator", "white")(White)
    package.register("discriminator", "bright")(Bright)
    pictures = ganfw("run", "--gen", "white", "--disc", "bright", "--data", "sprites", "--epochs",
                     "3", "-s", "data.size=16", "-s", "data.species=4", "-s", "data.individuals=4",
                     "-s", "train.batch_size=16", *NO_PICTURES)  # fmt: skip
    assert pictures.exit_code == 0, pictures.exception
    assert pictures.stderr.count("What helps: --augment diffaugment, --loss r1") == 2


@pytest.mark.usefixtures("hopeless")
def test_what_is_tried_already_is_not_advised(ganfw: Ganfw) -> None:
    words = ("--gen", "constant", "--disc", "sure", "--loss", "nonsaturating", "--loss", "r1",
             "-s", "loss.r1.gamma=1e-9", "--callback", "ema", *NO_PICTURES)  # fmt: skip
    said = ganfw(*POINTS, *words).stderr
    assert said.count("What helps: a lower gen.optimizer.lr") == 1
    assert said.count("What helps: a lower disc.optimizer.lr") == 1


@pytest.mark.usefixtures("hopeless")
def test_collapse_is_noticed_in_a_sorted_folder(ganfw: Ganfw) -> None:
    """Its first pictures, of one class, are nearly as alike as those generated."""
    for number in range(160):
        path = Path("pictures", "0-night" if number < 80 else "1-day", f"{number:03d}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        colour = (number % 3, 0, 0) if number < 80 else (number, 255 - number, 3 * number % 256)
        Image.new("RGB", (16, 16), colour).save(path)
    package.register("generator", "near-white")(NearWhite)
    result = ganfw("run", "--gen", "near-white", "--disc", "dcgan", "--data", "./pictures",
                   "-s", "data.size=16", "-s", "disc.channels=8", "--epochs", 4,
                   *NO_PICTURES)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "samples are nearly alike: they differ" in result.stderr


class White(Generator):
    """Nearly white, whatever the latent."""

    def __init__(self, options: Any, shapes: Any) -> None:
        super().__init__(options, shapes)
        self.level = torch.nn.Parameter(torch.tensor(1.5))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.level * latents.new_ones(len(latents), *self.shapes.sample)


class NearWhite(White):
    """A little of the latent shows."""

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) + 0.005 * latents[:, :1, None, None]


class Bright(Discriminator):
    """What is brighter than white is generated."""

    def __init__(self, options: Any, shapes: Any) -> None:
        super().__init__(options, shapes)
        self.scale = torch.nn.Parameter(torch.tensor(100.0))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return (1.1 - samples.mean(dim=(1, 2, 3))) * self.scale


def test_a_good_game_is_not(ganfw: Ganfw) -> None:
    result = ganfw(*POINTS, *NO_PICTURES, "--epochs", "5", "-s", "data.count=200")
    assert result.exit_code == 0, result.output
    assert "after epoch" not in result.stderr
    assert not Path("runs/0001-linear-gaussian/warnings.jsonl").exists()


def test_variety_is_the_mean_distance() -> None:
    assert variety(torch.tensor([[0.0], [1.0], [3.0]])) == pytest.approx(2.0)
    assert variety(torch.zeros(1, 3)) == 0.0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with all that people look at."""
    out = tmp_path_factory.mktemp("runs")
    words = (*POINTS, "--callback", "ema", "--callback", "tensorboard", "--out", str(out))
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return out / "0001-linear-gaussian"


def test_the_model_card_can_be_used(finished: Path) -> None:
    card = (finished / "README.md").read_text()
    assert "# 0001-linear-gaussian\n" in card
    assert "`generator_ema/` holds the weights" in card
    provenance = json.loads((finished / "provenance.json").read_text())
    assert provenance["data"]["fingerprint"] in card
    scope: dict[str, Any] = {}
    exec(card[card.index("import ganfw") : card.index("```\n\n```console")], scope)
    assert scope["samples"].shape == (64, 2)


def test_tensorboard_reads_what_is_written(finished: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(finished / "tensorboard")).Reload()
    rows = [json.loads(line) for line in (finished / "metrics.jsonl").read_text().splitlines()]
    losses = events.Scalars("loss/D")
    assert [loss.step for loss in losses] == [row["step"] for row in rows]
    assert [loss.value for loss in losses] == pytest.approx([row["loss_D"] for row in rows])
    assert len(events.Images("samples")) == 3


def test_losses_above_samples(finished: Path) -> None:
    paths = finished / "losses.png", finished / "overview.png"
    with Image.open(paths[0]) as losses, Image.open(paths[1]) as both:
        assert both.width == losses.width
        assert both.height > losses.height + 200
        box = (0, 0, losses.width, losses.height)
        assert both.crop(box).tobytes() == losses.convert("RGB").tobytes()


def test_tensorboard_may_be_missing(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    result = ganfw(*POINTS, *NO_PICTURES, "--callback", "tensorboard")
    assert result.exit_code == 1
    assert "pip install 'ganfw[tensorboard]'" in result.stderr.splitlines()[-1]


def test_a_notebook_shows_it_in_place(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[bytes] = []

    class Handle:
        def update(self, picture: bytes) -> None:
            shown.append(picture)

    def display(picture: bytes, display_id: bool) -> Handle:
        assert display_id
        assert not shown
        shown.append(picture)
        return Handle()

    kernel = types.SimpleNamespace(kernel=object())
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: kernel  # type: ignore[attr-defined]
    screen = types.ModuleType("IPython.display")
    screen.Image, screen.display = bytes, display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", screen)
    assert (
        ganfw(
            *POINTS, "-s", "callback.loss-curve.seconds=0", "-s", "callback.loss-curve.share=1"
        ).exit_code
        == 0
    )
    assert len(shown) == 4
    assert shown[-1] == Path("runs/0001-linear-gaussian/overview.png").read_bytes()
