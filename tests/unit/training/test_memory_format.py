"""Channels last is another order of the same numbers; and what can't be laid out so says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file
from torch import Tensor, nn

from ganfw import Batch, Shapes
from ganfw.config.layers import settings_layer
from ganfw.config.recipes import recipe_layer
from ganfw.config.run_config import resolve
from ganfw.launch.build import build_game
from ganfw.registry.discovery import discover
from ganfw.training.memory_format import match_memory_format, use_channels_last

Ganfw = Callable[..., Result]
SHAPES = Shapes((3, 16, 16), (-1.0, 1.0), 0, 7)
SMALL = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "-s", "data.size=16",
         "-s", "data.individuals=1", "-s", "train.batch_size=12", "-s", "gen.channels=8",
         "-s", "disc.channels=8", "--no-callback", "loss-curve")  # fmt: skip


def _losses(channels_last: bool) -> Tensor:
    """Of twenty steps in float64, where rounding is too small to grow."""
    registry = discover()
    small = settings_layer({"gen.channels": 8, "disc.channels": 8}, "test")
    config = resolve(registry, [recipe_layer(registry, "d2l-dcgan"), small])
    game = build_game(config, SHAPES, torch.device("cpu"))
    networks = {"gen": game.gen.network.double(), "disc": game.disc.network.double()}
    if channels_last:
        assert use_channels_last(networks, lambda: None) == []
    torch.manual_seed(1)
    rows = []
    for _ in range(20):
        batch = Batch(torch.rand(8, 3, 16, 16).double() * 2 - 1, None)
        losses = game.step([batch], lambda n: torch.randn(n, 7).double(), lambda name, player: None)
        rows.append(torch.stack([losses.loss_D, losses.loss_G]))
    return torch.stack(rows)


def test_nothing_but_the_order_of_additions_changes() -> None:
    torch.testing.assert_close(_losses(True), _losses(False), rtol=1e-6, atol=1e-6)


def test_weights_and_pictures_are_laid_out_so() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3))
    assert use_channels_last({"it": network}, lambda: None) == []
    made = network(torch.randn(2, 3, 9, 9))
    assert made.is_contiguous(memory_format=torch.channels_last)


class Viewing(nn.Module):
    """Takes its feature maps apart with view."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3)

    def forward(self, samples: Tensor) -> Tensor:
        return self.layer(samples).view(len(samples), -1)


def test_what_uses_view_is_laid_out_as_before() -> None:
    network = Viewing()
    (line,) = use_channels_last({"disc 'it'": network}, lambda: network(torch.randn(2, 3, 9, 9)))
    assert line.startswith("disc 'it' uses view() on pictures")
    assert network.layer.weight.is_contiguous()


def test_another_error_is_not_swallowed() -> None:
    def fail() -> None:
        raise RuntimeError("of another kind")

    with pytest.raises(RuntimeError, match="of another kind"):
        use_channels_last({"it": nn.Conv2d(3, 4, 3)}, fail)


def test_loaded_state_is_laid_out_as_the_weights_are() -> None:
    weight = nn.Parameter(torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last))
    optimizer = torch.optim.Adam([weight], fused=True)
    weight.grad = torch.randn_like(weight)
    optimizer.step()
    average = optimizer.state[weight]["exp_avg"].clone()
    optimizer.state[weight]["exp_avg"] = average.contiguous()
    match_memory_format(optimizer)
    assert optimizer.state[weight]["exp_avg"].stride() == weight.stride()
    assert torch.equal(optimizer.state[weight]["exp_avg"], average)


@pytest.mark.parametrize("channels_last", ["true", "false"])
def test_a_resumed_run_ends_bit_identical(ganfw: Ganfw, channels_last: str) -> None:
    layout = ("-s", f"train.channels_last={channels_last}")
    assert ganfw(*SMALL, *layout, "--steps", 8, "--out", "whole").exit_code == 0
    assert ganfw(*SMALL, *layout, "--steps", 3, "--out", "halves").exit_code == 0
    assert ganfw("resume", "halves/0001-dcgan-sprites", "--steps", 8).exit_code == 0
    for player in ("generator", "discriminator"):
        weights: list[dict[str, Any]] = [
            load_file(Path(out) / "0001-dcgan-sprites" / player / "model.safetensors")
            for out in ("whole", "halves")
        ]
        assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


VIEWING = """
from ganfw import Component, Discriminator, hookimpl
from torch import nn


class Viewing(Discriminator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.maps = nn.Conv2d(shapes.sample[0], 4, 4, 4)
        self.score = nn.Linear(4 * (shapes.sample[1] // 4) * (shapes.sample[2] // 4), 1)

    def forward(self, samples, labels=None):
        return self.score(self.maps(samples).view(len(samples), -1)).squeeze(1)


@hookimpl
def ganfw_components():
    return [Component("discriminator", "viewing", "viewing:Viewing", summary="Views")]
"""


def test_a_run_with_such_a_network_goes_on_and_says_so(ganfw: Ganfw) -> None:
    Path("viewing.py").write_text(VIEWING)
    words = ["run", "--gen", "dcgan", "--disc", "viewing", "--plugin", "viewing.py", *SMALL[5:13],
             "-s", "gen.channels=8", "--steps", "2"]  # fmt: skip
    result = ganfw(*words)
    assert result.exit_code == 0, result.output
    assert "NOTE: generator 'dcgan' or discriminator 'viewing' uses view()" in result.stderr
