"""The usual scores on the features of a trained network, by torch-fidelity's own numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganfw import DataError, Dataset, Generate, PluginError, reason_of, to_bytes

from ..trained.tensor_files import harmless_copy
from .sample_metric import PictureMetric, check_channels
from .weights import find_weights

_CHUNK = 32


class InceptionMetric(PictureMetric):
    """What these scores share: pictures as 8-bit RGB, and the network's features of them.

    The network resizes them itself, as the original TensorFlow code does. It runs on the CPU,
    whatever the run's device, so that a score is the same everywhere. Raises PluginError where the
    extra ``ganfw[metrics]`` is not installed, DataUnavailable for weights that can't be had.
    """

    layer = "2048"
    _network: Any = None
    _hash: str = ""

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        super().prepare(dataset, labels)
        self._loaded()

    def check_shape(self, sample: tuple[int, ...]) -> None:
        super().check_shape(sample)
        check_channels(sample)

    def both(self, real: Tensor, generate: Generate) -> tuple[Tensor, Tensor, dict[str, Any]]:
        """Features of the real and of the generated samples, and where they come from."""
        ours = self.cached(real, self.network_features)
        fake = generate(self.options.samples)
        return ours, self.network_features(fake), self.network_provenance(len(real), fake)

    @torch.no_grad()
    def network_features(self, samples: Tensor) -> Tensor:
        """The network's features (B, F) of samples (B, C, H, W)."""
        network = self._loaded()
        parts = []
        for rows in torch.split(samples, _CHUNK):
            parts.append(network(self._pixels(rows))[0].float().cpu())
        return torch.cat(parts)

    def network_provenance(self, real: int, fake: Tensor) -> dict[str, Any]:
        """What is written beside a score: the network and its weights, too."""
        return {
            **self.provenance(real, fake),
            "features": f"{self.options.network}, layer {self.layer}",
            "features_hash": self._hash,
            "resizer": "the network's own: bilinear, as TensorFlow 1",
        }

    def _pixels(self, samples: Tensor) -> Tensor:
        return to_bytes(samples, self.value_range).expand(-1, 3, -1, -1)

    def _loaded(self) -> Any:
        if self._network is None:
            try:
                from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY as networks
            except ImportError as error:
                raise PluginError(
                    "it needs torch-fidelity: pip install 'ganfw[metrics]'"
                ) from error
            name = self.options.network
            if name not in networks:
                raise PluginError(f"torch-fidelity knows no network '{name}'")
            weights: Path = self.options.weights or find_weights(name)
            self._network = _build(networks[name], name, self.layer, weights)
            self._hash = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
        return self._network


class Fid(InceptionMetric):
    """The Fréchet Inception distance of Heusel et al. 2017. 0 is best. Memorization is not noticed:
    the training data itself scores 0."""

    main = "fid"
    why_enough = ", as many as it has features"

    def enough(self, sample: tuple[int, ...]) -> int:
        return 2048

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        from .frechet import frechet_distance, moments

        ours, theirs, provenance = self.both(real, generate)
        return {self.main: frechet_distance(moments(ours), moments(theirs)), **provenance}


class Kid(InceptionMetric):
    """The kernel Inception distance of Bińkowski et al. 2018, over subsets. 0 is best. Memorization
    is not noticed: the training data itself scores about 0 or below."""

    main = "kid"

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        ours, theirs, provenance = self.both(real, generate)
        from torch_fidelity.metric_kid import kid_features_to_metric

        size = min(1000, len(ours), len(theirs))
        found = kid_features_to_metric(
            theirs, ours, kid_subset_size=size, rng_seed=self.options.seed, verbose=False
        )
        mean, deviation = (
            float(found[f"kernel_inception_distance_{moment}"]) for moment in ("mean", "std")
        )
        return {self.main: mean, "kid_std": deviation, **provenance, "subsets": 100, "subset": size}


class InceptionScore(InceptionMetric):
    """The Inception score of Salimans et al. 2016: more is better. It never looks at real samples.
    So memorization is not noticed, and it means little for pictures unlike ImageNet's."""

    main = "inception_score"
    lower_is_better = False
    layer = "logits_unbiased"

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        self.check_shape(tuple(real.shape[1:]))
        fake = generate(self.options.samples)
        theirs = self.network_features(fake)
        from torch_fidelity.metric_isc import isc_features_to_metric

        splits = min(10, len(theirs))
        found = isc_features_to_metric(theirs, splits, True, self.options.seed)
        return {
            self.main: float(found["inception_score_mean"]),
            "inception_score_std": float(found["inception_score_std"]),
            **self.network_provenance(0, fake),
            "splits": splits,
        }


class PrecisionRecall(InceptionMetric):
    """Precision and recall of Kynkäänniemi et al. 2019, k = 3. 1 is best. Memorization is not
    noticed: the training data itself scores 1."""

    main = "precision"
    lower_is_better = False

    @property
    def least(self) -> int:
        return 4

    def __call__(self, real: Tensor, generate: Generate) -> Mapping[str, Any]:
        ours, theirs, provenance = self.both(real, generate)
        from torch_fidelity.metric_prc import prc_features_to_metric

        found = prc_features_to_metric(theirs, ours, save_cpu_ram=True, verbose=False)
        return {
            "precision": float(found["precision"]),
            "recall": float(found["recall"]),
            **provenance,
            "neighbours": 3,
        }


def _build(network: Any, name: str, layer: str, weights: Path) -> Any:
    with harmless_copy(weights) as copy:
        try:
            built = network(name, [layer], feature_extractor_weights_path=str(copy), verbose=False)
        except (RuntimeError, KeyError, AttributeError) as error:
            raise DataError(f"{weights} holds no weights of {name}: {reason_of(error)}") from error
    return built.eval()
