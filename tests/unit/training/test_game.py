"""The two updates, held against the book's, written plainly from its description."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from ganfw.errors import PluginError, ShapesError, UsageError
from ganfw.interfaces.dataset import Batch
from ganfw.interfaces.loss import Loss, Terms
from ganfw.interfaces.networks import Augment, Discriminator
from ganfw.interfaces.player import Player
from ganfw.interfaces.shapes import Shapes
from ganfw.interfaces.turn import Turn
from ganfw.registry.component import SLOT_OF
from ganfw.registry.registry import Registry
from ganfw.runtime.distributed import Processes
from ganfw.training.critic import Critic
from ganfw.training.dry_run import dry_run
from ganfw.training.game import Game
from ganfw.training.objective import WeightedLoss
from ganfw.training.turns import Turns

POINTS = Shapes(sample=(2,), value_range=None, classes=0, latent_dim=2)
PICTURES = Shapes(sample=(3, 32, 32), value_range=(-1.0, 1.0), classes=0, latent_dim=10)
BATCH = Batch(torch.linspace(-1, 1, 4).view(2, 2), None)


def _make(registry: Registry, kind: str, name: str, shapes: Shapes, **options: object) -> nn.Module:
    assert kind in SLOT_OF
    found = registry.find(kind, name)
    network: nn.Module = found.load()(found.load_options()(**options), shapes)
    return network


def _loss(registry: Registry, name: str, **options: object) -> Loss:
    found = registry.find("loss", name)
    loss: Loss = found.load()(found.load_options()(**options))
    return loss


def _play(
    gen: nn.Module,
    disc: nn.Module,
    losses: list[WeightedLoss],
    reduction: str = "mean",
    lr: float = 0.005,
) -> Game:
    return Game(
        gen=Player(gen, torch.optim.Adam(gen.parameters(), lr=lr, betas=(0.5, 0.999))),
        disc=Player(disc, torch.optim.Adam(disc.parameters(), lr=lr, betas=(0.5, 0.999))),
        losses=losses,
        reduction=reduction,  # type: ignore[arg-type]
    )


class _Book:
    """The book's pair of updates: sum-reduced binary cross-entropy against ones and zeros, the
    generator run once for each player, its gradient taken through the updated discriminator."""

    def __init__(self, gen: nn.Module, disc: nn.Module, lr: float) -> None:
        self.gen, self.disc = gen, disc
        self.gen_optimizer = torch.optim.Adam(gen.parameters(), lr=lr, betas=(0.5, 0.999))
        self.disc_optimizer = torch.optim.Adam(disc.parameters(), lr=lr, betas=(0.5, 0.999))
        self.cross_entropy = nn.BCEWithLogitsLoss(reduction="sum")

    def step(self, real: Tensor, latents: Tensor) -> tuple[float, float]:
        ones, zeros = real.new_ones(len(real)), real.new_zeros(len(real))
        self.disc_optimizer.zero_grad()
        on_real = self.cross_entropy(self.disc(real), ones)
        on_fake = self.cross_entropy(self.disc(self.gen(latents).detach()), zeros)
        loss_d = (on_real + on_fake) / 2
        loss_d.backward()
        self.disc_optimizer.step()
        self.gen_optimizer.zero_grad()
        loss_g = self.cross_entropy(self.disc(self.gen(latents)), ones)
        loss_g.backward()
        self.gen_optimizer.step()
        return loss_d.item() / len(real), loss_g.item() / len(real)


@pytest.mark.parametrize(
    ("gen_name", "disc_name", "shapes", "options", "lr", "dtype", "tolerance"),
    [
        ("linear", "mlp", POINTS, {}, 0.05, torch.float32, 1e-4),
        ("dcgan", "dcgan", PICTURES, {"channels": 8}, 2e-4, torch.float32, 2e-3),
        # At the book's learning rate float32 rounding grows a hundredfold every few steps, so there
        # the two are compared in float64, where they must agree far more closely.
        ("linear", "mlp", POINTS, {}, 0.05, torch.float64, 1e-10),
        ("dcgan", "dcgan", PICTURES, {"channels": 8}, 0.005, torch.float64, 1e-7),
    ],
)
def test_the_books_updates(
    registry: Registry,
    gen_name: str,
    disc_name: str,
    shapes: Shapes,
    options: dict[str, object],
    lr: float,
    dtype: torch.dtype,
    tolerance: float,
) -> None:
    torch.manual_seed(0)
    gen = _make(registry, "generator", gen_name, shapes, **options).to(dtype)
    disc = _make(registry, "discriminator", disc_name, shapes, **options).to(dtype)
    book = _Book(copy.deepcopy(gen), copy.deepcopy(disc), lr)
    game = _play(gen, disc, [WeightedLoss("ns", _loss(registry, "nonsaturating"))], "sum", lr)
    for _ in range(20):
        real = torch.randn(16, *shapes.sample, dtype=dtype).clamp(-1, 1)
        latents = torch.randn(16, shapes.latent_dim, dtype=dtype)
        expected = book.step(real, latents)
        losses = game.step([Batch(real, None)], lambda n, z=latents: z, lambda name, player: None)
        found = (losses.loss_D.item(), losses.loss_G.item())
        assert found == pytest.approx(expected, rel=tolerance)
    for mine, theirs in ((gen, book.gen), (disc, book.disc)):
        for (name, value), other in zip(
            mine.state_dict().items(), theirs.state_dict().values(), strict=True
        ):
            if mine is gen and ("running" in name or "num_batches" in name):
                continue  # ours runs the generator once a step, the book twice
            torch.testing.assert_close(value, other, rtol=tolerance, atol=tolerance, msg=name)


class _Counting(nn.Module):
    """A critic of points that counts its forwards."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)
        self.forwards = 0

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        self.forwards += 1
        scores: Tensor = self.layer(samples)
        return scores.squeeze(1)


class _Double(Augment):
    def forward(self, samples: Tensor) -> Tensor:
        return samples * 2


def test_the_critic_remembers_a_forward() -> None:
    network = _Counting()
    critic = Critic(network)
    real, fake = torch.randn(4, 2), torch.randn(4, 2)
    assert critic(real) is critic(real)
    critic(fake)
    assert network.forwards == 2


def test_the_critic_augments_what_it_is_shown() -> None:
    network = _Counting()
    players = {"disc": Player(network, torch.optim.SGD(network.parameters()))}
    turns = Turns(players, (_Double(None, POINTS),), contextlib.nullcontext)
    samples = torch.randn(4, 2)
    torch.testing.assert_close(turns.judge(samples, None), network(samples * 2))


def test_a_critic_sees_what_was_augmented_if_it_asks_for_it() -> None:
    class Both(Discriminator):
        sees_unaugmented = True

        def __init__(self) -> None:
            super().__init__(None, POINTS)
            self.layer = nn.Linear(1, 1)

        def forward(
            self, samples: Tensor, labels: Tensor | None = None, unaugmented: Tensor | None = None
        ) -> Tensor:
            assert unaugmented is not None
            return torch.stack([samples.sum(1), unaugmented.sum(1)], dim=1)

    network = Both()
    players = {"disc": Player(network, torch.optim.SGD(network.parameters()))}
    turns = Turns(players, (_Double(None, POINTS),), contextlib.nullcontext)
    samples = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert turns.judge(samples, None).tolist() == [[6.0, 3.0], [14.0, 7.0]]


def _step(game: Game, batches: int = 1, number: int = 1) -> dict[str, float]:
    torch.manual_seed(1)
    real = [Batch(torch.randn(8, 2), None) for _ in range(batches)]
    losses = game.step(real, lambda n: torch.randn(n, 2), lambda name, player: None, number)
    return {"D": losses.loss_D.item(), "G": losses.loss_G.item()} | {
        name: value.item() for name, value in losses.terms.items()
    }


def test_a_penalty_beside_a_loss_costs_no_second_forward(registry: Registry) -> None:
    disc = _Counting()
    gen = _make(registry, "generator", "linear", POINTS)
    losses = [
        WeightedLoss("ns", _loss(registry, "nonsaturating")),
        WeightedLoss("r1", _loss(registry, "r1", gamma=2.0)),
    ]
    values = _step(_play(gen, disc, losses))
    assert disc.forwards == 3  # real, fake, and the generator's fake
    assert values["D"] == pytest.approx(
        values["D/ns.real"] + values["D/ns.fake"] + values["D/r1.penalty"]
    )


def test_r1_of_a_linear_critic_is_half_gamma_times_its_squared_norm(registry: Registry) -> None:
    disc = _Counting()
    squared = disc.layer.weight.detach().square().sum().item()
    gen = _make(registry, "generator", "linear", POINTS)
    losses = [
        WeightedLoss("ns", _loss(registry, "nonsaturating")),
        WeightedLoss("r1", _loss(registry, "r1", gamma=3.0), weight=0.5),
    ]
    assert _step(_play(gen, disc, losses))["D/r1.penalty"] == pytest.approx(0.5 * 1.5 * squared)


def test_gradient_penalty_of_a_linear_critic_is_its_norms_distance_to_one(
    registry: Registry,
) -> None:
    disc = _Counting()
    norm = disc.layer.weight.detach().norm().item()
    gen = _make(registry, "generator", "linear", POINTS)
    losses = [
        WeightedLoss("w", _loss(registry, "wasserstein")),
        WeightedLoss("gp", _loss(registry, "gradient-penalty", strength=10.0)),
    ]
    assert _step(_play(gen, disc, losses))["D/gp.penalty"] == pytest.approx(10 * (norm - 1) ** 2)


def test_a_step_of_several_updates(registry: Registry) -> None:
    disc = _Counting()
    gen = _make(registry, "generator", "linear", POINTS)
    game = _play(gen, disc, [WeightedLoss("ns", _loss(registry, "nonsaturating"))])
    game.gen_steps = 2
    moves: list[str] = []
    forwards: list[tuple[int, bool]] = []
    gen.register_forward_hook(
        lambda _, latents, out: forwards.append((len(out), torch.is_grad_enabled()))
    )
    batches = [Batch(torch.randn(length, 2), None) for length in (8, 8, 6)]
    losses = game.step(batches, lambda n: torch.randn(n, 2), lambda name, _: moves.append(name))
    assert moves == ["disc", "disc", "disc", "gen", "gen"]
    assert losses.examples == 22
    # Only of the last batch, and the graph of its samples serves the generator's first update too.
    assert forwards == [(8, False), (8, False), (6, True), (6, True)]


def test_the_generators_update_leaves_the_discriminator_without_gradients(
    registry: Registry,
) -> None:
    disc = _Counting()
    gen = _make(registry, "generator", "linear", POINTS)
    game = _play(gen, disc, [WeightedLoss("ns", _loss(registry, "nonsaturating"))])
    seen: dict[str, Tensor] = {}

    def watch(name: str, player: Player) -> None:
        seen[name] = disc.layer.weight.grad.clone()  # type: ignore[union-attr]

    game.step([Batch(torch.randn(8, 2), None)], lambda n: torch.randn(n, 2), watch)
    # What the discriminator's own update left is still there, and nothing was added to it.
    assert torch.equal(seen["disc"], seen["gen"])
    assert gen.layer.weight.grad is not None


def test_the_sum_is_the_mean_times_the_batch(registry: Registry) -> None:
    gradients = {}
    for reduction in ("mean", "sum"):
        torch.manual_seed(0)
        disc = _Counting()
        gen = _make(registry, "generator", "linear", POINTS)
        game = _play(gen, disc, [WeightedLoss("ns", _loss(registry, "nonsaturating"))], reduction)
        values = _step(game)
        gradients[reduction] = (disc.layer.weight.grad, values["D"])
    assert gradients["mean"][1] == gradients["sum"][1]  # what is logged is always per example
    torch.testing.assert_close(gradients["mean"][0] * 8, gradients["sum"][0])


def test_a_lazy_loss_counts_as_often_as_an_eager_one(registry: Registry) -> None:
    """Every third step it takes part with three times its value, and in the others not at all."""

    def terms(every: int, number: int) -> dict[str, float]:
        torch.manual_seed(0)
        gen, disc = _make(registry, "generator", "linear", POINTS), _Counting()
        losses = [
            WeightedLoss("ns", _loss(registry, "nonsaturating")),
            WeightedLoss("r1", _loss(registry, "r1", gamma=2.0), weight=0.5, every=every),
        ]
        return _step(_play(gen, disc, losses), number=number)

    eager = terms(1, 1)
    for number in (1, 4, 7):
        lazy = terms(3, number)
        assert lazy["D/r1.penalty"] == pytest.approx(3 * eager["D/r1.penalty"])
        assert lazy["D"] == pytest.approx(eager["D"] + 2 * eager["D/r1.penalty"])
    for number in (2, 3, 5):
        lazy = terms(3, number)
        assert "D/r1.penalty" not in lazy
        assert lazy["D"] == pytest.approx(eager["D"] - eager["D/r1.penalty"])


def test_after_a_step_nothing_stays_frozen_and_what_a_user_froze_does(registry: Registry) -> None:
    """As FreezeD (Mo et al. 2020) needs it; callbacks see the same."""
    disc = _make(registry, "discriminator", "mlp", POINTS)
    first, *rest = disc.parameters()
    first.requires_grad_(False)
    before = first.detach().clone()
    gen = _make(registry, "generator", "linear", POINTS)
    game = _play(gen, disc, [WeightedLoss("ns", _loss(registry, "nonsaturating"))])
    seen: list[list[bool]] = []

    def watch(name: str, player: Player) -> None:
        seen.append([weight.requires_grad for weight in disc.parameters()])

    game.step([Batch(torch.randn(8, 2), None)], lambda n: torch.randn(n, 2), watch)
    assert seen == [[False, *[True] * len(rest)]] * 2
    assert torch.equal(first, before)


def test_a_weight_may_get_its_first_gradient_late(registry: Registry) -> None:
    """Stochastic depth, progressive growing and unfreezing: with the fused optimizer of a run."""

    class Growing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.late = nn.Linear(2, 1), nn.Linear(2, 1)
            self.grown = False

        def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
            scores: Tensor = self.first(samples) + (self.late(samples) if self.grown else 0)
            return scores.squeeze(1)

    disc = Growing()
    gen = _make(registry, "generator", "linear", POINTS)
    game = Game(
        gen=Player(gen, torch.optim.Adam(gen.parameters(), fused=True)),
        disc=Player(disc, torch.optim.Adam(disc.parameters(), fused=True)),
        losses=[WeightedLoss("ns", _loss(registry, "nonsaturating"))],
    )
    _step(game)
    before = disc.late.weight.detach().clone()
    disc.grown = True
    _step(game)
    assert not torch.equal(disc.late.weight, before)


class _Learning(Loss):
    """Counts its steps, as LeCam or a memory bank would."""

    def __init__(self, options: object) -> None:
        super().__init__(options)
        self.register_buffer("steps", torch.zeros(()))
        self.register_buffer("kept", torch.empty(0))

    def discriminator_terms(self, critic: Any, real: Tensor, fake: Tensor) -> Terms:
        self.steps += 1
        self.kept = torch.cat([self.kept, fake])
        return {"it": (critic(self.kept).mean() - critic(real).mean()) * self.steps}

    def generator_terms(self, critic: Any, real: Tensor, fake: Tensor) -> Terms:
        return {"it": -critic(fake).mean()}


def test_what_a_loss_learns_is_saved_and_the_dry_run_moves_none_of_it(registry: Registry) -> None:
    def game() -> Game:
        gen = _make(registry, "generator", "linear", POINTS)
        return _play(gen, _Counting(), [WeightedLoss("it", _Learning(None))])

    first, second = game(), game()
    dry_run(first, Batch(torch.randn(2, 2), None), POINTS, "gen", "disc", "data")
    assert first.state_dict()["losses"]["it"]["steps"] == 0
    _step(first)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    assert _step(second, number=2) == _step(first, number=2)
    assert second.losses[0].loss.steps == 2
    assert torch.equal(second.losses[0].loss.kept, first.losses[0].loss.kept)


@pytest.mark.parametrize("player", ["gen", "disc"])
def test_a_network_that_gives_a_tuple_is_refused_in_one_line(
    registry: Registry, player: str
) -> None:
    class Twice(nn.Module):
        def __init__(self, network: nn.Module) -> None:
            super().__init__()
            self.network = network

        def forward(self, inputs: Tensor, labels: Tensor | None = None) -> Any:
            return (self.network(inputs), 0)

    gen, disc = _make(registry, "generator", "linear", POINTS), _Counting()
    game = _play(
        Twice(gen) if player == "gen" else gen,
        Twice(disc) if player == "disc" else disc,
        [WeightedLoss("ns", _loss(registry, "nonsaturating"))],
    )
    with pytest.raises(ShapesError, match=f"^{player} 'x', given .* gives a tuple, and must give"):
        dry_run(game, BATCH, POINTS, "gen 'x'", "disc 'x'", "data 'x'")


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_micro_batches_are_the_same_step(registry: Registry, reduction: str) -> None:
    """Of a batch that they do not split evenly too."""

    def play(accumulate: int) -> tuple[dict[str, float], list[Tensor]]:
        torch.manual_seed(0)
        gen = _make(registry, "generator", "linear", POINTS)
        disc = _make(registry, "discriminator", "mlp", POINTS)
        for weight in disc.parameters():
            nn.init.normal_(weight)  # as it begins, its scores are nearly all the same
        game = _play(gen, disc, [WeightedLoss("ns", _loss(registry, "nonsaturating"))], reduction)
        game.accumulate = accumulate
        return _step(game, batches=2), [*gen.parameters(), *disc.parameters()]

    (whole, weights), (parts, others) = play(1), play(3)
    assert parts == pytest.approx(whole, abs=1e-6)
    for weight, other in zip(weights, others, strict=True):
        torch.testing.assert_close(weight, other)


def test_no_micro_batch_has_a_single_sample() -> None:
    """It would have no batch statistics."""
    loss = _Everything(None)
    game = _full_game(loss, accumulate=4)
    game.step([_labelled(6)], lambda n: torch.randn(n, 2))
    assert [len(turn.real) for turn in loss.seen] == [2, 2, 2] * 2
    saved = game.state_dict()
    game.load_state_dict({"players": saved["players"]})  # as of release 0.1


class _Two(Processes):
    """One of two processes, where the other is its twin; notes which gradients are averaged."""

    averaged: ClassVar[list[bool]] = []

    def all_reduce_gradients(self, weights: Iterable[nn.Parameter], mean: bool) -> None:
        self.averaged.append(mean)

    def all_reduce_mean(self, values: Tensor) -> Tensor:
        return values


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_what_processes_share(registry: Registry, reduction: str) -> None:
    """Gradients, and how sure the critic is; each augment learns of all of the batch."""
    told: list[tuple[float, int]] = []

    class Adapting(Augment):
        def adapt(self, real_sign_mean: Tensor, examples: int) -> None:
            told.append((real_sign_mean.item(), examples))

        def forward(self, samples: Tensor) -> Tensor:
            return samples

    gen, disc = _make(registry, "generator", "linear", POINTS), _Counting()
    nn.init.constant_(disc.layer.bias, 100)
    alone = _play(gen, disc, [WeightedLoss("ns", _loss(registry, "nonsaturating"))])
    game = Game(alone.gen, alone.disc, alone.losses, [Adapting(None, POINTS)],
                reduction=reduction, processes=_Two(0, 2))  # type: ignore[arg-type]  # fmt: skip
    _Two.averaged.clear()
    _step(game, batches=2)
    assert _Two.averaged == [reduction == "mean"] * 3
    # Each time the discriminator learns, and not the generator.
    assert told == [(1, 16)] * 2


class _Both(nn.Module):
    """A generator that also gives what it computed on the way, of random inputs (B, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Any:
        samples = self.layer(latents)
        return {"samples": samples, "features": [samples * 2, {"deep": samples.bfloat16()}]}


class _Patches(nn.Module):
    """A conditional critic that gives three scores for each sample, and a class."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.classes = nn.Linear(2, 3), nn.Embedding(5, 3)

    def forward(self, samples: Tensor, labels: Tensor) -> Any:
        scores = self.layer(samples) + self.classes(labels)
        return {"scores": scores, "classes": scores.softmax(1)}


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, samples: Tensor) -> Tensor:
        encoded: Tensor = self.layer(samples)
        return encoded


class _Everything(Loss):
    """Uses all that a turn offers, and keeps what it saw."""

    needs = ("labels", "disc.classes", "gen.features", "network.encoder")

    def terms(self, turn: Turn) -> Terms:
        self.seen = getattr(self, "seen", [])
        self.seen.append(turn)
        sign = 1 if turn.player == "disc" else -1
        encoded = turn.forward("encoder", turn.fake)
        assert isinstance(encoded, Tensor)
        more = turn.generate(turn.latents.roll(1, 0), turn.fake_labels)["samples"]
        return {
            "scores": sign * (turn.critic(turn.fake) - turn.critic(turn.real)).mean(),
            "cycle": (encoded - turn.latents).square().mean(),
            "more": turn.critic(more, turn.fake_labels).mean(),
        }


def _full_game(loss: Loss, **more: Any) -> Game:
    torch.manual_seed(0)
    encoder = _Encoder()
    game = _play(_Both(), _Patches(), [WeightedLoss("it", loss)])
    player = Player(encoder, torch.optim.Adam(encoder.parameters()))
    return Game(game.gen, game.disc, game.losses, networks={"encoder": ("gen", player)}, **more)


def _labelled(count: int = 6) -> Batch:
    torch.manual_seed(2)
    return Batch(torch.randn(count, 2), torch.arange(count) % 5)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_loss_sees_the_whole_turn(accumulate: int) -> None:
    loss = _Everything(None)
    game = _full_game(loss, accumulate=accumulate, gen_steps=2)
    moved: list[str] = []
    before = [player.network.state_dict() for player in game.players.values()]
    before = copy.deepcopy(before)
    game.step([_labelled()], lambda n: torch.randn(n, 2), lambda name, _: moved.append(name), 7)
    assert moved == ["disc", "gen", "encoder", "gen", "encoder"]
    for was, player in zip(before, game.players.values(), strict=True):
        now = player.network.state_dict()
        assert not any(torch.equal(was[name], now[name]) for name in now)
    disc, gen = loss.seen[0], loss.seen[-1]
    assert (disc.player, gen.player, disc.step) == ("disc", "gen", 7)
    features = disc.generated["features"]
    assert torch.equal(features[0], disc.fake * 2)
    assert features[1]["deep"].dtype == torch.float32
    assert not features[0].requires_grad
    assert not disc.fake.requires_grad
    assert gen.generated["features"][0].requires_grad
    assert disc.critic.all(disc.real)["classes"].shape == (6 // accumulate, 3)
    assert {*gen.networks} == {"gen", "disc", "encoder"}
    # A new draw for each of the generator's updates.
    first = loss.seen[accumulate]
    assert torch.equal(disc.latents, first.latents)
    assert not torch.equal(disc.latents, gen.latents)


def test_a_third_network_is_saved_and_learns_on_its_side_alone() -> None:
    first, second = _full_game(_Everything(None)), _full_game(_Everything(None))
    seen: dict[str, Tensor] = {}

    def watch(name: str, player: Player) -> None:
        grad = game.players["encoder"].network.layer.weight.grad  # type: ignore[union-attr]
        seen[name] = torch.zeros(()) if grad is None else grad.clone()  # type: ignore[operator]

    game = first
    game.step([_labelled()], lambda n: torch.ones(n, 2), watch)
    assert not seen["disc"].any()
    assert seen["encoder"].any()
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for one in (first, second):
        one.step([_labelled()], lambda n: torch.ones(n, 2))
    for one, other in zip(first.players.values(), second.players.values(), strict=True):
        for weight, same in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.equal(weight, same)


def test_a_critic_knows_whose_labels_are_meant() -> None:
    given: list[list[int]] = []

    def network(samples: Tensor, labels: Tensor | None) -> Tensor:
        assert labels is not None
        given.append(labels.tolist())
        return samples.sum(1)

    real, fake = torch.randn(2, 2), torch.randn(2, 2)
    both, fake_labels = torch.cat([real, fake]), torch.tensor([2, 3])
    labels = torch.tensor([0, 1])
    critic = Critic(network, real, labels, fake, fake_labels)
    for samples in (real, fake, both):
        critic(samples)
    critic(real[:1], torch.tensor([4]))
    Critic(network, real, labels, fake, labels)(real + 1)
    assert given == [[0, 1], [2, 3], [0, 1, 2, 3], [4], [0, 1]]
    assert critic(both) is critic(both)  # remembered, as are labels that it would have taken
    assert critic(fake, fake_labels) is critic(fake)
    assert len(given) == 5
    critic(real, labels=None)  # not "no label": the batch's own, which it has seen
    assert len(given) == 5
    critic(real, dropped := torch.tensor([0, 9]))
    assert critic(real, dropped) is not critic(real)
    assert given[5:] == [[0, 9]]
    for samples in (real[:1], real + 1):
        with pytest.raises(PluginError, match="that are neither real nor fake, in a batch"):
            critic(samples)


def test_shuffled_labels_are_the_batchs_own_in_another_order() -> None:
    loss = _Everything(None)
    game = _full_game(loss, fake_labels="shuffled")
    game.step([_labelled(40)], lambda n: torch.randn(n, 2))
    turn = loss.seen[0]
    assert not torch.equal(turn.labels, turn.fake_labels)
    assert torch.equal(turn.labels.sort().values, turn.fake_labels.sort().values)


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (("labels",), "loss 'it' needs labels, and the data has none"),
        (("labels.paired",), "loss 'it' needs labels, and the data has none"),
        (("network.q",), "loss 'it' needs a network 'q': give --network q=COMPONENT"),
        (("disc.classes",), "loss 'it' needs 'classes' from disc 'x', which gives only scores"),
        (
            ("gen.style",),
            "loss 'it' needs 'style' from gen 'x', which gives only samples, features",
        ),
    ],
)
def test_what_a_loss_lacks_is_refused_before_training(needs: tuple[str, ...], said: str) -> None:
    loss = _Learning(None)
    loss.needs = needs  # type: ignore[misc]
    game = _play(_Both(), _Counting(), [WeightedLoss("it", loss)])
    with pytest.raises(UsageError, match=f"^{said}$"):
        dry_run(game, BATCH, POINTS, "gen 'x'", "disc 'x'", "data 'x'")


def test_shuffled_labels_are_refused_by_a_loss_of_pairs(registry: Registry) -> None:
    loss = _Everything(None)
    loss.needs = ("labels.paired",)  # type: ignore[misc]
    with pytest.raises(UsageError, match="generated samples with the real ones that have"):
        dry_run(_full_game(loss, fake_labels="shuffled"), _labelled(2), POINTS, "g", "d", "data")


def test_a_network_that_learns_nothing_is_refused(registry: Registry) -> None:
    game = _full_game(_Learning(None))
    with pytest.raises(
        UsageError, match="network 'encoder' learns nothing: no loss has a term in "
    ):
        dry_run(game, _labelled(2), POINTS, "gen 'x'", "disc 'x'", "data 'x'")


@pytest.mark.parametrize("shape", [(2, 1), (2, 1, 1), (3,), ()])
def test_scores_that_broadcast_by_accident_are_refused(shape: tuple[int, ...]) -> None:
    class Scores(nn.Module):
        def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
            return torch.zeros(shape)

    game = _play(_Both(), _Counting(), [WeightedLoss("it", _Learning(None))])
    game.players["disc"] = Player(Scores(), game.disc.optimizer)
    with pytest.raises(ShapesError, match=r"^disc 'x' gives scores .*, but a score per sample is"):
        dry_run(game, BATCH, POINTS, "gen 'x'", "disc 'x'", "data 'x'")
