"""The contract, against components that break it: each check fails, and says why and where."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import Field, field_serializer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus

import ganfw
from ganfw import Component, Critic, DataFacts, Options, Shapes, Terms
from ganfw.registry.registry import Registered, Registry
from ganfw.registry.source import Source
from ganfw.testing import (
    ContractCase,
    ContractFailure,
    NotApplicable,
    contract_cases,
    loss as loss_checks,
)
from ganfw.testing.cases import _CLASS, _OF_KIND
from ganfw.testing.failure import Broken
from ganfw.testing.networks import FURTHER_CHECKS
from ganfw.testing.subject import Subject
from ganfw.testing.toys import ToyDataset, ToyDiscriminator, ToyGenerator, ToyLoss

POINTS = Shapes((2,), (-1.0, 1.0), 0, 5)
LABELLED_POINTS = Shapes((2,), (-1.0, 1.0), 3, 5)


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
    shapes: Shapes = POINTS,
    partners: Mapping[str, type] | None = None,
    **more: Any,
) -> ContractCase:
    """One check of ``cls`` as a component of ``kind``, with ``partners`` if it is a loss."""
    component = Component(kind, "it", "here:It", **{"summary": "It", **more})
    registered = Here(component, Source("session"), cls, options)
    (found,) = [function for function in _OF_KIND[kind] if function.__name__ == check]
    players = {name: _partner(name, player) for name, player in (partners or {}).items()}
    return ContractCase(Subject(Registry(), registered, given or {}, (shapes,), players), found)


def _partner(player: str, cls: type) -> Subject:
    component = Component("generator" if player == "gen" else "discriminator", player, "here:It")
    return Subject(Registry(), Here(component, Source("session"), cls, Options), {}, ())


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


class Named(Plain):
    """Keeps the contract: gives its style too, chooses its latents, truncates itself."""

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Any:
        return {"samples": super().forward(latents), "styles": [latents.tanh(), latents * 2]}

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        size = (count, self.shapes.latent_dim)
        return torch.rand(size, generator=random, device=random.device)

    def forward_truncated(self, latents: Tensor, labels: Tensor | None, truncation: float) -> Any:
        return self(latents * truncation, labels)


class IgnoresTheStream(Plain):
    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return torch.randn(count, self.shapes.latent_dim)


class FewLatents(Plain):
    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return torch.randn(2, self.shapes.latent_dim, generator=random)


class TruncatesToOne(Plain):
    def forward_truncated(self, latents: Tensor, labels: Tensor | None, truncation: float) -> Any:
        return self(latents[:1], labels)


class TruncatesAlways(Plain):
    def forward_truncated(self, latents: Tensor, labels: Tensor | None, truncation: float) -> Any:
        return self(latents / 2, labels)


class Conditional(Plain):
    """Keeps the contract: its samples depend on the label, though not when it is new."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.shift = nn.Embedding(max(shapes.classes, 1), shapes.latent_dim)
        nn.init.zeros_(self.shift.weight)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().forward(latents if labels is None else latents + self.shift(labels))


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


class OtherLatents(Plain):
    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return torch.rand(count, self.shapes.latent_dim)


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
    (IgnoresTheStream, "latents_depend_on_the_stream_alone", "`random` alone", "others"),
    (FewLatents, "latents_depend_on_the_stream_alone", "latents (8, …)", "(2, 5)"),
    (TruncatesToOne, "truncation_keeps_the_shape", "truncated samples (2, 2)", "(1, 2)"),
    (TruncatesAlways, "truncation_keeps_the_shape", "of forward for truncation 1", "others"),
    (UNBOUNDED, "samples_lie_in_the_value_range", "samples in -1..1", ".."),
    (OtherLatents, "latents_depend_on_the_stream_alone", "on `random` alone", "others"),
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


def _naming(
    name: Callable[[ganfw.Discriminator, Tensor], str] = lambda network, scores: "classes",
    output: Callable[[Tensor], Tensor] = lambda scores: torch.stack([scores, -scores, scores], 1),
) -> type:
    """A discriminator that gives something more than scores."""

    class Naming(ToyDiscriminator):
        def forward(self, samples: Tensor, labels: Tensor | None = None) -> Any:
            scores = super().forward(samples)
            return {"scores": scores, name(self, scores): output(scores)}

    return Naming


CLASSIFIER = _naming()
PATCHES = _network(ToyDiscriminator, lambda scores: scores[:, None, None].expand(-1, 2, 3))
ONLY_TRAINING = _naming(lambda network, scores: "classes" if network.training else "scores")
ONLY_FLOAT = _naming(lambda network, scores: "classes" if scores.itemsize == 4 else "half")
SUMMED = _naming(output=torch.sum)
WHOLE_IN_DOUBLE = _naming(output=Tensor.double)
NO_SCORES = _network(ToyDiscriminator, lambda scores: {"classes": scores})  # type: ignore[arg-type, return-value]
SCORE_COLUMN = _network(ToyDiscriminator, lambda scores: scores[:, None])
SIGMOID = _network(ToyDiscriminator, torch.sigmoid)
ONCE = _network(ToyDiscriminator, inputs=_Once.apply)

BAD_DISCRIMINATORS = [
    (SCORE_COLUMN, "scores_of_each_sample", "scores (1,)", "(1, 1)"),
    (NO_SCORES, "scores_of_each_sample", "an output for", "a dict with 'scores'"),
    (SUMMED, "scores_of_each_sample", "classes (1, …), the batch first", "()"),
    (WHOLE_IN_DOUBLE, "scores_of_each_sample", "classes in float32", "float64"),
    (ONLY_TRAINING, "it_gives_the_same_names_always", "classes, scores in eval", "scores"),
    (ONLY_FLOAT, "it_gives_the_same_names_always", "classes, scores in bfloat16", "half, scores"),
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


class CountingTensor(ToyLoss):
    """A tensor that moves in one turn and counts in the other, in no state_dict."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.mean = torch.zeros(())

    def discriminator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        self.mean = self.mean * 0.9 + critic(real).detach().mean()
        return super().discriminator_terms(critic, real, fake)

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": (critic(fake) - self.mean).square().mean()}


class DrawnOnce(ToyLoss):
    """What it draws when it is made is in no state_dict."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.aim = torch.rand(())

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": (critic(fake) - self.aim).square().mean()}


class KeepsGraph(ToyLoss):
    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        before, self.before = vars(self).get("before", 0.0), critic(fake).mean()
        return {"fake": self.before - before}


def _reads(read: Callable[[ganfw.Turn], Any], *declared: str) -> type:
    """A loss that reads something, and says that it needs what is ``declared``."""

    class Reads(ganfw.Loss):
        needs = declared

        def terms(self, turn: ganfw.Turn) -> Terms:
            return {"it": read(turn).mean()}

    return Reads


CLASSES = _reads(lambda turn: turn.critic.all(turn.real)["classes"])
STYLE = _reads(lambda turn: turn.generated["style"])
ANOTHER_STYLE = _reads(lambda turn: turn.generate(turn.latents, None)["style"])
ENCODER = _reads(lambda turn: turn.forward("encoder", turn.real))
ENCODER_ITSELF = _reads(lambda turn: turn.networks["encoder"](turn.real))
NEEDS_WHAT = _reads(lambda turn: turn.real, "discriminator.classes")
FROZEN = _reads(
    lambda turn: torch.autograd.grad(
        turn.critic(turn.fake).sum(), [*turn.networks["disc"].parameters()], create_graph=True
    )[0]
)
LABELS = _reads(lambda turn: turn.labels + 1)


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


class Scaled(ToyLoss):
    """Keeps the contract: the engine's scores are float32, as the buffer is."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.register_buffer("scale", torch.ones(()))

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        return {"fake": (critic(fake) * self.scale[None] - 1).square().mean()}


class Optional(ToyLoss):
    """Keeps the contract: it asks whether there are classes."""

    def generator_terms(self, critic: Critic, real: Tensor, fake: Tensor) -> Terms:
        given = critic.all(fake)
        chosen = given["classes"] if "classes" in given else given["scores"]
        assert isinstance(chosen, Tensor)
        return {"fake": chosen.mean()}


def _unseeded(critic: Critic, real: Tensor, fake: Tensor) -> Terms:
    return {"real": critic(real).mean() * float(np.random.default_rng().random())}


def _kinked(critic: Critic, real: Tensor, fake: Tensor) -> Terms:
    twice: Tensor = _Once.apply(critic(real))
    return {"real": twice.square().mean()}


SUM = _loss(gen=lambda critic, real, fake: {"fake": softplus(-critic(fake)).sum()})
VECTOR = _loss(gen=lambda critic, real, fake: {"fake": softplus(-critic(fake))})
LOGARITHM = _loss(gen=lambda critic, real, fake: {"fake": -critic(fake).sigmoid().log().mean()})
NO_GRADIENT = _loss(lambda critic, real, fake: {"real": critic(real).detach().mean()})
DOUBLE_TERM = _loss(lambda critic, real, fake: {"real": critic(real).double().mean()})

BAD_LOSSES = [
    (CallsBackward, "it_neither_steps_nor_writes", "no gradients written", "not backward"),
    (SUM, "terms_are_means_over_the_batch", "a mean", "twice the value"),
    (VECTOR, "terms_are_finite_scalars", "a scalar", "shape (1,)"),
    (LOGARITHM, "large_scores_stay_finite", "a finite term", "inf"),
    (_loss(), "terms_are_finite_scalars", "at least one term", "none"),
    (NO_GRADIENT, "gradients_reach_the_players", "at the critic's weights", "none"),
    (Undeclared, "terms_are_finite_scalars", "needs_gradient_at", "RuntimeError"),
    (Misdeclared, "terms_are_finite_scalars", "('real', 'fake')", "('latents',)"),
    (DOUBLE_TERM, "works_in_other_precisions", "in float32, as the scores", "torch.float64"),
    (KeepsGraph, "plays_whole_steps", "steps of a GAN", "backward through the graph a second"),
    (CountingTensor, "what_it_learns_survives", "term 'fake' after its state", "two values"),
    (DrawnOnce, "what_it_learns_survives", "term 'fake' after its state", "two values"),
    (FROZEN, "terms_are_finite_scalars", "terms for 1 points", "does not require grad"),
    (CLASSES, "terms_are_finite_scalars", 'needs = ("disc.classes",)', "()"),
    (STYLE, "terms_are_finite_scalars", 'needs = ("gen.style",)', "()"),
    (ANOTHER_STYLE, "terms_are_finite_scalars", 'needs = ("gen.style",)', "()"),
    (ENCODER, "terms_are_finite_scalars", 'needs = ("network.encoder",)', "()"),
    (ENCODER_ITSELF, "plays_whole_steps", 'needs = ("network.encoder",)', "()"),
    (NEEDS_WHAT, "terms_are_finite_scalars", '"disc.NAME"', "('discriminator.classes',)"),
    (LABELS, "terms_are_finite_scalars", 'needs = ("labels",)', "TypeError"),
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


class NoArray(Data):
    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.label_shape = (3,)

    def __getitem__(self, index: int) -> ganfw.Item:
        return self.items[index], 1


class TwoKinds(NoArray):
    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.classes = 2


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
RANDOM_ORDER = _data(order=lambda self, random: torch.arange(len(self)).roll(next(CALLS)))
SHORT_ORDER = _data(order=lambda self, random: torch.arange(len(self) - 1))
RANDOM_FINGERPRINT = _data(fingerprint=lambda self: f"{next(CALLS):x}")
CONSTANT_FINGERPRINT = _data(fingerprint=lambda self: "c0ffee")
NO_PICTURE = _data(preview=lambda self, samples, real: samples)

BAD_DATASETS = [
    (WRONG_SHAPE, "items_are_as_it_says", "as the dataset says", "has shape (3,)"),
    (LABELLED, "items_are_as_it_says", "no labels", "the label 1"),
    (OUT_OF_RANGE, "items_are_as_it_says", "floats in (-1.0, 1.0)", "7..7"),
    (Misnamed, "items_are_as_it_says", "for all 0 labels", "('of', 'no', 'labels')"),
    (NoArray, "items_are_as_it_says", "as the dataset says", "has label 1"),
    (TwoKinds, "items_are_as_it_says", "not both", "2 classes and labels of shape (3,)"),
    (EMPTY, "items_are_as_it_says", "at least one item", "0"),
    (RANDOM_ITEMS, "items_are_the_same_each_time", "the same items", "others when read again"),
    (RANDOM_ORDER, "order_holds_every_item_once", "of the same random numbers", "another one"),
    (SHORT_ORDER, "order_holds_every_item_once", "each once", "others"),
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


class Encoder(ganfw.Network):
    """Keeps the contract."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.layer = nn.Linear(math.prod(shapes.sample), shapes.latent_dim)

    def forward(self, samples: Tensor) -> Any:
        mean = self.layer(samples.flatten(1))
        return {"mean": mean, "code": mean.argmax(1)}


class OfTwo(Encoder):
    """Keeps the contract, in so far as that can be tried: it takes more than samples."""

    def forward(self, samples: Tensor, latents: Tensor) -> Any:
        return super().forward(samples)["mean"] * latents


class UnusedWeightOfEncoder(Encoder):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.unused = nn.Parameter(torch.zeros(3))


class OneDeviceOfTwo(OfTwo):
    def __init__(self, options: Any, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        self.scale = torch.ones(2)


BAD_NETWORKS = [
    (UnusedWeightOfEncoder, "gradients_reach_weights", "a gradient of 'unused'", "none"),
    (OneDeviceOfTwo, "moves_to_another_device", "'scale' on", "register_buffer it"),
]


def _optimizer(options: Options, network: nn.Module) -> torch.optim.Optimizer:
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return torch.optim.SGD(weights, lr=0.01)


def _no_optimizer(options: Options, network: nn.Module) -> list[nn.Parameter]:
    return list(network.parameters())


def _frozen_too(options: Options, network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=0.01)


def _without_biases(options: Options, network: nn.Module) -> torch.optim.Optimizer:
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return torch.optim.SGD([weight for weight in weights if weight.dim() > 1], lr=0.01)


def _uphill(options: Options, network: nn.Module) -> torch.optim.Optimizer:
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    return torch.optim.SGD(weights, lr=0.01, maximize=True)


class Hasty(torch.optim.Optimizer):
    """Takes a gradient of each weight for granted, and keeps its pace to itself."""

    def __init__(self, options: Options, network: nn.Module) -> None:
        super().__init__([weight for weight in network.parameters() if weight.requires_grad],
                         {"lr": 0.01})  # fmt: skip

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for weight in self.param_groups[0]["params"]:
            weight -= 0.01 * weight.grad


class Forgetful(Hasty):
    """Each step is smaller than the one before, but which step it is it does not save."""

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        self.taken = getattr(self, "taken", 0) + 1
        for weight in self.param_groups[0]["params"]:
            if weight.grad is not None:
                weight.sub_(weight.grad, alpha=0.01 / self.taken)


BAD_OPTIMIZERS = [
    (_no_optimizer, "it_makes_an_optimizer", "a torch.optim.Optimizer", "list"),
    (
        _frozen_too,
        "each_trainable_weight_is_in_one_group",
        "'frozen.weight' in 0 groups",
        "it in 1",
    ),
    (_without_biases, "each_trainable_weight_is_in_one_group", "'linear.bias' in 1", "it in 0"),
    (_uphill, "weights_move_downhill", "smaller weights", "in 10 steps"),
    (_without_biases, "weights_move_downhill", "each trainable weight moves", "one that stays"),
    (Hasty, "a_weight_may_get_its_first_gradient_late", "without an error", "TypeError"),
    (Forgetful, "it_resumes_exactly", "the same weights after resuming", "others"),
]

BAD = {
    "generator": BAD_GENERATORS,
    "discriminator": BAD_DISCRIMINATORS,
    "augment": BAD_AUGMENTS,
    "loss": BAD_LOSSES,
    "callback": BAD_CALLBACKS,
    "dataset": BAD_DATASETS,
    "metric": BAD_METRICS,
    "network": BAD_NETWORKS,
    "optimizer": BAD_OPTIMIZERS,
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
    checks = {check for kind in BAD for check in _OF_KIND[kind]} - {*_CLASS}
    broken = {check for rows in BAD.values() for _, check, _, _ in rows}
    below = {"labels_matter", "gradients_reach_further_networks", "facts_are_true"}
    assert {check.__name__ for check in checks} == broken | below


@pytest.mark.parametrize(("kind", "cls"), [("generator", Plain), ("discriminator", CLASSIFIER)])
def test_a_label_is_ignored(kind: str, cls: type) -> None:
    case = _case(kind, cls, "labels_matter", shapes=LABELLED_POINTS, tags=("conditional",))
    assert _failure(case).got == "the same for every label"
    _case(kind, cls, "labels_matter", shapes=LABELLED_POINTS).run()


class Classifies(ToyLoss):
    """Odena et al. 2017: the discriminator names the class."""

    needs = ("labels", "disc.classes")

    def terms(self, turn: ganfw.Turn) -> Terms:
        shown, labels = (
            (turn.real, turn.labels) if turn.player == "disc" else (turn.fake, turn.fake_labels)
        )
        logits = turn.critic.all(shown)["classes"]
        assert isinstance(logits, Tensor)
        return {**super().terms(turn), "class": cross_entropy(logits, labels)}


class Encodes(ToyLoss):
    needs = ("network.encoder",)

    def terms(self, turn: ganfw.Turn) -> Terms:
        code = turn.forward("encoder", turn.fake)
        assert isinstance(code, Tensor)
        return {**super().terms(turn), "code": (code - turn.latents[:, 0]).square().mean()}


class EncodesDetached(Encodes):
    def terms(self, turn: ganfw.Turn) -> Terms:
        return {name: value.detach() if name == "code" else value
                for name, value in super().terms(turn).items()}  # fmt: skip


def test_a_further_network_learns_nothing() -> None:
    partners = {"encoder": ToyDiscriminator}
    check = "gradients_reach_further_networks"
    failure = _failure(_case("loss", EncodesDetached, check, partners=partners))
    assert failure.expected == "a term with a gradient at the weights of network 'encoder'"


@pytest.mark.parametrize(
    ("loss", "partners"),
    [
        (Classifies, {"disc": CLASSIFIER}),
        (Encodes, {"encoder": ToyDiscriminator}),
        (Optional, {"disc": CLASSIFIER}),
        (ToyLoss, {"gen": Named, "disc": PATCHES}),
    ],
)
def test_a_loss_keeps_the_contract_with_partners(loss: type, partners: dict[str, type]) -> None:
    for check in loss_checks.CHECKS:
        _case("loss", loss, check.__name__, shapes=LABELLED_POINTS, partners=partners).run()


@pytest.mark.parametrize(
    ("loss", "shapes", "partners", "reason"),
    [
        (Classifies, POINTS, {"disc": CLASSIFIER}, "it needs labels: give --shapes with classes"),
        (Classifies, LABELLED_POINTS, {}, "'classes' from the discriminator: give --disc NAME"),
        (Classifies, LABELLED_POINTS, {"disc": PATCHES}, "and 'disc' gives only scores"),
        (Encodes, POINTS, {}, "it needs a network 'encoder': give --network encoder=COMPONENT"),
    ],
)
def test_what_a_loss_needs_is_asked_for(
    loss: type, shapes: Shapes, partners: dict[str, type], reason: str
) -> None:
    with pytest.raises(NotApplicable, match=reason):
        _case("loss", loss, "plays_whole_steps", shapes=shapes, partners=partners).run()


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


@pytest.mark.parametrize(
    ("suggests", "got"),
    [
        ({"gen.optimizer.betas": (0.5, 0.9)}, None),
        ({"gen.optimizer.use": "sgd", "gen.optimizer.momentum": 0.9}, None),
        ({"gen.optimizer.use": "sgd", "gen.optimizer.betas": (0.5, 0.9)}, "no option 'betas'"),
        ({"gen.optimizer.use": "lino"}, "no optimizer 'lino'. Did you mean 'lion'?"),
        ({"gen.widht": 3}, "no option 'widht'"),
    ],
)
def test_suggested_optimizers(
    registry: Registry, suggests: Mapping[str, Any], got: str | None
) -> None:
    case = _case("generator", Plain, "suggestions_can_be_set", suggests=suggests)
    case = replace(case, subject=replace(case.subject, registry=registry))
    if got is None:
        case.run()
    else:
        assert got in _failure(case).got


def test_code_that_does_not_load() -> None:
    registry = Registry()
    registry.add(Component("loss", "it", "no_such_module:It", summary="It"), Source("session"))
    case = ContractCase(Subject(registry, registry.components()[0], {}, ()), _OF_KIND["loss"][0])
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
        ("generator", Named, Options),
        ("generator", Conditional, Options),
        ("discriminator", ToyDiscriminator, Options),
        ("discriminator", CLASSIFIER, Options),
        ("discriminator", PATCHES, Options),
        ("augment", PlainAugment, Options),
        ("loss", ToyLoss, Options),
        ("loss", Learning, Options),
        ("loss", Scaled, Options),
        ("loss", Optional, Options),
        ("dataset", Data, SeedOptions),
        ("optimizer", _optimizer, Options),
    ],
)
def test_good_components_keep_the_contract(kind: str, cls: type, options: type[Options]) -> None:
    shapes = LABELLED_POINTS if cls is Conditional else POINTS
    for check in _OF_KIND[kind]:
        if check.__name__ not in ("listing_imports_no_torch", "fingerprint_changes_with_content"):
            _case(kind, cls, check.__name__, options, None, shapes, tags=("conditional",)).run()


def test_a_network_is_run_on_samples_if_it_takes_them() -> None:
    for check in FURTHER_CHECKS:
        _case("network", Encoder, check.__name__).run()
        with pytest.raises(NotApplicable, match=r"something else than samples \(B, …\): TypeError"):
            _case("network", OfTwo, check.__name__).run()


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


class Conv1d(ToyDiscriminator):
    """Takes series alone."""

    def __init__(self, options: Any, shapes: Shapes) -> None:
        if len(shapes.sample) != 2:
            raise ganfw.ShapesError(f"it needs series (C, T), but the data's samples are {shapes}")
        super().__init__(options, shapes)


def test_series_are_tried_if_nothing_else_fits() -> None:
    case = _case("discriminator", Conv1d, "scores_of_each_sample")
    with pytest.raises(ContractFailure, match="ShapesError for each, the last: it needs series"):
        case.run()
    usual = replace(case, subject=replace(case.subject, shapes=()))
    usual.run()
    assert [str(shapes) for shapes, _ in usual.subject.networks(0)] == ["(1, 256)", "(16, 8)"]


class Few(Options):
    """It says that there are 3 samples, of 12 points."""

    def facts(self) -> DataFacts:
        return DataFacts(samples=3)


class Several(Options):
    """It says that its points have classes."""

    def facts(self) -> DataFacts:
        return DataFacts(classes=4)


class Unsure(Options):
    """It fails where the data would."""

    def facts(self) -> DataFacts:
        raise OSError("no such file")


@pytest.mark.parametrize(
    ("options", "got"),
    [
        (Options, ""),
        (Few, "facts().samples = 3 of 12 samples"),
        (Several, "facts().classes = 4 of 0 classes"),
        (Unsure, "OSError: no such file"),
    ],
)
def test_a_datasets_facts_are_true(options: type[Options], got: str) -> None:
    case = _case("dataset", Data, "facts_are_true", options)
    if got:
        assert got in str(_failure(case))
    else:
        case.run()


def test_what_a_recipe_fits_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for data that the recipe's own is not, where only its users would see it."""
    (tmp_path / "shelf").mkdir()
    rows = '[[fit]]\noption = "gen.channels"\nby = "side"\nvalues = [[8, 16], [9, "wide"]]\n'
    recipe = '[data]\nuse = "sprites"\n[gen]\nuse = "compact"\n[disc]\nuse = "compact"\n'
    (tmp_path / "shelf" / "mine.toml").write_text(recipe + rows)
    monkeypatch.syspath_prepend(tmp_path)
    registry = contract_cases("recipe/pictures")[0].subject.registry
    registry.add(Component("recipe", "mine", "shelf:mine.toml"), Source("session"))
    subject = Subject(registry, registry.find("recipe", "mine"), {}, ())
    whole, fits = (check for check in _OF_KIND["recipe"] if check.__module__.endswith("recipe"))
    whole(subject)
    with pytest.raises(Broken, match=r"gen\.channels = 'wide'"):
        fits(subject)
