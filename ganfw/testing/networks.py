"""What generators, discriminators and augments have in common: they are networks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..interfaces.networks import Augment, draw_latents, draws_own_latents
from ..interfaces.shapes import Shapes
from .failure import Broken, expecting
from .files import new_folder
from .subject import Subject, describe
from .toys import random_samples, toy_labels


@dataclass(frozen=True)
class Trial:
    """A network in training mode, with inputs (B, ...) and labels (B, ...) or None that fit it."""

    network: Any
    shapes: Shapes
    inputs: Tensor
    labels: Tensor | None

    @property
    def at(self) -> Any:
        """The function to look at if the output is wrong."""
        return type(self.network).forward

    @property
    def what(self) -> str:
        """The input in words."""
        precision = "" if self.inputs.dtype == torch.float32 else f", in {_name(self.inputs.dtype)}"
        return f"a batch of {len(self.inputs)} {describe(self.shapes)}{precision}"

    def output(self) -> Tensor:
        """The network's output. Raises Broken for whatever the network raises."""
        labels = () if isinstance(self.network, Augment) else (self.labels,)
        with expecting(f"an output for {self.what}", self.at):
            output: Tensor = self.network(self.inputs, *labels)
        return output


def trials(subject: Subject, count: int = 2, seed: int = 0) -> Iterator[Trial]:
    """A trial with a batch of ``count`` for each shape that the network accepts."""
    for shapes, network in subject.networks(seed):
        if subject.registered.component.kind == "generator":
            inputs = _latents(network, shapes, count)
        else:
            inputs = random_samples(shapes, count)
        yield Trial(network, shapes, inputs, toy_labels(shapes, count))


def _latents(network: Any, shapes: Shapes, count: int) -> Tensor:
    if not draws_own_latents(network):
        return torch.randn(count, shapes.latent_dim)
    with expecting(f"{count} latents", type(network).draw_latents):
        return draw_latents(network, shapes, count, torch.Generator().manual_seed(0))


def check_outputs(subject: Subject, what: str, wanted: Callable[[Shapes], tuple[int, ...]]) -> None:
    """Outputs, called ``what``, are finite float32 of shape (B, *wanted(shapes)): for a batch in
    training mode, and for a single input in evaluation mode."""
    for count in (1, 3):
        for trial in trials(subject, count):
            trial.network.train(count > 1)
            output, shape = trial.output(), (count, *wanted(trial.shapes))
            if not isinstance(output, Tensor):
                raise Broken(f"a tensor of {what}", type(output).__name__, trial.at)
            if output.shape != shape:
                raise Broken(f"{what} {shape}, for {trial.what}", f"{(*output.shape,)}", trial.at)
            if output.dtype != torch.float32:
                raise Broken(f"{what} in float32, as the input is", _name(output.dtype), trial.at)
            if not output.isfinite().all():
                raise Broken(f"finite {what}, for {trial.what}", "nan or infinity", trial.at)


def samples_have_the_right_shape(subject: Subject) -> None:
    """A generator's and an augment's: that of the data."""
    check_outputs(subject, "samples", lambda shapes: shapes.sample)


def gradients_reach_weights_and_input(subject: Subject) -> None:
    """A weight without a gradient never learns; without one at the input, the other player does
    not."""
    for trial in trials(subject, 3):
        trial.inputs.requires_grad_(trial.inputs.is_floating_point())
        output = trial.output()
        (output * torch.randn_like(output)).sum().backward()  # type: ignore[no-untyped-call]
        for name, weight in trial.network.named_parameters():
            if weight.requires_grad and weight.grad is None:
                at = type(trial.network)
                raise Broken(f"a gradient of '{name}', given {trial.what}", "none", at)
            if weight.grad is not None and not weight.grad.isfinite().all():
                raise Broken(f"a finite gradient of '{name}'", "nan or infinity", trial.at)
        gradient = trial.inputs.grad
        if not trial.inputs.requires_grad:
            continue  # codes have no gradient
        if gradient is None or not gradient.any():
            raise Broken("a gradient at the input", "none" if gradient is None else "0", trial.at)


def same_seed_same_result(subject: Subject) -> None:
    """Weights and outputs are functions of torch's global seed."""
    for first, second in zip(trials(subject, seed=7), trials(subject, seed=7), strict=True):
        gap = _gap(first, second)
        if gap:
            raise Broken("the same output twice from one seed", f"a gap of {gap:.2g}", first.at)


def weights_survive_safetensors(subject: Subject) -> None:
    """All that shapes the output is in ``state_dict``, as tensors."""
    for trial in trials(subject):
        trial.output()  # in training mode, so that running statistics are no new network's
        path, at = new_folder() / "weights.safetensors", type(trial.network).__init__
        torch.manual_seed(1)
        loaded = subject.build(trial.shapes)
        with expecting("a state_dict of tensors alone, which a new network loads", at):
            state = trial.network.state_dict()
            save_file({name: weight.contiguous().clone() for name, weight in state.items()}, path)
            loaded.load_state_dict(load_file(path))
        if _gap(*(replace(trial, network=network.eval()) for network in (trial.network, loaded))):
            got = "another: part of its state is no parameter and no buffer"
            raise Broken("the same output from saved and loaded weights", got, at)


def works_in_other_precisions(subject: Subject) -> None:
    """float64 and bfloat16: a tensor made inside must have the input's dtype."""
    for dtype in (torch.float64, torch.bfloat16):
        for trial in trials(subject):
            inputs, labels = _as(trial.inputs, dtype), trial.labels
            labels = None if labels is None else _as(labels, dtype)
            network = trial.network.to(dtype)
            try:
                output = replace(trial, network=network, inputs=inputs, labels=labels).output()
            except Broken as broken:
                if "not implemented for" in broken.got:
                    continue  # this device has no such kernel, which is no fault of the component
                raise
            if output.dtype != dtype:
                raise Broken(f"{_name(dtype)}, as the input is", _name(output.dtype), trial.at)
            if not output.isfinite().all():
                raise Broken(f"finite numbers in {_name(dtype)}", "nan or infinity", trial.at)


def moves_to_another_device(subject: Subject) -> None:
    """All of its tensors move with it: to a GPU, or without one to torch's meta device."""
    device = torch.device("cuda" if torch.cuda.is_available() else "meta")
    for trial in trials(subject):
        network = copy.deepcopy(trial.network).to(device)
        for name, tensor in _all_tensors(network):
            if tensor.device.type != device.type:
                got = f"{tensor.device}: make it a parameter, or register_buffer it"
                raise Broken(f"'{name}' on {device.type} after to()", got, type(network).__init__)
        labels = None if trial.labels is None else trial.labels.to(device)
        try:
            Trial(network, trial.shapes, trial.inputs.to(device), labels).output()
        except Broken as broken:
            # A value can't be read off the meta device, nor has every operation a kernel there.
            if "device" in broken.got and "item()" not in broken.got:
                raise


def input_is_not_changed(subject: Subject) -> None:
    """The same samples are used again: by the other player, by another loss."""
    for trial in trials(subject):
        before = trial.inputs.clone()
        with torch.no_grad():
            trial.output()
        if not torch.equal(before, trial.inputs):
            raise Broken("an input that is left as it was", "one changed in place", trial.at)


def _gap(first: Trial, second: Trial) -> float:
    """The greatest difference of their outputs from one seed; nan where either is nan."""
    outputs = []
    for trial in (first, second):
        torch.manual_seed(2)
        outputs.append(trial.output().detach())
    return float((outputs[0] - outputs[1]).abs().max())


def _all_tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters, buffers, and tensors kept as plain attributes."""
    yield from network.named_parameters()
    yield from network.named_buffers()
    for path, module in network.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor):
                yield f"{path}.{name}".strip("."), value


def _as(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Floats in ``dtype``; codes and classes as they are."""
    return values.to(dtype) if values.is_floating_point() else values


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


NETWORK_CHECKS = (
    gradients_reach_weights_and_input,
    same_seed_same_result,
    weights_survive_safetensors,
    works_in_other_precisions,
    moves_to_another_device,
    input_is_not_changed,
)
