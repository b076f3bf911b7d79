"""The picture datasets of torchvision, and Fashion-MNIST, for the exercises of D2L 20.2."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl

OFTEN_USED = ("MNIST", "KMNIST", "CIFAR10", "CIFAR100", "SVHN", "STL10", "CelebA", "Flowers102",
              "Food101", "OxfordIIITPet", "StanfordCars", "EuroSAT", "ImageNet",
              "Imagenette")  # fmt: skip

_ALSO_CALLED = {"cifar": "CIFAR10", "imagenet1k": "ImageNet", "ilsvrc2012": "ImageNet",
                "flowers": "Flowers102", "pets": "OxfordIIITPet", "cars": "StanfordCars",
                "lfw": "LFWPeople"}  # fmt: skip


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """Any of them by name, and one that has a name of its own."""
    return [
        Component(
            "dataset",
            "torchvision",
            target="ganfw_plugins.torchvision.dataset:TorchvisionDataset",
            options="ganfw_plugins.torchvision.options:TorchvisionOptions",
            summary="A picture dataset of torchvision by name: CIFAR10, SVHN, CelebA, …",
            suggests={"train.batch_size": 128},
            tags=("pictures",),
            presets={name.lower(): {"name": name} for name in OFTEN_USED}
            | {word: {"name": name} for word, name in _ALSO_CALLED.items()},
        ),
        Component(
            "dataset",
            "fashion-mnist",
            target="ganfw_plugins.torchvision.fashion:FashionMnist",
            options="ganfw_plugins.torchvision.options:FashionMnistOptions",
            summary="Ten kinds of clothes, 32×32 grey, downloaded",
            suggests={"train.batch_size": 256, "train.epochs": 10},
            tags=("pictures", "d2l"),
        ),
    ]
