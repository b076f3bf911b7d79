"""How a dataset shows samples: by default whatever their shape, and what is said if it can't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import ganfw
from ganfw import Dataset, Item, Options, PluginError, ShapesError
from ganfw.interfaces.dataset import checked_preview


@pytest.mark.parametrize(
    ("sample", "mode"),
    [((3, 8, 8), "RGB"), ((4, 8, 8), "RGB"), ((5,), "L"), ((1, 256), "L"), ((2, 8, 8), "L"),
     ((1, 4, 4, 4), "L")],
)  # fmt: skip
def test_samples_of_any_shape_are_drawn(sample: tuple[int, ...], mode: str) -> None:
    dataset = Dataset(Options())
    samples = torch.rand(6, *sample)
    assert checked_preview(dataset, samples, samples).mode == mode
    frames = list(dataset.animate(samples))
    assert len(frames) == 6
    assert len({frame.size for frame in frames}) == 1


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (None, "Odd.preview returned NoneType, not a PIL image"),
        (np.zeros((2, 2)), "Odd.preview returned ndarray, not a PIL image"),
        (KeyError("x"), "Odd.preview raised KeyError: 'x'"),
    ],
)
def test_a_preview_that_is_no_picture(result: Any, line: str) -> None:
    class Odd(Dataset):
        def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
            if isinstance(result, Exception):
                raise result
            return result  # type: ignore[no-any-return]

    with pytest.raises(PluginError) as caught:
        checked_preview(Odd(Options()), torch.zeros(1, 2))
    assert str(caught.value) == line


def test_an_error_of_ganfw_stays_what_it_is() -> None:
    class Odd(Dataset):
        def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
            raise ShapesError("these have no picture")

    with pytest.raises(ShapesError, match="these have no picture"):
        checked_preview(Odd(Options()), torch.zeros(1, 2))


class Audio(Dataset):
    """Sine waves of 256 values."""

    sample_shape = (1, 256)
    value_range = (-1.0, 1.0)

    def __len__(self) -> int:
        return 16

    def __getitem__(self, index: int) -> Item:
        return np.sin(np.arange(256, dtype=np.float32) * index / 40)[None], None

    def fingerprint(self) -> str:
        return "audio"


def test_a_run_on_samples_that_are_no_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ganfw.registry.session._REGISTERED", {})
    ganfw.register("dataset", "audio")(Audio)
    words: Any = {"gen": "linear", "disc": "mlp", "data": "audio", "steps": 2}
    run = ganfw.run(**words, settings={"train.batch_size": 8})
    with Image.open(run.path / "samples" / "000000.png") as picture:
        assert picture.size == (256, 256)
    assert run.preview(4).size == (256, 256)
    monkeypatch.setattr(Audio, "preview", lambda self, samples, real=None: "a picture")
    line = r"Audio\.preview returned str, not a PIL image"
    with pytest.raises(PluginError, match=line):
        run.preview(4)
    with pytest.raises(PluginError, match=line):
        ganfw.run(**words, settings={"train.batch_size": 8})
