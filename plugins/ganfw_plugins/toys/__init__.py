"""Toys: small data whose modes are known, to see which losses find them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ganfw import Component, hookimpl

_PACKAGE = "ganfw_plugins.toys"
_POINTS: tuple[tuple[str, str, Mapping[str, Mapping[str, float]]], ...] = (
    ("ring", "Points of Gaussians around a circle, labelled by mode", {}),
    ("grid", "Points of 25 Gaussians on a grid, labelled by mode",
     {"25-gaussians": {}, "100-gaussians": {"side": 10, "spacing": 1.0}}),
    ("spiral", "Points along the arms of a spiral", {"two-spirals": {}}),
    ("moons", "Points of two half circles", {"two-moons": {}}),
)  # fmt: skip
_RECIPES = (
    ("ring", "8 Gaussians around a circle, seconds on a CPU"),
    ("grid", "25 Gaussians on a grid, seconds on a CPU"),
    ("100", "100 Gaussians on a grid, a minute on a CPU"),
    ("spiral", "Two arms of a spiral, seconds on a CPU"),
    ("moons", "Two moons, seconds on a CPU"),
    ("stacked-mnist", "A thousand modes of three digits, minutes on a CPU"),
)


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Datasets, what judges them, and a recipe for each."""
    for name, summary, presets in _POINTS:
        yield Component(
            "dataset",
            name,
            target=f"{_PACKAGE}.points:{name.title()}",
            options=f"{_PACKAGE}.options:{name.title()}Options",
            summary=summary,
            suggests={"train.batch_size": 128, "train.epochs": 40},
            tags=("points", "toy"),
            presets=presets,
        )
    yield Component(
        "dataset",
        "stacked-mnist",
        target=f"{_PACKAGE}.stacked:StackedMnist",
        options=f"{_PACKAGE}.options:StackedMnistOptions",
        summary="Three MNIST digits as colours, 1,000 modes; needs ganfw[toys]",
        suggests={"train.batch_size": 64, "train.epochs": 10},
        tags=("pictures", "toy"),
    )
    yield Component(
        "metric",
        "gaussian-modes",
        target=f"{_PACKAGE}.gaussian_modes:GaussianModes",
        options=f"{_PACKAGE}.options:GaussianModesOptions",
        summary="Modes with samples within 3 σ, their share, divergence",
        tags=("points", "toy"),
    )
    yield Component(
        "metric",
        "stacked-modes",
        target=f"{_PACKAGE}.stacked_modes:StackedModes",
        options=f"{_PACKAGE}.options:StackedModesOptions",
        summary="Modes of StackedMNIST found, and divergence; needs ganfw[toys]",
        tags=("pictures", "toy"),
    )
    for name, summary in _RECIPES:
        yield Component(
            "recipe",
            f"toy-{name}",
            target=f"{_PACKAGE}:toy-{name}.toml",
            summary=summary,
            tags=("toy",),
        )
