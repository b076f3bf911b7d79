"""A small network that names MNIST's digits: trained once, in seconds, and kept in the cache."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from ganfw import cache_folder, log

from .digits import bordered, read_digits

NAME = "digits-1"
"""Raised when the network or its training changes: other networks count other modes."""

EPOCHS = 30
"""Passes over the digits; 98.5 % of the unseen ones are then named rightly."""

_UNSEEN, _BATCH, _RATE, _WARP = 5, 64, 2e-3, 0.1
_RIGHT = "right_on_unseen"


@dataclass(frozen=True)
class DigitClassifier:
    """``network`` maps grey pictures (B, 1, size, size) in -1..1 to logits (B, 10). ``right`` is
    the share that it names rightly of digits it was not trained on."""

    network: nn.Module
    right: float


def digit_classifier(size: int) -> DigitClassifier:
    """The classifier for pictures of that size, from the cache or trained now. Raises
    DataUnavailable if the digits are not installed."""
    pictures, digits = read_digits()
    pixels = torch.from_numpy(bordered(pictures, size))[:, None].float() / 127.5 - 1
    labels = torch.from_numpy(digits)
    content = hashlib.blake2b(pixels.numpy().tobytes() + digits.tobytes(), digest_size=8)
    path = cache_folder("toys") / f"{NAME}-{size}-{EPOCHS}-{content.hexdigest()}.safetensors"
    return _kept(path, size) or _trained(path, pixels, labels)


def _kept(path: Path, size: int) -> DigitClassifier | None:
    """The classifier in the file ``path``, if there is one that can be read."""
    try:
        with safe_open(path, "pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            right = float(file.metadata()[_RIGHT])
        network = _network(size)
        network.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError):
        return None
    return DigitClassifier(network.eval(), right)


def _trained(path: Path, pixels: Tensor, labels: Tensor) -> DigitClassifier:
    log.info(f"a classifier of digits is trained, once; it is kept as {path}")
    # Every fifth is not trained on: as many of each digit, as they are sorted.
    unseen = torch.arange(len(labels)) % _UNSEEN == 0
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        network = _network(pixels.shape[-1])
        _train(network, pixels[~unseen], labels[~unseen])
    network.eval()
    with torch.no_grad():
        right = (network(pixels[unseen]).argmax(1) == labels[unseen]).double().mean()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own first, so that a half-written file is never read.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    save_file(network.state_dict(), unfinished, {_RIGHT: repr(float(right))})
    unfinished.replace(path)
    return DigitClassifier(network, float(right))


def _train(network: nn.Module, pixels: Tensor, labels: Tensor) -> None:
    """Adam, its rate falling to 0, on digits that are warped anew in each epoch."""
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    for epoch in range(EPOCHS):
        optimizer.param_groups[0]["lr"] = _RATE * (1 - epoch / EPOCHS)
        for batch in torch.split(torch.randperm(len(labels)), _BATCH):
            loss = cross_entropy(network(_warped(pixels[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()


def _network(size: int) -> nn.Module:
    """Three convolutions down to maps of 4×4."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, 2, 2), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 48, 3, 2, 1), nn.BatchNorm2d(48), nn.ReLU(),
        nn.Conv2d(48, 96, 3, size // 16, 1), nn.BatchNorm2d(96), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * 4 * 4, 10),
    )  # fmt: skip


def _warped(pictures: Tensor) -> Tensor:
    """Each (B, 1, H, W) moved, turned, and stretched a little, on a black ground."""
    change = _WARP * torch.randn(len(pictures), 2, 3)
    grid = affine_grid(torch.eye(2, 3) + change, list(pictures.shape), align_corners=False)
    return grid_sample(pictures + 1, grid, align_corners=False) - 1
