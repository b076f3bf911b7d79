"""The short way to a fused step is the optimizer's own, bit for bit."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer

from ganfw.interfaces.stepping import _FusedStep, make_step

OPTIMIZERS: list[tuple[type[Optimizer], dict[str, Any]]] = [
    (torch.optim.Adam, {"lr": 0.01, "betas": (0.5, 0.99), "weight_decay": 0.1, "fused": True}),
    (torch.optim.AdamW, {"lr": 0.02, "eps": 1e-6, "fused": True}),
]


def _pair(cls: type[Optimizer], options: dict[str, Any]) -> list[tuple[nn.Module, Optimizer]]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    twin = copy.deepcopy(network)
    return [(each, cls(each.parameters(), **options)) for each in (network, twin)]  # type: ignore[call-arg]


def _gradients(network: nn.Module, seed: int) -> None:
    torch.manual_seed(seed)
    network.zero_grad()
    network(torch.randn(5, 3)).square().sum().backward()


@pytest.mark.parametrize(("cls", "options"), OPTIMIZERS)
def test_the_same_numbers(cls: type[Optimizer], options: dict[str, Any]) -> None:
    (network, optimizer), (twin, plain) = _pair(cls, options)
    move = make_step(optimizer)
    assert isinstance(move, _FusedStep)
    for seed in range(6):
        for each, step in ((network, move), (twin, plain.step)):
            _gradients(each, seed)
            step()
        if seed == 2:
            for each in (optimizer, plain):
                each.param_groups[0]["lr"] /= 3
    assert all(map(torch.equal, network.state_dict().values(), twin.state_dict().values()))
    for mine, theirs in zip(optimizer.state.values(), plain.state.values(), strict=True):
        assert all(torch.equal(mine[key], theirs[key]) for key in theirs)


def test_a_weight_without_a_gradient_stays() -> None:
    (network, optimizer), _ = _pair(*OPTIMIZERS[0])
    move = make_step(optimizer)
    _gradients(network, 0)
    move()
    weight = next(network.parameters())
    before = weight.detach().clone()
    _gradients(network, 1)
    weight.grad = None
    move()
    assert torch.equal(before, weight)


def test_others_take_their_own_step() -> None:
    weight = nn.Parameter(torch.zeros(2))
    for optimizer in (
        torch.optim.SGD([weight], lr=0.1),
        torch.optim.Adam([weight]),
        torch.optim.Adam([weight], fused=True, maximize=True),
    ):
        assert make_step(optimizer) == optimizer.step


def test_hooks_and_schedulers_see_every_step() -> None:
    (network, optimizer), _ = _pair(*OPTIMIZERS[0])
    move, seen = make_step(optimizer), []
    _gradients(network, 0)
    move()
    optimizer.register_step_post_hook(lambda *words: seen.append("hook"))
    move()
    assert seen == ["hook"]
    (network, optimizer), _ = _pair(*OPTIMIZERS[0])
    move = make_step(optimizer)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for seed in range(3):
        _gradients(network, seed)
        move()
        scheduler.step()  # it warns, which is an error here, if it has seen no step before
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01 / 8)
