"""What the tests of metrics share: sprites to judge, and metrics by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ganfw import Metric
from ganfw.registry.registry import Registry
from ganfw_plugins.sprites.creatures import draw


@pytest.fixture(scope="session")
def metric(registry: Registry) -> Callable[..., Metric]:
    """``metric("swd", samples=100)``: a metric with options."""

    def make(name: str, **options: object) -> Metric:
        found = registry.find("metric", name)
        made: Metric = found.load()(found.load_options()(**options))
        return made

    return make


@pytest.fixture(scope="session")
def sprites() -> tuple[Tensor, Tensor]:
    """Six species of sprites, 100 individuals of each in turn, at 32×32, and their labels."""
    drawn = [torch.from_numpy(draw(0, i % 6, i // 6, 32)) for i in range(600)]
    return torch.stack(drawn).float() / 127.5 - 1, torch.arange(600) % 6
