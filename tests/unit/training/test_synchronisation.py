"""A step never waits for the device: no number is read off it while it plays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import ganfw
from ganfw.registry import session
from ganfw.training.game import Game

READS = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.is_nonzero.default}
LOSSES = ["nonsaturating", "hinge", "least-squares", "minimax", "wasserstein"]
cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


class _Refusing(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert func not in READS, f"{func} waits for the device"
        return func(*args, **(kwargs or {}))


class ReadsItself(ganfw.Loss):
    """A loss that reads its own value, to show that the check sees it."""

    def discriminator_terms(self, critic: Any, real: Any, fake: Any) -> Any:
        loss = critic(fake).mean() - critic(real).mean()
        assert loss.detach().item() < 1e9
        return {"it": loss}

    def generator_terms(self, critic: Any, real: Any, fake: Any) -> Any:
        return {"it": -critic(fake).mean()}


def _run(
    out: Path, around: Callable[[], Any], device: str, losses: list[str], augment: str | None = None
) -> None:
    step, played = Game.step, []

    def guarded(*words: Any) -> Any:
        # The first step makes the optimizers' state.
        if not played:
            played.append(step(*words))
            return played[0]
        with around():
            return step(*words)

    with mock.patch.object(Game, "step", guarded):
        ganfw.run(gen="dcgan", disc="dcgan", data="sprites", loss=losses, device=device,
                  augment=augment, callback=["grad-clip"], steps=3, out=out,
                  settings={"data.species": 8, "data.individuals": 2, "train.batch_size": 4,
                            "gen.channels": 8, "disc.channels": 8})  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_reads_nothing(tmp_path: Path, loss: str) -> None:
    _run(tmp_path, _Refusing, "cpu", [loss, "r1", "gradient-penalty"])


def test_what_reads_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_REGISTERED", {})
    ganfw.register("loss", "reading")(ReadsItself)
    with pytest.raises(AssertionError, match="waits for the device"):
        _run(tmp_path, _Refusing, "cpu", ["reading"])


@cuda
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize(
    ("loss", "augment"),
    [*((loss, None) for loss in LOSSES), (LOSSES[0], "ada"), (LOSSES[0], "diffaugment")],
)
def test_a_step_on_cuda_synchronises_nothing(
    tmp_path: Path, loss: str, augment: str | None
) -> None:
    """PyTorch's own check, of all its operations."""
    from contextlib import contextmanager

    @contextmanager
    def strict() -> Any:
        torch.cuda.set_sync_debug_mode("error")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode("default")

    penalties = [] if augment == "ada" else ["r1", "gradient-penalty"]
    _run(tmp_path, strict, "cuda", [loss, *penalties], augment)
