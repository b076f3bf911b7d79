"""The contract, against components that break it: each check fails, and says why and where."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import softplus

import ganfw
from ganfw import Component, Critic, Options, Shapes, Terms
from ganfw.registry.registry import Registry
from ganfw.registry.source import Source
from ganfw.testing import ContractCase, ContractFailure, NotApplicable, contract_cases
from ganfw.testing.cases import _OF_KIND
from ganfw.testing.subject import Subject
from ganfw.testing.toys import ToyDataset, ToyDiscriminator, ToyGenerator, ToyLoss

POINTS = Shapes((2,), (-1.0, 1.0), 0, 5)


def _case(kind: str, cls: type, check: str, **more: Any) -> ContractCase:
    registry = Registry()
    given = more.pop("given", {})
    options: type[Options] | None = more.pop("options", None)
    component = Component(
        kind,
        "it",
        f"{cls.__module__}:{cls.__name__}",
        None if options is None else f"{__name__}:{options.__name__}",
        **{"summary": "It", **more},
    )
    registry.add(component, Source("session"))
    (registered,) = registry.components()
    subject = Subject(registry, registered, given, (POINTS,) if kind != "callback" else ())
    (found,) = [each for each in _OF_KIND[kind] if each.__name__ == check]
    return ContractCase(subject, found)


def _failure(case: ContractCase) -> ContractFailure:
    with pytest.raises(ContractFailure) as failure:
        case.run()
    return failure.value


class Base(ToyGenerator):
    pass


class WrongShape(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents).unsqueeze(1)


class Fails(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return latents @ torch.zeros(99, 2)


class Double(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents).double()


class NotFinite(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) / 0


class Unbounded(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return 9 * super().forward(latents)  # type: ignore[no-any-return]


class Idle(Base):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.idle = nn.Parameter(torch.zeros(3))


class Deaf(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents.detach())


class Unseeded(Base):
    _streams = itertools.count()

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) + 0.01 * next(self._streams)


class Forgetful(Base):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.offset = 0.1 * float(torch.rand(()))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) * self.offset


class Stiff(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents) + torch.zeros(2, dtype=torch.float64)


class LeftBehind(Base):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.scale = torch.ones(2)


class Careless(Base):
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents.mul_(2))


class Choosy(Base):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        raise ganfw.ShapesError("never")


@pytest.mark.parametrize(
    ("cls", "check", "expected", "got"),
    [
        (WrongShape, "samples_have_the_shape_of_the_data", "samples (1, 2)", "(1, 1, 2)"),
        (
            Fails,
            "samples_have_the_shape_of_the_data",
            "an output for a batch of 1",
            "RuntimeError: ",
        ),
        (Double, "samples_have_the_shape_of_the_data", "float32", "float64"),
        (NotFinite, "samples_have_the_shape_of_the_data", "finite samples", "nan or infinity"),
        (Choosy, "samples_have_the_shape_of_the_data", "for some shape", "ShapesError"),
        (Unbounded, "samples_lie_in_the_value_range", "samples in -1..1", ".."),
        (Idle, "gradients_reach_weights_and_input", "a gradient of 'idle'", "none"),
        (Deaf, "gradients_reach_weights_and_input", "a gradient at the input", "none"),
        (Unseeded, "same_seed_same_result", "the same output twice", "a gap of 0.01"),
        (Forgetful, "weights_survive_safetensors", "saved and loaded weights", "no buffer"),
        (Stiff, "works_in_other_precisions", "bfloat16, as the input is", "float64"),
        (LeftBehind, "moves_whole_to_another_device", "'scale' on", "register_buffer it"),
        (Careless, "leaves_its_input_alone", "left as it was", "changed in place"),
    ],
)
def test_a_bad_generator(cls: type, check: str, expected: str, got: str) -> None:
    failure = _failure(_case("generator", cls, check))
    assert expected in failure.expected
    assert got in failure.got
    assert failure.at.rpartition(":")[0] == __file__
    assert str(failure).startswith("generator 'it' of this session: ")


def test_the_line_is_the_one_that_raised() -> None:
    failure = _failure(_case("generator", Fails, "samples_have_the_shape_of_the_data"))
    line = Path(__file__).read_text().splitlines()[int(failure.at.rpartition(":")[2]) - 1]
    assert line.strip() == "return latents @ torch.zeros(99, 2)"


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


class OnceOnly(ToyDiscriminator):
    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        doubled: Tensor = _Once.apply(samples)
        return super().forward(doubled)


@pytest.mark.parametrize(
    ("cls", "check", "got"),
    [
        (Column, "one_score_per_sample", "(1, 1)"),
        (Sigmoid, "scores_are_raw", "all in 0..1: remove the sigmoid"),
        (OnceOnly, "survives_double_backward", "RuntimeError"),
    ],
)
def test_a_bad_discriminator(cls: type, check: str, got: str) -> None:
    assert got in _failure(_case("discriminator", cls, check)).got


class Stepping(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        critic(real).mean().backward(retain_graph=True)
        return super().discriminator_terms(critic, real, fake)


class Summed(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": softplus(-critic(fake)).sum()}


class Vector(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": softplus(-critic(fake))}


class Logarithm(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": -critic(fake).sigmoid().log().mean()}


class Silent(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {}

    generator_terms = discriminator_terms


class Blind(ToyLoss):
    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"real": critic(real).detach().mean()}


class Undeclared(ToyLoss):
    needs_gradient_at: ClassVar[tuple[Literal["real", "fake"], ...]] = ()

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        (gradient,) = torch.autograd.grad(critic(real).sum(), real, create_graph=True)
        return {"penalty": gradient.square().mean()}


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


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (Stepping, "it_neither_steps_nor_writes", "it calls backward"),
        (Summed, "terms_are_means_over_the_batch", "twice the value"),
        (Vector, "terms_are_finite_scalars", "shape (1,)"),
        (Logarithm, "large_scores_stay_finite", "inf"),
        (Silent, "terms_are_finite_scalars", "none"),
        (Blind, "gradients_reach_the_players", "none"),
        (Undeclared, "terms_are_finite_scalars", "RuntimeError"),
        (Undeclared, "plays_a_whole_step", "RuntimeError"),
        (Single, "works_in_other_precisions", "torch.float32"),
        (Noisy, "same_seed_same_terms", "two values"),
        (Kinked, "survives_double_backward", "RuntimeError"),
    ],
)
def test_a_bad_loss(cls: type, check: str, said: str) -> None:
    failure = _failure(_case("loss", cls, check))
    assert said in failure.got
    assert failure.at.startswith(__file__)


class NothingHeard(ganfw.Callback):
    pass


class Misspelt(ganfw.Callback):
    def on_step_ended(self, event: ganfw.StepEnd) -> None: ...


class Amnesiac(ganfw.Callback):
    seen = 0

    def on_step_end(self, event: ganfw.StepEnd) -> None:
        self.seen += 1

    def state_dict(self) -> Mapping[str, Any]:
        return {"seen": self.seen}


class Meddling(Amnesiac):
    """What it does depends on what it forgets."""

    def on_step_end(self, event: ganfw.StepEnd) -> None:
        super().on_step_end(event)
        with torch.no_grad():
            for weight in event.run.players["gen"].parameters():
                weight.mul_(1 + 0.01 * self.seen)


class Opaque(ganfw.Callback):
    def on_step_end(self, event: ganfw.StepEnd) -> None: ...

    def state_dict(self) -> Mapping[str, Any]:
        return {"self": self}


class Clumsy(ganfw.Callback):
    def on_failure(self, event: ganfw.Failure) -> None:
        self.file.close()  # type: ignore[attr-defined]

    def on_epoch_end(self, event: ganfw.EpochEnd) -> None:
        raise KeyError("epoch")


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (NothingHeard, "it_listens", "none"),
        (Misspelt, "it_listens", "'on_step_ended', which nobody calls"),
        (Amnesiac, "state_is_plain_and_restores", "{'seen': 0}"),
        (Meddling, "a_resumed_run_ends_the_same", "others after a resume"),
        (Opaque, "state_is_plain_and_restores", "is a Opaque"),
        (Clumsy, "a_run_goes_through", "KeyError: 'epoch'"),
        (Clumsy, "a_failure_goes_through", "AttributeError"),
    ],
)
def test_a_bad_callback(cls: type, check: str, said: str) -> None:
    assert said in _failure(_case("callback", cls, check)).got


class Plain(ToyDataset):
    def __init__(self, options: Any) -> None:
        super().__init__(POINTS)
        self.options = options


class WrongItems(Plain):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.zeros(3, np.uint8), None


class Labelled(Plain):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.zeros(2, np.uint8), 1


class OutOfRange(Plain):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.full(2, 7, np.float32), None


class Misnamed(Plain):
    class_names = ("of", "no", "labels")


class Empty(Plain):
    def __len__(self) -> int:
        return 0


class Restless(Plain):
    def __getitem__(self, index: int) -> ganfw.Item:
        return np.random.default_rng().integers(0, 256, 2, np.uint8), None


class Drifting(Plain):
    counter = itertools.count()

    def fingerprint(self) -> str:
        return f"{next(self.counter):x}"


class SeedOptions(Options):
    """With a seed."""

    seed: int = Field(0, ge=0, le=9, description="Seed")


class Constant(Plain):
    def fingerprint(self) -> str:
        return "c0ffee"


class Faceless(Plain):
    def preview(self, samples: Tensor, real: Tensor | None = None) -> Any:
        return samples


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (WrongItems, "items_are_as_it_says", "has shape (3,)"),
        (Labelled, "items_are_as_it_says", "the label 1"),
        (OutOfRange, "items_are_as_it_says", "7..7"),
        (Misnamed, "items_are_as_it_says", "('of', 'no', 'labels')"),
        (Empty, "items_are_as_it_says", "0"),
        (Restless, "items_are_the_same_each_time", "others when they were read again"),
        (Drifting, "fingerprint_is_stable", "1"),
        (Constant, "fingerprint_changes_with_content", "the same one"),
        (Faceless, "preview_is_a_picture", "Tensor"),
    ],
)
def test_a_bad_dataset(cls: type, check: str, said: str) -> None:
    case = _case("dataset", cls, check, options=SeedOptions)
    assert said in _failure(case).got


class Bare(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": 1.0}


class Tensors(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": real.mean(), "samples": 3}


class Moody(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": float(np.random.default_rng().random()), "samples": 3}


class Doubling(ganfw.Metric):
    def __call__(self, real: Tensor, generate: Callable[[int], Tensor]) -> Mapping[str, Any]:
        return {"score": float(generate(3).mul_(2).mean()), "samples": 3}


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (Bare, "scores_are_numbers_with_their_making", "alone"),
        (Tensors, "scores_are_numbers_with_their_making", "not JSON serializable"),
        (Moody, "same_samples_same_scores", "score"),
        (Doubling, "samples_are_left_alone", "changed in place"),
    ],
)
def test_a_bad_metric(cls: type, check: str, said: str) -> None:
    assert said in _failure(_case("metric", cls, check)).got


class Cropping(ganfw.Augment):
    def forward(self, samples: Tensor) -> Tensor:
        return samples[..., :1]


class Opinionated(ganfw.Augment):
    def forward(self, samples: Tensor) -> Tensor:
        return samples.detach() + 0 * samples


def test_a_bad_augment() -> None:
    assert "(1, 1)" in _failure(_case("augment", Cropping, "samples_keep_their_shape")).got
    failure = _failure(_case("augment", Opinionated, "gradients_reach_weights_and_input"))
    assert failure.got == "0"


class Undescribed(Options):
    """No description."""

    width: int = Field(3, ge=1, le=9)


class Boundless(Options):
    """No upper bound."""

    widths: tuple[int, ...] = Field((3,), description="Widths")


class Lenient(Options, extra="ignore"):
    """Takes anything."""


class Clashing(Options):
    """Named like the engine's."""

    optimizer: str = Field("sgd", description="Ours")


class Lossy(Options):
    """Written otherwise than read."""

    path: complex = Field(1j, description="A complex number")


@pytest.mark.parametrize(
    ("options", "check", "expected"),
    [
        (Undescribed, "options_are_described_and_bounded", "a description of the option 'width'"),
        (Boundless, "options_are_described_and_bounded", "bounds on both sides"),
        (Lenient, "options_refuse_what_they_do_not_know", "forbid unknown keys"),
        (Clashing, "options_refuse_what_they_do_not_know", "another name than 'optimizer'"),
    ],
)
def test_bad_options(options: type[Options], check: str, expected: str) -> None:
    failure = _failure(_case("generator", Base, check, options=options))
    assert expected in failure.expected
    assert failure.at.startswith(__file__)


def test_a_bad_description() -> None:
    said = _failure(_case("generator", Base, "says_what_it_is", summary=""))
    assert said.got == "''"
    suggests = {"train.latent_dmi": 3}
    said = _failure(_case("generator", Base, "suggestions_can_be_set", suggests=suggests))
    assert "Did you mean 'latent_dim'?" in said.got
    assert "'int'" in _failure(_case("loss", Base, "is_of_its_kind")).got.replace(
        f"{__name__}.Base", "'int'"
    )


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
        _case("dataset", Plain, "items_are_as_it_says", options=Needy).run()
    _case("dataset", Plain, "items_are_as_it_says", options=Needy, given={"root": tmp_path}).run()


def test_the_toys_keep_the_contract_themselves() -> None:
    for kind, cls in (("generator", Base), ("discriminator", ToyDiscriminator), ("loss", ToyLoss)):
        for check in _OF_KIND[kind]:
            if check.__name__ != "listing_imports_no_torch":
                _case(kind, cls, check.__name__).run()


def test_checking_leaves_the_random_streams_alone() -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    _case("generator", Base, "same_seed_same_result").run()
    after = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    assert torch.equal(before[0], after[0])
    assert before[1] == after[1]


@pytest.mark.parametrize("what", ["loss/hinge", "ganfw/hinge", "disc/mlp"])
def test_cases_by_name(what: str) -> None:
    cases = contract_cases(what)
    assert {each.component.partition("/")[2] for each in cases} == {what.partition("/")[2]}
    assert len({str(each) for each in cases}) == len(cases)


def test_options_that_cannot_be_given() -> None:
    with pytest.raises(ganfw.UsageError, match=r"has no option 'gama'. Did you mean 'gamma'\?"):
        contract_cases("loss/r1", {"gama": 3})
    with pytest.raises(ganfw.UsageError, match="options are given to one component"):
        contract_cases("ganfw", {"gamma": 3})


def test_shapes_of_ones_own() -> None:
    shapes = Shapes((1, 64, 64), (-1.0, 1.0), 2, 9)
    (case,) = [
        each
        for each in contract_cases("gen/dcgan", {"channels": 8}, [shapes])
        if each.check.__name__ == "samples_have_the_shape_of_the_data"
    ]
    assert case.subject.fitting() == [shapes]
    case.run()


def test_a_bare_name_means_every_kind_of_it() -> None:
    cases = contract_cases("dcgan")
    assert {each.component for each in cases} == {"generator/dcgan", "discriminator/dcgan"}


def test_unknown_names() -> None:
    with pytest.raises(ganfw.UsageError, match="Did you mean 'ganfw'"):
        contract_cases("gnafw")
