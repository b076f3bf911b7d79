"""What a loss owes: finite scalar terms, means over the batch, that it leaves to the engine."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..interfaces.dataset import Batch
from ..interfaces.loss import Terms
from ..interfaces.options import Options
from ..interfaces.player import Player
from ..interfaces.shapes import Shapes
from ..training.critic import Critic
from ..training.game import Game
from ..training.objective import WeightedLoss
from .discriminator import draw_samples
from .failure import Broken, expecting
from .subject import Subject, describe
from .toys import ToyDiscriminator, ToyLoss, toy_game

SHAPES = (
    Shapes((2,), None, 0, 5),
    Shapes((3, 8, 8), (-1.0, 1.0), 0, 5),
    Shapes((1, 7, 5), (0.0, 1.0), 3, 5),
)

SIDES = ("real", "fake")


class Trial:
    """A loss before a small critic, with inputs prepared as the engine prepares them."""

    def __init__(self, subject: Subject, shapes: Shapes, count: int, dtype: Any = None) -> None:
        torch.manual_seed(3)
        self.loss = subject.build()
        self.network = ToyDiscriminator(Options(), shapes).to(dtype or torch.float32)
        self.real = draw_samples(shapes, count).to(dtype or torch.float32)
        self.fake = draw_samples(shapes, count).to(dtype or torch.float32)
        self.labels = torch.zeros(count, dtype=torch.long) if shapes.classes else None
        self.what = f"{count} {describe(shapes)}"
        self._check_needs()

    def discriminator(self, wrap: Callable[[Tensor], Tensor] | None = None) -> Terms:
        """Its terms, ``fake`` detached; ``wrap`` changes the scores first."""
        needs = self.loss.needs_gradient_at
        self.real = self.real.detach().requires_grad_("real" in needs)
        self.fake = self.fake.detach().requires_grad_("fake" in needs)
        return self._terms("discriminator_terms", wrap)

    def generator(self, wrap: Callable[[Tensor], Tensor] | None = None) -> Terms:
        """Its terms, with a graph behind ``fake``."""
        self.fake = self.fake.detach().requires_grad_()
        return self._terms("generator_terms", wrap)

    def double(self) -> None:
        """Give each sample twice."""
        self.real = self.real.detach().repeat_interleave(2, 0)
        self.fake = self.fake.detach().repeat_interleave(2, 0)
        self.labels = None if self.labels is None else self.labels.repeat_interleave(2)

    def _terms(self, method: str, wrap: Callable[[Tensor], Tensor] | None) -> Terms:
        network = self.network if wrap is None else _Wrapped(self.network, wrap)
        critic = Critic(network, self.labels, ())
        torch.manual_seed(4)
        at = getattr(type(self.loss), method)
        hint = "; a loss that differentiates real or fake says so in needs_gradient_at"
        with expecting(f"terms for {self.what}{hint}", at):
            terms = getattr(self.loss, method)(critic, self.real, self.fake)
        self._check_terms(terms, at)
        return terms  # type: ignore[no-any-return]

    def _check_terms(self, terms: Any, at: Any) -> None:
        if not isinstance(terms, Mapping):
            raise Broken("a dict of named terms", type(terms).__name__, at)
        for name, value in terms.items():
            if not isinstance(name, str) or not isinstance(value, Tensor):
                raise Broken("names to tensors", f"{name!r} to {type(value).__name__}", at)
            if value.shape != ():
                raise Broken(f"the term '{name}' as a scalar, the mean over the batch",
                             f"shape {tuple(value.shape)}, for {self.what}", at)  # fmt: skip
            if not value.isfinite():
                raise Broken(f"a finite term '{name}', for {self.what}", f"{value.item()}", at)

    def _check_needs(self) -> None:
        needs = self.loss.needs_gradient_at
        if not isinstance(needs, tuple) or not set(needs) <= set(SIDES):
            raise Broken(f"needs_gradient_at as a tuple of {SIDES}", repr(needs), type(self.loss))


class _Wrapped(nn.Module):
    def __init__(self, network: nn.Module, wrap: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.network = network
        self._wrap = wrap

    def forward(self, samples: Tensor, labels: Tensor | None) -> Tensor:
        return self._wrap(self.network(samples, labels))


def terms_are_finite_scalars(subject: Subject) -> None:
    """By name, for points and pictures, for one sample and several."""
    for trial in _trials(subject, counts=(1, 4)):
        if not {**trial.discriminator(), **trial.generator()}:
            raise Broken("at least one term for one of the players", "none", type(trial.loss))


def gradients_reach_the_players(subject: Subject) -> None:
    """A term without a gradient teaches nobody."""
    for trial in _trials(subject):
        terms = trial.discriminator()
        at = type(trial.loss).discriminator_terms
        if terms and not _reaches(_sum(terms), [*trial.network.parameters()]):
            raise Broken("discriminator terms with a gradient at the critic's weights", "none", at)
        terms = trial.generator()
        at = type(trial.loss).generator_terms
        if terms and not _reaches(_sum(terms), [trial.fake]):
            raise Broken("generator terms with a gradient at the fake samples", "none", at)


def it_neither_steps_nor_writes(subject: Subject) -> None:
    """backward, step and zero_grad are the engine's; the samples are everybody's."""
    for trial in _trials(subject):
        weights = [each.detach().clone() for each in trial.network.parameters()]
        samples = (trial.real.clone(), trial.fake.clone())
        for ask, name in _asks(trial):
            ask()
            at = getattr(type(trial.loss), name)
            touched = [*trial.network.parameters(), trial.real, trial.fake]
            if any(each.grad is not None for each in touched):
                raise Broken("gradients left alone (torch.autograd.grad writes none)",
                             "gradients written: it calls backward", at)  # fmt: skip
            if any(not each.requires_grad for each in trial.network.parameters()):
                raise Broken("weights that require gradients as before", "frozen weights", at)
            pairs = zip(weights, trial.network.parameters(), strict=True)
            if not all(torch.equal(old, new) for old, new in pairs):
                raise Broken("weights left alone", "weights that changed", at)
            if not (torch.equal(samples[0], trial.real) and torch.equal(samples[1], trial.fake)):
                raise Broken("samples left as they were", "samples changed in place", at)


def terms_are_means_over_the_batch(subject: Subject) -> None:
    """A sum grows with the batch, and the learning rate with it."""
    for shapes in SHAPES:
        trial = Trial(subject, shapes, 4)
        once = {**trial.discriminator(), **_renamed(trial.generator())}
        trial.double()
        twice = {**trial.discriminator(), **_renamed(trial.generator())}
        for name in once.keys() & twice.keys():
            small, large = float(once[name].detach()), float(twice[name].detach())
            if abs(small) > 1e-6 and abs(large / small - 2) < 1e-4:
                raise Broken(f"the term '{name}' as a mean over the batch",
                             "twice the value for each sample given twice: a sum",
                             type(trial.loss))  # fmt: skip


def large_scores_stay_finite(subject: Subject) -> None:
    """softplus(-s) is finite where -log(sigmoid(s)) is not."""
    for trial, factor in itertools.product(_trials(subject), (1e4, -1e4)):
        for ask, name in _asks(trial):
            terms = ask(_times(factor))
            found = _gradients(_sum(terms), [*trial.network.parameters()]) if terms else []
            if not all(each.isfinite().all() for each in found):
                raise Broken(
                    "finite gradients for scores in the thousands",
                    "nan or infinity: softplus and logsigmoid are safe",
                    getattr(type(trial.loss), name),
                )


def survives_double_backward(subject: Subject) -> None:
    """Penalties and losses are summed and differentiated through each other's gradients."""
    for trial in _trials(subject, counts=(4,)):
        terms = trial.discriminator()
        weights = [*trial.network.parameters()]
        if not terms:
            continue
        with expecting("terms that can be differentiated twice", type(trial.loss)):
            first = _gradients(_sum(terms), weights, create_graph=True)
            bumps = [each.square().sum() for each in first if each.requires_grad]
            if bumps:
                torch.stack(bumps).sum().backward()  # type: ignore[no-untyped-call]
        if not all(each.grad is None or each.grad.isfinite().all() for each in weights):
            raise Broken("finite second derivatives", "nan or infinity", type(trial.loss))


def same_seed_same_terms(subject: Subject) -> None:
    """What is random in a loss is drawn from torch's global stream."""
    for shapes in SHAPES:
        both = [Trial(subject, shapes, 4).discriminator() for _ in range(2)]
        for name in both[0]:
            if not torch.equal(both[0][name], both[1][name]):
                raise Broken(f"the same term '{name}' twice from one seed", "two values",
                             type(subject.build()).discriminator_terms)  # fmt: skip


def works_in_other_precisions(subject: Subject) -> None:
    """A term has the dtype of the scores it comes from."""
    for dtype in (torch.float64, torch.bfloat16):
        for shapes in SHAPES:
            trial = Trial(subject, shapes, 4, dtype)
            for name, value in {**trial.discriminator(), **_renamed(trial.generator())}.items():
                if value.dtype != dtype:
                    raise Broken(f"the term '{name}' in {dtype}, as the scores are",
                                 f"{value.dtype}", type(trial.loss))  # fmt: skip


def plays_a_whole_step(subject: Subject) -> None:
    """In the engine itself, beside another loss if it is a penalty."""
    for shapes in SHAPES:
        loss = subject.build()
        trial = Trial(subject, shapes, 4)
        whole = bool(trial.discriminator()) and bool(trial.generator())
        partner = [] if whole else [WeightedLoss("toy", ToyLoss(Options()))]
        toy = toy_game(shapes, torch.device("cpu"))
        game = Game(toy.gen, toy.disc, [WeightedLoss("it", loss), *partner])
        batch = Batch(trial.real.detach(), trial.labels)
        with expecting(f"a step of a GAN on {describe(shapes)}", type(loss)):
            losses = game.step([batch, batch], lambda n: torch.randn(n, 5), _nothing)
        if not (losses.loss_D.isfinite() and losses.loss_G.isfinite()):
            raise Broken("finite losses after a step", "nan or infinity", type(loss))


def _times(factor: float) -> Callable[[Tensor], Tensor]:
    return lambda scores: scores * factor


def _asks(trial: Trial) -> tuple[tuple[Callable[..., Terms], str], ...]:
    return (
        (trial.discriminator, "discriminator_terms"),
        (trial.generator, "generator_terms"),
    )


def _trials(subject: Subject, counts: tuple[int, ...] = (4,)) -> Iterator[Trial]:
    for count in counts:
        for shapes in SHAPES:
            yield Trial(subject, shapes, count)


def _renamed(terms: Terms) -> dict[str, Tensor]:
    return {f"generator's {name}": value for name, value in terms.items()}


def _sum(terms: Terms) -> Tensor:
    return functools.reduce(torch.add, terms.values())


def _gradients(total: Any, inputs: list[Any], create_graph: bool = False) -> list[Tensor]:
    if not total.requires_grad:
        return []
    found = torch.autograd.grad(
        total, inputs, create_graph=create_graph, retain_graph=True, allow_unused=True
    )
    return [each for each in found if each is not None]


def _reaches(total: Tensor, inputs: list[Any]) -> bool:
    return any(bool(each.any()) for each in _gradients(total, inputs))


def _nothing(name: str, player: Player) -> None:
    """Nobody watches the gradients."""


CHECKS = (
    terms_are_finite_scalars,
    gradients_reach_the_players,
    it_neither_steps_nor_writes,
    terms_are_means_over_the_batch,
    large_scores_stay_finite,
    survives_double_backward,
    same_seed_same_terms,
    works_in_other_precisions,
    plays_a_whole_step,
)
