"""A dataset, decoded once or streamed, and the batches that come of it."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganfw import DataError, Dataset, Item, Options, PluginError, SkipItem
from ganfw.data import decoded_cache as decoding, item_reader
from ganfw.data.decoded_cache import DecodedSamples, decode
from ganfw.data.loader import Samples
from ganfw.data.stream_loader import StreamedSamples
from ganfw.storage.cache import cache_folder

CPU = torch.device("cpu")


class Numbers(Dataset):
    """Item i is a 2×2 grey picture of brightness i, labelled i % 3; some can't be used."""

    value_range = (-1.0, 1.0)
    sample_shape = (1, 2, 2)
    classes = 3

    def __init__(self, count: int = 10, bad: tuple[int, ...] = (), mark: str = "a") -> None:
        super().__init__(Options())
        self.count, self.bad, self.mark, self.read = count, bad, mark, 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Item:
        self.read += 1
        if index in self.bad:
            raise SkipItem(f"item {index} is bad")
        return np.full((1, 2, 2), index, dtype=np.uint8), index % 3

    def fingerprint(self) -> str:
        return self.mark


class Forkable(Numbers):
    """Item 5 may raise what no dataset should."""

    forkable = True
    error: Exception | None = None

    def __getitem__(self, index: int) -> Item:
        if index == 5 and self.error is not None:
            raise self.error
        return super().__getitem__(index)


class Pairs(Numbers):
    """Item i is labelled by an array of i."""

    classes = 0
    label_shape = (2, 3)

    def __init__(self, dtype: Any, count: int = 10) -> None:
        super().__init__(count)
        self.dtype = dtype
        self.label_values = count if dtype == np.int64 else 0

    def __getitem__(self, index: int) -> Item:
        return super().__getitem__(index)[0], np.full((2, 3), index, self.dtype)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _decode(dataset: Dataset, identity: str = "x") -> Samples:
    return decode(dataset, identity)


def _epoch(samples: Samples, number: int = 1, start: int = 0) -> list[tuple[list[int], list[int]]]:
    batches = samples.loader(4, seed=0, device=CPU).epoch(number, start)
    found = []
    for batch in batches:
        assert batch.labels is not None
        brightness = ((batch.samples[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()
        found.append((brightness, batch.labels.tolist()))
    return found


def test_decoded_once_then_found(cache: Path) -> None:
    dataset = Numbers()
    assert len(_decode(dataset)) == 10
    assert dataset.read == 11  # one item more, to learn how large they are
    again = Numbers()
    assert len(_decode(again)) == 10
    assert again.read == 0
    for other, identity in ((Numbers(mark="b"), "x"), (Numbers(), "y")):
        _decode(other, identity)
        assert other.read == 11
    assert not list(cache.rglob(".tmp-*"))


@pytest.mark.parametrize("name", ["samples.npy", "labels.npy", "meta.json"])
def test_a_damaged_cache_is_made_anew(name: str) -> None:
    _decode(Numbers())
    (folder,) = (path for path in cache_folder("datasets").iterdir() if path.is_dir())
    (folder / name).write_bytes(b"damaged")
    dataset = Numbers()
    assert _epoch(_decode(dataset)) == _epoch(_decode(Numbers()))
    assert dataset.read == 11


@pytest.mark.parametrize("make", [_decode, StreamedSamples])
def test_what_can_not_be_used_is_left_out_and_logged(
    make: Callable[..., Samples], said: list[str]
) -> None:
    samples = make(Numbers(bad=(2, 5)))
    batches = _epoch(samples)
    seen = sorted(value for brightness, _ in batches for value in brightness)
    if make is StreamedSamples:  # the next one takes the place of one that can't be used
        assert seen == [0, 1, 3, 3, 4, 6, 6, 7, 8, 9]
    else:
        assert seen == [0, 1, 3, 4, 6, 7, 8, 9]
    assert all(b % 3 == label for pair in batches for b, label in zip(*pair, strict=True))
    _epoch(samples, 2)
    assert sorted(said) == ["skipped item 2 is bad", "skipped item 5 is bad"]


def test_nothing_that_can_be_used() -> None:
    with pytest.raises(DataError, match="none of the 3 items of the data can be used: "):
        _decode(Numbers(3, bad=(0, 1, 2)))
    with pytest.raises(DataError, match="none of the 3 items of the data can be used: "):
        _epoch(StreamedSamples(Numbers(3, bad=(0, 1, 2))))


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ((np.zeros((1, 2, 2)), 0), "a sample is uint8 or float32"),
        ((np.zeros((1, 3, 3), np.uint8), 0), "the dataset says (1, 2, 2)"),
        ((np.zeros((1, 2, 2), np.uint8), 7), "the dataset says 0..2"),
        ((np.zeros((1, 2, 2), np.uint8), None), "has label None, the dataset says 0..2"),
        ((np.zeros((1, 2, 2), np.uint8), -1), "has label -1, the dataset says 0..2"),
        ((np.zeros((1, 2, 2), np.uint8), 1.5), "has label 1.5, the dataset says 0..2"),
    ],
)
def test_a_dataset_that_breaks_its_promise(item: Any, said: str) -> None:
    class Liar(Numbers):
        def __getitem__(self, index: int) -> Item:
            return item  # type: ignore[no-any-return]

    with pytest.raises(PluginError) as caught:
        _decode(Liar())
    assert said in str(caught.value)


@pytest.mark.parametrize("make", [_decode, StreamedSamples])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_labels_that_are_arrays(make: Callable[..., Samples], dtype: Any) -> None:
    """Bytes become what samples of the same bytes become; other numbers stay."""
    loader = make(Pairs(dtype)).loader(4, 0, CPU)
    for batch in (*loader.epoch(1), loader.evenly_spaced(3)):
        assert batch.labels is not None
        assert batch.labels.shape == (len(batch), 2, 3)
        assert batch.labels.dtype == (torch.int64 if dtype == np.int64 else torch.float32)
        numbers = batch.samples[:, 0, :1, :1]
        if dtype != np.uint8:
            numbers = (numbers + 1) * 127.5
        assert torch.allclose(batch.labels.float(), numbers.expand(-1, 2, 3), atol=1e-4)


def test_labels_take_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, kind in ((279, StreamedSamples), (600, DecodedSamples)):
        monkeypatch.setattr(decoding, "_free_space", lambda folder, free=free: free)
        assert isinstance(_decode(Pairs(np.float32)), kind)


def test_a_cache_without_the_labels_is_made_anew() -> None:
    """As a dataset gets labels of another shape, with the same content."""
    _decode(Numbers())
    labels = _decode(Pairs(np.int64)).loader(4, 0, CPU).evenly_spaced(10).labels
    assert labels is not None
    assert labels[:, 1, 2].tolist() == list(range(10))


def _label(value: object) -> Item:
    return np.zeros((1, 2, 2), np.uint8), value  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (_label(3), "has label 3, the dataset says an array (2, 3)"),
        (_label(np.zeros((2, 3))), "a label of float64; it is uint8, float32 or int64"),
        (_label(np.zeros((3, 2), np.uint8)), "a label of shape (3, 2), the dataset says (2, 3)"),
        (_label(np.zeros((2, 3), np.int64)), "a label of int64, the dataset says label_values = 0"),
    ],
)
def test_labels_that_break_a_promise(item: Item, said: str) -> None:
    class Liar(Pairs):
        def __getitem__(self, index: int) -> Item:
            return item

    with pytest.raises(PluginError) as caught:
        _decode(Liar(np.uint8))
    assert said in str(caught.value)


def test_labels_of_two_kinds() -> None:
    class Mixed(Pairs):
        def __getitem__(self, index: int) -> Item:
            return _label(np.zeros((2, 3), (np.uint8, np.float32)[index % 2]))

    with pytest.raises(PluginError, match="Mixed has labels of uint8 and of float32"):
        _decode(Mixed(np.uint8))
    both = Pairs(np.uint8)
    both.classes = 3
    with pytest.raises(PluginError, match=r"Pairs has 3 classes and labels of shape \(2, 3\)"):
        _decode(both)


def test_a_label_that_is_not_finite_leaves_its_item_out(said: list[str]) -> None:
    class Spoilt(Pairs):
        def __getitem__(self, index: int) -> Item:
            return _label(np.full((2, 3), np.nan if index == 1 else index, np.float32))

    assert len(_decode(Spoilt(np.float32))) == 9
    assert said == ["skipped item 1 of Spoilt has a label that is not finite"]


def test_a_cache_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="set GANFW_CACHE to a folder with room"):
        _decode(Numbers())


def test_two_at_once(cache: Path) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(_decode(Numbers(200))))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 4
    assert not list(cache.rglob(".tmp-*"))


def test_a_full_disk_streams_the_same_batches(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    kept = _epoch(_decode(Numbers()))
    shutil.rmtree(cache_folder())
    monkeypatch.setattr(decoding, "_free_space", lambda folder: 40)
    streamed = _decode(Numbers())
    assert isinstance(streamed, StreamedSamples)
    assert "it is read anew in every epoch" in said[0]
    assert _epoch(streamed) == kept
    assert _epoch(streamed, 1, start=2) == kept[2:]
    assert not cache_folder("datasets").exists()
    decoded = _decode(Numbers(mark="b"))
    for count in (20, 4):
        one, other = (
            samples.loader(4, 0, CPU).evenly_spaced(count) for samples in (streamed, decoded)
        )
        assert torch.equal(one.samples, other.samples)
        assert torch.equal(one.labels, other.labels)


def test_evenly_spaced_samples() -> None:
    loader = _decode(Numbers(256)).loader(256, 0, CPU)

    def found(count: int) -> list[int]:
        samples = loader.evenly_spaced(count).samples
        return [round(float(sample.mean() + 1) * 127.5) for sample in samples]

    assert found(4) == [0, 64, 128, 192]
    assert found(300) == list(range(256))


def test_an_unusable_item_is_replaced_by_the_next() -> None:
    loader = StreamedSamples(Numbers(bad=(0, 1, 9))).loader(4, 0, CPU)
    assert loader.evenly_spaced(2).labels.tolist() == [2, 2]
    assert loader.evenly_spaced(10).labels.tolist() == [2, 2, 2, 0, 1, 2, 0, 1, 2, 2]


def test_streamed_batches_are_as_large_as_any_where_most_is_damaged(said: list[str]) -> None:
    data = Numbers(40, bad=tuple(range(1, 40)))
    sizes = [len(brightness) for brightness, _ in _epoch(StreamedSamples(data))]
    assert sizes == [4] * 10
    assert len(said) == 39
    assert data.read < 3 * 40  # what can't be used is not tried again and again


class Coloured(Numbers):
    """Item i is a picture of 8×8: black if it is 0 or 1, else a ramp."""

    sample_shape = (1, 8, 8)

    def __getitem__(self, index: int) -> Item:
        ramp = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
        return ramp * min(index // 2, 1), 0


def test_pictures_of_one_colour_are_counted_and_said(said: list[str]) -> None:
    for _ in ("decoded", "found"):
        _decode(Coloured(5))
    line = "2 of 5 pictures are nearly one colour all over, such as black or white"
    assert said == [f"{line}: see ganfw show data NAME --picture"] * 2


def test_an_epoch_is_a_function_of_seed_and_number() -> None:
    samples = _decode(Numbers())
    one = _epoch(samples, 1)
    assert sorted(value for brightness, _ in one for value in brightness) == list(range(10))
    assert [len(brightness) for brightness, _ in one] == [4, 4, 2]
    assert _epoch(samples, 1) == one
    assert _epoch(samples, 1, start=1) == one[1:]
    assert _epoch(samples, 2) != one
    assert len(samples.loader(4, 0, CPU)) == 3


def test_what_is_done_to_a_batch_does_not_change_the_data() -> None:
    loader = _decode(Numbers(256)).loader(256, 0, CPU)
    loader.evenly_spaced(256).samples.zero_()
    assert loader.evenly_spaced(1).samples.min() == -1.0


class InOrder(Numbers):
    """Streamed, in an order of its own: both halves shuffled, one after the other."""

    streamed = True

    def order(self, random: torch.Generator) -> torch.Tensor:
        halves = (torch.randperm(5, generator=random) + start for start in (0, 5))
        return torch.cat(list(halves))


def test_a_streamed_dataset_has_an_order_of_its_own(cache: Path) -> None:
    """It depends on seed and epoch alone, and can be entered anywhere."""
    dataset = InOrder()
    whole = _epoch(_decode(dataset))
    assert (dataset.read, cache.exists()) == (10, False)
    seen = [value for brightness, _ in whole for value in brightness]
    assert (sorted(seen[:5]), sorted(seen[5:])) == ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert _epoch(_decode(InOrder()), start=1) == whole[1:]
    assert _epoch(_decode(dataset), 2) != whole


def test_a_few_large_items_are_shared_out_evenly() -> None:
    assert [len(some) for some in item_reader.tasks(range(48), 2)] == [6] * 8
    assert [len(some) for some in item_reader.tasks(range(512, 1024), 2)] == [32] * 16
    assert item_reader.tasks(range(2), 8) == [range(0, 1), range(1, 2)]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_read_what_threads_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_reader, "_MANY", 70)
    monkeypatch.setattr(item_reader.os, "cpu_count", lambda: 2)
    forked, threaded = Forkable(70, bad=(0, 33, 69), mark="f"), Numbers(70, bad=(0, 33, 69))
    samples, expected = decode(forked, "x"), decode(threaded, "y")
    assert isinstance(samples, DecodedSamples)
    assert isinstance(expected, DecodedSamples)
    np.testing.assert_array_equal(samples.samples, expected.samples)
    np.testing.assert_array_equal(samples.labels, expected.labels)
    assert samples.skipped == expected.skipped
    assert threaded.read > 70 > forked.read  # its items were read elsewhere
    forked.mark, forked.error = "g", DataError("item 5 is refused")
    with pytest.raises(DataError, match=r"^item 5 is refused$"):
        decode(forked, "x")
