"""Residual networks: SNGAN and WGAN-GP, SAGAN, BigGAN."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

_HERE = "ganfw_plugins.resnet"
_TAGS = ("pictures", "conditional")


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Three pairs of networks, and papers' settings as recipes."""
    yield from _resnet()
    yield from _sagan()
    yield from _biggan()
    for name, summary in _RECIPES.items():
        yield Component(
            "recipe", name, target=f"{_HERE}:{name}.toml", summary=summary, tags=("pictures",)
        )


_RECIPES = {
    "sngan-cifar10": "SNGAN on CIFAR-10: residual networks, hinge loss, spectral norm",
    "wgan-gp-cifar10": "WGAN-GP on CIFAR-10: residual networks, gradient penalty",
    "biggan-cifar10": "BigGAN on CIFAR-10, with classes",
}


def _resnet() -> Iterable[Component]:
    yield Component(
        "generator",
        "resnet",
        target=f"{_HERE}.generator:ResnetGenerator",
        options=f"{_HERE}.options:GeneratorOptions",
        summary="Residual blocks (SNGAN, WGAN-GP)",
        suggests={"train.latent_dim": 128, **_adam("gen", 2e-4, 0.9)},
        tags=_TAGS,
        presets={"sngan": {}, "wgan-gp": {}},
    )
    yield Component(
        "discriminator",
        "resnet",
        target=f"{_HERE}.discriminator:ResnetDiscriminator",
        options=f"{_HERE}.options:DiscriminatorOptions",
        summary="Residual blocks, spectral norm, projection (SNGAN)",
        suggests={"train.disc_steps": 5, **_adam("disc", 2e-4, 0.9)},
        tags=_TAGS,
        presets={
            "sngan": {},
            "projection": {},
            "wgan-gp": {"spectral_norm": False, "pooling": "mean"},
        },
    )


def _sagan() -> Iterable[Component]:
    """The same networks with other defaults."""
    yield Component(
        "generator",
        "sagan",
        target=f"{_HERE}.generator:ResnetGenerator",
        options=f"{_HERE}.options:SAGANGeneratorOptions",
        summary="Residual blocks, self-attention, spectral norm",
        suggests={"train.latent_dim": 128, **_adam("gen", 1e-4, 0.9)},
        tags=_TAGS,
    )
    yield Component(
        "discriminator",
        "sagan",
        target=f"{_HERE}.discriminator:ResnetDiscriminator",
        options=f"{_HERE}.options:SAGANDiscriminatorOptions",
        summary="Residual blocks, self-attention, spectral norm, projection",
        suggests=_adam("disc", 4e-4, 0.9),
        tags=_TAGS,
    )


def _biggan() -> Iterable[Component]:
    yield Component(
        "generator",
        "biggan",
        target=f"{_HERE}.biggan:BigGANGenerator",
        options=f"{_HERE}.options:BigGANGeneratorOptions",
        summary="Latents and labels in every batch norm, attention; deep as well",
        suggests={"train.latent_dim": 120, **_adam("gen", 5e-5, 0.999)},
        tags=_TAGS,
        presets={"biggan-deep": {"deep": True}},
    )
    yield Component(
        "discriminator",
        "biggan",
        target=f"{_HERE}.biggan:BigGANDiscriminator",
        options=f"{_HERE}.options:BigGANDiscriminatorOptions",
        summary="Wide residual blocks, attention, projection; deep as well",
        suggests={"train.disc_steps": 2, **_adam("disc", 2e-4, 0.999)},
        tags=_TAGS,
        presets={"biggan-deep": {"deep": True}},
    )


def _adam(slot: str, rate: float, beta2: float) -> dict[str, float | tuple[float, float]]:
    """No momentum, as each of these papers has it."""
    return {f"{slot}.optimizer.lr": rate, f"{slot}.optimizer.betas": (0.0, beta2)}
