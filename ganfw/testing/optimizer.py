"""What an optimizer must do: move every trainable weight, downhill, and go on exactly from a
checkpoint."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .failure import Broken, expecting
from .files import save_and_load
from .subject import Subject

_STEPS = 10


class ToyNetwork(nn.Module):
    """Weights of all dimensions from 1 to 4; some are frozen, as a user may have them."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 4)
        self.convolution = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm1d(5)
        for weight in self.parameters():
            nn.init.normal_(weight)
        self.frozen = nn.Linear(2, 3).requires_grad_(False)


class Trial:
    """An optimizer of a network whose weights it should shrink: the loss is the sum of their
    halved squares, so that a weight is its own gradient."""

    def __init__(self, subject: Subject, network: nn.Module | None = None) -> None:
        torch.manual_seed(0)
        self.network = ToyNetwork() if network is None else network
        self.trained: list[Tensor] = [
            weight for weight in self.network.parameters() if weight.requires_grad
        ]
        with expecting("an optimizer for a network", subject.target):
            self.optimizer: Optimizer = subject.target(subject.options(), self.network)

    @property
    def grouped(self) -> list[Any]:
        """The weights in the optimizer's groups."""
        return [weight for group in self.optimizer.param_groups for weight in group["params"]]

    def take_steps(self, count: int, at: Any, *without: Tensor) -> None:
        """``count`` steps, in which the weights ``without`` have no gradient."""
        missing = set(map(id, without))
        with expecting("steps without an error", at):
            for _ in range(count):
                for weight in self.trained:
                    weight.grad = None if id(weight) in missing else weight.detach().clone()
                self.optimizer.step()

    def weights(self) -> list[Tensor]:
        """Copies of all weights, frozen ones too."""
        return [weight.detach().clone() for weight in self.network.parameters()]


def it_makes_an_optimizer(subject: Subject) -> None:
    """From its options and a network, it makes an optimizer of torch's kind, with a learning rate
    for each group: schedules set those."""
    optimizer: object = Trial(subject).optimizer
    if not isinstance(optimizer, Optimizer):
        raise Broken("a torch.optim.Optimizer", type(optimizer).__name__, subject.target)
    if not all(isinstance(group.get("lr"), float) for group in optimizer.param_groups):
        raise Broken("a number 'lr' in each group", "none", subject.target)


def each_trainable_weight_is_in_one_group(subject: Subject) -> None:
    """A weight that is left out never learns, one that is there twice moves twice, and one that a
    user froze is not the optimizer's."""
    trial = Trial(subject)
    found = list(map(id, trial.grouped))
    for name, weight in trial.network.named_parameters():
        count, wanted = found.count(id(weight)), int(weight.requires_grad)
        if count != wanted:
            expected = f"the {'trainable' if wanted else 'frozen'} '{name}' in {wanted} groups"
            raise Broken(expected, f"it in {count}", subject.target)


def weights_move_downhill(subject: Subject) -> None:
    """Every trainable weight moves, and what the gradient belongs to falls."""
    trial = Trial(subject)
    before = [weight.detach().clone() for weight in trial.trained]
    trial.take_steps(_STEPS, subject.target)
    for old, weight in zip(before, trial.trained, strict=True):
        if torch.equal(old, weight):
            raise Broken("that each trainable weight moves", "one that stays", subject.target)
        if not weight.norm() <= old.norm():
            got = f"{old.norm():.6g} to {weight.norm():.6g} in {_STEPS} steps"
            raise Broken("smaller weights, where a weight is its gradient", got, subject.target)


def a_weight_may_get_its_first_gradient_late(subject: Subject) -> None:
    """A network may use a weight in some steps only. Without a gradient it stays where it is."""
    trial = Trial(subject)
    for late in trial.trained:
        before = late.detach().clone()
        trial.take_steps(2, subject.target, late)
        if not torch.equal(late, before):
            raise Broken("that a weight without a gradient stays", "it moved", subject.target)
    trial.take_steps(2, subject.target)


def it_resumes_exactly(subject: Subject) -> None:
    """Restored from a checkpoint, it takes the same steps as the one that went on."""
    first = Trial(subject)
    first.take_steps(3, subject.target, first.trained[0])
    state = first.optimizer.state_dict()
    second = Trial(subject, copy.deepcopy(first.network))
    saved = save_and_load(state, subject.target)
    with expecting("that it takes back its state", subject.target):
        second.optimizer.load_state_dict(saved)
    for trial in (first, second):
        trial.take_steps(3, subject.target)
    if not all(map(torch.equal, first.weights(), second.weights())):
        raise Broken("the same weights after resuming", "others", subject.target)


CHECKS = (
    it_makes_an_optimizer,
    each_trainable_weight_is_in_one_group,
    weights_move_downhill,
    a_weight_may_get_its_first_gradient_late,
    it_resumes_exactly,
)
