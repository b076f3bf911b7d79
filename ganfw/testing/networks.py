"""What generators, discriminators and augments owe alike: they are networks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..interfaces.shapes import Shapes
from .failure import Broken, expecting
from .subject import Subject, describe, scratch

Inputs = Callable[[Shapes, int], Tensor]
"""``inputs(shapes, B)`` draws what the network is given, (B, ...) float32."""

Call = Callable[[nn.Module, Tensor, "Tensor | None"], Tensor]
"""Runs a network on its input and labels."""


def with_labels(network: nn.Module, inputs: Tensor, labels: Tensor | None) -> Tensor:
    """How generators and discriminators are called."""
    output: Tensor = network(inputs, labels)
    return output


class NetworkChecks:
    """The checks of a network, given what goes in and how it is called."""

    def __init__(self, inputs: Inputs, call: Call) -> None:
        self._inputs = inputs
        self._call = call

    def each(self, subject: Subject, count: int = 2) -> Iterator[tuple[Any, Shapes, Tensor, Any]]:
        """For each fitting shape: a network in training mode, the shapes, an input, labels."""
        for shapes in subject.fitting():
            torch.manual_seed(0)
            network = subject.build(shapes)
            yield network, shapes, self._inputs(shapes, count), self.labels(shapes, count)

    def labels(self, shapes: Shapes, count: int) -> Tensor | None:
        """Labels (B,) if there are classes."""
        return torch.arange(count) % shapes.classes if shapes.classes else None

    def forward(self, network: Any, inputs: Tensor, labels: Tensor | None, what: str) -> Tensor:
        """The output; whatever the network raises is told."""
        with expecting(f"an output for {what}", type(network).forward):
            return self._call(network, inputs, labels)

    @property
    def checks(self) -> tuple[Callable[[Subject], None], ...]:
        """What every network is asked."""
        return (
            self.gradients_reach_weights_and_input,
            self.same_seed_same_result,
            self.weights_survive_safetensors,
            self.works_in_other_precisions,
            self.moves_whole_to_another_device,
            self.leaves_its_input_alone,
        )

    def check_outputs(
        self, subject: Subject, what: str, wanted: Callable[[Shapes], tuple[int, ...]]
    ) -> None:
        """Outputs, called ``what``, of the shape (B, *wanted(shapes)): for a batch in training, and
        for a single one in evaluation."""
        for count in (1, 3):
            for network, shapes, inputs, labels in self.each(subject, count):
                network.train(count > 1)
                output = self.forward(network, inputs, labels, f"a batch of {count}")
                check_output(network, output, (count, *wanted(shapes)), what, shapes)

    def gradients_reach_weights_and_input(self, subject: Subject) -> None:
        """A weight without a gradient never learns; an input without one starves the other
        player."""
        for network, shapes, inputs, labels in self.each(subject, 3):
            inputs.requires_grad_()
            output = self.forward(network, inputs, labels, describe(shapes))
            (output * torch.randn_like(output)).sum().backward()  # type: ignore[no-untyped-call]
            at = type(network).forward
            for name, weight in network.named_parameters():
                if weight.requires_grad and weight.grad is None:
                    wanted = f"a gradient of '{name}', given {describe(shapes)}"
                    raise Broken(wanted, "none", type(network))
                if weight.grad is not None and not weight.grad.isfinite().all():
                    raise Broken(f"a finite gradient of '{name}'", "nan or infinity", at)
            if inputs.grad is None or not inputs.grad.any():
                raise Broken("a gradient at the input", "none" if inputs.grad is None else "0", at)

    def same_seed_same_result(self, subject: Subject) -> None:
        """Weights and outputs are functions of torch's global seed."""
        for shapes in subject.fitting():
            outputs = []
            for _ in range(2):
                torch.manual_seed(7)
                network = subject.build(shapes)
                inputs, labels = self._inputs(shapes, 2), self.labels(shapes, 2)
                outputs.append(self.forward(network, inputs, labels, describe(shapes)))
            if not torch.equal(*outputs):
                gap = (outputs[0] - outputs[1]).abs().max()
                raise Broken("the same output twice from one seed", f"a gap of {gap:.2g}",
                             type(network).forward)  # fmt: skip

    def weights_survive_safetensors(self, subject: Subject) -> None:
        """All that shapes the output is in ``state_dict``, as tensors."""
        path = scratch() / "weights.safetensors"
        for network, shapes, inputs, labels in self.each(subject):
            # A step of training first, so that running statistics differ from fresh ones.
            self.forward(network, inputs, labels, describe(shapes))
            with expecting("a state_dict of tensors alone", type(network)):
                state = network.state_dict()
                save_file({name: each.contiguous().clone() for name, each in state.items()}, path)
            torch.manual_seed(1)
            again = subject.build(shapes)
            with expecting("weights that load into a fresh network", type(network)):
                again.load_state_dict(load_file(path))
            outputs = []
            for each in (network, again):
                torch.manual_seed(2)
                outputs.append(self.forward(each.eval(), inputs, labels, describe(shapes)))
            if not torch.equal(*outputs):
                raise Broken(
                    "the same output from saved and loaded weights", "another: part of its "
                    "state is no parameter and no buffer", type(network).__init__,
                )  # fmt: skip

    def works_in_other_precisions(self, subject: Subject) -> None:
        """float64 and bfloat16: a tensor made inside must follow the input's dtype."""
        for dtype in (torch.float64, torch.bfloat16):
            for network, shapes, inputs, labels in self.each(subject):
                at = type(network).forward
                try:
                    what = f"{describe(shapes)} in {_short(dtype)}"
                    output = self.forward(network.to(dtype), inputs.to(dtype), labels, what)
                except Broken as broken:
                    if "not implemented for" in broken.got:
                        continue  # this device's kernel is missing, which is nobody's fault
                    raise
                if output.dtype != dtype:
                    raise Broken(f"{_short(dtype)}, as the input is", _short(output.dtype), at)
                if not output.isfinite().all():
                    raise Broken(f"finite numbers in {_short(dtype)}", "nan or infinity", at)

    def moves_whole_to_another_device(self, subject: Subject) -> None:
        """Nothing stays behind on a move; tried on a GPU, or without one on torch's meta device."""
        device = torch.device("cuda" if torch.cuda.is_available() else "meta")
        for network, shapes, inputs, labels in self.each(subject):
            network = copy.deepcopy(network).to(device)
            for name, tensor in _all_tensors(network):
                if tensor.device.type != device.type:
                    raise Broken(
                        f"'{name}' on {device.type} after .to(\"{device.type}\")",
                        f"{tensor.device}: make it a parameter, or register_buffer it",
                        type(network).__init__,
                    )
            moved = None if labels is None else labels.to(device)
            try:
                self.forward(network, inputs.to(device), moved, f"{describe(shapes)} on {device}")
            except Broken as broken:
                # A value can't be read off the meta device, nor has every operation a kernel there.
                if "device" in broken.got and "item()" not in broken.got:
                    raise

    def leaves_its_input_alone(self, subject: Subject) -> None:
        """The same samples are used again: by the other player, by another loss."""
        for network, shapes, inputs, labels in self.each(subject):
            before = inputs.clone()
            with torch.no_grad():
                self.forward(network, inputs, labels, describe(shapes))
            if not torch.equal(before, inputs):
                raise Broken("an input that is left as it was", "one changed in place",
                             type(network).forward)  # fmt: skip


def check_output(
    network: Any, output: Tensor, wanted: tuple[int, ...], what: str, shapes: Shapes
) -> None:
    """Shape, dtype and finiteness."""
    at = type(network).forward
    if not isinstance(output, Tensor):
        raise Broken(f"a tensor of {what}", type(output).__name__, at)
    if tuple(output.shape) != wanted:
        raise Broken(f"{what} {wanted}, for {describe(shapes)}", f"{tuple(output.shape)}", at)
    if output.dtype != torch.float32:
        raise Broken(f"{what} in float32, as the input is", _short(output.dtype), at)
    if not output.isfinite().all():
        raise Broken(f"finite {what} for {describe(shapes)}", "nan or infinity", at)


def _all_tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters, buffers, and tensors kept as plain attributes."""
    yield from network.named_parameters()
    yield from network.named_buffers()
    for path, module in network.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor):
                yield f"{path}.{name}".strip("."), value


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
