"""What a run gives callbacks to make samples from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from ganfw import Options, RunView, Shapes
from ganfw.data.memory_loader import MemoryLoader
from ganfw.interfaces.player import Player
from ganfw.testing.toys import ToyDataset, ToyGenerator, toy_game, toy_labels

CPU = torch.device("cpu")


class Uniform(ToyGenerator):
    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return torch.rand(count, self.shapes.latent_dim, generator=random, device=random.device)


def _run(shapes: Shapes) -> RunView:
    game, dataset = toy_game(shapes, CPU), ToyDataset(shapes, 6)
    items = torch.from_numpy(dataset.items)
    loader = MemoryLoader(items, toy_labels(shapes, 6), (-1, 1), 4, 0, CPU)
    unused: dict[str, Any] = dict.fromkeys(
        ("folder", "epochs", "steps_per_epoch", "total_steps", "losses", "components", "config")
    )
    return RunView(
        **unused,
        dataset=dataset,
        shapes=shapes,
        networks=game.players,
        seed=3,
        device=CPU,
        real_batch=loader.evenly_spaced,
    )


@pytest.mark.parametrize("label", [(4,), (1, 3, 3)])
def test_label_arrays_are_the_datas(label: tuple[int, ...]) -> None:
    """Evenly spaced, in turn where there are few, and the same for each seed; classes are drawn."""
    shapes = Shapes((2,), None, 0, 5, label)
    run, real = _run(shapes), toy_labels(shapes, 6)
    assert real is not None
    for n, rows in ((3, [0, 2, 4]), (8, [0, 1, 2, 3, 4, 5, 0, 1])):
        for seed in (None, 1):
            labels = run.inputs(n, seed)[1]
            assert labels is not None
            assert torch.equal(labels, real[rows])
    drawn = _run(Shapes((2,), None, 3, 5)).inputs(50)[1]
    assert drawn is not None
    assert sorted(drawn.unique().tolist()) == [0, 1, 2]  # type: ignore[no-untyped-call]
    assert _run(Shapes((2,), None, 0, 5)).inputs(3)[1] is None


def test_latents_are_the_generators() -> None:
    shapes = Shapes((2,), None, 0, 5)
    run = _run(shapes)
    stream = torch.Generator().manual_seed(3)
    assert torch.equal(run.inputs(9)[0], torch.randn(9, 5, generator=stream))
    uniform = Player(Uniform(Options(), shapes), run.players["gen"].optimizer)
    other = replace(run, networks={**run.networks, "gen": uniform})
    assert torch.equal(other.inputs(9)[0], torch.rand(9, 5, generator=stream.manual_seed(3)))


class Sheet(ToyDataset):
    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        return Image.new("L", (samples.shape[3], samples.shape[2]))


class Translated(ToyGenerator):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        assert labels is not None
        return super().forward(latents) + labels


@pytest.mark.parametrize(("kind", "width"), [(ToyGenerator, 8), (Translated, 16)])
def test_samples_are_shown_beside_labels_that_they_were_made_of(
    kind: type[ToyGenerator], width: int
) -> None:
    shapes = Shapes((3, 8, 8), (-1.0, 1.0), 0, 5, (3, 8, 8))
    run = _run(shapes)
    gen = replace(run.networks["gen"], network=kind(Options(), shapes))
    run = replace(run, dataset=Sheet(shapes, 6), networks={**run.networks, "gen": gen})
    assert run.fixed_preview(1).size == (width, 8)
