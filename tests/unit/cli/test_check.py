"""``ganfw check``: with partners and shapes of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Ganfw = Callable[..., Result]

AUXILIARY = """
import math
from ganfw import Component, Discriminator, Loss, Options, ShapesError, hookimpl
from pydantic import Field
from torch import nn
from torch.nn.functional import cross_entropy

class Width(Options):
    width: int = Field(8, ge=1, le=64, description="Width")

class Disc(Discriminator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        if not shapes.classes:
            raise ShapesError("it needs labels")
        width = options.width
        self.layers = nn.Sequential(nn.Linear(math.prod(shapes.sample), width), nn.Tanh())
        self.score, self.classes = nn.Linear(width, 1), nn.Linear(width, shapes.classes)

    def forward(self, samples, labels=None):
        features = self.layers(samples.flatten(1))
        return {"scores": self.score(features).squeeze(1), "classes": self.classes(features)}

class Class(Loss):
    needs = ("labels", "disc.classes")

    def terms(self, turn):
        samples, labels = (
            (turn.real, turn.labels) if turn.player == "disc" else (turn.fake, turn.fake_labels)
        )
        return {"class": cross_entropy(turn.critic.all(samples)["classes"], labels)}

@hookimpl
def ganfw_components():
    own = "auxiliary"
    yield Component("discriminator", "aux", f"{own}:Disc", f"{own}:Width", "Names classes")
    yield Component("loss", "aux", f"{own}:Class", None, "The class that a sample is taken for")
"""


@pytest.fixture
def auxiliary(tmp_path: Path) -> Path:
    path = tmp_path / "auxiliary.py"
    path.write_text(AUXILIARY, encoding="utf-8")
    return path


def test_a_loss_with_partners(ganfw: Ganfw, auxiliary: Path) -> None:
    plugin = ("check", "loss/aux", "--plugin", auxiliary)
    alone = ganfw(*plugin, "--json")
    reasons = {result["message"] for result in json.loads(alone.stdout)}
    assert "it needs 'classes' from the discriminator: give --disc NAME" in reasons
    partners = ("--disc", "aux", "-s", "disc.width=4", "--shapes", "1x64:2", "--shapes", "2:3")
    result = ganfw(*plugin, *partners, "--gen", "mlp", "--shapes", "3:10")
    assert result.exit_code == 0, result.stdout
    assert result.stdout.startswith("ok      loss/aux  17 of 18 checks\n        left out: listing")


def test_shapes_of_ones_own(ganfw: Ganfw, auxiliary: Path) -> None:
    result = ganfw("check", "disc/aux", "--plugin", auxiliary, "--shapes", "1x8x8x8:2")
    assert result.exit_code == 0, result.stdout
    result = ganfw("check", "disc/aux", "--plugin", auxiliary, "--shapes", "1x64")
    assert result.exit_code == 1
    assert result.stdout.count("ShapesError for each, the last: it needs labels") == 1
    assert "  also      scores are raw, survives double backward, " in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--shapes", "3x"), "--shapes 3x: write the sides of one sample, such as 1x256 or"),
        (("--shapes", "3x0x32"), "--shapes 3x0x32: write the sides"),
        (("--shapes", "32:many"), "such as 3x32x32:10"),
        (("--disc", "mpl"), "no discriminator 'mpl'. Did you mean 'mlp'?"),
        (("--disc", "mlp", "-s", "disc.hiden=3"), "discriminator 'mlp' has no option 'hiden'"),
        (("-s", "disc.hidden=3"), "loss 'hinge' has no option 'disc.hidden'"),
        (("--network", "disc=mlp"), "--network disc=mlp: 'disc' is taken; write OTHER=mlp"),
    ],
)
def test_nonsense_is_one_line(ganfw: Ganfw, words: tuple[str, ...], message: str) -> None:
    result = ganfw("check", "loss/hinge", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_partners_are_for_losses(ganfw: Ganfw) -> None:
    result = ganfw("check", "gen/mlp", "--disc", "mlp")
    assert "--disc is for losses: nothing else is checked with it" in result.stderr
