"""A network at work: what it gives for samples or latents, whole and by name."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..interfaces.networks import Augment, Network, draw_latents, sees_unaugmented
from ..interfaces.outputs import SAMPLES, SCORES, Output, by_name, tensor_of
from ..interfaces.shapes import Shapes
from ..registry.loading import in_one_line
from .failure import Broken, NotApplicable, expecting
from .subject import Subject, describe
from .toys import random_samples, toy_labels

_MAIN = {"generator": SAMPLES, "discriminator": SCORES}


@dataclass(frozen=True)
class Trial:
    """A network in training mode, with an input (B, ...) and labels (B, ...) or None that fit it.
    ``main`` is the output that it must give; the others are free.

    A further network may take anything: ``refusal`` is what it said to samples."""

    network: Any
    shapes: Shapes
    inputs: Tensor
    labels: Tensor | None
    main: str = SAMPLES
    refusal: str = ""

    @property
    def at(self) -> Any:
        """The function to look at if the output is wrong."""
        return type(self.network).forward

    @property
    def what(self) -> str:
        """The input in words."""
        precision = (
            "" if self.inputs.dtype == torch.float32 else f", in {dtype_name(self.inputs.dtype)}"
        )
        return f"a batch of {len(self.inputs)} {describe(self.shapes)}{precision}"

    def outputs(self) -> dict[str, Tensor]:
        """All tensors that the network gives, by name. Raises Broken for whatever the
        network raises, and NotApplicable if it takes no samples."""
        if self.refusal:
            raise NotApplicable(self.refusal)
        more = () if isinstance(self.network, Augment | Network) else (self.labels,)
        beside = (self.inputs,) if sees_unaugmented(self.network) else ()
        with expecting(f"an output for {self.what}", self.at):
            output: Output = self.network(self.inputs, *more, *beside)
            if not isinstance(self.network, Network):
                tensor_of(output, self.main)
            return dict(_tensors(by_name(output, self.main)))

    def output(self) -> Tensor:
        """The main output: samples (B, ...), or scores (B, ...)."""
        return self.outputs()[self.main]


def trials(subject: Subject, count: int = 2, seed: int = 0) -> Iterator[Trial]:
    """A trial with a batch of ``count`` for each shape that the network accepts."""
    kind = subject.registered.component.kind
    for shapes, network in subject.networks(seed):
        if kind == "generator":
            random = torch.Generator().manual_seed(seed)
            with expecting(f"{count} latents", type(network)):
                inputs = draw_latents(network, shapes, count, random)
        else:
            inputs = random_samples(shapes, count)
        refusal = _refusal(network, inputs) if kind == "network" else ""
        labels = toy_labels(shapes, count)
        yield Trial(network, shapes, inputs, labels, _MAIN.get(kind, SAMPLES), refusal)


def _refusal(network: nn.Module, samples: Tensor) -> str:
    """Why a further network can't be run on ``samples``; "" if it can."""
    try:
        with torch.no_grad():
            copy.deepcopy(network)(samples)
    except Exception as error:
        return f"it takes something else than samples (B, …): {in_one_line(error)}"
    return ""


def check_outputs(
    subject: Subject, expected_shape: Callable[[Trial, tuple[int, ...]], str]
) -> None:
    """All outputs are finite float32 with the batch first, for a batch in training mode and for a
    single input in evaluation mode. ``expected_shape`` says what a wrong shape of the main one
    should be; "" if it is right."""
    for count in (1, 3):
        for trial in trials(subject, count):
            trial.network.train(count > 1)
            outputs = trial.outputs()
            shape = (*outputs[trial.main].shape,)
            if wanted := expected_shape(trial, shape):
                raise Broken(f"{trial.main} {wanted}, for {trial.what}", f"{shape}", trial.at)
            for name, tensor in outputs.items():
                check_output(trial, name, tensor)


def check_output(trial: Trial, name: str, tensor: Tensor) -> None:
    """A finite tensor with the batch first; codes may be whole numbers."""
    if tensor.shape[:1] != (len(trial.inputs),):
        expected = f"{name} ({len(trial.inputs)}, …), the batch first"
        raise Broken(expected, f"{(*tensor.shape,)}", trial.at)
    if tensor.is_floating_point() and tensor.dtype != trial.inputs.dtype:
        expected = f"{name} in {dtype_name(trial.inputs.dtype)}, as the input is"
        raise Broken(expected, dtype_name(tensor.dtype), trial.at)
    if not tensor.isfinite().all():
        raise Broken(f"finite {name}, for {trial.what}", "nan or infinity", trial.at)


def _tensors(named: Mapping[str, Output]) -> Iterator[tuple[str, Tensor]]:
    """Each tensor in ``named``, with its path such as ``features.0``."""
    for name, value in named.items():
        if isinstance(value, Tensor):
            yield name, value
            continue
        inner = value if isinstance(value, Mapping) else _numbered(value)
        yield from ((f"{name}.{key}", tensor) for key, tensor in _tensors(inner))


def _numbered(values: Sequence[Output]) -> dict[str, Output]:
    return {str(number): value for number, value in enumerate(values)}


def dtype_name(dtype: torch.dtype) -> str:
    """Such as ``float32``."""
    return str(dtype).removeprefix("torch.")
