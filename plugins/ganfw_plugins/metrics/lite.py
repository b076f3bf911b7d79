"""Scores on the features of EfficientNet-Lite0, whose weights a small package brings: they look at
what a picture shows, without a download when a run is judged. Their numbers are not Inception's,
and don't use its names."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganfw import Dataset, to_bytes

from ..trained.efficientnet import EMBEDDING, EfficientNetLite0
from ..trained.lite0 import NAME, load_lite0, packaged_weights, weights_hash
from .features import Features
from .frechet import FrechetDistance
from .kernel import KernelDistance
from .neighbours import Prdc
from .sample_metric import PictureMetric, check_channels

_SMALLEST = 64
"""Smaller pictures are enlarged: below it, the last map would be a single place."""


class LiteMetric(PictureMetric):
    """What these scores share: pictures as 8-bit RGB, and 1280 features of each, the means over the
    network's last map.

    Pictures whose shorter side is below 64 are enlarged to that, bilinearly; others are seen as
    they are. The network runs on the CPU, whatever the run's device. Raises PluginError where
    ``ganfw[lite]`` is not installed, DataError for a file of other weights.
    """

    _network: EfficientNetLite0 | None = None

    def prepare(self, dataset: Dataset, labels: Tensor | None) -> None:
        super().prepare(dataset, labels)
        self._loaded()

    def check_shape(self, sample: tuple[int, ...]) -> None:
        super().check_shape(sample)
        check_channels(sample)

    def features(self, real: Tensor) -> Features:
        network = self._loaded()

        @torch.no_grad()
        def embed(samples: Tensor) -> Tensor:
            pictures = self._pictures(samples).contiguous(memory_format=torch.channels_last)
            return network.embed(pictures)

        def fitted(chosen: Tensor) -> Features:
            return Features(chosen, embed, self._description())

        return self.cached(real, fitted)

    def _pictures(self, samples: Tensor) -> Tensor:
        """(B, C, H, W) as RGB in -1..1, in steps of 8 bits, and no smaller than 64."""
        pixels = to_bytes(samples, self.value_range).expand(-1, 3, -1, -1)
        pictures = pixels / 127.5 - 1
        factor = _SMALLEST / min(pictures.shape[2:])
        if factor <= 1:
            return pictures
        size = [round(side * factor) for side in pictures.shape[2:]]
        return interpolate(pictures, size, mode="bilinear", align_corners=False)

    def _description(self) -> dict[str, str]:
        weights = self.options.weights or packaged_weights()
        return {
            "features": f"{NAME}, means of the last map; not Inception",
            "features_hash": weights_hash(weights),
            "resizer": f"bilinear, up to {_SMALLEST} pixels where smaller",
        }

    def _loaded(self) -> EfficientNetLite0:
        if self._network is None:
            network = load_lite0(self.options.weights)
            self._network = network.to(memory_format=torch.channels_last)
        return self._network


class LiteKid(LiteMetric, KernelDistance):
    """The kernel distance of Bińkowski et al. 2018, on features of EfficientNet-Lite0; not KID. 0
    is best, and an unbiased estimate may lie a little below.

    Memorization is not noticed: the training data itself scores below 0, better than new samples
    could.
    """

    main = "lite_kid"


class LiteFrechet(LiteMetric, FrechetDistance):
    """The Fréchet distance of Heusel et al. 2017, on features of EfficientNet-Lite0; not FID. 0 is
    best. Fewer samples make it larger.

    Memorization is not noticed: the training data itself scores 0.
    """

    main = "lite_frechet"

    def enough(self, sample: tuple[int, ...]) -> int:
        return EMBEDDING


class LitePrdc(LiteMetric, Prdc):
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020), on
    features of EfficientNet-Lite0, not Inception's. 1 is best; density may exceed it.

    Precision and density fall for samples unlike the data, recall and coverage where parts of the
    data are left out. Memorization is not noticed: the training data itself scores 1, and a
    density of (k + 1)/k, as each sample is in its own ball and in k others.
    """

    prefix = "lite"
    main = "lite_coverage"
