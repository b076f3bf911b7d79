"""Steps on a GPU of the larger networks, eager in three precisions and replayed as CUDA graphs."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from gpu_graphs import replayed
from gpu_timing import beside
from gpu_ways import PRECISIONS, Bench, ours, short
from measuring import Row

from ganfw.interfaces.shapes import Shapes


@dataclass(frozen=True)
class Case:
    """The game of a recipe on pictures of a side, without labels."""

    name: str
    recipe: str
    side: int
    batch: int
    latent_dim: int
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.name} {self.side}², batch {self.batch}"


CASES = (
    Case("SNGAN", "sngan-cifar10", 32, 64, 128),
    Case("StyleGAN2", "stylegan2-ada-small", 64, 32, 512),
    Case("StyleGAN2", "stylegan2-ada-small", 256, 32, 512),
    Case("R3GAN", "r3gan-cifar10", 64, 64, 64,
         {"gen__preset": "ffhq-64", "disc__preset": "ffhq-64"}),
    Case("pictures", "pictures", 64, 64, 100),
)  # fmt: skip


def zoo(bench: Bench) -> Iterator[Row]:
    """Each in turns with itself: float32 eager is what the others are beside."""
    for case in CASES:
        if bench.is_late(20):
            yield Row(case.title, "left out", "late", "", "")
            continue
        try:
            yield from _rows(bench, case)
        except Exception as error:
            yield Row(case.title, f"fails: {type(error).__name__}: {short(str(error))}", "", "", "")


def _rows(bench: Bench, case: Case) -> Iterator[Row]:
    shapes = Shapes((3, case.side, case.side), (-1.0, 1.0), 0, case.latent_dim)
    real = torch.randn(2 if bench.tiny else case.batch, *shapes.sample, device=bench.device)
    play = functools.partial(
        ours, bench, real, recipe=case.recipe, shapes=shapes, settings=case.settings
    )
    ways = {precision: play(precision) for precision in PRECISIONS}
    if not bench.tiny:
        for precision in ("tf32", "bf16"):
            ways[f"{precision} graphs"] = replayed(
                bench, real, precision, case.recipe, shapes, case.settings
            )
    yield from beside(case.title, ways, bench.times(ways), ["float32"])
