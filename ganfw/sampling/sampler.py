"""The generator of a finished run, ready to sample."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..errors import PluginError, UsageError
from ..images import beside, is_image_shape, picture_grid, to_image
from ..interfaces.dataset import Dataset, checked_preview
from ..interfaces.networks import (
    Generator,
    draws_own_latents,
    eval_mode,
    generate,
    heeds_labels,
    truncates_itself,
)
from ..interfaces.outputs import SAMPLES, tensor_of
from ..registry.registry import Registry
from ..runs.network import load_labels, load_network, read_card
from ..runtime.logs import log
from ..runtime.random_state import derive_seed
from .labels import Labels, array_labels, class_labels, numbered, several
from .latents import Latents, slerp_path, straight_path, truncated

if TYPE_CHECKING:
    from PIL import Image

_BATCH = 256
_MAX_LABELS_TRIED, _MAX_ARRAYS_TRIED = 64, 8

_CPU = torch.device("cpu")


class Sampler:
    """Draws from the generator exported to ``folder``, on the CPU and in evaluation mode.

    Raises RunError, CheckpointError or PluginError for what can't be loaded.
    """

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.card = read_card(folder)
        self.shapes = self.card.shapes
        self.network = load_network(folder, registry).eval()
        self._registry = registry
        self._home = folder.absolute()
        """Where it is, wherever the program's working folder is later."""
        _warn_of_nonfinite(self.network, folder)

    def sample(
        self,
        n: int = 64,
        seed: int = 0,
        truncation: float | None = None,
        labels: int | str | Labels = (),
    ) -> Tensor:
        """``n`` samples (n, *shapes.sample): a function of the arguments, whatever was drawn
        before. See `batches`."""
        batches = self.batches(n, seed, truncation, labels)
        return torch.cat([samples for samples, _ in batches])

    def batches(
        self,
        n: int,
        seed: int = 0,
        truncation: float | None = None,
        labels: int | str | Labels = (),
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """The same samples in batches, so that memory does not grow with ``n``, each with the
        labels (B, *shapes.label) it was made for, or None if the generator does not use labels.

        With ``truncation`` latents are drawn within ± it (Brock et al. 2019, section 3.1), or as
        the generator's own `forward_truncated` has it: fewer odd samples, less variety. ``labels``
        are used in turn: classes by number or name, or arrays (N, *shapes.label), or the indices of
        arrays that the generator keeps of its data. By default classes are random, each as likely
        as any other, and all kept arrays are used.
        Raises UsageError for arguments out of range, and for labels that the generator does not
        use.
        """
        if n < 1:
            raise UsageError(f"can't draw {n} samples: give 1 or more")
        self._check_truncation(truncation)
        given = self._given(labels)
        latents = Latents(self.network, self.shapes, seed, _CPU)
        random = torch.Generator().manual_seed(derive_seed(seed, 2))
        for start in range(0, n, _BATCH):
            count = min(_BATCH, n - start)
            chosen = self._labels(start, count, given, random)
            z = self._within(latents(count), truncation)
            samples = self._generate(z, chosen, truncation)
            yield samples, chosen if self._uses_labels else None

    def interpolate(
        self,
        keys: int,
        frames: int,
        seed: int = 0,
        closed: bool = False,
        truncation: float | None = None,
        label: int | str | Tensor | None = None,
    ) -> Tensor:
        """Samples along great circles through ``keys`` random latents: ``frames`` from each key to
        the next, without the next, and at the end the last key; if ``closed``, back to the first.
        Latents that the generator draws itself are joined by straight lines.

        ((keys - 1) · frames + 1, ...), or (keys · frames, ...) if closed. The keys lie within ±
        ``truncation``; all samples have one ``label``, by default 0: a class, the index of a kept
        array, or an array (*shapes.label). Raises UsageError for fewer than 2 keys or 1 frame, for
        latents with nothing between them, and as `batches` does.
        """
        if keys < 2 or frames < 1:
            raise UsageError("an interpolation needs 2 latents or more, and 1 frame or more each")
        self._check_truncation(truncation)
        given = self._one_label(label)
        drawn = self._within(Latents(self.network, self.shapes, seed, _CPU)(keys), truncation)
        path = self._path(torch.cat([drawn, drawn[:1]]) if closed else drawn, frames)
        path = path[:-1] if closed else path
        parts = []
        for latents in torch.split(path, _BATCH):
            labels = None if given is None else given.expand(len(latents), *given.shape[1:])
            parts.append(self._generate(latents, labels, truncation))
        return torch.cat(parts)

    def preview(self, samples: Tensor) -> Image.Image:
        """A picture of ``samples`` (B, ...), as the dataset shows them. Raises UsageError for
        anything but a tensor, PluginError if the dataset can't show them."""
        if not isinstance(samples, Tensor):
            raise UsageError(
                "preview takes a tensor of samples, such as sample(4) draws, not "
                f"{type(samples).__name__}"
            )
        return checked_preview(self._dataset(), samples)

    def preview_samples(
        self,
        n: int = 64,
        seed: int = 0,
        truncation: float | None = None,
        labels: int | str | Labels = (),
    ) -> Image.Image:
        """A picture of the ``n`` samples that `sample` gives, each beside the label it was made for
        where that is a picture too."""
        shown = [beside(given, made) for made, given in self.batches(n, seed, truncation, labels)]
        return self.preview(torch.cat(shown))

    def grid(self, samples: Tensor, columns: int) -> Image.Image:
        """Images (B, C, H, W) in rows of ``columns``; other samples as the dataset shows them."""
        if not is_image_shape(self.shapes.sample):
            return self.preview(samples)
        return picture_grid(samples, self.shapes.value_range, columns)

    def picture(self, sample: Tensor) -> Image.Image:
        """One sample (...): the pixels of an image, or as the dataset shows it."""
        if not is_image_shape(self.shapes.sample):
            return self.preview(sample[None])
        return to_image(sample, self.shapes.value_range)

    def animate(self, samples: Tensor) -> list[Image.Image]:
        """The frames of an animation through ``samples`` (B, ...), one for each."""
        if not is_image_shape(self.shapes.sample):
            return list(self._dataset().animate(samples))
        return [self.picture(sample) for sample in samples]

    @property
    def uses_labels(self) -> bool:
        """Whether other labels make other samples of the same latents."""
        return self._uses_labels

    def _check_truncation(self, truncation: float | None) -> None:
        if truncation is None:
            return
        if not 0 < truncation < math.inf:
            raise UsageError(f"truncation {truncation}: give more than 0, such as 0.7")
        if draws_own_latents(self.network) and not truncates_itself(self.network):
            raise UsageError(
                f"generator '{self.card.use}' draws latents of its own, which can't be cut off: "
                "leave truncation out"
            )

    def _within(self, latents: Tensor, truncation: float | None) -> Tensor:
        if truncation is None or truncates_itself(self.network):
            return latents
        return truncated(latents, truncation)

    def _generate(self, latents: Tensor, labels: Tensor | None, truncation: float | None) -> Tensor:
        network = self.network
        if truncation is None or not (isinstance(network, Generator) and truncates_itself(network)):
            return generate(network, latents, labels)
        with eval_mode(network), torch.no_grad():
            output = network.forward_truncated(latents, labels, truncation)
            return tensor_of(output, SAMPLES)

    def _path(self, keys: Tensor, frames: int) -> Tensor:
        if not draws_own_latents(self.network):
            return slerp_path(keys, frames)
        if not keys.is_floating_point():
            raise UsageError(f"generator '{self.card.use}' draws codes, with nothing between them")
        return straight_path(keys, frames)

    def _check_labels_are_used(self) -> None:
        if not self.shapes.has_labels:
            raise UsageError(f"{self.folder} was trained on data without labels")
        if not self._uses_labels:
            advice = "leave labels out"
            if "conditional" in self.card.options:
                advice += ", or train it with -s gen.conditional=true -s disc.head=auto"
            raise UsageError(f"generator '{self.card.use}' makes the same of every label: {advice}")

    @functools.cached_property
    def _kept_labels(self) -> Tensor | None:
        return load_labels(self._home)

    @functools.cached_property
    def _uses_labels(self) -> bool:
        labels = torch.arange(min(self.shapes.classes, _MAX_LABELS_TRIED))
        if self.shapes.label:
            if self._kept_labels is None:
                return True  # there are none to try
            labels = self._kept_labels[:_MAX_ARRAYS_TRIED]
        others = labels.roll(1, 0)
        if torch.equal(labels, others):
            return self.shapes.label != ()
        latents = Latents(self.network, self.shapes, 0, _CPU)(len(labels))
        return heeds_labels(self.network, latents, labels, others)

    def _given(self, labels: int | str | Labels) -> Tensor | None:
        """The labels (N, *shapes.label) to use in turn: by default the arrays that the generator
        keeps. None where classes are drawn at random, or there are no labels."""
        if isinstance(labels, str):
            labels = several(labels, self.card.data.class_names)
        elif isinstance(labels, int) or (isinstance(labels, Tensor) and labels.ndim == 0):
            labels = [int(labels)]
        if len(labels):
            self._check_labels_are_used()
        elif not self.shapes.label:
            return None
        given = numbered(labels, self.card.data.class_names)
        if self.shapes.classes:
            return class_labels(given, self.shapes.classes)
        kept = self._kept_labels
        every = range(0 if kept is None else len(kept))
        return array_labels(given if len(given) else every, self.shapes, kept)

    def _one_label(self, label: int | str | Tensor | None) -> Tensor | None:
        """The label (1, *shapes.label) that all samples have, if they have any."""
        if isinstance(label, Tensor):
            return self._given(label[None])
        if label is not None:
            return self._given([label])
        if self.shapes.classes:
            return torch.zeros(1, dtype=torch.int64)
        given = self._given(())
        return None if given is None else given[:1]

    def _labels(
        self, start: int, count: int, given: Tensor | None, random: torch.Generator
    ) -> Tensor | None:
        if given is not None:
            return given[torch.arange(start, start + count) % len(given)]
        if not self.shapes.classes:
            return None
        return torch.randint(self.shapes.classes, (count,), generator=random)

    def _dataset(self) -> Dataset:
        """The dataset it was trained on, for showing only: nothing is downloaded or read."""
        data = self.card.data
        try:
            registered = self._registry.find("dataset", data.use)
        except UsageError as error:
            raise PluginError(f"samples can't be shown: {error}") from None
        options = registered.load_options().model_construct(**data.options)
        dataset: Dataset = registered.load()(options)
        return dataset


def _warn_of_nonfinite(network: nn.Module, folder: Path) -> None:
    bad = [name for name, value in network.state_dict().items() if not value.isfinite().all()]
    if bad:
        log.warning(
            f"{folder} holds {bad[0]}, which is not finite: its samples mean nothing. An earlier "
            "checkpoint may be good: ganfw resume RUN --from-step STEP"
        )
