"""Can the animals be named? In how many samples of runs on the embedded sprites a small classifier
is sure of a body plan: bird, snail, crab, one of 18. By hand, a minute on one core:

    python tests/benchmarks/creatures.py runs/0001-compact-sprites runs/0002-dcgan-sprites

The classifier learns from real sprites with their colours swapped, mirrored, shifted and noisy, so
that it goes by shapes, and is the same each time. ``sure`` is the share of samples of which one
plan has a probability above 0.8; ``plans`` is exp of the entropy of all samples' plans.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ganfw
from ganfw_plugins.sprites.creatures import draw
from ganfw_plugins.sprites.plans import PLANS

SPECIES, INDIVIDUALS, UNSEEN = 60, 64, 500
EPOCHS, BATCH, RATE = 10, 64, 2e-3
SAMPLES, SURE, SHIFT = 2000, 0.8, 4


def main() -> None:
    """Parse, train the classifier, judge, print."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/creatures.py")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    given = parser.parse_args()
    torch.manual_seed(0)
    pictures, plans = _sprites()
    order = torch.randperm(len(pictures))
    unseen, seen = order[:UNSEEN], order[UNSEEN:]
    classifier = _trained(pictures[seen], plans[seen])
    right = (_probabilities(classifier, pictures[unseen]).argmax(1) == plans[unseen]).float().mean()
    print(f"the classifier is right on {right:.1%} of unseen real sprites", flush=True)
    print(f"{'real ones':40} {_judged(classifier, pictures[unseen])}")
    for run in given.runs:
        samples = ganfw.load(run).sample(SAMPLES)
        print(f"{run!s:40} {_judged(classifier, samples)}", flush=True)


def _sprites() -> tuple[Tensor, Tensor]:
    """Pictures (N, 3, 64, 64) in -1..1 and their plans (N,), which alternate by species."""
    numbers = [(species, one) for species in range(SPECIES) for one in range(INDIVIDUALS)]
    drawn = torch.stack([torch.from_numpy(draw(0, *number)) for number in numbers])
    plans = torch.tensor([species % len(PLANS) for species, _ in numbers])
    return drawn / 127.5 - 1, plans


def _trained(pictures: Tensor, plans: Tensor) -> nn.Module:
    network = _network()
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    for epoch in range(EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - epoch / EPOCHS)
        for chosen in torch.randperm(len(pictures)).split(BATCH):
            scores = network(_varied(pictures[chosen]))
            optimizer.zero_grad()
            cross_entropy(scores, plans[chosen], label_smoothing=0.05).backward()
            optimizer.step()
    return network.eval()


def _network() -> nn.Sequential:
    widths = (3, 24, 48, 96, 128)
    layers: list[nn.Module] = []
    for narrow, wide in itertools.pairwise(widths):
        layers += [nn.Conv2d(narrow, wide, 3, 2, 1), nn.BatchNorm2d(wide), nn.ReLU()]
    last = nn.Linear(widths[-1] * 4, len(PLANS))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), last)


def _varied(pictures: Tensor) -> Tensor:
    mirrored = torch.where(torch.rand(len(pictures), 1, 1, 1) < 0.5, pictures.flip(3), pictures)
    recoloured = mirrored[:, torch.randperm(3)]
    down, right = torch.randint(-SHIFT, SHIFT + 1, (2,)).tolist()
    shifted = torch.roll(recoloured, (down, right), (2, 3))
    return shifted + torch.randn_like(shifted) * 0.1


@torch.no_grad()
def _probabilities(network: nn.Module, pictures: Tensor) -> Tensor:
    return torch.cat([network(some).softmax(1) for some in pictures.split(500)])


def _judged(network: nn.Module, pictures: Tensor) -> str:
    each = _probabilities(network, pictures)
    all_of_them = each.mean(0)
    plans = torch.exp(-(all_of_them * all_of_them.clamp_min(1e-9).log()).sum())
    return f"sure {(each.amax(1) > SURE).float().mean():6.1%}   plans {plans:.1f}"


if __name__ == "__main__":
    main()
