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
MORE = {
    "stylegan2": ["nonsaturating", "r1", "path-length"],
    "fastgan": ["random-hinge", "reconstruction"],
    "r3gan": ["rpgan", "r1", "r2"],
}
_NARROW: dict[str, dict[str, object]] = {
    "dcgan": {"gen.channels": 8, "disc.channels": 8},
    "fastgan": {"gen.channels": 8, "disc.channels": 8, "data.size": 16},
    "r3gan": {"gen.channels": 8, "disc.channels": 8, "data.size": 16},
    "stylegan2": {"gen.channel_max": 8, "gen.w_dim": 8, "disc.channel_max": 8, "data.size": 16},
}
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
    out: Path,
    around: Callable[[], Any],
    device: str,
    losses: list[str],
    augment: str | None = None,
    networks: str = "dcgan",
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
        ganfw.run(gen=networks, disc=networks, data="sprites", loss=losses, device=device,
                  augment=augment, callback=["grad-clip"], steps=3, out=out,
                  settings={"data.species": 8, "data.individuals": 2, "train.batch_size": 4,
                            **_NARROW[networks]})  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_reads_nothing(tmp_path: Path, loss: str) -> None:
    _run(tmp_path, _Refusing, "cpu", [loss, "r1", "gradient-penalty"])


@pytest.mark.parametrize(("networks", "losses"), MORE.items())
def test_other_networks_read_nothing(tmp_path: Path, networks: str, losses: list[str]) -> None:
    _run(tmp_path, _Refusing, "cpu", losses, "ada", networks)


def test_what_reads_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_REGISTERED", {})
    ganfw.register("loss", "reading")(ReadsItself)
    with pytest.raises(AssertionError, match="waits for the device"):
        _run(tmp_path, _Refusing, "cpu", ["reading"])


@cuda
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize(
    ("losses", "augment", "networks"),
    [
        *(([loss, "r1", "gradient-penalty"], None, "dcgan") for loss in LOSSES),
        ([LOSSES[0]], "ada", "dcgan"),
        ([LOSSES[0], "r1", "gradient-penalty"], "diffaugment", "dcgan"),
        *((losses, "ada", networks) for networks, losses in MORE.items()),
    ],
)
def test_a_step_on_cuda_synchronises_nothing(
    tmp_path: Path, losses: list[str], augment: str | None, networks: str
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

    _run(tmp_path, strict, "cuda", losses, augment, networks)
