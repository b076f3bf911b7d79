"""Speed of both textbook GANs beside the book's own order of work, written plainly, step by step in
turns in one run; and the squared Fréchet distances of ``d2l-gaussian``.

    python tests/benchmarks/book.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from torch import Tensor, nn

import ganfw
from ganfw.build import build_game
from ganfw.config import recipe_layer, resolve
from ganfw.discovery import discover
from ganfw.interfaces import Batch
from ganfw.shapes import Shapes

CPU = torch.device("cpu")
Step = Callable[[Tensor], None]


def ours(recipe: str, shapes: Shapes) -> Step:
    registry = discover()
    game = build_game(resolve(registry, [recipe_layer(registry, recipe)]), shapes, CPU)

    def step(real: Tensor) -> None:
        batch = Batch(real, None)
        game.step([batch], lambda n: torch.randn(n, shapes.latent_dim), lambda name, player: None)

    return step


def plain(recipe: str, shapes: Shapes) -> Step:
    """The discriminator's update, then the generator's with samples generated once more; the
    discriminator's gradients of the second update are computed and thrown away."""
    registry = discover()
    config = resolve(registry, [recipe_layer(registry, recipe)])
    game = build_game(config, shapes, CPU)
    gen, disc = game.gen.network, game.disc.network
    lr_d = config.disc_optimizer.options.model_dump()["lr"]
    lr_g = config.gen_optimizer.options.model_dump()["lr"]
    optimizer_d = torch.optim.Adam(disc.parameters(), lr=lr_d)
    optimizer_g = torch.optim.Adam(gen.parameters(), lr=lr_g)
    loss = nn.BCEWithLogitsLoss(reduction="sum")

    def step(real: Tensor) -> None:
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        latents = torch.randn(len(real), shapes.latent_dim)
        optimizer_d.zero_grad()
        fake = gen(latents).detach()
        ((loss(disc(real), ones) + loss(disc(fake), zeros)) / 2).backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        loss(disc(gen(latents)), ones).backward()
        optimizer_g.step()

    return step


def compare(recipe: str, shapes: Shapes, batch_size: int, rounds: int) -> None:
    steps = {"ours": ours(recipe, shapes), "plain": plain(recipe, shapes)}
    real = torch.randn(batch_size, *shapes.sample).clamp(-1, 1)
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    for turn in range(rounds + 1):
        for name, step in steps.items():
            began = time.perf_counter()
            step(real)
            if turn:  # the first step warms up
                times[name].append(time.perf_counter() - began)
    ratios = sorted(p / o for p, o in zip(times["plain"], times["ours"], strict=True))
    speed = batch_size / statistics.median(times["ours"])
    print(
        f"{recipe}, batch {batch_size}: {speed:.0f} examples/s, "
        f"{statistics.median(ratios):.2f} × the plain loop "
        f"(quartiles {ratios[len(ratios) // 4]:.2f} to {ratios[len(ratios) * 3 // 4]:.2f}, "
        f"{rounds} pairs)"
    )


def squared_frechet(run: Path) -> float:
    weights = load_file(run / "generator" / "model.safetensors")
    A, b = np.array([[1.0, 2.0], [-0.1, 0.5]]), np.array([1.0, 2.0])
    mean, factor = weights["layer.bias"].astype(float), weights["layer.weight"].astype(float)
    made, true = factor @ factor.T, A.T @ A
    root = np.sqrt(np.linalg.eigvals(made @ true).real.clip(0)).sum()
    return float(((mean - b) ** 2).sum() + np.trace(made) + np.trace(true) - 2 * root)


def main() -> None:
    compare("d2l-gaussian", Shapes((2,), None, 0, 2), 8, 2000)
    compare("d2l-dcgan", Shapes((3, 64, 64), (-1.0, 1.0), 0, 100), 64, 8)
    with tempfile.TemporaryDirectory() as out:
        for seed in range(5):
            run = ganfw.run(recipe="d2l-gaussian", seed=seed, out=out, no_callback="progress")
            print(f"seed {seed}: {run.outcome}, squared Fréchet {squared_frechet(run.path):.4f}")


if __name__ == "__main__":
    main()
