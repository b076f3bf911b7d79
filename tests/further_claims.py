"""What published methods claim that have further networks, labels that are arrays, optimizers or
callbacks, as in `claims`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from claims import (
    BETWEEN,
    STEPS,
    component,
    logged,
    make_loss,
    saved,
    turn_of,
)
from click.testing import CliRunner
from safetensors.torch import load_file
from torch import Tensor, nn

from ganfw import load
from ganfw.cli import main


def state_of(run: Path, step: int) -> dict[str, Tensor]:
    """All tensors of a checkpoint."""
    return load_file(run / "checkpoints" / f"{step:06}" / "state.safetensors")


def plain_state(run: Path, step: int) -> Any:
    """All of a checkpoint but its tensors."""
    path = run / "checkpoints" / f"{step:06}" / "state.json"
    return json.loads(path.read_text("utf-8"))["state"]


def learnt(run: Path, network: str) -> bool:
    """Whether the weights of a network moved between the two checkpoints."""
    first, last = (state_of(run, step) for step in (BETWEEN, STEPS))
    names = [name for name in first if f"{network}.network" in name]
    assert names
    return all(not torch.equal(first[name], last[name]) for name in names)


def sample(run: Path, *words: object) -> np.ndarray:
    """What ``ganfw sample`` draws."""
    called = CliRunner().invoke(main, ["sample", str(run), *map(str, words), "-o", "drawn.npz"])
    assert called.exit_code == 0, called.output
    with np.load("drawn.npz") as arrays:
        return arrays["samples"]


def pairs_are_judged_and_the_encoder_learns(run: Path) -> None:
    target, options = component("bigan", "discriminator", "pairs", channels=8)
    critic, samples = target(options, load(run).network.shapes), torch.rand(2, 3, 16, 16)
    scores = [critic(samples, None, torch.full((2, 8), latent)) for latent in (0.0, 1.0)]
    assert not torch.equal(*scores)

    def forward(name: str, *given: Tensor) -> Tensor:
        return -torch.ones(4, 2) if name == "encoder" else given[2].sum(1)

    loss = make_loss("bigan", "bigan")
    for player, score in (("disc", 2.0), ("gen", -2.0)):
        turn = turn_of(
            player, None, latents=torch.ones(4, 2), forward=forward, augment=nn.Identity()
        )
        wanted = torch.tensor(score).exp().log1p()
        for value in loss.terms(turn).values():
            torch.testing.assert_close(value, wanted)
    assert learnt(run, "encoder")


def the_encoder_learns_likeness_whatever_gamma(run: Path) -> None:
    """Its gradient does not depend on γ, and the critic's judgement gives it none."""
    grads, layer = [], nn.Linear(4, 8)
    for gamma in (0.1, 10.0):
        torch.manual_seed(0)
        critic = SimpleNamespace(
            all=lambda samples, labels=None: {"scores": samples.sum(1), "features": samples}
        )
        turn = turn_of(
            "gen",
            critic,
            forward=lambda name, x: {"mean": layer(x)[:, :4], "log_variance": layer(x)[:, 4:]},
            generate=lambda latents, labels: {"samples": latents},
            real=torch.ones(4, 4),
        )
        loss = make_loss("vaegan", "vaegan", gamma=gamma, prior=0)
        terms = loss.terms(turn)
        assert not terms["rebuilt"].requires_grad
        grads.append(torch.autograd.grad(terms["likeness"], layer.weight)[0])
    torch.testing.assert_close(grads[0], grads[1])
    assert learnt(run, "encoder")


def latents_are_learnt_and_drawn_as_they_lie(run: Path) -> None:
    generator = load(run).network
    first, last = (saved(run, step, "gen.network.latents") for step in (BETWEEN, STEPS))
    assert not torch.equal(first, last)
    with torch.no_grad():
        known = generator.latents / generator.latents.norm(dim=1, keepdim=True).clamp(min=1)
        rebuilt = generator(known, torch.arange(16))
        torch.testing.assert_close(rebuilt["rebuilt"], rebuilt["samples"])
        drawn = generator.draw_latents(20_000, torch.Generator().manual_seed(0))
        torch.testing.assert_close(drawn.mean(0), known.mean(0), atol=0.02, rtol=0)
        torch.testing.assert_close(drawn.T.cov(), known.T.cov(), atol=0.02, rtol=0)
    distances = logged(run, "G/glo.distance")
    assert distances[-1] < distances[0]


def a_real_sample_with_a_wrong_text_is_false(run: Path) -> None:
    texts = torch.arange(4.0)

    def critic(samples: Tensor, labels: Tensor = texts) -> Tensor:
        return 9.0 * (labels == texts)

    turn = turn_of("disc", critic, labels=texts, fake_labels=texts)
    terms = make_loss("gan_cls", "gan-cls").terms(turn)
    torch.testing.assert_close(terms["wrong"], torch.tensor(math.log(2) / 2))
    generator = load(run).network
    texts, latents = torch.tensor([[0, 3, 1, 5], [0, 3, 2, 4]]), torch.zeros(2, 8)
    with torch.no_grad():
        first, second = generator(latents, texts)
    assert not torch.equal(first, second)


def only_near_labels_stand_in(run: Path) -> None:
    labels = torch.tensor([[0.0], [0.01], [0.5], [1.0]])
    wanted, loss = labels.repeat(100, 1), make_loss("ccgan", "vicinal", nu=4e4)
    assert torch.equal(
        labels[loss.nearby(wanted, labels)].round(decimals=1), wanted.round(decimals=1)
    )
    assert set(loss.nearby(wanted, labels)[::4].tolist()) == {0, 1}
    np.save("angles.npy", np.array([[0.25], [0.75]], np.float32))  # numbers of one's own
    first, second = sample(run, "-n", 2, "--labels", "angles.npy")
    assert not np.array_equal(first, second)


def weights_move_by_signs_and_biases_do_not_decay(run: Path) -> None:
    make, options = component("lion_groups", "optimizer", "lion-groups", lr=0.01)
    layer = nn.Linear(2, 2)
    optimizer = make(options, layer)
    before = [weight.detach().clone() for weight in layer.parameters()]
    for weight in layer.parameters():
        weight.grad = torch.randn_like(weight)
    optimizer.step()
    for weight, old, decay in zip(layer.parameters(), before, (0.1, 0), strict=True):
        torch.testing.assert_close(weight, old - 0.01 * (weight.grad.sign() + decay * old))
    state = plain_state(run, STEPS)
    for player in ("gen", "disc"):
        groups = state["players"][player]["optimizer"]["param_groups"]
        assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert len([name for name in state_of(run, STEPS) if name.endswith("momentum")]) > 2


def looking_ahead_ends_a_circle(run: Path) -> None:
    """min over x, max over y of x·y, whose solution is 0: Adam alone circles around it."""
    for name, comes_near in (("optimistic-adam", True), ("extra-adam", True), (None, False)):
        x, y = (nn.Parameter(torch.ones(1)) for _ in range(2))
        if name is None:
            both = [torch.optim.Adam([it], 0.05, (0.0, 0.9)) for it in (x, y)]
        else:
            make, options = component("optimistic", "optimizer", name, lr=0.05, beta1=0)
            both = [make(options, nn.ParameterList([it])) for it in (x, y)]
        for _ in range(1000):
            x.grad, y.grad = y.detach().clone(), -x.detach().clone()
            for optimizer in both:
                optimizer.step()
        distance = math.hypot(x.item(), y.item())
        assert (distance < 0.2) == comes_near, (name, distance)


def patience_ends(run: Path) -> None:
    target, options = component("early_stop", "callback", "early-stop", patience=2)
    callback, stops = target(options), []
    run_view = SimpleNamespace(request_stop=stops.append)
    for is_best in (True, False, True, False):
        callback.on_scores(SimpleNamespace(is_best=is_best, run=run_view))
    assert not stops
    again = target(options)
    again.load_state_dict(callback.state_dict())
    again.on_scores(SimpleNamespace(is_best=False, run=run_view))
    assert stops == ["no better for 2 scores"]
    counted = [plain_state(run, step)["callbacks"]["early-stop"]["worse"]
               for step in (BETWEEN, STEPS)]  # fmt: skip
    assert counted == [0, 2]


def blocks_fade_in(run: Path) -> None:
    for network in ("gen", "disc"):
        assert saved(run, BETWEEN, f"{network}.network.level") == BETWEEN / 4
        assert saved(run, STEPS, f"{network}.network.level") == STEPS / 4
    generator, latents = load(run).network, torch.randn(4, 8)
    with torch.no_grad():
        generator.level.zero_()
        samples = generator(latents)
        small = samples[..., ::4, ::4]
        assert torch.equal(samples, small.repeat_interleave(4, 2).repeat_interleave(4, 3))
        generator.level.fill_(2)
        assert not torch.equal(generator(latents), samples)
