"""Mistakes that authors of losses and networks make: each is one line, before there is a folder."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Ganfw = Callable[..., Result]

PLUGIN = """
import torch
from ganfw import Callback, Component, Generator, Discriminator, Loss, Network, hookimpl
from torch import nn


class Line(Generator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layer = nn.Linear(shapes.latent_dim, 2)

    def forward(self, latents, labels=None):
        return {"samples": self.layer(latents), "style": None}


class Judge(Discriminator):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layer = nn.Linear(2, 1)

    def forward(self, samples, labels=None):
        return {"scores": self.layer(samples).squeeze(1), "features": samples}


class Frozen(Network):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layer = nn.Linear(2, 2).requires_grad_(False)

    def forward(self, samples):
        return self.layer(samples)


class Encoder(Frozen):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layer.requires_grad_(True)


class FrozenJudge(Judge):
    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.requires_grad_(False)


class Perceptual(Loss):
    needs = ("network.enc",)

    def terms(self, turn):
        if turn.player == "disc":
            return {}
        return {"near": turn.forward("enc", turn.fake).square().mean()}


class Ramp(Loss):
    def terms(self, turn):
        weight = (turn.step - 1) / (turn.total_steps - 1)
        return {"it": weight * turn.critic(turn.fake).mean()}


class Misspelt(Ramp):
    needs = ("netwrok.enc",)


class Typo(Loss):
    def terms(self, turn):
        return {"it": turn.citric(turn.fake).mean()}


class Backward(Loss):
    def discriminator_terms(self, critic, real, fake):
        critic(fake).mean().backward(retain_graph=True)
        return {"it": critic(real).mean()}


class Silent(Loss):
    def terms(self, turn):
        return {"it": turn.critic(turn.fake).mean()} if turn.step < 3 else {}


class Interpolating(Loss):
    def discriminator_terms(self, critic, real, fake):
        return {"it": critic((real + fake) / 2).mean()}


class Rates(Callback):
    def on_train_end(self, event):
        print({name: player.optimizer.param_groups[0]["lr"]
               for name, player in event.run.networks.items()})


@hookimpl
def ganfw_components():
    for kind, cls in (("generator", Line), ("discriminator", Judge), ("network", Frozen),
                      ("network", Encoder), ("discriminator", FrozenJudge), ("loss", Perceptual),
                      ("loss", Ramp), ("loss", Misspelt), ("loss", Typo), ("loss", Backward),
                      ("loss", Silent), ("loss", Interpolating), ("callback", Rates)):
        yield Component(kind, cls.__name__.lower(), f"mistakes:{cls.__name__}", summary="A mistake")
"""

RUN = ("run", "--recipe", "d2l-gaussian", "--plugin", "mistakes.py", "-s", "data.count=16",
       "--no-callback", "samples", "--no-callback", "loss-curve")  # fmt: skip


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path) -> None:
    (tmp_path / "mistakes.py").write_text(PLUGIN)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--gen line", "a network gives a NoneType, where tensors, lists and dicts of them can be"),
        ("--disc frozenjudge", "has no weight to train: all of them are frozen"),
        ("--loss typo", "fails in the discriminator's turn with AttributeError: 'Turn' object has"),
        ("--loss misspelt", "needs 'netwrok.enc', which means nothing: write"),
        ("--loss nonsaturating --loss backward", "a loss calls backward, which the engine does"),
        ("-s loss.X_y.use=r1", "loss 'X_y': a name is made of a-z, 0-9 and single hyphens"),
        ("-s network.a/b.use=encoder", "network 'a/b': a name is made of a-z"),
        ("--data ring -s train.fake_labels=shuffled --loss nonsaturating --loss interpolating",
         "that are neither real nor fake, in a batch of 2, without their labels"),
    ],
)  # fmt: skip
def test_one_line_before_there_is_a_folder(
    ganfw: Ganfw, tmp_path: Path, words: str, said: str
) -> None:
    refused = ganfw(*RUN, *words.split())
    assert refused.exit_code in (1, 2), refused.output
    (line,) = [line for line in refused.stderr.splitlines() if line.startswith("Error: ")]
    assert said in line
    assert not (tmp_path / "runs").exists()


def test_a_player_that_no_loss_gives_a_term_ends_the_run_by_name(ganfw: Ganfw) -> None:
    refused = ganfw(*RUN, "--loss", "silent")
    assert refused.exit_code == 1
    assert refused.stderr.endswith("Error: step 3: no loss gives a term in the turn of disc\n")


def test_frozen_networks_and_losses_that_follow_the_run_train(ganfw: Ganfw) -> None:
    words = ("--loss", "nonsaturating", "--loss", "perceptual", "--loss", "ramp")
    assert ganfw(*RUN, *words, "--network", "enc=frozen").exit_code == 0


def test_a_schedule_of_rates_reaches_every_network(ganfw: Ganfw) -> None:
    words = ("--loss", "nonsaturating", "--loss", "perceptual", "--network", "enc=encoder")
    ended = ganfw(*RUN, *words, "--callback", "lr-schedule", "--callback", "rates")
    assert ended.exit_code == 0, ended.output
    rates = ast.literal_eval(ended.stdout.splitlines()[0])
    assert rates["enc"] == rates["gen"] < 0.01


def test_a_critic_of_several_outputs_is_watched_for_collapse(ganfw: Ganfw) -> None:
    words = ("--disc", "judge", "-s", "loss.nonsaturating.weight=0.001", "--epochs", "3")
    assert ganfw(*RUN, *words).exit_code == 0


def test_two_averages_under_one_name_are_refused(ganfw: Ganfw) -> None:
    refused = ganfw(*RUN, "--callback", "ema", "--callback", "slow=ema")
    assert refused.exit_code == 2
    assert "two callbacks export 'generator_ema', one of which would be lost" in refused.stderr
