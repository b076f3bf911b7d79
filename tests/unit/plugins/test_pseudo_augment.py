"""Generated samples that the discriminator is told are real."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganfw import Discriminator, Generator, Loss, Options, Shapes, Terms, Turn
from ganfw.interfaces.dataset import Batch
from ganfw.interfaces.player import Player
from ganfw.training.game import Game
from ganfw.training.objective import WeightedLoss
from ganfw_plugins.augments.apa import PseudoAugment
from ganfw_plugins.augments.options import AdaptiveOptions

SHAPES = Shapes((2,), None, 3, 2)
REAL, FAKE = 5.0, -7.0


class Constant(Generator):
    """Every sample is FAKE."""

    def __init__(self) -> None:
        super().__init__(Options(), SHAPES)
        self.value = nn.Parameter(torch.tensor(FAKE))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return latents * 0 + self.value


class Sum(Discriminator):
    """Scores that grow with the sample and its label."""

    def __init__(self) -> None:
        super().__init__(Options(), SHAPES)
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        assert labels is not None
        return samples.sum(1) * self.scale + labels


class Seen(Loss):
    """Remembers its turns, and differentiates real samples, as R1 does."""

    needs_gradient_at = ("real",)

    def __init__(self) -> None:
        super().__init__(Options())
        self.turns: dict[str, Turn] = {}

    def terms(self, turn: Turn) -> Terms:
        self.turns[turn.player] = turn
        scores = turn.critic(turn.real)
        (gradient,) = torch.autograd.grad(scores.sum(), turn.real, create_graph=True) if (
            turn.player == "disc") else (scores,)  # fmt: skip
        return {"all": scores.mean() + turn.critic(turn.fake).mean() + gradient.mean()}


@pytest.mark.parametrize("fake_labels", ["batch", "shuffled"])
def test_the_discriminator_alone_is_shown_them_as_real(fake_labels: str) -> None:
    loss, augment = Seen(), PseudoAugment(AdaptiveOptions(initial=0.25, target=0.9), SHAPES)
    players = [Player(it, torch.optim.SGD(it.parameters(), 0.0)) for it in (Constant(), Sum())]
    game = Game(*players, [WeightedLoss("seen", loss)], [augment],
                fake_labels=fake_labels)  # type: ignore[arg-type]  # fmt: skip
    labels = torch.arange(600) % 3
    torch.manual_seed(0)
    game.step([Batch(torch.full((600, 2), REAL), labels)], lambda count: torch.randn(count, 2))
    turn = loss.turns["disc"]
    replaced = turn.real[:, 0] == FAKE
    assert 0.2 < replaced.float().mean() < 0.3
    assert torch.equal(turn.real[~replaced].detach(), torch.full((600, 2), REAL)[~replaced])
    assert turn.labels is not None
    assert turn.fake_labels is not None
    assert torch.equal(turn.labels, torch.where(replaced, turn.fake_labels, labels))
    assert loss.turns["gen"].real[:, 0].unique() == REAL
    # A quarter of the "real" scores are negative: too unsure of them, the strength falls.
    assert augment.real_sign_mean.item() == pytest.approx(0.1 * (1 - 2 * replaced.float().mean()))
    assert augment.strength.item() == pytest.approx(0.25 - 600 / 500_000)


def test_no_strength_replaces_nothing() -> None:
    augment = PseudoAugment(AdaptiveOptions(), SHAPES)
    assert not augment.replaced(torch.rand(50, 2)).any()
    samples = torch.rand(3, 2)
    assert augment(samples) is samples
