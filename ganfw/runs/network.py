"""A network on its own: a folder with ``config.json`` and ``model.safetensors``, usable by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from ..config import validation
from ..config.run_config import ComponentConfig
from ..config.schema import DataKeys
from ..errors import CheckpointError, RunError
from ..interfaces.options import Options
from ..interfaces.shapes import Shapes
from ..registry.compatibility import find_recorded
from ..registry.registry import Registered, Registry
from ..storage import atomic
from ..storage.run_dir import near_runs
from ..storage.tensors import load_tensors
from .json_files import read_json
from .network_card import NetworkCard, NetworkData

FORMAT = 1
"""Raised when the card changes its meaning."""

NETWORKS = "networks"
"""The folder of a run that holds its further networks, each in a folder of its name."""

BEST = "generator_best"
"""The folder of a run that holds the generator which the run's first metric found best."""

KEPT_LABELS = 64
"""Labels of the data, evenly spaced over it, that a generator keeps beside its weights where they
are arrays, which can't be drawn at random."""

WEIGHTS = "model.safetensors"
"""The file of an exported network's weights."""

_CARD, _LABELS = "config.json", "labels.safetensors"
_WRAPPED, _LONGEST = "module.", 200
_PREFERRED = ("generator_ema", "generator")


def network_folder(name: str) -> str:
    """The folder within a run of the network that the run calls ``name``."""
    return {"gen": "generator", "disc": "discriminator"}.get(name, f"{NETWORKS}/{name}")


def network_card(
    component: ComponentConfig[Options],
    data: ComponentConfig[DataKeys],
    shapes: Shapes,
    step: int,
    class_names: tuple[str, ...] = (),
) -> NetworkCard:
    """What is needed to build the network again, with its weights of ``step``, and what the data's
    classes are called."""
    registered = component.registered
    plain = validation.to_plain(data.options)
    return NetworkCard(
        format=FORMAT,
        kind=registered.component.kind,
        use=registered.canonical,
        version=registered.component.version,
        distribution=f"{registered.source.name}=={registered.source.version}",
        options=validation.to_plain(component.options),
        shapes=shapes,
        data=NetworkData(
            use=data.registered.canonical, options=plain, class_names=tuple(class_names)
        ),
        step=step,
    )


def export_network(
    folder: Path, card: NetworkCard, network: nn.Module, labels: Tensor | None = None
) -> None:
    """Write the network to ``folder``, replacing an earlier one; a generator's with ``labels``
    (N, ...) that it can be asked for. Raises CheckpointError."""
    weights = {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in network.state_dict().items()
    }
    try:
        with atomic.folder(folder) as temporary:
            save_file(weights, temporary / WEIGHTS)
            if labels is not None and card.kind == "generator":
                save_file({"labels": labels.cpu().contiguous()}, temporary / _LABELS)
            (temporary / _CARD).write_text(card.to_json(), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"can't write {folder}: {atomic.reason(error)}") from error


def read_card(folder: Path) -> NetworkCard:
    """The card in ``folder``. Raises RunError if there is none this ganfw can read."""
    try:
        return read_json(folder / _CARD, NetworkCard, FORMAT)
    except RunError as error:
        raise RunError(f"{folder} is no exported network that can be loaded: {error}") from None


def is_network(folder: Path) -> bool:
    """Whether ``folder`` looks like an exported network."""
    return (folder / _CARD).is_file()


def load_network(folder: Path, registry: Registry) -> nn.Module:
    """Build the network exported to ``folder`` and load its weights, on the CPU.

    Raises RunError or CheckpointError for files that are foreign or damaged, RunError or
    PluginError where the component can't be had.
    """
    card = read_card(folder)
    release = card.distribution.partition("==")[2]
    registered = find_recorded(registry, card.kind, card.use, card.version, release, str(folder))
    where = f"{folder / _CARD}: {registered.name}"
    options = validation.validate(registered.load_options(), card.options, where)
    network = _built(registered, options, card.shapes, where)
    path = folder / WEIGHTS
    try:
        weights = load_tensors(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} can't be read: {error}") from error
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(
            f"{path} does not hold the weights of {registered.label}: {_misfit(weights, error)}"
        ) from error
    return network


def _built(registered: Registered, options: Options, shapes: Shapes, where: str) -> nn.Module:
    try:
        network: nn.Module = registered.load()(options, shapes)
    # torch has an error of its own for each number that makes no layer.
    except (RuntimeError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise RunError(f"{where} can't be built of {shapes}: {error}") from error
    return network


def _misfit(weights: Mapping[str, Tensor], error: RuntimeError) -> str:
    """Why ``weights`` do not fit, in one line that is not too long."""
    if weights and all(name.startswith(_WRAPPED) for name in weights):
        return f"all names begin with '{_WRAPPED}', as DataParallel's do: save its .module"
    reason = str(error).splitlines()[-1].strip()
    return reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}…"


def load_labels(folder: Path) -> Tensor | None:
    """The labels (N, *shapes.label) that the generator in ``folder`` keeps, as it was trained with
    them, or None. Raises CheckpointError for a damaged file."""
    path = folder / _LABELS
    if not path.is_file():
        return None
    try:
        return load_tensors(path)["labels"]
    except (OSError, SafetensorError, KeyError) as error:
        raise CheckpointError(f"{path} can't be read: {error}") from error


def find_generator(path: Path, best: bool = False) -> Path:
    """The generator in a run's folder, the EMA one if there is one, or ``path`` itself if it is an
    exported network; with ``best`` the one that the run's first metric found best while it was
    trained. Raises RunError."""
    if best:
        return _best_generator(path)
    if is_network(path):
        _check_kind(path)
        return path
    for name in _PREFERRED:
        if is_network(path / name):
            return path / name
    raise RunError(
        f"{path} has no generator yet: it is no run folder, or its run saved no checkpoint"
        f"{near_runs(path)}"
    )


def _check_kind(folder: Path) -> None:
    kind = read_card(folder).kind
    if kind != "generator":
        raise RunError(f"{folder} holds a {kind}, not a generator: give the run's folder")


def _best_generator(path: Path) -> Path:
    if not is_network(path / BEST):
        raise RunError(
            f"{path} has no {BEST}: it is no run folder, or no metric scored the run while it was "
            "trained (ganfw run --metric NAME)"
        )
    return path / BEST
