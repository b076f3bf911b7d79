"""The contract, against components that break it: each check fails, and says why and where."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
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
from ganfw.registry.registry import Registry
from ganfw.registry.source import Source
from ganfw.testing import ContractCase, ContractFailure, NotApplicable, contract_cases
from ganfw.testing.cases import _COMMON, _OF_KIND
from ganfw.testing.subject import Subject
from ganfw.testing.toys import ToyDataset, ToyDiscriminator, ToyGenerator, ToyLoss

POINTS = Shapes((2,), (-1.0, 1.0), 0, 5)


def _case(
    kind: str,
    cls: type,
    check: str,
    options: type[Options] | None = None,
    given: Mapping[str, Any] | None = None,
    **more: Any,
) -> ContractCase:
    """One check of ``cls``, registered in this session as a component of ``kind``."""
    registry = Registry()
    target = f"{cls.__module__}:{cls.__name__}"
    path = None if options is None else f"{__name__}:{options.__name__}"
    component = Component(kind, "it", target, path, **{"summary": "It", **more})
    registry.add(component, Source("session"))
    subject = Subject(registry, registry.components()[0], given or {}, (POINTS,))
    (found,) = [function for function in _OF_KIND[kind] if function.__name__ == check]
    return ContractCase(subject, found)


def _failure(case: ContractCase) -> ContractFailure:
    with pytest.raises(ContractFailure) as failure:
        case.run()
    return failure.value


class Plain(ToyGenerator):
    """Keeps the contract."""


class WrongShape(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents).unsqueeze(1)


class Fails(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return latents @ torch.zeros(99, 2)


class Double(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents).double()


class NotFinite(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) / 0


class NoShape(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        raise ganfw.ShapesError("never")


class Unbounded(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return 9 * super().forward(latents)  # type: ignore[no-any-return]


class UnusedWeight(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.unused = nn.Parameter(torch.zeros(3))


class DetachedInput(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents.detach())


class Unseeded(Plain):
    _calls = itertools.count()

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) + 0.01 * next(self._calls)


class UnsavedState(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.factor = 0.1 * float(torch.rand(()))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) * self.factor


class OnePrecision(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) + torch.zeros(2, dtype=torch.float64)


class OneDevice(Plain):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.scale = torch.ones(2)


class InPlace(Plain):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents.mul_(2))


BAD_GENERATORS = [
    (WrongShape, "samples_have_the_right_shape", "samples (1, 2)", "(1, 1, 2)"),
    (Fails, "samples_have_the_right_shape", "an output for a batch of 1", "RuntimeError: "),
    (Double, "samples_have_the_right_shape", "float32", "float64"),
    (NotFinite, "samples_have_the_right_shape", "finite samples", "nan or infinity"),
    (NoShape, "samples_have_the_right_shape", "for some shape", "ShapesError"),
    (Unbounded, "samples_lie_in_the_value_range", "samples in -1..1", ".."),
    (UnusedWeight, "gradients_reach_weights_and_input", "a gradient of 'unused'", "none"),
    (DetachedInput, "gradients_reach_weights_and_input", "a gradient at the input", "none"),
    (Unseeded, "same_seed_same_result", "the same output twice", "a gap of 0.01"),
    (UnsavedState, "weights_survive_safetensors", "saved and loaded weights", "no buffer"),
    (OnePrecision, "works_in_other_precisions", "bfloat16, as the input is", "float64"),
    (OneDevice, "moves_to_another_device", "'scale' on", "register_buffer it"),
    (InPlace, "input_is_not_changed", "left as it was", "changed in place"),
]


class Column(ToyDiscriminator):
    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(samples).unsqueeze(1)


class Sigmoid(ToyDiscriminator):
    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(samples).sigmoid()


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values * 2

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient * 2


class DifferentiableOnce(ToyDiscriminator):
    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        doubled: Tensor = _Once.apply(samples)
        return super().forward(doubled)


BAD_DISCRIMINATORS = [
    (Column, "one_score_per_sample", "scores (1,)", "(1, 1)"),
    (Sigmoid, "scores_are_raw", "raw scores", "all in 0..1: remove the sigmoid"),
    (DifferentiableOnce, "survives_double_backward", "can be differentiated", "RuntimeError"),
]


class Cropping(ganfw.Augment):
    def forward(self, samples: Tensor) -> Tensor:
        return samples[..., :1]


class Detaching(ganfw.Augment):
    def forward(self, samples: Tensor) -> Tensor:
        return samples.detach() + 0 * samples


BAD_AUGMENTS = [
    (Cropping, "samples_have_the_right_shape", "samples (1, 2)", "(1, 1)"),
    (Detaching, "gradients_reach_weights_and_input", "at the input", "0"),
]


class CallsBackward(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        critic(real).mean().backward(retain_graph=True)
        return super().discriminator_terms(critic, real, fake)


class Sum(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": softplus(-critic(fake)).sum()}


class Vector(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": softplus(-critic(fake))}


class Logarithm(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": -critic(fake).sigmoid().log().mean()}


class NoTerms(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {}

    generator_terms = discriminator_terms


class NoGradient(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"real": critic(real).detach().mean()}


class Undeclared(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        (gradient,) = torch.autograd.grad(critic(real).sum(), real, create_graph=True)
        return {"penalty": gradient.square().mean()}


class Misdeclared(ToyLoss):
    needs_gradient_at = ("latents",)  # type: ignore[assignment]


class Single(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": -critic(fake).float().mean()}


class Noisy(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"real": critic(real).mean() * float(np.random.default_rng().random())}


class Kinked(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        twice: Tensor = _Once.apply(critic(real))
        return {"real": twice.square().mean()}


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


BAD_LOSSES = [
    (CallsBackward, "it_neither_steps_nor_writes", "no gradients written", "not backward"),
    (Sum, "terms_are_means_over_the_batch", "a mean", "twice the value"),
    (Vector, "terms_are_finite_scalars", "a scalar", "shape (1,)"),
    (Logarithm, "large_scores_stay_finite", "a finite term", "inf"),
    (NoTerms, "terms_are_finite_scalars", "at least one term", "none"),
    (NoGradient, "gradients_reach_the_players", "at the critic's weights", "none"),
    (Undeclared, "terms_are_finite_scalars", "needs_gradient_at", "RuntimeError"),
    (Undeclared, "plays_a_whole_step", "a step of a GAN on points", "RuntimeError"),
    (Misdeclared, "terms_are_finite_scalars", "('real', 'fake')", "('latents',)"),
    (Single, "works_in_other_precisions", "as the scores", "torch.float32"),
    (Noisy, "same_seed_same_terms", "twice from one seed", "two values"),
    (Kinked, "survives_double_backward", "differentiated twice", "RuntimeError"),
    (Counting, "what_it_learns_survives", "after its state_dict was loaded", "two values"),
    (OpaqueState, "what_it_learns_survives", "plain values and tensors", "is a Options"),
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


class WrongItems(Data):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.zeros(3, np.uint8), None


class Labelled(Data):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.zeros(2, np.uint8), 1


class OutOfRange(Data):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.full(2, 7, np.float32), None


class Misnamed(Data):
    class_names = ("of", "no", "labels")


class Empty(Data):
    def __len__(self) -> int:
        return 0


class RandomItems(Data):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.random.default_rng().integers(0, 256, 2, np.uint8), None


class RandomFingerprint(Data):
    _calls = itertools.count()

    def fingerprint(self) -> str:
        return f"{next(self._calls):x}"


class ConstantFingerprint(Data):
    def fingerprint(self) -> str:
        return "c0ffee"


class NoPicture(Data):
    def preview(self, samples: Tensor, real: Tensor | None = None) -> Any:
        return samples


BAD_DATASETS = [
    (WrongItems, "items_are_as_it_says", "as the dataset says", "has shape (3,)"),
    (Labelled, "items_are_as_it_says", "no labels", "the label 1"),
    (OutOfRange, "items_are_as_it_says", "floats in (-1.0, 1.0)", "7..7"),
    (Misnamed, "items_are_as_it_says", "for all 0 labels", "('of', 'no', 'labels')"),
    (Empty, "items_are_as_it_says", "at least one item", "0"),
    (RandomItems, "items_are_the_same_each_time", "the same items", "others when read again"),
    (RandomFingerprint, "fingerprint_is_stable", "the same fingerprint", ", 1"),
    (ConstantFingerprint, "fingerprint_changes_with_content", "another seed", "the same one"),
    (NoPicture, "preview_is_a_picture", "a PIL image", "Tensor"),
]


class Bare(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": 1.0}


class Tensors(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": real.mean(), "samples": 3}


class RandomScore(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": float(np.random.default_rng().random()), "samples": 3}


class ChangesSamples(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": float(generate(3).mul_(2).mean()), "samples": 3}


BAD_METRICS = [
    (Bare, "scores_are_numbers_with_details", "how it was made", "alone"),
    (Tensors, "scores_are_numbers_with_details", "plain, finite values", "not JSON serializable"),
    (RandomScore, "same_samples_same_scores", "the same scores", "score"),
    (ChangesSamples, "samples_are_not_changed", "left as they were", "changed in place"),
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
    options = SeedOptions if kind == "dataset" else None
    failure = _failure(_case(kind, cls, check, options))
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
        ("generator", Plain, None),
        ("generator", Plain, BoundedUnion),
        ("discriminator", ToyDiscriminator, None),
        ("loss", ToyLoss, None),
        ("loss", Learning, None),
        ("dataset", Data, SeedOptions),
    ],
)
def test_good_components_keep_the_contract(
    kind: str, cls: type, options: type[Options] | None
) -> None:
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
