"""Jitter: where pixels go, that labels go with them, and that it is drawn by sample and epoch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganfw import Shapes, UsageError
from ganfw.config.schema import TrainOptions
from ganfw.data.decoded_cache import DecodedSamples
from ganfw.data.jitter import Jitter
from ganfw.data.loader import Loader
from ganfw.interfaces.dataset import Batch
from ganfw.launch.build import build_jitter
from ganfw.runtime.distributed import SINGLE_PROCESS, Processes

CPU = torch.device("cpu")
BOTH = Jitter(0.5, mirror=True)


def _loader(processes: Processes = SINGLE_PROCESS) -> Loader:
    """Of 10 pictures and their labels, which differ from them by a number."""
    pixels = np.random.default_rng(0).integers(0, 100, (10, 1, 4, 6), dtype=np.uint8)
    loader = DecodedSamples(pixels, pixels + 100, None, []).loader(4, 7, CPU, processes)
    loader.jitter = BOTH
    return loader


def _all(loader: Loader, epoch: int, start: int = 0) -> torch.Tensor:
    return torch.cat([batch.samples for batch in loader.epoch(epoch, start)])


def test_pictures_are_mirrored_and_cropped_where_the_numbers_say() -> None:
    picture = torch.arange(12.0).reshape(1, 1, 3, 4)
    batch = Batch(picture.repeat(2, 1, 1, 1), torch.tensor([5, 6]))
    mirrored = Jitter(0, mirror=True)(batch, torch.tensor([[0.9, 0.9, 0.4], [0.9, 0.9, 0.6]]))
    assert torch.equal(mirrored.samples, torch.cat([picture.flip(3), picture]))
    assert mirrored.labels is batch.labels
    # 286 pixels are made of 256: number 255 lies at 255.5 · 256 / 286 - 0.5 = 228.2.
    large = Batch(torch.arange(256.0).expand(2, 1, 256, 256).contiguous(), None)
    numbers = torch.tensor([[0.0, 0.0, 0.9], [0.999, 0.999, 0.9]])
    moved = Jitter(0.1172, mirror=False)(large, numbers).samples[:, 0, 0]
    assert moved[:, [0, -1]].flatten().tolist() == pytest.approx([0, 228.2, 26.8, 255], abs=0.1)


def test_a_label_that_is_a_picture_goes_the_way_of_its_sample() -> None:
    samples = torch.rand(8, 3, 5, 7)
    numbers = torch.rand(8, 3)
    moved = BOTH(Batch(samples, samples[:, :1] + 1), numbers)
    assert moved.labels is not None
    torch.testing.assert_close(moved.labels, moved.samples[:, :1] + 1)
    masks = BOTH(Batch(samples, samples[:, 0]), numbers)
    assert masks.labels is not None
    torch.testing.assert_close(masks.labels, masks.samples[:, 0])
    vectors = torch.rand(8, 5)
    assert BOTH(Batch(torch.rand(8, 1, 8, 5), vectors), numbers).labels is vectors
    words = BOTH(Batch(samples, (samples[:, :1] * 9).long()), numbers).labels
    assert words is not None
    assert words.dtype == torch.int64
    assert set(words.unique().tolist()) <= set(range(9))
    # Their edges stay within a pixel of the sample's: half of it lies on either side.
    edge = torch.arange(8).expand(1, 1, 1, 8) // 4
    halves = Jitter(0.5, mirror=False)(Batch(edge * 2.0 - 1, edge), torch.full((1, 3), 0.3))
    assert halves.labels is not None
    assert torch.equal(halves.labels == 1, halves.samples >= 0)


def test_it_is_drawn_anew_in_each_epoch_and_the_same_after_a_resume() -> None:
    loader = _loader()
    first, again, second = _all(loader, 0), _all(_loader(), 0), _all(loader, 1)
    assert torch.equal(first, again)
    assert not torch.equal(first.flatten(1).sum(1).sort()[0], second.flatten(1).sum(1).sort()[0])
    assert torch.equal(_all(loader, 0, start=1), first[4:])
    halves = [next(_loader(Processes(rank, 2)).epoch(0)).samples for rank in (0, 1)]
    assert torch.equal(torch.stack(halves, 1).flatten(0, 1), first[:4])


def test_what_is_shown_stays_as_it_is() -> None:
    loader, plain = _loader(), _loader()
    plain.jitter = None
    assert torch.equal(loader.evenly_spaced(5).samples, plain.evenly_spaced(5).samples)


def test_what_can_not_be_jittered_is_refused() -> None:
    pictures = Shapes((3, 8, 8), None, 0, 5, (1, 8, 8))
    assert build_jitter(TrainOptions(), Shapes((2,), None, 0, 5)) is None
    assert build_jitter(TrainOptions(mirror=True), pictures) == Jitter(0, mirror=True)
    with pytest.raises(UsageError, match=r"train.mirror needs pictures, .* samples are \(2,\)"):
        build_jitter(TrainOptions(mirror=True), Shapes((2,), None, 0, 5))
    with pytest.raises(UsageError, match=r"train\.enlarge = 0\.01 adds no pixel"):
        build_jitter(TrainOptions(enlarge=0.01), pictures)
    with pytest.raises(UsageError, match=r"train\.enlarge needs labels of the pictures' sides"):
        build_jitter(TrainOptions(enlarge=0.1), Shapes((3, 8, 8), None, 0, 5, (3, 4, 4)))
