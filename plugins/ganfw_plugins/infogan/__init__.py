"""InfoGAN: codes among the latents, which a network tells again from the samples (Chen et al. 2016,
"InfoGAN: interpretable representation learning by information maximizing generative adversarial
nets"). No labels are needed."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_HERE = "ganfw_plugins.infogan"


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """A generator with codes, the network Q, and the loss by which both learn."""
    return [
        Component(
            "generator",
            "infogan",
            target=f"{_HERE}.generator:InfoGANGenerator",
            options=f"{_HERE}.options:GeneratorOptions",
            summary="Latents with categorical and continuous codes (InfoGAN)",
            suggests={"train.latent_dim": 62},
            tags=("pictures",),
        ),
        Component(
            "network",
            "infogan-q",
            target=f"{_HERE}.q:Q",
            options=f"{_HERE}.options:QOptions",
            summary="Codes told from the critic's features (InfoGAN)",
        ),
        Component(
            "loss",
            "infogan",
            target=f"{_HERE}.loss:InfoGAN",
            options=f"{_HERE}.options:InfoGANOptions",
            summary="Codes that can be told again; network q, disc.head=features",
            tags=("regulariser",),
        ),
    ]
