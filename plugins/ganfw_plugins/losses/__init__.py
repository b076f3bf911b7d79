"""Losses: what the two players of a GAN minimise, and penalties to add."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_ADVERSARIAL = {
    "nonsaturating": ("NonSaturating", "Binary cross-entropy, flipped for the generator (default)"),
    "minimax": ("Minimax", "Binary cross-entropy, one value for both: saturates"),
    "least-squares": ("LeastSquares", "Squared distance to the labels 1 and 0 (LSGAN)"),
    "hinge": ("Hinge", "Margins of 1 (geometric GAN, SAGAN)"),
    "wasserstein": ("Wasserstein", "Difference of mean scores; add gradient-penalty"),
    "rpgan": ("RelativisticPairing", "Real and fake scores in pairs (RpGAN); add r1 and r2"),
}

_ALSO_CALLED = {
    "nonsaturating": ("bce", "gan", "vanilla", "standard", "logistic", "ns", "softplus"),
    "least-squares": ("lsgan", "mse", "l2"),
    "hinge": ("hinge-loss", "sagan"),
    "wasserstein": ("wgan", "w-gan"),
    "rpgan": ("relativistic", "rsgan", "ragan", "r3gan"),
}


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Six adversarial losses and three penalties."""
    for name, (target, summary) in _ADVERSARIAL.items():
        yield Component(
            "loss",
            name,
            target=f"ganfw_plugins.losses.adversarial:{target}",
            summary=summary,
            suggests={"train.disc_steps": 5} if name == "wasserstein" else {},
            tags=("adversarial",),
            presets={word: {} for word in _ALSO_CALLED.get(name, ())},
        )
    for name, samples in (("r1", "real"), ("r2", "generated")):
        yield Component(
            "loss",
            name,
            target=f"ganfw_plugins.losses.penalties:{name.upper()}",
            options="ganfw_plugins.losses.options:GammaOptions",
            summary=f"Penalty on the critic's gradient at {samples} samples",
            tags=("penalty",),
        )
    yield Component(
        "loss",
        "gradient-penalty",
        target="ganfw_plugins.losses.penalties:GradientPenalty",
        options="ganfw_plugins.losses.options:GradientPenaltyOptions",
        summary="Penalty on gradient norms between real and fake (WGAN-GP)",
        presets={"gp": {}, "wgan-gp": {}, "wgangp": {}},
        tags=("penalty",),
    )
