"""Fashion-MNIST: ten kinds of clothes, for the exercises of D2L 20.2."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """The dataset."""
    yield Component(
        "dataset",
        "fashion-mnist",
        target="ganfw_plugins.fashion.dataset:FashionMnist",
        options="ganfw_plugins.fashion.options:FashionMnistOptions",
        summary="Ten kinds of clothes, 32×32 grey, downloaded",
        suggests={"train.batch_size": 256, "train.epochs": 10},
        tags=("pictures", "d2l"),
    )
