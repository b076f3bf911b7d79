"""Do scores rank damaged pictures as people do? By hand, for minutes on two cores:

    python tests/benchmarks/ranking.py                       the embedded sprites
    python tests/benchmarks/ranking.py pictures.zip folder   pictures of yours
    python tests/benchmarks/ranking.py --count 200           fewer of them

Half of the pictures are real ones, the other half is shown to the metrics: as it is, with six
kinds of damage at three strengths each, without some of its modes, and a little darker. The last
lines count for how many kinds a score grows with strength, and of how many pairs it prefers the one
that a person does. lite-kid needs ganfw[lite].
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, affine_grid, grid_sample, interpolate
from torchvision.transforms.functional import gaussian_blur

from ganfw import Dataset, from_bytes, to_bytes
from ganfw.registry.discovery import discover

RANGE = (-1.0, 1.0)
SCORES = {
    "lite-kid": "lite_kid",
    "lite-frechet": "lite_frechet",
    "random-kid": "random_kid",
    "swd": "swd",
}


def main() -> None:
    """Parse, damage, judge, print."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/ranking.py")
    parser.add_argument("roots", nargs="*", type=Path, metavar="PICTURES")
    parser.add_argument("--count", type=int, default=500, help="real pictures; as many are damaged")
    parser.add_argument("--scores", nargs="*", default=[*SCORES])
    given = parser.parse_args()
    for root in given.roots or [None]:
        pictures = chosen(dataset(root), 2 * given.count)
        print(f"\n{root.name if root else 'sprites'}, {len(pictures) // 2} real and as many others")
        show(*pictures.chunk(2), given.scores)


def show(real: Tensor, others: Tensor, names: list[str]) -> None:
    """A table of scores, and how often each is right."""
    print(f"{'':14}" + "".join(f"{name:>14}" for name in names))
    metrics = [metric(name, len(real)) for name in names]
    found: dict[str, list[float]] = {}
    for change, damaged in shown(others).items():
        fakes = damaged.repeat(-(-len(real) // len(damaged)), 1, 1, 1)
        found[change] = [
            judged(real, lambda count, fakes=fakes: fakes[:count])[SCORES[name]]
            for name, judged in zip(names, metrics, strict=True)
        ]
        print(f"{change:14}" + "".join(f"{score:14.4f}" for score in found[change]), flush=True)
    for title, pairs in (("grows", grown()), ("preferred", PREFERRED)):
        right = [
            sum(all(found[a][i] < found[b][i] for a, b in pairwise(row)) for row in pairs)
            for i in range(len(names))
        ]
        print(f"{title:14}" + "".join(f"{count:>11}/{len(pairs)}" for count in right))


def metric(name: str, samples: int) -> Callable[..., Mapping[str, float]]:
    registered = discover().find("metric", name)
    made = registered.load()(registered.load_options()(samples=samples))
    made.value_range = RANGE
    return made


def blurred(pictures: Tensor, sigma: float) -> Tensor:
    return gaussian_blur(pictures, [2 * int(3 * sigma + 1) + 1] * 2, [sigma] * 2)


def noisy(pictures: Tensor, strength: float) -> Tensor:
    return (pictures + strength * torch.randn(pictures.shape)).clamp(*RANGE)


def as_jpeg(pictures: Tensor, quality: float) -> Tensor:
    pixels = []
    for picture in to_bytes(pictures, RANGE).permute(0, 2, 3, 1).numpy():
        Image.fromarray(picture).save(file := io.BytesIO(), "JPEG", quality=int(quality))
        pixels.append(np.asarray(Image.open(file)))
    return from_bytes(torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2), RANGE)


def warped(pictures: Tensor, strength: float) -> Tensor:
    """Bent by a smooth random field."""
    count = len(pictures)
    field = interpolate(torch.randn(count, 2, 8, 8), pictures.shape[2:], mode="bicubic")
    places = affine_grid(torch.eye(2, 3).repeat(count, 1, 1), [*pictures.shape], False)
    places = places + strength * field.permute(0, 2, 3, 1)
    return grid_sample(pictures, places, padding_mode="border", align_corners=False)


def torn(pictures: Tensor, pieces: float) -> Tensor:
    """Cut into n×n squares, in another order in each picture."""
    count, n = len(pictures), int(pieces)
    strips = [strip.split(pictures.shape[3] // n, 3) for strip in
              pictures.split(pictures.shape[2] // n, 2)]  # fmt: skip
    squares = torch.stack([square for strip in strips for square in strip], 1)
    order = torch.stack([torch.randperm(n * n) for _ in range(count)])
    squares = squares[torch.arange(count)[:, None], order]
    rows = [torch.cat([*squares[:, i * n : i * n + n].unbind(1)], 3) for i in range(n)]
    return torch.cat(rows, 2)


def ghostly(pictures: Tensor, strength: float) -> Tensor:
    """Another picture shines through."""
    return torch.lerp(pictures, pictures.roll(1, 0), strength)


def fewer(pictures: Tensor, dropped: float) -> Tensor:
    """Without the smallest of eight clusters of thumbnails (k-means)."""
    thumbnails = adaptive_avg_pool2d(pictures, 4).flatten(1)
    centres = thumbnails[:: len(pictures) // 8][:8]
    for _ in range(20):
        cluster = torch.cdist(thumbnails, centres).argmin(1)
        centres = torch.stack(
            [thumbnails[cluster == k].mean(0) if (cluster == k).any() else centres[k]
             for k in range(8)]
        )  # fmt: skip
    kept = cluster.bincount(minlength=8).argsort(descending=True)[: 8 - int(dropped)]
    return pictures[torch.isin(cluster, kept)]


def darker(pictures: Tensor, strength: float) -> Tensor:
    return (pictures + 1) * (1 - strength) - 1


CHANGES: dict[str, tuple[Callable[[Tensor, float], Tensor], tuple[float, ...]]] = {
    "blur": (blurred, (0.5, 1, 2)),
    "noise": (noisy, (0.05, 0.15, 0.4)),
    "jpeg": (as_jpeg, (80, 40, 10)),
    "warp": (warped, (0.03, 0.08, 0.2)),
    "torn": (torn, (2, 4, 8)),
    "ghosts": (ghostly, (0.1, 0.25, 0.5)),
    "dropped": (fewer, (2, 4, 6)),
    "darker": (darker, (0.02, 0.05, 0.1)),
}
PREFERRED = [
    ("new", "dropped 6"),
    ("darker 0.05", "blur 1"),
    ("darker 0.05", "noise 0.15"),
    ("darker 0.05", "warp 0.08"),
    ("darker 0.1", "torn 2"),
    ("darker 0.1", "noise 0.4"),
    ("jpeg 80", "warp 0.08"),
    ("jpeg 40", "warp 0.2"),
    ("jpeg 40", "blur 2"),
    ("jpeg 40", "noise 0.4"),
    ("blur 0.5", "warp 0.2"),
    ("blur 0.5", "torn 2"),
    ("noise 0.05", "torn 2"),
    ("noise 0.05", "noise 0.4"),
    ("ghosts 0.1", "torn 2"),
    ("ghosts 0.25", "blur 2"),
    ("warp 0.08", "torn 4"),
    ("warp 0.2", "torn 8"),
]
"""A person takes the first for the real thing rather than the second."""


def shown(pictures: Tensor) -> dict[str, Tensor]:
    """By name, all changes of ``pictures``, the same ones each time."""
    found = {"new": pictures}
    for name, (change, strengths) in CHANGES.items():
        for strength in strengths:
            torch.manual_seed(0)
            found[f"{name} {strength:g}"] = change(pictures, strength)
    return found


def grown() -> list[tuple[str, ...]]:
    """Each kind of damage, from none to the worst."""
    return [
        ("new", *(f"{name} {strength:g}" for strength in strengths))
        for name, (_, strengths) in CHANGES.items()
        if name != "darker"
    ]


def dataset(root: Path | None) -> Dataset:
    """The sprites, a folder or an archive, at 64 pixels."""
    name = "sprites" if root is None else "folder" if root.is_dir() else "archive"
    registered = discover().find("dataset", name)
    options = {"size": 64} if root is None else {"size": 64, "root": root}
    made: Dataset = registered.load()(registered.load_options().model_validate(options))
    made.prepare()
    return made


def chosen(pictures: Dataset, count: int) -> Tensor:
    """At most ``count`` of them (N, 3, 64, 64), in random order."""
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))[:count]
    pixels = np.stack([np.asarray(pictures[int(index)][0]) for index in order])
    return from_bytes(torch.from_numpy(pixels), RANGE)


if __name__ == "__main__":
    main()
