"""What is checked of a built game before anything is trained or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..config.run_config import ComponentConfig, RunConfig
from ..data.loader import Loader
from ..errors import UsageError
from ..interfaces.loss import Loss, needs_of
from ..interfaces.networks import draw_latents, requires_labels
from ..interfaces.shapes import Shapes
from ..runtime.distributed import Processes
from ..training.dry_run import dry_run
from ..training.game import Game
from ..training.memory_format import use_channels_last


def check_game(config: RunConfig, game: Game, loader: Loader, shapes: Shapes) -> list[str]:
    """Refuse, before anything is trained or written, players and losses that do not fit; and lay
    them out for speed. Returns what the user should know of the networks."""
    gen, disc = config.gen.registered.label, config.disc.registered.label
    data = config.data.registered.label
    batch = loader.evenly_spaced(2)

    def attempt() -> None:
        dry_run(game, batch, shapes, gen, disc, data)

    named = {"gen": gen, "disc": disc} | {it.name: f"network '{it.name}'" for it in config.networks}
    networks = {named[name]: player.network for name, player in game.players.items()}
    device = batch.samples.device
    # On a GPU torch's compiler lays weights out itself, and is wrong about those that are laid out
    # channels last before: it expects their gradients in that order, which not all of them have.
    if config.train.channels_last and not (config.train.compile and device.type == "cuda"):
        notices = use_channels_last(networks, attempt)
    else:
        attempt()
        notices = []
    if batch.labels is not None:
        notices += _labels_of_one_side(config, game, batch.samples, shapes)
    notices += _uneven_last_step(len(loader), config.train.disc_steps)
    if "train.precision" not in config.origins:
        notices += _slow_precision(config.train.precision, device, networks.values())
    return [*notices, *_batch_norm_unshared(networks, game.processes)]


def check_cuda_graphs(config: RunConfig, device: torch.device, processes: Processes) -> None:
    """Refuse what can't be captured as CUDA graphs, whatever the components do."""
    followed = [
        f"{component.slot} '{component.name}'"
        for component in (*config.losses, *config.augments)
        if component.schedules
    ]
    reasons = [
        (device.type != "cuda", f"needs a CUDA device, and this run is on {device}"),
        (processes.count > 1, "works with one process only"),
        (bool(followed), f"captures numbers as they are: {''.join(followed[:1])} is on a schedule"),
    ]
    for applies, reason in reasons:
        if applies:
            raise UsageError(f"train.cuda_graphs {reason}: leave it out")


def _slow_precision(
    precision: str, device: torch.device, networks: Iterable[nn.Module]
) -> list[str]:
    """What convolutions in float32 cost on a GPU, which has faster units for less."""
    weights = (weight for network in networks for weight in network.parameters())
    if device.type != "cuda" or precision != "float32" or all(it.dim() != 4 for it in weights):
        return []
    return [
        f"float32 on {device} is exact and slow: with large batches --precision bf16 (or tf32) "
        "is several times faster"
    ]


def _labels_of_one_side(
    config: RunConfig, game: Game, samples: Tensor, shapes: Shapes
) -> list[str]:
    """That the discriminator or a loss judges by labels which the generator is not told, or that
    none of them does by those which it is told."""
    random = torch.Generator(samples.device).manual_seed(0)
    latents = draw_latents(game.gen.network, shapes, len(samples), random)
    gen, disc = config.gen.registered.label, config.disc.registered.label
    is_told = requires_labels(game.gen.network, latents)
    judges = [disc] if requires_labels(game.disc.network, samples) else []
    judges += [f"loss '{it.name}'" for it in game.losses if _judges_by_labels(it.loss)]
    if is_told == bool(judges):
        return []
    if is_told:
        advice = _setting(config.disc, "head", "auto") or "choose a discriminator that does"
        return [f"{gen} is told labels, and {disc} does not judge by them: {advice}"]
    advice = _setting(config.gen, "conditional", "true") or "choose a generator that is"
    leave_out = _setting(config.disc, "head", "scores") if judges == [disc] else ""
    others = f", or leave them out with {leave_out}" if leave_out else ""
    return [
        f"{judges[0]} judges whether samples fit their labels, and {gen} is not told them: "
        f"{advice}{others}"
    ]


def _judges_by_labels(loss: Loss) -> bool:
    return any(need.startswith("labels") for need in needs_of(loss))


def _setting(component: ComponentConfig[Any], option: str, value: str) -> str:
    """What sets ``option`` of a component that has it, or nothing."""
    has = option in type(component.options).model_fields
    return f"-s {component.slot}.{option}={value}" if has else ""


def _uneven_last_step(batches: int, disc_steps: int) -> list[str]:
    """What happens where an epoch's batches do not divide by the discriminator's updates."""
    left = batches % disc_steps
    if not left:
        return []
    return [
        f"an epoch has {batches} batches: its last step has {left} discriminator "
        f"update{'s'[: left > 1]} where the others have {disc_steps}"
    ]


def _batch_norm_unshared(networks: Mapping[str, nn.Module], processes: Processes) -> list[str]:
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    found = [
        label
        for label, network in networks.items()
        if any(isinstance(module, norms) for module in network.modules())
    ]
    if processes.count == 1 or not found:
        return []
    return [
        f"batch norm in {' and '.join(found)} sees each process's share of a batch by "
        "itself, as torch synchronises it on GPUs alone"
    ]
