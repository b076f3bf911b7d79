"""StyleGAN2's path length regularisation, and a run of its recipe."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file

from ganfw import load
from ganfw_plugins.stylegan2.options import PathLengthOptions
from ganfw_plugins.stylegan2.path_length import PathLength

Ganfw = Callable[..., Result]


@pytest.mark.parametrize("layers", [(), (3,)])
def test_path_lengths(layers: tuple[int, ...]) -> None:
    """Of x = c·w, a picture of as many pixels as w has numbers: ‖Jᵀy‖ = c‖y‖ / √(HW), or over the
    root of the number of layers if all are summed. Equation 4, with a = 0.01 · the mean length."""
    loss = PathLength(PathLengthOptions())
    w = torch.randn(5, *layers, 16, requires_grad=True)
    scale = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    summed = w.sum(1) if layers else w
    fake = (scale[:, None] * summed).view(5, 1, 4, 4)
    torch.manual_seed(3)
    terms = loss.terms(SimpleNamespace(player="gen", fake=fake, generated={"w": w}))
    torch.manual_seed(3)
    lengths = scale * torch.randn(5, 16).norm(dim=1) / 4
    torch.testing.assert_close(loss.mean, 0.01 * lengths.mean())
    wanted = 2 * (lengths - 0.01 * lengths.mean()).square().mean()
    torch.testing.assert_close(terms["penalty"], wanted)
    assert loss.terms(SimpleNamespace(player="disc")) == {}


def test_the_recipe_runs_conditionally_and_resumes_exactly(ganfw: Ganfw, tmp_path: Path) -> None:
    """Smaller, in bfloat16, with both penalties in the steps after the checkpoint."""
    sizes = [f"{player}.channel_max=8" for player in ("gen", "disc")]
    settings = ["data.size=8", "data.species=3", "data.individuals=8", *sizes, "gen.w_dim=8",
                "train.latent_dim=8", "train.batch_size=8", "train.log_every=1",
                "loss.r1.every=2", "loss.path-length.every=2", "augment.ada.initial=0.5",
                "callback.checkpoints.every_steps=3"]  # fmt: skip
    words = [word for setting in settings for word in ("-s", setting)]
    result = ganfw("run", "--recipe", "stylegan2-ada-small", *words, "--steps", 6, "--precision",
                   "bf16", "--no-callback", "samples", "--no-callback", "loss-curve",
                   "--quiet")  # fmt: skip
    assert result.exit_code == 0, result.output
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    assert ganfw("resume", copy, "--from-step", 3, "--quiet").exit_code == 0
    for file in run.rglob("*.safetensors"):
        assert (copy / file.relative_to(run)).read_bytes() == file.read_bytes(), file
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    with_penalty = [row["step"] for row in rows if "G/path-length.penalty" in row]
    assert with_penalty == [1, 3, 5]
    average = load_file(run / "generator_ema" / "model.safetensors")
    assert average["w_mean"].any()
    sampler = load(run)
    usual = sampler.sample(4, truncation=0.5, labels=[1])
    assert torch.equal(usual, sampler.sample(4, truncation=0.5, labels=1))
    assert not torch.equal(usual, sampler.sample(4, truncation=0.5, labels=[2]))
