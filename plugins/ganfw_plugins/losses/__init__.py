"""Losses: what the two players of a GAN minimise, and penalties to add to them."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_ADVERSARIAL = {
    "nonsaturating": ("NonSaturating", "Binary cross-entropy, flipped for the generator (default)"),
    "minimax": ("Minimax", "Binary cross-entropy, one value for both: saturates"),
    "least-squares": ("LeastSquares", "Squared distance to the labels 1 and 0 (LSGAN)"),
    "hinge": ("Hinge", "Margins of 1 (geometric GAN, SAGAN)"),
    "wasserstein": ("Wasserstein", "Difference of mean scores; add gradient-penalty"),
}


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Five adversarial losses and two penalties."""
    for name, (target, summary) in _ADVERSARIAL.items():
        yield Component(
            "loss",
            name,
            target=f"ganfw_plugins.losses.adversarial:{target}",
            summary=summary,
            suggests={"train.disc_steps": 5} if name == "wasserstein" else {},
            tags=("adversarial",),
        )
    yield Component(
        "loss",
        "r1",
        target="ganfw_plugins.losses.penalties:R1",
        options="ganfw_plugins.losses.options:R1Options",
        summary="Penalty on the critic's gradient at real samples",
        tags=("penalty",),
    )
    yield Component(
        "loss",
        "gradient-penalty",
        target="ganfw_plugins.losses.penalties:GradientPenalty",
        options="ganfw_plugins.losses.options:GradientPenaltyOptions",
        summary="Penalty on gradient norms between real and fake (WGAN-GP)",
        tags=("penalty",),
    )
