"""Losses: what the two players of a GAN minimise, and regularisers to add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ganfw import Component, hookimpl

_HERE = "ganfw_plugins.losses"


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Adversarial losses, penalties on gradients, regularisers, and losses of classes."""
    yield from _adversarial()
    yield from _penalties()
    yield from _consistency()
    yield from _regularisers()
    yield from _conditional()


def _adversarial() -> Iterable[Component]:
    for name, target, summary, also in (
        (
            "nonsaturating",
            "NonSaturating",
            "Binary cross-entropy, flipped for the generator (default)",
            ("bce", "gan", "vanilla", "standard", "logistic", "ns", "softplus"),
        ),
        ("minimax", "Minimax", "Binary cross-entropy, one value for both: saturates", ()),
        (
            "least-squares",
            "LeastSquares",
            "Squared distance to the labels 1 and 0 (LSGAN)",
            ("lsgan", "mse", "l2"),
        ),
        ("hinge", "Hinge", "Margins of 1 (geometric GAN, SAGAN)", ("hinge-loss", "sagan")),
        (
            "rpgan",
            "RelativisticPairing",
            "Real and fake scores in pairs (RpGAN); add r1 and r2",
            ("relativistic", "rsgan", "r3gan"),
        ),
        ("dual-contrastive", "DualContrastive", "Each sample against all of the other side", ()),
    ):
        yield _loss(name, f"adversarial:{target}", summary, tags=("adversarial",), also=also)
    yield _loss(
        "wasserstein",
        "adversarial:Wasserstein",
        "Difference of mean scores; add gradient-penalty",
        tags=("adversarial",),
        also=("wgan", "w-gan"),
        suggests={"train.disc_steps": 5},
    )
    yield _loss(
        "relativistic-average",
        "adversarial:RelativisticAverage",
        "Scores against the mean of the other side (RaGAN)",
        options="RelativisticAverage",
        tags=("adversarial",),
        also=("ragan", "rasgan"),
    )
    yield _loss(
        "logan",
        "logan:LOGAN",
        "Hinge or others, over latents that the critic improves (LOGAN)",
        options="LOGAN",
        tags=("adversarial",),
        also=("latent-optimisation", "latent-optimization"),
    )
    yield _loss(
        "top-k",
        "top_k:TopK",
        "Hinge or others; the generator learns from its best samples",
        options="TopK",
        tags=("adversarial",),
        also=("topk",),
    )


def _penalties() -> Iterable[Component]:
    for name, target, options, summary, also in (
        ("r1", "R1", "Gamma", "Penalty on the critic's gradient at real samples", ()),
        ("r2", "R2", "Gamma", "Penalty on the critic's gradient at generated samples", ()),
        (
            "gradient-penalty",
            "GradientPenalty",
            "GradientPenalty",
            "Penalty on gradient norms between real and fake (WGAN-GP)",
            ("gp", "wgan-gp", "wgangp"),
        ),
        (
            "max-gradient-penalty",
            "MaxGradientPenalty",
            "MaxGradientPenalty",
            "Penalty on the batch's greatest gradient (Lipschitz GAN)",
            ("maxgp", "max-gp", "lgan"),
        ),
        ("dragan", "Dragan", "Dragan", "Penalty on gradient norms around real samples", ()),
    ):
        tags = ("penalty", "regulariser")
        yield _loss(
            name,
            f"penalties:{target}",
            summary,
            options=options,
            tags=tags,
            also=also,
            version=2 if options == "Gamma" else 1,  # 1: relative to the mean variance
        )


def _consistency() -> Iterable[Component]:
    for name, summary, also in (
        ("cr", "Scores of real samples stay under flips and shifts", ("consistency", "cr-gan")),
        ("bcr", "cr for real and for generated samples", ("balanced-consistency",)),
        ("zcr", "Near latents: near scores, but other samples", ("latent-consistency",)),
        ("icr", "bcr and zcr together", ()),
    ):
        target, tags = f"consistency:{name.upper()}", ("consistency", "regulariser")
        yield _loss(name, target, summary, options=name.upper(), tags=tags, also=also)


def _regularisers() -> Iterable[Component]:
    for name, target, summary, also in (
        ("lecam", "scores:LeCam", "Scores kept near the other side's average; small data", ()),
        ("drift", "scores:Drift", "Scores of real samples kept near 0", ()),
        ("orthogonal", "generators:Orthogonal", "Orthogonal filters in the generator", ()),
        (
            "feature-matching",
            "generators:FeatureMatching",
            "Mean features of the critic, real and fake; give disc.head=features",
            ("fm",),
        ),
        (
            "mode-seeking",
            "generators:ModeSeeking",
            "Other latents must give other samples (MSGAN)",
            ("msgan",),
        ),
    ):
        options = target.partition(":")[2]
        yield _loss(name, target, summary, options=options, tags=("regulariser",), also=also)


def _conditional() -> Iterable[Component]:
    for name, target, summary, also in (
        (
            "auxiliary-classifier",
            "classifiers:AuxiliaryClassifier",
            "The critic names classes (AC-GAN); give disc.head=classes",
            ("ac", "acgan", "ac-gan"),
        ),
        (
            "tac",
            "classifiers:TAC",
            "Two classifiers, one of fakes (TAC-GAN); disc.head=twin-classes",
            ("tacgan", "tac-gan", "twin-auxiliary-classifier"),
        ),
        (
            "adc",
            "classifiers:ADC",
            "Real and fake classes told apart (ADC-GAN); disc.head=twin-classes",
            ("adcgan", "adc-gan"),
        ),
        (
            "2c",
            "contrasts:ConditionalContrastive",
            "Alike within a class, else not (ContraGAN); disc.head=embeddings",
            ("contragan", "conditional-contrastive"),
        ),
        (
            "d2d-ce",
            "contrasts:D2DCE",
            "2c with margins (ReACGAN); give disc.head=embeddings",
            ("d2dce", "reacgan"),
        ),
    ):
        options, tags = target.partition(":")[2], ("conditional",)
        yield _loss(name, target, summary, options=options, tags=tags, also=also)
    yield _loss(
        "multi-hinge",
        "classifiers:MultiHinge",
        "Margins between classes and fake (MHingeGAN); disc.head=fake-class",
        options="MultiHinge",
        tags=("conditional", "adversarial"),
        also=("mh", "mhgan", "mhingegan"),
    )


def _loss(
    name: str,
    target: str,
    summary: str,
    *,
    options: str | None = None,
    tags: tuple[str, ...],
    also: tuple[str, ...] = (),
    suggests: Mapping[str, Any] | None = None,
    version: int = 1,
) -> Component:
    return Component(
        "loss",
        name,
        target=f"{_HERE}.{target}",
        options=options and f"{_HERE}.options:{options}Options",
        summary=summary,
        suggests=suggests or {},
        tags=tags,
        presets={word: {} for word in also},
        version=version,
    )
