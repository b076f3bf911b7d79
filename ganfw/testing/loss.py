"""What a loss must do: give finite scalar terms, means over the batch, and change nothing else."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..interfaces.dataset import Batch
from ..interfaces.loss import Terms
from ..interfaces.options import Options
from ..interfaces.shapes import Shapes
from ..training.critic import Critic
from ..training.game import Game
from ..training.objective import WeightedLoss
from .failure import Broken, expecting
from .files import save_and_load
from .subject import Subject, describe
from .toys import ToyDiscriminator, ToyLoss, random_samples, toy_game, toy_labels

SHAPES = (
    Shapes((2,), None, 0, 5),
    Shapes((3, 8, 8), (-1.0, 1.0), 0, 5),
    Shapes((1, 7, 5), (0.0, 1.0), 3, 5),
)
_DISC, _GEN = "discriminator_terms", "generator_terms"
_INPUTS = ("real", "fake")


@dataclass
class Turn:
    """A loss in one player's turn, before a small discriminator: ``method`` gives its terms. Real
    and generated samples are (B, ...)."""

    loss: Any
    method: str
    network: ToyDiscriminator
    real: Tensor
    fake: Tensor
    labels: Tensor | None
    what: str

    @property
    def at(self) -> Any:
        """The function to look at if the terms are wrong."""
        return getattr(type(self.loss), self.method)

    @property
    def weights(self) -> list[Tensor]:
        """The discriminator's."""
        return list(self.network.parameters())

    def terms(self, factor: float = 1.0) -> Terms:
        """The checked terms for scores times ``factor``. Inputs require gradients as in the engine:
        those that the loss asks for, or ``fake`` in the generator's turn."""
        needed = self.loss.needs_gradient_at if self.method == _DISC else ("fake",)
        self.real = self.real.detach().requires_grad_("real" in needed)
        self.fake = self.fake.detach().requires_grad_("fake" in needed)
        critic = Critic(lambda x, labels: factor * self.network(x, labels), self.labels)
        torch.manual_seed(4)
        hint = "; a loss that differentiates real or fake says so in needs_gradient_at"
        with expecting(f"terms for {self.what}{hint}", self.at):
            terms: Terms = getattr(self.loss, self.method)(critic, self.real, self.fake)
        self._check_terms(terms)
        return terms

    def _check_terms(self, terms: Any) -> None:
        if not isinstance(terms, Mapping):
            raise Broken("a dict of named terms", type(terms).__name__, self.at)
        for name, value in terms.items():
            if not isinstance(name, str) or not isinstance(value, Tensor):
                raise Broken("names to tensors", f"{name!r} to {type(value).__name__}", self.at)
            if value.shape != ():
                shape = tuple(value.shape)
                raise Broken(f"'{name}' as a scalar, the batch's mean", f"shape {shape}", self.at)
            if not value.isfinite():
                raise Broken(f"a finite term '{name}', for {self.what}", f"{value.item()}", self.at)


def turns(subject: Subject, count: int = 4, dtype: torch.dtype = torch.float32) -> Iterator[Turn]:
    """Both players' turns with batches of ``count`` of each of a few shapes; always the same."""
    for shapes in SHAPES:
        torch.manual_seed(3)
        loss = subject.build()
        needed = loss.needs_gradient_at
        if not isinstance(needed, tuple) or not set(needed) <= set(_INPUTS):
            raise Broken(f"needs_gradient_at as a tuple of {_INPUTS}", repr(needed), type(loss))
        network = ToyDiscriminator(Options(), shapes).to(dtype)
        real, fake = (random_samples(shapes, count).to(dtype) for _ in _INPUTS)
        labels = toy_labels(shapes, count)
        for method in (_DISC, _GEN):
            yield Turn(loss, method, network, real, fake, labels, f"{count} {describe(shapes)}")


def terms_are_finite_scalars(subject: Subject) -> None:
    """By name, for points and pictures, for one sample and several."""
    found = [turn.terms() for count in (1, 4) for turn in turns(subject, count)]
    if not any(found):
        raise Broken("at least one term for one of the players", "none", subject.target)


def gradients_reach_the_players(subject: Subject) -> None:
    """A player learns nothing from a term without a gradient."""
    for turn in turns(subject):
        terms = turn.terms()
        inputs = turn.weights if turn.method == _DISC else [turn.fake]
        where = "the critic's weights" if turn.method == _DISC else "the fake samples"
        if terms and not any(gradient.any() for gradient in _gradients(terms.values(), inputs)):
            raise Broken(f"terms with a gradient at {where}", "none", turn.at)


def it_neither_steps_nor_writes(subject: Subject) -> None:
    """backward, step and zero_grad are called by the engine; samples are used again."""
    for turn in turns(subject):
        before = [tensor.detach().clone() for tensor in (*turn.weights, turn.real, turn.fake)]
        turn.terms()
        after = [*turn.weights, turn.real, turn.fake]
        if any(tensor.grad is not None for tensor in after):
            got = "gradients that were written: use torch.autograd.grad, not backward"
            raise Broken("no gradients written", got, turn.at)
        if not all(weight.requires_grad for weight in turn.weights):
            raise Broken("weights that require gradients as before", "frozen weights", turn.at)
        if not all(map(torch.equal, before, after)):
            raise Broken("weights and samples left as they were", "some were changed", turn.at)


def terms_are_means_over_the_batch(subject: Subject) -> None:
    """A sum grows with the batch, and the learning rate with it."""
    for turn in turns(subject):
        once = turn.terms()
        turn.real = turn.real.detach().repeat_interleave(2, 0)
        turn.fake = turn.fake.detach().repeat_interleave(2, 0)
        turn.labels = None if turn.labels is None else turn.labels.repeat_interleave(2, 0)
        twice = turn.terms()
        for name in once.keys() & twice.keys():
            small, large = float(once[name].detach()), float(twice[name].detach())
            if abs(small) > 1e-6 and abs(large / small - 2) < 1e-4:
                got = "twice the value for each sample given twice: a sum"
                raise Broken(f"'{name}' as a mean over the batch", got, turn.at)


def large_scores_stay_finite(subject: Subject) -> None:
    """softplus(-s) is finite where -log(sigmoid(s)) is not."""
    for factor in (1e4, -1e4):
        for turn in turns(subject):
            gradients = _gradients(turn.terms(factor).values(), turn.weights)
            if not all(gradient.isfinite().all() for gradient in gradients):
                got = "nan or infinity: softplus and logsigmoid are safe"
                raise Broken("finite gradients for scores in the thousands", got, turn.at)


def survives_double_backward(subject: Subject) -> None:
    """Penalties and losses are summed and differentiated through each other's gradients."""
    for turn in turns(subject):
        if turn.method == _DISC:
            with expecting("terms that can be differentiated twice", turn.at):
                first = _gradients(turn.terms().values(), turn.weights, create_graph=True)
                total = sum(gradient.square().sum() for gradient in first)
                if isinstance(total, Tensor) and total.requires_grad:
                    total.backward()  # type: ignore[no-untyped-call]
            second = [weight.grad for weight in turn.weights if weight.grad is not None]
            if not all(gradient.isfinite().all() for gradient in second):
                raise Broken("finite second derivatives", "nan or infinity", turn.at)


def same_seed_same_terms(subject: Subject) -> None:
    """What is random in a loss is drawn from torch's global stream."""
    for first, second in zip(turns(subject), turns(subject), strict=True):
        _check_same(first, second, "twice from one seed")


def what_it_learns_survives(subject: Subject) -> None:
    """A second loss that loads its ``state_dict``, as in a resumed run, gives the same terms."""
    for first, second in zip(turns(subject), turns(subject), strict=True):
        first.terms()
        with expecting("state that can be saved and loaded", subject.target):
            state = save_and_load(first.loss.state_dict(), subject.target)
            second.loss.load_state_dict(state)
        _check_same(first, second, "after its state_dict was loaded")


def works_in_other_precisions(subject: Subject) -> None:
    """A term has the dtype of the scores it comes from."""
    for dtype in (torch.float64, torch.bfloat16):
        for turn in turns(subject, dtype=dtype):
            for name, value in turn.terms().items():
                if value.dtype != dtype:
                    raise Broken(f"'{name}' in {dtype}, as the scores", f"{value.dtype}", turn.at)


def plays_a_whole_step(subject: Subject) -> None:
    """In the engine itself, beside another loss, as a penalty needs."""
    for shapes in SHAPES:
        toy = toy_game(shapes, torch.device("cpu"))
        losses = [WeightedLoss("it", subject.build()), WeightedLoss("toy", ToyLoss(Options()))]
        batch = Batch(random_samples(shapes, 4), toy_labels(shapes, 4))
        with expecting(f"a step of a GAN on {describe(shapes)}", subject.target):
            step = Game(toy.gen, toy.disc, losses).step([batch, batch], lambda n: torch.randn(n, 5))
        if not (step.loss_D.isfinite() and step.loss_G.isfinite()):
            raise Broken("finite losses after a step", "nan or infinity", subject.target)


def _check_same(first: Turn, second: Turn, when: str) -> None:
    terms, others = first.terms(), second.terms()
    for name, value in terms.items():
        if name not in others or not torch.equal(value, others[name]):
            raise Broken(f"the same term '{name}' {when}", "two values", first.at)


def _gradients(
    terms: Iterable[Tensor], inputs: list[Tensor], create_graph: bool = False
) -> list[Tensor]:
    """Of the sum of ``terms`` at ``inputs``, where there are any."""
    total = functools.reduce(torch.add, terms, torch.zeros(()))
    if not total.requires_grad:
        return []
    found = torch.autograd.grad(total, inputs, create_graph=create_graph, allow_unused=True)
    return [gradient for gradient in found if gradient is not None]


CHECKS = (
    terms_are_finite_scalars,
    gradients_reach_the_players,
    it_neither_steps_nor_writes,
    terms_are_means_over_the_batch,
    large_scores_stay_finite,
    survives_double_backward,
    same_seed_same_terms,
    what_it_learns_survives,
    works_in_other_precisions,
    plays_a_whole_step,
)
