"""Arrays and tables: what their shapes, values and labels mean, and what is refused."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result
from numpy.typing import NDArray
from safetensors.numpy import save_file

from ganfw import DataError, PluginError, SkipItem, UsageError
from ganfw_plugins.arrays.dataset import Arrays
from ganfw_plugins.arrays.options import ArraysOptions, TableOptions
from ganfw_plugins.arrays.table import Table

Ganfw = Callable[..., Result]
DRAWS = np.random.default_rng(0)
GREY = DRAWS.integers(0, 256, (12, 16, 16), dtype=np.uint8)
COLOUR = DRAWS.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
KINDS = np.arange(12) % 3


def _arrays(path: Path, **options: object) -> Arrays:
    dataset = Arrays(ArraysOptions.model_validate({"path": path, **options}))
    dataset.prepare()
    return dataset


def _npy(folder: Path, array: NDArray[Any], **options: object) -> Arrays:
    np.save(folder / "a.npy", array)
    return _arrays(folder / "a.npy", **options)


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (COLOUR, (3, 16, 16)),
        (COLOUR.transpose(0, 3, 1, 2), (3, 16, 16)),
        (GREY, (1, 16, 16)),
        (GREY[..., None], (1, 16, 16)),
        (GREY.reshape(12, -1), (256,)),
        (GREY.reshape(12, 2, 8, 4, 4), (2, 8, 4, 4)),
        (np.arange(12.0), (1,)),
    ],
)
def test_shapes_that_mean_one_thing(
    tmp_path: Path, array: NDArray[Any], shape: tuple[int, ...]
) -> None:
    dataset = _npy(tmp_path, array)
    sample, label = dataset[5]
    assert (dataset.sample_shape, sample.shape, len(dataset), label) == (shape, shape, 12, None)
    assert sample.dtype == (np.uint8 if array.dtype == np.uint8 else np.float32)
    if shape == (3, 16, 16):
        assert (sample == COLOUR[5].transpose(2, 0, 1)).all()


def test_shapes_that_may_mean_two(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\(N, 3, 16, 3\): -s data.layout= .* nhwc or nchw"):
        _npy(tmp_path, COLOUR[:, :3])
    assert _npy(tmp_path, COLOUR[:, :3], layout="nhwc").sample_shape == (3, 3, 16)
    with pytest.raises(UsageError, match="nhw or other"):
        _npy(tmp_path, GREY / 255)
    series = _npy(tmp_path, GREY.astype(float), layout="other")
    assert (series.sample_shape, series.value_range) == ((16, 16), None)
    with pytest.raises(UsageError, match=r"\(N, 16, 16\), which is not nchw"):
        _npy(tmp_path, GREY, layout="nchw")


@pytest.mark.parametrize(
    ("array", "limits"),
    [
        (GREY / 255, "0..1"),
        (GREY / 127.5 - 1, "-1..1"),
        (GREY.astype(np.float64), "0..255"),
        (GREY.astype(np.int64), "0..255"),
        (GREY.astype(np.uint16) * 16, "0..4095"),
        (GREY.astype(np.uint16) * 257, "0..65535"),
    ],
)
def test_values_of_pictures(
    tmp_path: Path, said: list[str], array: NDArray[Any], limits: str
) -> None:
    dataset = _npy(tmp_path, array, layout="nhw")
    sample = dataset[3][0]
    assert (sample.dtype, dataset.value_range) == (np.float32, (-1.0, 1.0))
    tolerance = 0.01 if array.dtype == np.uint16 else 1e-5
    np.testing.assert_allclose(sample[0], GREY[3] / 127.5 - 1, atol=tolerance)
    assert said == [f"{tmp_path}/a.npy: values {limits} become -1..1"]


def test_a_range_that_is_given(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"values -1000..\d+: -s data.range="):
        _npy(tmp_path, np.where(GREY < 9, -1000.0, GREY * 90.0), layout="nhw")
    dataset = _npy(tmp_path, GREY, range=(0, 10))
    assert dataset[0][0].dtype == np.float32
    np.testing.assert_allclose(dataset[0][0][0], (GREY[0] / 5.0 - 1).clip(-1, 1), atol=1e-6)
    points = _npy(tmp_path, np.array([[0.0], [9.0], [np.nan]]), range=(-1, 1))
    assert points.value_range == (-1.0, 1.0)
    for index in (1, 2):
        with pytest.raises(SkipItem, match=rf"row {index} of .* leaves the range -1..1"):
            points[index]


def test_pictures_of_another_size(tmp_path: Path) -> None:
    for array in (COLOUR, COLOUR / 255):
        dataset = _npy(tmp_path, array, size="8x4")
        assert dataset[0][0].shape == dataset.sample_shape == (3, 8, 4)
        expected = COLOUR[0].mean() if dataset.are_bytes else COLOUR[0].mean() / 127.5 - 1
        assert dataset[0][0].mean() == pytest.approx(expected, abs=0.02 * 128)


@pytest.mark.parametrize(
    ("labels", "names", "shape", "third"),
    [
        (KINDS, ("0", "1", "2"), (), 2),
        (KINDS * 2, ("0", "1", "2", "3", "4"), (), 4),
        (KINDS[:, None] + 100, ("100", "101", "102"), (), 2),
        (np.array(["cat", "dog", "ant"])[KINDS], ("ant", "cat", "dog"), (), 0),
        (np.eye(3)[KINDS], (), (3,), [0, 0, 1]),
        (KINDS / 2, (), (1,), [1]),
    ],
)
def test_labels(
    tmp_path: Path, labels: NDArray[Any], names: tuple[str, ...], shape: tuple[int, ...], third: Any
) -> None:
    np.savez(tmp_path / "a.npz", pictures=GREY, labels=labels)
    dataset = _arrays(tmp_path / "a.npz")
    assert dataset.class_names == names
    assert (dataset.classes, dataset.label_shape) == (len(names), shape)
    assert np.asarray(dataset[2][1]).tolist() == third
    np.save(tmp_path / "mine.npy", labels)
    beside = _npy(tmp_path, GREY, labels="mine.npy")
    assert beside.class_names == names
    assert beside.fingerprint() != _npy(tmp_path, GREY).fingerprint()


def test_which_array(tmp_path: Path) -> None:
    save_file({"train": GREY, "test": GREY[:4], "y": KINDS}, tmp_path / "a.safetensors")
    with pytest.raises(UsageError, match=r"train \(12, 16, 16\).*: -s data.samples=NAME"):
        _arrays(tmp_path / "a.safetensors")
    dataset = _arrays(tmp_path / "a.safetensors", samples="train")
    assert (len(dataset), dataset.classes) == (12, 3)
    assert (dataset[7][0] == GREY[7]).all()
    with pytest.raises(DataError, match=r"'y' .* has the shape \(12,\), and there are 4 samples"):
        _arrays(tmp_path / "a.safetensors", samples="test")
    for option in ("samples", "labels"):
        with pytest.raises(UsageError, match="has no array 'other'"):
            _arrays(tmp_path / "a.safetensors", **{"samples": "train", option: "other"})


def test_large_ones_are_mapped(tmp_path: Path) -> None:
    assert isinstance(_npy(tmp_path, GREY).rows, np.memmap)


def test_what_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds Python objects, which are never read"):
        _npy(tmp_path, np.array([{"a": 1}], dtype=object))
    np.savez(tmp_path / "a.npz", samples=np.array([print], dtype=object))
    with pytest.raises(DataError, match="holds Python objects, which are never read"):
        _arrays(tmp_path / "a.npz")
    for array in (np.array(["a", "b"]), np.zeros(3, complex)):
        with pytest.raises(DataError, match="samples are real numbers"):
            _npy(tmp_path, array)
    for array in (np.zeros((0, 8, 8)), np.zeros(())):
        with pytest.raises(DataError, match="holds no samples"):
            _npy(tmp_path, array)
    for dtype in ("BF16", "F8_E4M3"):  # which numpy does not have
        head = json.dumps({"a": {"dtype": dtype, "shape": [4], "data_offsets": [0, 4]}})
        head = head.replace("[4]", "[2]") if dtype == "BF16" else head
        content = len(head).to_bytes(8, "little") + head.encode() + bytes(4)
        (tmp_path / "a.safetensors").write_bytes(content)
        with pytest.raises(DataError, match=r"the array 'a' of .*a\.safetensors can't be read"):
            _arrays(tmp_path / "a.safetensors")
    save_file({"a": GREY}, tmp_path / "a.safetensors")
    np.savez(tmp_path / "a.npz", a=GREY)
    np.save(tmp_path / "a.npy", GREY)
    for name in ("a.npy", "a.npz", "a.safetensors"):
        whole = (tmp_path / name).read_bytes()
        for content in (whole[:200], b"nonsense", b""):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(DataError, match=r"can't be read as arrays|holds Python objects"):
                _arrays(tmp_path / name)


def _table(path: Path, text: str, **options: object) -> Table:
    path.write_text(text, encoding="utf-8")
    dataset = Table(TableOptions.model_validate({"path": path, **options}))
    dataset.prepare()
    return dataset


ROWS = "age,city,height,label\n30,Ulm,1.8,yes\n41,Bonn,,no\n\n5,Ulm,1e0,no\n"


def test_a_table(tmp_path: Path, said: list[str]) -> None:
    table = _table(tmp_path / "a.csv", ROWS)
    assert said == [f"{tmp_path}/a.csv: columns without numbers are left out: city"]
    assert (len(table), table.sample_shape, table.class_names) == (3, (2,), ("no", "yes"))
    assert (table[0][0].tolist(), table[0][1]) == (pytest.approx([30, 1.8]), 1)
    assert np.isnan(table[1][0][1])
    by_city = _table(tmp_path / "a.csv", ROWS, columns="height", labels="city")
    assert (by_city.sample_shape, by_city.class_names) == ((1,), ("Bonn", "Ulm"))
    assert by_city.fingerprint() == table.fingerprint()
    before = table.fingerprint()
    assert _table(tmp_path / "a.csv", f"{ROWS}9,Ulm,1,no").fingerprint() != before


@pytest.mark.parametrize(
    "text", ["1,2.5\n3,4\n", "\ufeff1;2.5\n3;4\n", "x\ty\n1\t2.5\n3\t4", "x, y\r\n1, 2.5\r\n3,4"]
)
def test_tables_as_people_write_them(tmp_path: Path, text: str) -> None:
    table = _table(tmp_path / "a.csv", text)
    assert (table.classes, table.points.tolist()) == (0, [[1, 2.5], [3, 4]])


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "is empty"),
        ("a,b\n", {}, "has no rows"),
        ("a,b\nx,y\n", {}, "has no column of numbers: its columns are a, b"),
        ("a,b\n1,2\n3\n", {}, "line 3: it has 1 cells, the first line 2"),
        ("a,a\n1,2\n", {}, "two columns 'a'"),
        ("a,b\n1,2\n3,x\n", {"columns": ["a", "b"]}, "line 3: 'b' is 'x', no number"),
        ("a,b\n1,2\n", {"columns": ["c"]}, "has no column 'c'; it has a, b"),
        ("a,b\n1,2\n", {"labels": "c"}, "has no column 'c'; it has a, b"),
        ('a,b\n1,"2\n', {}, "can't be read as a table"),
        (f"a,label\n1,{'x' * 1001}\n", {}, "a.csv: column 'label' has a cell of 1001 characters"),
    ],
)
def test_tables_that_are_none(
    tmp_path: Path, text: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises((DataError, UsageError), match=said):
        _table(tmp_path / "a.csv", text, **options)


def test_a_table_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,\xff\n")
    with pytest.raises(DataError, match="can't be read as a table: it is not UTF-8 text"):
        Table(TableOptions(path=tmp_path / "a.csv")).prepare()


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and nothing")
    table = Table(TableOptions(path=path))
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(PluginError, match="needs pyarrow: pip install pyarrow"):
            table.prepare()
        return
    import pyarrow
    from pyarrow import parquet

    with pytest.raises(DataError, match="can't be read as Parquet"):
        table.prepare()
    columns = {"x": [1, 2, None], "word": ["a", "b", "a"], "y": [0.5, 1.5, 2.5]}
    parquet.write_table(pyarrow.table(columns), path)
    table = Table(TableOptions(path=path, labels="word"))
    table.prepare()
    assert (table.sample_shape, table.class_names) == ((2,), ("a", "b"))
    assert table[1][0].tolist() == [2.0, 1.5]
    parquet.write_table(pyarrow.table({"image": [b"PNG"]}), path)
    with pytest.raises(DataError, match=r"give --data huggingface -s data.path="):
        Table(TableOptions(path=path)).prepare()


def test_runs_on_files_by_their_paths(ganfw: Ganfw) -> None:
    """Of each kind, one by its path alone."""
    quiet = ("--no-callback", "samples", "--no-callback", "loss-curve")
    np.savez("faces.npz", images=COLOUR, labels=KINDS)
    words = ("--gen", "dcgan", "--disc", "dcgan", "-s", "gen.channels=8", "-s", "disc.channels=8")
    result = ganfw("run", *words, "--data", "faces.npz", "--steps", 1, "--batch-size", 4, *quiet)
    assert result.exit_code == 0, result.output
    assert Path("runs/0001-dcgan-faces").is_dir()
    Path("points.csv").write_text("x,y\n" + "".join(f"{i},{-i}\n" for i in range(20)))
    words = ("--gen", "linear", "--disc", "mlp", "--steps", 1, "--batch-size", 4)
    result = ganfw("run", *words, "--data", "./points.csv", *quiet)
    assert result.exit_code == 0, result.output
    result = ganfw("show", "data", "points.csv", "--picture", "points.png")
    assert result.exit_code == 0, result.output


def test_points_move_before_they_are_known(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 2)))
    path = torch.zeros(4, 2)
    unprepared = Arrays(ArraysOptions(path=tmp_path / "a.npy"))
    assert len(list(unprepared.animate(path))) == 4
    assert _arrays(tmp_path / "a.npy").preview(path, path).size[0] > 100
