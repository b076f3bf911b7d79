"""RunView: what callbacks may see of a run, and the few things they may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from ..errors import UsageError
from ..images import beside
from ..runtime.random_state import isolated_random_state
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir
from .dataset import Batch, Dataset, checked_preview
from .loss import Loss
from .networks import draw_latents, generate, heeds_labels
from .options import Options
from .player import Player
from .shapes import Shapes
from .turn import Side


@dataclass
class Requests:
    """What callbacks and signals have asked the trainer to do once the present step is over."""

    checkpoint: bool = False
    stop: str | None = None


@dataclass(frozen=True)
class RunComponent:
    """What fills a slot of the run: ``canonical`` is ``distribution/name``."""

    slot: str
    name: str
    canonical: str
    version: int
    options: Options


@dataclass(frozen=True)
class Exported:
    """A network that is exported beside the players: another version ``of`` the one by that name,
    such as its average."""

    network: nn.Module
    of: str


@dataclass(frozen=True)
class RunView:
    """What callbacks may see of a run, and the few things they may ask for.

    ``networks`` are all networks with their optimizers: "gen", "disc", and further ones by their
    names. ``config`` is the resolved run as plain values, as config.toml holds it; ``components``
    are what it is composed of; ``losses`` are the run's losses by name.
    """

    folder: RunDir
    dataset: Dataset
    shapes: Shapes
    networks: Mapping[str, Player]
    losses: Mapping[str, Loss]
    components: tuple[RunComponent, ...]
    config: Mapping[str, Any]
    seed: int
    device: torch.device
    epochs: int
    steps_per_epoch: int
    total_steps: int
    real_batch: Callable[[int], Batch]
    """``real_batch(n)``: n samples of the data (n, ...) with their labels, spread evenly over it,
    on the device; all if there are fewer."""
    requests: Requests = field(default_factory=Requests)
    exported: dict[str, Exported] = field(default_factory=dict)

    @property
    def players(self) -> Mapping[Side, Player]:
        """The two players alone."""
        return {"gen": self.networks["gen"], "disc": self.networks["disc"]}

    @property
    def checkpoints(self) -> CheckpointStore:
        """What is saved of the run so far."""
        return CheckpointStore(self.folder.checkpoints)

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator to draw samples from: the last one exported, or else the player."""
        if self.sampling_weights in self.exported:
            return self.exported[self.sampling_weights].network
        return self.networks["gen"].network

    @property
    def sampling_weights(self) -> str:
        """The name under which `sampling_generator` is exported."""
        names = [name for name, exported in self.exported.items() if exported.of == "gen"]
        return names[-1] if names else "generator"

    def inputs(self, n: int, seed: int | None = None) -> tuple[Tensor, Tensor | None]:
        """Latents (n, Z) and labels (n, *shapes.label) or None, on the device: the same on every
        machine for one seed, the run's own unless given. No random stream of the run is touched.

        Labels that are arrays are the data's, evenly spaced over it whatever the seed, and repeated
        in turn if there are fewer.
        """
        stream = torch.Generator().manual_seed(self.seed if seed is None else seed)
        generator = self.players["gen"].network
        latents = draw_latents(generator, self.shapes, n, stream).to(self.device)
        return latents, self._labels(n, stream)

    def _labels(self, n: int, stream: torch.Generator) -> Tensor | None:
        if self.shapes.classes:
            return torch.randint(self.shapes.classes, (n,), generator=stream).to(self.device)
        real = self.real_batch(n).labels if self.shapes.has_labels else None
        return None if real is None else real[torch.arange(n, device=real.device) % len(real)]

    def fixed_samples(self, n: int, network: nn.Module | None = None) -> Tensor:
        """``n`` samples (n, ...) of `sampling_generator`, or of ``network``, from the same latents
        each time. The run is not disturbed: neither its random streams, nor the network's mode and
        statistics."""
        with self.undisturbed():
            return generate(
                self.sampling_generator if network is None else network, *self.inputs(n)
            )

    def fixed_preview(self, n: int, real: Tensor | None = None) -> Image.Image:
        """A picture of `fixed_samples`, each beside its label where that is a picture that it was
        made of."""
        samples, (latents, labels) = self.fixed_samples(n), self.inputs(n)
        shown = beside(labels, samples)
        if labels is not None and shown is not samples:
            few = latents[:2], labels[:2], -labels[:2]
            shown = shown if heeds_labels(self.sampling_generator, *few) else samples
        return self.preview(shown.cpu(), real)

    def undisturbed(self, seed: int | None = None) -> AbstractContextManager[None]:
        """For what may draw random numbers (a generator with noise, say): the global streams begin
        at ``seed``, the run's own unless given, and go on afterwards as if nothing were drawn."""
        return isolated_random_state(self.seed if seed is None else seed)

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        """A picture of ``samples`` (B, ...), as `Dataset.preview` draws it. Raises PluginError if
        the dataset can't."""
        return checked_preview(self.dataset, samples, real)

    def request_checkpoint(self) -> None:
        """Save all state at the end of this step. Several processes agree on it when the step's
        first gradients are ready: asked for later than that, it is the next step's."""
        self.requests.checkpoint = True

    def request_stop(self, reason: str) -> None:
        """End the run after this step, as if it had been interrupted: it saves, and can resume.
        Several processes agree on it as they do on a checkpoint."""
        self.requests.stop = reason

    def export(self, name: str, network: nn.Module, of: str = "gen") -> None:
        """Export ``network`` in the run folder under ``name`` at each checkpoint, as the network
        ``of`` is. An exported generator is preferred for samples (an EMA, say)."""
        if name in self.exported and self.exported[name].network is not network:
            raise UsageError(f"two callbacks export '{name}', one of which would be lost")
        self.exported[name] = Exported(network, of)
