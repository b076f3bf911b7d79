"""What a loss must do: give finite scalar terms, means over the batch, and change nothing else."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ..interfaces.dataset import Batch
from ..interfaces.loss import Loss
from ..interfaces.options import Options
from ..interfaces.player import Player
from ..interfaces.turn import Side
from ..runtime.precision import Autocast
from ..training.game import Game
from ..training.objective import WeightedLoss
from .failure import Broken, NotApplicable, expecting
from .files import save_and_load
from .loss_trial import Trial, trials
from .subject import Subject
from .toys import ToyLoss

_STEPS = 3
"""What is learnt in the first is used in the second, and seen in the third."""

_HALF: Autocast = functools.partial(torch.autocast, "cpu", torch.bfloat16)


def terms_are_finite_scalars(subject: Subject) -> None:
    """By name, for points and pictures, for a few samples and several."""
    # Batch norm, which small networks have not, needs two.
    fewest = 2 if subject.partners else 1
    found = [trial.terms() for count in (fewest, 4) for trial in trials(subject, count)]
    if not any(found):
        raise Broken("at least one term for one of the players", "none", subject.target)


def gradients_reach_the_players(subject: Subject) -> None:
    """A player learns nothing from a term without a gradient."""
    for trial in trials(subject):
        terms, where = trial.terms(), "the critic's" if trial.side == "disc" else "the generator's"
        gradients = _gradients(terms.values(), trial.trained())
        if terms and not any(gradient.any() for gradient in gradients):
            raise Broken(f"terms with a gradient at {where} weights", "none", trial.at)


def gradients_reach_further_networks(subject: Subject) -> None:
    """Each network that is given for the loss learns in one of the turns."""
    learning = {name: False for name in subject.partners if name not in ("gen", "disc")}
    for trial in trials(subject) if learning else ():
        terms = trial.terms()
        for name, player in trial.further.items():
            gradients = _gradients(terms.values(), player.parameters())
            learning[name] |= not player.parameters() or any(map(torch.any, gradients))
    for name, learns in learning.items():
        if not learns:
            expected = f"a term with a gradient at the weights of network '{name}'"
            raise Broken(expected, "none in either turn", subject.target)


def it_neither_steps_nor_writes(subject: Subject) -> None:
    """backward, step and zero_grad are called by the engine; samples are used again."""
    for trial in trials(subject):
        turn = trial.turn()
        weights = [w for player in trial.players.values() for w in player.network.parameters()]
        tensors = [*weights, turn.real, turn.fake, turn.latents]
        before = [tensor.detach().clone() for tensor in tensors]
        trained = [weight.requires_grad for weight in weights]
        trial.terms_of(turn)
        if any(tensor.is_leaf and tensor.grad is not None for tensor in tensors):
            got = "gradients that were written: use torch.autograd.grad, not backward"
            raise Broken("no gradients written", got, trial.at)
        if trained != [weight.requires_grad for weight in weights]:
            raise Broken("weights that require gradients as before", "frozen weights", trial.at)
        if not all(map(torch.equal, before, tensors)):
            raise Broken("weights and samples left as they were", "some were changed", trial.at)


def terms_are_means_over_the_batch(subject: Subject) -> None:
    """A sum grows with the batch, and the learning rate with it."""
    for trial in trials(subject):
        once, twice = trial.terms(), trial.repeated().terms()
        for name in once.keys() & twice.keys():
            small, large = float(once[name].detach()), float(twice[name].detach())
            if abs(small) > 1e-6 and abs(large / small - 2) < 1e-4:
                got = "twice the value for each sample given twice: a sum"
                raise Broken(f"'{name}' as a mean over the batch", got, trial.at)


def large_scores_stay_finite(subject: Subject) -> None:
    """softplus(-s) is finite where -log(sigmoid(s)) is not."""
    for factor in (1e4, -1e4):
        for trial in trials(subject):
            gradients = _gradients(trial.terms(factor).values(), trial.trained())
            if not all(gradient.isfinite().all() for gradient in gradients):
                got = "nan or infinity: softplus and logsigmoid are safe"
                raise Broken("finite gradients for scores in the thousands", got, trial.at)


def survives_double_backward(subject: Subject) -> None:
    """Penalties and losses are summed and differentiated through each other's gradients."""
    for trial in trials(subject):
        if trial.side == "disc":
            try:
                _differentiate_twice(trial)
            except Broken as broken:
                if not subject.partners:
                    raise
                # Batch norm has no third derivative, which is no fault of a penalty.
                raise NotApplicable(f"not with these partners: {broken.got}") from None


def _differentiate_twice(trial: Trial) -> None:
    with expecting("terms that can be differentiated twice", trial.at):
        first = _gradients(trial.terms().values(), trial.weights, create_graph=True)
        total = sum(gradient.square().sum() for gradient in first)
        if isinstance(total, Tensor) and total.requires_grad:
            total.backward()  # type: ignore[no-untyped-call]
    second = [weight.grad for weight in trial.weights if weight.grad is not None]
    if not all(gradient.isfinite().all() for gradient in second):
        raise Broken("finite second derivatives", "nan or infinity", trial.at)


def same_seed_same_terms(subject: Subject) -> None:
    """What is random in a loss is drawn from torch's global stream."""
    for first, second in zip(trials(subject), trials(subject), strict=True):
        _check_same(first, second, "twice from one seed")


def what_it_learns_survives(subject: Subject) -> None:
    """After a few steps, a new loss that loads its ``state_dict``, as in a resumed run, gives the
    same terms: no state is in plain attributes."""
    sides = trials(subject)
    for pair in zip(sides, sides, strict=True):
        for step in range(1, _STEPS + 1):
            for trial in pair:
                trial.terms(step=step)
        for trial in pair:
            resumed = copy.deepcopy(replace(trial, loss=_resumed(subject, trial.loss)))
            _check_same(trial, resumed, "after its state_dict was loaded", _STEPS + 1)


def works_in_other_precisions(subject: Subject) -> None:
    """With networks in bfloat16: the engine gives a loss float32 all the same, and the optimizer
    wants float32 back."""
    for trial in trials(subject, autocast=_HALF):
        for name, value in trial.terms().items():
            if value.dtype != torch.float32:
                raise Broken(f"'{name}' in float32, as the scores", f"{value.dtype}", trial.at)


def plays_whole_steps(subject: Subject) -> None:
    """In the engine itself, beside another loss, as a penalty needs."""
    for trial in trials(subject):
        trial.terms()  # which says more clearly what the loss lacks
        if trial.side == "gen":
            data = [Batch(trial.part.real, trial.part.labels)] * 2
            random = torch.Generator().manual_seed(3)
            latents = functools.partial(trial.draw_latents, random=random)
            with expecting(f"steps of a GAN on {trial.what}", subject.target):
                game = _game(trial, subject.build())
                steps = [game.step(data, latents, number=number) for number in (1, 2)]
            if not all(step.loss_D.isfinite() and step.loss_G.isfinite() for step in steps):
                raise Broken("finite losses after a step", "nan or infinity", subject.target)


def _game(trial: Trial, loss: Loss) -> Game:
    further: dict[str, tuple[Side, Player]] = {
        name: ("gen", player) for name, player in trial.further.items()
    }
    losses = [WeightedLoss("it", loss), WeightedLoss("toy", ToyLoss(Options()))]
    return Game(trial.players["gen"], trial.players["disc"], losses, networks=further)


def _resumed(subject: Subject, loss: Loss) -> Loss:
    """A new loss with the state of ``loss``, through a file."""
    torch.manual_seed(9)
    resumed: Loss = subject.build()
    with expecting("state that can be saved and loaded", subject.target):
        resumed.load_state_dict(save_and_load(loss.state_dict(), subject.target))
    return resumed


def _check_same(first: Trial, second: Trial, when: str, step: int = 1) -> None:
    terms, others = first.terms(step=step), second.terms(step=step)
    for name, value in terms.items():
        if name not in others or not torch.equal(value, others[name]):
            raise Broken(f"the same term '{name}' {when}", "two values", first.at)


def _gradients(
    terms: Iterable[Tensor], inputs: Sequence[Tensor], create_graph: bool = False
) -> list[Tensor]:
    """Of the sum of ``terms`` at ``inputs``, where there are any."""
    total = functools.reduce(torch.add, terms, torch.zeros(()))
    if not total.requires_grad or not inputs:
        return []
    found = torch.autograd.grad(
        total, inputs, create_graph=create_graph, retain_graph=True, allow_unused=True
    )
    return [gradient for gradient in found if gradient is not None]


CHECKS = (
    terms_are_finite_scalars,
    gradients_reach_the_players,
    gradients_reach_further_networks,
    it_neither_steps_nor_writes,
    terms_are_means_over_the_batch,
    large_scores_stay_finite,
    survives_double_backward,
    same_seed_same_terms,
    what_it_learns_survives,
    works_in_other_precisions,
    plays_whole_steps,
)
