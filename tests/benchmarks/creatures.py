"""Can the animals be named? In how many samples of runs on the embedded sprites a small classifier
is sure of a body plan: bird, snail, crab, one of 18. By hand, a minute on one core:

    python tests/benchmarks/creatures.py runs/0001-compact-sprites runs/0002-dcgan-sprites

The classifier learns from real sprites with their colours swapped, mirrored, shifted and noisy, so
that it goes by shapes, and is the same each time. ``sure`` is the share of samples of which one
plan has a probability above 0.8; ``plans`` is exp of the entropy of all samples' plans. Of runs
with labels, ``variety`` is how much the samples of one species differ: their distance from their
mean, at 16 pixels, as a multiple of that of real ones. At 0 each species is one picture.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import torch
from classifying import trained
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

import ganfw
from ganfw_plugins.augments.diffaugment import flip
from ganfw_plugins.sprites.creatures import draw
from ganfw_plugins.sprites.options import SpritesOptions
from ganfw_plugins.sprites.plans import PLANS

UNSEEN, EPOCHS, RATE = 500, 10, 2e-3
SAMPLES, SURE, SHIFT = 2000, 0.8, 4
OF_EACH = 16


def main() -> None:
    """Parse, train the classifier, judge, print."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/creatures.py")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    given = parser.parse_args()
    torch.manual_seed(0)
    pictures, plans = _sprites()
    individuals = SpritesOptions().individuals
    real = _spread(pictures.unflatten(0, (-1, individuals)))
    order = torch.randperm(len(pictures))
    unseen, seen = order[:UNSEEN], order[UNSEEN:]
    rates = [RATE * (1 - epoch / EPOCHS) for epoch in range(EPOCHS)]
    network = trained(_network(), pictures[seen], plans[seen], _varied, rates, smoothing=0.05)
    named = _named(network, pictures[unseen])
    right = (named.argmax(1) == plans[unseen]).float().mean()
    print(f"the classifier is right on {right:.1%} of unseen real sprites", flush=True)
    print(f"{'real ones':40} {_judged(named)}")
    for run in given.runs:
        sampler = ganfw.load(run)
        named = _named(network, sampler.sample(SAMPLES))
        print(f"{run!s:40} {_judged(named)}{_variety(sampler, real)}", flush=True)


def _sprites() -> tuple[Tensor, Tensor]:
    """Pictures (N, 3, 64, 64) in -1..1 and their plans (N,), which alternate by species."""
    of = SpritesOptions()
    numbers = [(species, one) for species in range(of.species) for one in range(of.individuals)]
    drawn = torch.stack([torch.from_numpy(draw(of.seed, *number, of.size)) for number in numbers])
    plans = torch.tensor([species % len(PLANS) for species, _ in numbers])
    return drawn / 127.5 - 1, plans


def _variety(sampler: ganfw.Sampler, real: Tensor) -> str:
    """The samples' spread as a multiple of the ``real`` one; nothing for a run without labels."""
    species = torch.arange(SpritesOptions().species).repeat_interleave(OF_EACH)
    try:
        made = sampler.sample(len(species), labels=species)
    except ganfw.UsageError:
        return ""
    return f"   variety {_spread(made.unflatten(0, (-1, OF_EACH))) / real:.2f}"


def _spread(pictures: Tensor) -> Tensor:
    """The root mean square distance of (S, N, ...) pictures from the mean of their species."""
    small = avg_pool2d(pictures.flatten(0, 1), 4).unflatten(0, pictures.shape[:2])
    return (small - small.mean(1, keepdim=True)).square().mean().sqrt()


def _network() -> nn.Sequential:
    widths = (3, 24, 48, 96, 128)
    layers: list[nn.Module] = []
    for narrow, wide in itertools.pairwise(widths):
        layers += [nn.Conv2d(narrow, wide, 3, 2, 1), nn.BatchNorm2d(wide), nn.ReLU()]
    last = nn.Linear(widths[-1] * 4, len(PLANS))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), last)


def _varied(pictures: Tensor) -> Tensor:
    recoloured = flip(pictures)[:, torch.randperm(3)]
    down, right = torch.randint(-SHIFT, SHIFT + 1, (2,)).tolist()
    shifted = torch.roll(recoloured, (down, right), (2, 3))
    return shifted + torch.randn_like(shifted) * 0.1


@torch.no_grad()
def _named(network: nn.Module, pictures: Tensor) -> Tensor:
    """The probability of each plan, (N, K)."""
    return torch.cat([network(some).softmax(1) for some in pictures.split(500)])


def _judged(named: Tensor) -> str:
    all_of_them = named.mean(0)
    plans = torch.exp(-(all_of_them * all_of_them.clamp_min(1e-9).log()).sum())
    return f"sure {(named.amax(1) > SURE).float().mean():6.1%}   plans {plans:.1f}"


if __name__ == "__main__":
    main()
