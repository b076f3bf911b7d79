"""The contract, against components that break it: each check fails, and says why and where."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import Field, field_serializer
from torch import Tensor, nn
from torch.nn.functional import softplus

import ganfw
from ganfw import Component, Critic, Options, Shapes, Terms
from ganfw.registry.registry import Registered, Registry
from ganfw.registry.source import Source
from ganfw.testing import ContractCase, ContractFailure, NotApplicable, contract_cases
from ganfw.testing.cases import _COMMON, _OF_KIND
from ganfw.testing.subject import Subject
from ganfw.testing.toys import ToyDataset, ToyDiscriminator, ToyGenerator, ToyLoss

POINTS = Shapes((2,), (-1.0, 1.0), 0, 5)


@dataclass(frozen=True)
class Here(Registered):
    """A component whose classes are in this file."""

    cls: type
    options: type[Options]

    def load(self) -> type:
        return self.cls

    def load_options(self) -> type[Options]:
        return self.options


def _case(
    kind: str,
    cls: type,
    check: str,
    options: type[Options] = Options,
    given: Mapping[str, Any] | None = None,
    **more: Any,
) -> ContractCase:
    """One check of ``cls`` as a component of ``kind``."""
    component = Component(kind, "it", "here:It", **{"summary": "It", **more})
    registered = Here(component, Source("session"), cls, options)
    (found,) = [function for function in _OF_KIND[kind] if function.__name__ == check]
    return ContractCase(Subject(Registry(), registered, given or {}, (POINTS,)), found)


def _failure(case: ContractCase) -> ContractFailure:
    with pytest.raises(ContractFailure) as failure:
        case.run()
    return failure.value


def _network(
    base: Any,
    output: Callable[[Tensor], Tensor] = lambda values: values,
    inputs: Callable[[Tensor], Tensor] = lambda values: values,
) -> type:
    """The network ``base`` with its output or input changed."""

    class Changed(base):  # type: ignore[misc]
        def forward(self, values: Tensor, *labels: Any) -> Tensor:
            return output(super().forward(inputs(values), *labels))

    return Changed


class Plain(ToyGenerator):
    """Keeps the contract."""


class Fails(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return latents @ torch.zeros(99, 2)


class NoShape(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        raise ganfw.ShapesError("never")


class UnusedWeight(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.unused = nn.Parameter(torch.zeros(3))


class UnsavedState(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.factor = 0.1 * float(torch.rand(()))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) * self.factor


class OneDevice(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.scale = torch.ones(2)


CALLS = itertools.count()
COLUMN = _network(Plain, lambda samples: samples[:, None])
DOUBLE = _network(Plain, lambda samples: samples.double())
NOT_FINITE = _network(Plain, lambda samples: samples / 0)
UNBOUNDED = _network(Plain, lambda samples: 9 * samples)
UNSEEDED = _network(Plain, lambda samples: samples + 0.01 * next(CALLS))
ONE_PRECISION = _network(Plain, lambda samples: samples + torch.zeros(2, dtype=torch.float64))
DETACHED = _network(Plain, inputs=torch.detach)
IN_PLACE = _network(Plain, inputs=lambda latents: latents.mul_(2))

BAD_GENERATORS = [
    (COLUMN, "samples_have_the_right_shape", "samples (1, 2)", "(1, 1, 2)"),
    (Fails, "samples_have_the_right_shape", "an output for a batch of 1", "RuntimeError: "),
    (DOUBLE, "samples_have_the_right_shape", "float32", "float64"),
    (NOT_FINITE, "samples_have_the_right_shape", "finite samples", "nan or infinity"),
    (NoShape, "samples_have_the_right_shape", "for some shape", "ShapesError"),
    (UNBOUNDED, "samples_lie_in_the_value_range", "samples in -1..1", ".."),
    (UnusedWeight, "gradients_reach_weights_and_input", "a gradient of 'unused'", "none"),
    (DETACHED, "gradients_reach_weights_and_input", "a gradient at the input", "none"),
    (UNSEEDED, "same_seed_same_result", "the same output twice", "a gap of 0.01"),
    (UnsavedState, "weights_survive_safetensors", "saved and loaded weights", "no buffer"),
    (ONE_PRECISION, "works_in_other_precisions", "bfloat16, as the input is", "float64"),
    (OneDevice, "moves_to_another_device", "'scale' on", "register_buffer it"),
    (IN_PLACE, "input_is_not_changed", "left as it was", "changed in place"),
]


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values * 2

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient * 2


SCORE_COLUMN = _network(ToyDiscriminator, lambda scores: scores[:, None])
SIGMOID = _network(ToyDiscriminator, torch.sigmoid)
ONCE = _network(ToyDiscriminator, inputs=_Once.apply)

BAD_DISCRIMINATORS = [
    (SCORE_COLUMN, "scores_of_each_sample", "scores (1,)", "(1, 1)"),
    (SIGMOID, "scores_are_raw", "raw scores", "all in 0..1: remove the sigmoid"),
    (ONCE, "survives_double_backward", "can be differentiated", "RuntimeError"),
]


class PlainAugment(ganfw.Augment):
    def forward(self, samples: Tensor) -> Tensor:
        return samples


CROPPING = _network(PlainAugment, lambda samples: samples[..., :1])
DETACHING = _network(PlainAugment, lambda samples: samples.detach() + 0 * samples)

BAD_AUGMENTS = [
    (CROPPING, "samples_have_the_right_shape", "samples (1, 2)", "(1, 1)"),
    (DETACHING, "gradients_reach_weights_and_input", "at the input", "0"),
]


def _loss(
    disc: Callable[[Critic, Tensor, Tensor], Terms] = lambda critic, real, fake: {},
    gen: Callable[[Critic, Tensor, Tensor], Terms] = lambda critic, real, fake: {},
) -> type:
    """A loss with these terms of the discriminator and the generator."""

    class Changed(ganfw.Loss):
        def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
            return disc(critic, real, fake)

        def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
            return gen(critic, real, fake)

    return Changed


class CallsBackward(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        critic(real).mean().backward(retain_graph=True)
        return super().discriminator_terms(critic, real, fake)


class Undeclared(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        (gradient,) = torch.autograd.grad(critic(real).sum(), real, create_graph=True)
        return {"penalty": gradient.square().mean()}


class Misdeclared(ToyLoss):
    needs_gradient_at = ("latents",)  # type: ignore[assignment]


class Counting(ToyLoss):
    """Its steps are in no state_dict."""

    steps = 0

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        self.steps += 1
        return {"real": critic(real).mean() * (1 + self.steps / 8)}


class OpaqueState(ToyLoss):
    def get_extra_state(self) -> object:
        return self.options

    def set_extra_state(self, state: object) -> None: ...


class Learning(ToyLoss):
    """Keeps the contract: its steps are in a buffer."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.register_buffer("steps", torch.zeros(()))

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        self.steps += 1
        return {"real": critic(real).mean() * (1 + self.steps.to(real) / 8)}


def _unseeded(critic: Critic, real: Tensor, fake: Tensor) -> Terms:
    return {"real": critic(real).mean() * float(np.random.default_rng().random())}


def _kinked(critic: Critic, real: Tensor, fake: Tensor) -> Terms:
    twice: Tensor = _Once.apply(critic(real))
    return {"real": twice.square().mean()}


SUM = _loss(gen=lambda critic, real, fake: {"fake": softplus(-critic(fake)).sum()})
VECTOR = _loss(gen=lambda critic, real, fake: {"fake": softplus(-critic(fake))})
LOGARITHM = _loss(gen=lambda critic, real, fake: {"fake": -critic(fake).sigmoid().log().mean()})
NO_GRADIENT = _loss(lambda critic, real, fake: {"real": critic(real).detach().mean()})
SINGLE = _loss(lambda critic, real, fake: {"real": critic(real).float().mean()})

BAD_LOSSES = [
    (CallsBackward, "it_neither_steps_nor_writes", "no gradients written", "not backward"),
    (SUM, "terms_are_means_over_the_batch", "a mean", "twice the value"),
    (VECTOR, "terms_are_finite_scalars", "a scalar", "shape (1,)"),
    (LOGARITHM, "large_scores_stay_finite", "a finite term", "inf"),
    (_loss(), "terms_are_finite_scalars", "at least one term", "none"),
    (NO_GRADIENT, "gradients_reach_the_players", "at the critic's weights", "none"),
    (Undeclared, "terms_are_finite_scalars", "needs_gradient_at", "RuntimeError"),
    (Undeclared, "plays_whole_steps", "steps of a GAN on 4 points", "RuntimeError"),
    (Misdeclared, "terms_are_finite_scalars", "('real', 'fake')", "('latents',)"),
    (SINGLE, "works_in_other_precisions", "as the scores", "torch.float32"),
    (_loss(_unseeded), "same_seed_same_terms", "twice from one seed", "two values"),
    (_loss(_kinked), "survives_double_backward", "differentiated twice", "RuntimeError"),
    (Counting, "what_it_learns_survives", "after its state_dict was loaded", "two values"),
    (OpaqueState, "what_it_learns_survives", "plain values and tensors", "is a SeedOptions"),
]


class NoEvent(ganfw.Callback):
    pass


class Misspelt(ganfw.Callback):
    def on_epoch_ends(self, event: ganfw.EpochEnd) -> None: ...


class OldName(ganfw.Callback):
    """As release 0.1 called it."""

    def epoch_end(self, event: ganfw.EpochEnd) -> None: ...


class LostState(ganfw.Callback):
    seen = 0

    def on_step_end(self, event: ganfw.StepEnd) -> None:
        self.seen += 1

    def state_dict(self) -> Mapping[str, Any]:
        return {"seen": self.seen}


class DependsOnLostState(LostState):
    def on_step_end(self, event: ganfw.StepEnd) -> None:
        super().on_step_end(event)
        with torch.no_grad():
            for weight in event.run.players["gen"].parameters():
                weight.mul_(1 + 0.01 * self.seen)


class NotPlain(ganfw.Callback):
    def on_step_end(self, event: ganfw.StepEnd) -> None: ...

    def state_dict(self) -> Mapping[str, Any]:
        return {"self": self}


class Failing(ganfw.Callback):
    def on_scores(self, event: ganfw.Scores) -> None:
        raise KeyError("scores")

    def on_failure(self, event: ganfw.Failure) -> None:
        self.file.close()  # type: ignore[attr-defined]


BAD_CALLBACKS = [
    (NoEvent, "it_handles_events", "on_scores", "none"),
    (Misspelt, "it_handles_events", "a method 'on_epoch_end'", "'on_epoch_ends', never called"),
    (OldName, "it_handles_events", "a method 'on_epoch_end'", "'epoch_end', never called"),
    (LostState, "state_is_plain_and_restores", "{'seen': 4}", "{'seen': 0}"),
    (DependsOnLostState, "a_resumed_run_ends_the_same", "without a stop", "others"),
    (NotPlain, "state_is_plain_and_restores", "no error", "is a NotPlain"),
    (Failing, "a_run_completes", "no error", "KeyError: 'scores'"),
    (Failing, "a_failure_is_handled", "no error", "AttributeError"),
]


class SeedOptions(Options):
    """With a seed."""

    seed: int = Field(0, ge=0, le=9, description="Seed")


class Data(ToyDataset):
    def __init__(self, options: Any) -> None:
        super().__init__(POINTS)
        self.options = options


class Misnamed(Data):
    class_names = ("of", "no", "labels")


def _data(**members: Any) -> type:
    """The dataset with other attributes or methods."""
    return type("Changed", (Data,), members)


def _random_item(dataset: Data, index: int) -> ganfw.Item:
    return np.random.default_rng().integers(0, 256, 2, np.uint8), None


WRONG_SHAPE = _data(__getitem__=lambda self, index: (np.zeros(3, np.uint8), None))
LABELLED = _data(__getitem__=lambda self, index: (np.zeros(2, np.uint8), 1))
OUT_OF_RANGE = _data(__getitem__=lambda self, index: (np.full(2, 7, np.float32), None))
EMPTY = _data(__len__=lambda self: 0)
RANDOM_ITEMS = _data(__getitem__=_random_item)
RANDOM_FINGERPRINT = _data(fingerprint=lambda self: f"{next(CALLS):x}")
CONSTANT_FINGERPRINT = _data(fingerprint=lambda self: "c0ffee")
NO_PICTURE = _data(preview=lambda self, samples, real: samples)

BAD_DATASETS = [
    (WRONG_SHAPE, "items_are_as_it_says", "as the dataset says", "has shape (3,)"),
    (LABELLED, "items_are_as_it_says", "no labels", "the label 1"),
    (OUT_OF_RANGE, "items_are_as_it_says", "floats in (-1.0, 1.0)", "7..7"),
    (Misnamed, "items_are_as_it_says", "for all 0 labels", "('of', 'no', 'labels')"),
    (EMPTY, "items_are_as_it_says", "at least one item", "0"),
    (RANDOM_ITEMS, "items_are_the_same_each_time", "the same items", "others when read again"),
    (RANDOM_FINGERPRINT, "fingerprint_is_stable", "the same fingerprint each time", ", "),
    (CONSTANT_FINGERPRINT, "fingerprint_changes_with_content", "another seed", "the same one"),
    (NO_PICTURE, "preview_is_a_picture", "a PIL image", "Tensor"),
]


def _metric(scores: Callable[[Tensor, Tensor], Mapping[str, Any]]) -> type:
    """A metric with these scores of real and generated samples."""

    class Changed(ganfw.Metric):
        def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
            return scores(real, generate(3))

    return Changed


BARE = _metric(lambda real, fake: {"score": 1.0})
TENSOR = _metric(lambda real, fake: {"score": real.mean(), "samples": 3})
RANDOM = _metric(lambda real, fake: {"score": np.random.default_rng().random(), "samples": 3})
CHANGING = _metric(lambda real, fake: {"score": float(fake.mul_(2).mean()), "samples": 3})

BAD_METRICS = [
    (BARE, "scores_are_numbers_with_details", "how it was made", "alone"),
    (TENSOR, "scores_are_numbers_with_details", "plain, finite values", "not JSON serializable"),
    (RANDOM, "same_samples_same_scores", "the same scores", "score"),
    (CHANGING, "samples_are_not_changed", "left as they were", "changed in place"),
]

BAD = {
    "generator": BAD_GENERATORS,
    "discriminator": BAD_DISCRIMINATORS,
    "augment": BAD_AUGMENTS,
    "loss": BAD_LOSSES,
    "callback": BAD_CALLBACKS,
    "dataset": BAD_DATASETS,
    "metric": BAD_METRICS,
}


@pytest.mark.parametrize(
    ("kind", "cls", "check", "expected", "got"),
    [(kind, *row) for kind, rows in BAD.items() for row in rows],
)
def test_a_broken_contract_is_found(
    kind: str, cls: type, check: str, expected: str, got: str
) -> None:
    failure = _failure(_case(kind, cls, check, SeedOptions))
    assert expected in failure.expected
    assert got in failure.got
    assert failure.at.startswith(f"{__file__}:")
    assert str(failure).startswith(f"{kind} 'it' of this session: ")


def test_every_check_can_fail() -> None:
    checks = {check for kind in BAD for check in _OF_KIND[kind]} - {*_COMMON}
    broken = {check for rows in BAD.values() for _, check, _, _ in rows}
    assert {check.__name__ for check in checks} == broken


def test_the_line_is_the_one_that_raised() -> None:
    failure = _failure(_case("generator", Fails, "samples_have_the_right_shape"))
    line = Path(__file__).read_text().splitlines()[int(failure.at.rpartition(":")[2]) - 1]
    assert line.strip() == "return latents @ torch.zeros(99, 2)"


class Undescribed(Options):
    """No description."""

    width: int = Field(3, ge=1, le=9)


class NoUpperBound(Options):
    """No upper bound."""

    widths: tuple[int, ...] = Field((3,), description="Widths")


class BoundedUnion(Options):
    """Keeps the contract: the bounds hold for both members."""

    size: int | float | None = Field(3, ge=1, le=9, description="Size")


class Lenient(Options, extra="ignore"):
    """Takes anything."""


class Clashing(Options):
    """Named like the engine's."""

    optimizer: str = Field("sgd", description="Ours")


class NotReplayable(Options):
    """Written otherwise than read."""

    number: int = Field(1, ge=0, le=9, description="A number")

    @field_serializer("number")
    def _add_one(self, number: int) -> int:
        return number + 1


@pytest.mark.parametrize(
    ("options", "check", "expected"),
    [
        (Undescribed, "options_are_described_and_bounded", "a description of the option 'width'"),
        (NoUpperBound, "options_are_described_and_bounded", "bounds on both sides"),
        (Lenient, "options_refuse_unknown_keys", "forbid unknown keys"),
        (Clashing, "options_refuse_unknown_keys", "another name than 'optimizer'"),
        (NotReplayable, "options_replay", "NotReplayable(number=1) again"),
    ],
)
def test_bad_options(options: type[Options], check: str, expected: str) -> None:
    failure = _failure(_case("generator", Plain, check, options))
    assert expected in failure.expected
    assert failure.at.startswith(__file__)


def test_a_bad_description() -> None:
    assert _failure(_case("generator", Plain, "says_what_it_is", summary="")).got == "''"
    suggests = {"train.latent_dmi": 3}
    failure = _failure(_case("generator", Plain, "suggestions_can_be_set", suggests=suggests))
    assert "Did you mean 'latent_dim'?" in failure.got
    assert "Loss" in _failure(_case("loss", Plain, "is_of_its_kind")).expected


def test_code_that_does_not_load() -> None:
    registry = Registry()
    registry.add(Component("loss", "it", "no_such_module:It", summary="It"), Source("session"))
    case = ContractCase(Subject(registry, registry.components()[0], {}, ()), _OF_KIND["loss"][1])
    assert "No module named 'no_such_module'" in _failure(case).got


class Needy(Options):
    """With a required option."""

    root: Path = Field(description="A folder")


def test_what_needs_an_option_is_left_out_unless_it_is_given(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable, match="it needs root: give -s root=VALUE"):
        _case("dataset", Data, "items_are_as_it_says", Needy).run()
    _case("dataset", Data, "items_are_as_it_says", Needy, {"root": tmp_path}).run()


@pytest.mark.parametrize(
    ("kind", "cls", "options"),
    [
        ("generator", Plain, BoundedUnion),
        ("discriminator", ToyDiscriminator, Options),
        ("augment", PlainAugment, Options),
        ("loss", ToyLoss, Options),
        ("loss", Learning, Options),
        ("dataset", Data, SeedOptions),
    ],
)
def test_good_components_keep_the_contract(kind: str, cls: type, options: type[Options]) -> None:
    for check in _OF_KIND[kind]:
        if check.__name__ not in ("listing_imports_no_torch", "fingerprint_changes_with_content"):
            _case(kind, cls, check.__name__, options).run()


def test_checking_leaves_the_random_streams_alone() -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    _case("generator", Plain, "same_seed_same_result").run()
    after = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    assert torch.equal(before[0], after[0])
    assert before[1] == after[1]


@pytest.mark.parametrize(
    ("what", "components"),
    [
        ("loss/hinge", {"loss/hinge"}),
        ("ganfw/hinge", {"loss/hinge"}),
        ("disc/mlp", {"discriminator/mlp"}),
        ("dcgan", {"generator/dcgan", "discriminator/dcgan"}),
    ],
)
def test_cases_by_name(what: str, components: set[str]) -> None:
    cases = contract_cases(what)
    assert {case.component for case in cases} == components
    assert len({str(case) for case in cases}) == len(cases)


def test_names_and_options_that_are_refused() -> None:
    with pytest.raises(ganfw.UsageError, match=r"has no option 'gama'. Did you mean 'gamma'\?"):
        contract_cases("loss/r1", {"gama": 3})
    with pytest.raises(ganfw.UsageError, match="options are given to one component"):
        contract_cases("ganfw", {"gamma": 3})
    with pytest.raises(ganfw.UsageError, match="Did you mean 'ganfw'"):
        contract_cases("gnafw")


def test_shapes_of_ones_own() -> None:
    shapes = Shapes((1, 64, 64), (-1.0, 1.0), 2, 9)
    case, *_ = contract_cases("gen/dcgan", {"channels": 8}, [shapes])
    assert [found for found, _ in case.subject.networks(0)] == [shapes]
