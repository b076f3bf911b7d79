"""What published methods claim, each as a function of a run of it: true, or an AssertionError."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from ganfw import Run, UsageError, load
from ganfw.registry.discovery import discover

PLUGINS = Path(__file__).parent / "plugins"
STEPS, BETWEEN = 6, 3
"""The steps of a run, and between its two checkpoints."""


def component(file: str, kind: str, name: str, **options: object) -> Any:
    """A component's class and its options, from a plugin file."""
    found = discover([PLUGINS / f"{file}.py"]).find(kind, name)
    return found.load(), found.load_options()(**options)


def make_loss(file: str, name: str, **options: object) -> Any:
    target, given = component(file, "loss", name, **options)
    return target(given)


def losses_of(run: Path) -> list[dict[str, float]]:
    """Every line of the log, but for the speed."""
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if "second" not in k} for line in lines]


def logged(run: Path, name: str) -> list[float]:
    """A logged value, in the steps where there is one."""
    return [row[name] for row in losses_of(run) if name in row]


def saved(run: Path, step: int, ending: str) -> Tensor:
    """The one tensor of a checkpoint whose name ends in ``ending``."""
    tensors = load_file(run / "checkpoints" / f"{step:06}" / "state.safetensors")
    (found,) = [tensor for name, tensor in tensors.items() if name.endswith(ending)]
    return found


class Linear:
    """The critic x ↦ w·x + b, whose gradient is w everywhere."""

    def __init__(self) -> None:
        self.w, self.b = torch.randn(4), torch.randn(())

    def __call__(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return samples @ self.w + self.b


def turn_of(player: str, critic: Any, step: int = 1, **more: Any) -> Any:
    """A turn of four real and four generated points, without labels."""
    given = {"real": torch.randn(4, 4), "fake": torch.randn(4, 4), "labels": None,
             "fake_labels": None, "player": player, "critic": critic, "step": step}  # fmt: skip
    return SimpleNamespace(**given | more)


def classes_are_told_in_bf16(run: Path) -> None:
    for name in (
        "D/auxiliary-classifier.real",
        "D/auxiliary-classifier.fake",
        "G/auxiliary-classifier.fake",
    ):
        values = logged(run, name)
        assert len(values) == STEPS
        assert all(map(math.isfinite, values))
    assert (
        abs(logged(run, "D/auxiliary-classifier.real")[0] - math.log(4)) < 0.5
    )  # chance, among four species


def labels_are_dropped_in_training_alone(run: Path) -> None:
    sampler, none = load(run), 4
    generator, latents, labels = sampler.network, torch.randn(64, 8), torch.arange(64) % none
    with torch.no_grad():
        made, free = generator(latents, labels), generator(latents)
        assert torch.equal(made["labels"], labels)
        assert torch.equal(free["labels"], torch.full((64,), none))
        assert not torch.equal(made["samples"], free["samples"])
        as_asked = generator.forward_truncated(latents, labels, 1)
        torch.testing.assert_close(as_asked, made["samples"])
        guided = generator.forward_truncated(latents, labels, 0.5)
        beyond = 2 * made["samples"].atanh() - free["samples"].atanh()
        torch.testing.assert_close(guided, beyond.tanh())
        used = generator.train()(latents, labels)["labels"]
    dropped = used == none
    assert 16 < dropped.sum() < 48
    assert torch.equal(used[~dropped], labels[~dropped])
    for refused in ([none], [-1], [0.5]):
        with pytest.raises(UsageError, match=r"^labels? "):
            sampler.sample(labels=refused)
    (score,) = Run(run).evaluate("mode-coverage", {"metric.mode-coverage.samples": 64})
    assert 0 <= score.result["as_asked"] <= 1


def the_past_is_shown_again_and_saved(run: Path) -> None:
    assert len(logged(run, "D/history.past")) == STEPS
    assert saved(run, BETWEEN, "history.samples").shape == (24, 3, 16, 16)
    assert saved(run, BETWEEN, "history.labels").shape == (24,)
    loss, seen = make_loss("history", "history", size=6), []

    def critic(samples: Tensor, labels: Tensor | None) -> Tensor:
        seen.append(samples)
        return samples.sum(1)

    for step in range(8):
        loss.terms(turn_of("disc", critic, fake=torch.full((4, 1), float(step))))
    assert len(loss.samples) == 6
    assert any(len(samples.unique()) > 1 for samples in seen)


def latents_lie_in_a_cube(run: Path) -> None:
    latents = load(run).network.draw_latents(1000, torch.Generator())
    assert -1 <= latents.min() < -0.99
    assert 0.99 < latents.max() < 1
    assert abs(latents.std() - 3**-0.5) < 0.02  # the deviation of a uniform distribution


def latents_come_from_a_mixture_that_is_learnt(run: Path) -> None:
    network = load(run).network
    latents = network.draw_latents(100, torch.Generator())
    assert set(latents[:, -1].tolist()) == {0, 1, 2, 3}
    latents[:, :-1] = 0
    assert len(network(latents).unique(dim=0)) == 4  # without noise, each Gaussian's mean
    for name in ("gen.network.means", "gen.network.stds"):
        assert not torch.equal(saved(run, BETWEEN, name), saved(run, STEPS, name))
