"""What generators, discriminators and augments have in common: they are networks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..interfaces.networks import Generator
from .failure import Broken, expecting
from .files import new_folder
from .network_trial import Trial, check_output, check_outputs, trials
from .subject import Subject


def samples_have_the_right_shape(subject: Subject) -> None:
    """A generator's and an augment's: that of the data."""
    check_outputs(subject, _sample_shape)


def _sample_shape(trial: Trial, shape: tuple[int, ...]) -> str:
    wanted = (len(trial.inputs), *trial.shapes.sample)
    return "" if shape == wanted else str(wanted)


def it_gives_the_same_names_always(subject: Subject) -> None:
    """In training and in evaluation mode, and in bfloat16: losses need them in each."""
    for trial in trials(subject):
        wanted = set(trial.outputs())
        if wanted != (found := set(replace(trial, network=trial.network.eval()).outputs())):
            raise Broken(f"{_listed(wanted)} in evaluation mode too", _listed(found), trial.at)
        half = _in_precision(replace(trial, network=trial.network.train()), torch.bfloat16)
        found = set(_where_possible(half)) or wanted
        if wanted != found:
            raise Broken(f"{_listed(wanted)} in bfloat16 too", _listed(found), trial.at)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _in_precision(trial: Trial, dtype: torch.dtype) -> Trial:
    """The trial in ``dtype``; codes and classes stay as they are."""
    labels = None if trial.labels is None else _as(trial.labels, dtype)
    inputs = _as(trial.inputs, dtype)
    return replace(trial, network=trial.network.to(dtype), inputs=inputs, labels=labels)


def _as(values: Tensor, dtype: torch.dtype) -> Tensor:
    return values.to(dtype) if values.is_floating_point() else values


def gradients_reach_weights_and_input(subject: Subject) -> None:
    """A weight without a gradient never learns; without one at the input, the other player does
    not. A generator that is given pictures as labels may have no use for latents."""
    for trial in trials(subject, 3):
        translates = isinstance(trial.network, Generator) and len(trial.shapes.label) > 1
        takes_gradient = trial.inputs.is_floating_point() and not translates  # codes have none
        trial.inputs.requires_grad_(takes_gradient)
        _backward(trial)
        check_weights(trial)
        gradient = trial.inputs.grad
        if takes_gradient and (gradient is None or not gradient.any()):
            raise Broken("a gradient at the input", "none" if gradient is None else "0", trial.at)


def gradients_reach_weights(subject: Subject) -> None:
    """A weight without a gradient never learns."""
    for trial in trials(subject, 3):
        _backward(trial)
        check_weights(trial)


def _backward(trial: Trial) -> None:
    given = [tensor for tensor in trial.outputs().values() if tensor.requires_grad]
    if given:
        torch.autograd.backward(given, [torch.randn_like(tensor) for tensor in given])


def check_weights(trial: Trial) -> None:
    """Each trainable weight has a gradient, and a finite one."""
    for name, weight in trial.network.named_parameters():
        if weight.requires_grad and weight.grad is None:
            at = type(trial.network)
            raise Broken(f"a gradient of '{name}', given {trial.what}", "none", at)
        if weight.grad is not None and not weight.grad.isfinite().all():
            raise Broken(f"a finite gradient of '{name}'", "nan or infinity", trial.at)


def same_seed_same_result(subject: Subject) -> None:
    """Weights and outputs are functions of torch's global seed."""
    for first, second in zip(trials(subject, seed=7), trials(subject, seed=7), strict=True):
        gap = _gap(first, second)
        if gap:
            raise Broken("the same output twice from one seed", f"a gap of {gap:.2g}", first.at)


def weights_survive_safetensors(subject: Subject) -> None:
    """All that shapes the output is in ``state_dict``, as tensors."""
    for trial in trials(subject):
        if not trial.refusal:
            trial.outputs()  # in training mode, so that running statistics are no new network's
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
            other = _in_precision(trial, dtype)
            for name, tensor in _where_possible(other).items():
                check_output(other, name, tensor)


def _where_possible(trial: Trial) -> dict[str, Tensor]:
    """Its outputs; none where this device has no such kernel, no fault of the component."""
    try:
        return trial.outputs()
    except Broken as broken:
        if "not implemented for" in broken.got:
            return {}
        raise


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
            replace(trial, network=network, inputs=trial.inputs.to(device), labels=labels).outputs()
        except Broken as broken:
            # A value can't be read off the meta device, nor has every operation a kernel there.
            if "device" in broken.got and "item()" not in broken.got:
                raise


def input_is_not_changed(subject: Subject) -> None:
    """The same samples are used again: by the other player, by another loss."""
    for trial in trials(subject):
        before = trial.inputs.clone()
        with torch.no_grad():
            trial.outputs()
        if not torch.equal(before, trial.inputs):
            raise Broken("an input that is left as it was", "one changed in place", trial.at)


def labels_matter(subject: Subject) -> None:
    """A network that says it is conditional, by the tag "conditional", heeds its labels."""
    if "conditional" not in subject.registered.component.tags:
        return
    for trial in trials(subject, 4):
        if trial.labels is not None and not _heeds_labels(trial):
            got = "the same for every label"
            raise Broken("another output for other labels", got, trial.at)


@torch.no_grad()
def _heeds_labels(trial: Trial) -> bool:
    # New weights may be zero where labels enter.
    for weight in trial.network.parameters():
        weight.add_(torch.randn_like(weight), alpha=0.1)
    labels = None if trial.labels is None else trial.labels.roll(1, 0)
    trial.network.eval()
    return _gap(trial, replace(trial, labels=labels)) != 0


def _gap(first: Trial, second: Trial) -> float:
    """The greatest difference of their outputs from one seed; nan where either is nan."""
    outputs = []
    for trial in (first, second):
        torch.manual_seed(2)
        given = trial.outputs().values()
        outputs.append(torch.cat([tensor.detach().flatten().double() for tensor in given]))
    return float((outputs[0] - outputs[1]).abs().max())


def _all_tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters, buffers, and tensors kept as plain attributes."""
    yield from network.named_parameters()
    yield from network.named_buffers()
    for path, module in network.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor):
                yield f"{path}.{name}".strip("."), value


FURTHER_CHECKS = (
    gradients_reach_weights,
    same_seed_same_result,
    weights_survive_safetensors,
    works_in_other_precisions,
    moves_to_another_device,
    input_is_not_changed,
)

"""Of any network."""

AUGMENT_CHECKS = (
    samples_have_the_right_shape,
    gradients_reach_weights_and_input,
    *FURTHER_CHECKS[1:],
)

PLAYER_CHECKS = (
    gradients_reach_weights_and_input,
    *FURTHER_CHECKS[1:],
    it_gives_the_same_names_always,
    labels_matter,
)
"""Of generators and discriminators."""
