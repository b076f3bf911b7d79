"""``ganfw sample`` from the command line: grids, pictures, arrays, interpolations, timelines."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

import ganfw as package
from ganfw.cli import main
from ganfw.sampling import sampler as sampling
from ganfw.sampling.timeline import MOST_ANIMATED, MOST_STILL

Ganfw = Callable[..., Result]
PICTURES = ("--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "--steps", "20",
            "-s", "data.species=4", "-s", "data.individuals=8", "-s", "data.size=16",
            "-s", "train.batch_size=8", "-s", "gen.channels=8", "-s", "disc.channels=8",
            "-s", "callback.samples.count=4", "--no-callback", "loss-curve")  # fmt: skip
POINTS = ("--recipe", "d2l-gaussian", "--steps", "40", "-s", "data.count=200",
          "--no-callback", "loss-curve")  # fmt: skip
LABELLED = ("--gen", "labelled", "--disc", "mlp", "--data", "coasts", "--steps", "1",
           "-s", "data.count=64", "-s", "train.batch_size=8",
           "--no-callback", "loss-curve")  # fmt: skip
PLUGIN = '''
from ganfw import Component, Generator, hookimpl
from ganfw_plugins.toys.points import Ring
from torch import nn

class Coasts(Ring):
    class_names = ("north", "east", "cape, east", "07", "south", "a.npz", "west", "bäy")

class Labelled(Generator):
    """Points that lie at ten times their label, whatever was learnt."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.tiny = nn.Linear(shapes.latent_dim, 2)

    def forward(self, latents, labels=None):
        return self.tiny(latents).tanh() + 10 * labels[:, None]

@hookimpl
def ganfw_components():
    return [
        Component("generator", "labelled", "labelled:Labelled", summary="Uses labels"),
        Component("dataset", "coasts", "labelled:Coasts", "ganfw_plugins.toys.options:RingOptions",
                  summary="Points whose classes have names"),
    ]
'''


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of pictures (1), of points (2), and of a generator that uses labels (3)."""
    out = tmp_path_factory.mktemp("runs")
    plugin = out / "labelled.py"
    plugin.write_text(PLUGIN)
    for words in (PICTURES, POINTS, ("--plugin", str(plugin), *LABELLED)):
        result = CliRunner().invoke(main, ["run", *words, "--out", str(out)])
        assert result.exit_code == 0, result.output
    return out


@pytest.fixture
def pictures(runs: Path) -> Path:
    return runs / "0001-dcgan-sprites"


@pytest.fixture
def points(runs: Path) -> Path:
    return runs / "0002-linear-gaussian"


@pytest.fixture
def labelled(runs: Path) -> Path:
    return runs / "0003-labelled-coasts"


def _said(ganfw: Ganfw, *words: object) -> str:
    result = ganfw("sample", *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def _refused(ganfw: Ganfw, said: str, *words: object, code: int = 2) -> None:
    before = sorted(Path().iterdir())
    result = ganfw("sample", *words)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert sorted(Path().iterdir()) == before


def _frames(path: str) -> list[Image.Image]:
    frames = []
    with Image.open(path) as opened:
        for i in range(getattr(opened, "n_frames", 1)):
            opened.seek(i)
            frames.append(opened.convert("RGB"))
    return frames


def _tile(grid: Image.Image, row: int, column: int) -> bytes:
    left, upper = 2 + 18 * column, 2 + 18 * row
    return grid.crop((left, upper, left + 16, upper + 16)).tobytes()


def test_samples_as_arrays(ganfw: Ganfw, pictures: Path) -> None:
    """Both forms hold the same numbers, whatever the number of them, and no labels made up."""
    for name in ("a.npz", "a.safetensors"):
        _said(ganfw, pictures, "-n", 300, "-o", name)
    tensors = load_file("a.safetensors")
    with np.load("a.npz") as file:
        npz = dict(file)
    assert npz.keys() == tensors.keys() == {"samples"}
    assert npz["samples"].shape == (300, 3, 16, 16)
    assert npz["samples"].dtype == np.uint8
    assert np.array_equal(npz["samples"], tensors["samples"].numpy())
    assert sorted(path.name for path in Path().iterdir()) == ["a.npz", "a.safetensors"]


def test_samples_one_by_one_are_bare_pixels(ganfw: Ganfw, pictures: Path) -> None:
    _said(ganfw, pictures, "-n", 3, "-o", "singles/")
    _said(ganfw, pictures, "-n", 3, "-o", "a.npz")
    _said(ganfw, pictures, "-n", 3, "-o", "grid.png")
    names = sorted(path.name for path in Path("singles").iterdir())
    assert names == ["000000.png", "000001.png", "000002.png"]
    with np.load("a.npz") as file:
        samples = file["samples"]
    with Image.open("grid.png") as grid:
        for i, name in enumerate(names):
            single = Image.open(f"singles/{name}")
            assert np.array_equal(np.asarray(single).transpose(2, 0, 1), samples[i])
            assert single.tobytes() == _tile(grid, i // 2, i % 2)
    _refused(ganfw, "there are files already", pictures, "-o", "singles/")
    _refused(ganfw, "there are files already", pictures, "-o", "grid.png/")


def test_an_interpolation_goes_from_first_to_last(ganfw: Ganfw, pictures: Path) -> None:
    said = _said(ganfw, pictures, "--interpolate", 3, "--frames", 4, "-o", "path.png")
    assert "9 samples on the way through 3 latents" in said
    with Image.open("path.png") as grid:
        assert grid.size == (5 * 18 + 2, 2 * 18 + 2)
        sampler = package.load(pictures)
        latents = sampling.Latents(sampler.network, sampler.shapes, 0, torch.device("cpu"))(3)
        first, middle, last = map(sampler.picture, sampling.generate(sampler.network, latents))
        assert _tile(grid, 0, 0) == first.tobytes()
        assert _tile(grid, 0, 4) == _tile(grid, 1, 0) == middle.tobytes()
        assert _tile(grid, 1, 4) == last.tobytes()


def test_an_animated_interpolation_ends_where_it_began(ganfw: Ganfw, pictures: Path) -> None:
    for name in ("path.webp", "path.gif", "path.apng"):
        said = _said(ganfw, pictures, "--interpolate", 3, "--frames", 4, "-o", name)
        assert "12 samples on the way through 3 latents and back" in said
        frames = _frames(name)
        # Pillow joins frames that are alike to the last bit.
        assert 6 < len(frames) <= 12
        assert frames[0].size == (16, 16)


def test_points_move_among_real_ones(ganfw: Ganfw, points: Path) -> None:
    """The axes stay, the real points too, and the trail grows."""
    _said(ganfw, points, "--interpolate", 3, "--frames", 4, "-o", "path.apng")
    frames = [np.asarray(frame).astype(int) for frame in _frames("path.apng")]
    assert len(frames) == 12
    axes = [frame[:, :30] for frame in frames]
    assert all(np.array_equal(axes[0], other) for other in axes)
    real = [(frame[..., 2] - frame[..., 0] > 20).sum() for frame in frames]
    generated = [(frame[..., 0] - frame[..., 2] > 100).sum() for frame in frames]
    assert min(real) > 1000
    assert generated[-1] > generated[0] > 50


def test_truncation_and_a_label_hold_for_interpolations(
    ganfw: Ganfw, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Tensor, Tensor]] = []
    generate = sampling.generate

    def spied(network: nn.Module, latents: Tensor, labels: Tensor) -> Tensor:
        seen.append((latents, labels))
        return generate(network, latents, labels)

    monkeypatch.setattr(sampling, "generate", spied)
    words = ("--interpolate", 2, "--frames", 3, "-o", "path.png")
    _said(ganfw, labelled, *words, "--truncation", 0.1, "--labels", 5)
    latents, labels = seen[-1]
    assert labels.tolist() == [5] * 4
    assert 0 < latents[[0, -1]].abs().max() <= 0.1
    _refused(ganfw, "a way keeps to one label", labelled, *words, "--labels", "1,2")
    said = "4 samples on the way through 2 latents, all of class north; --labels chooses another"
    assert said in _said(ganfw, labelled, *words)


def test_labels_of_a_generator_that_uses_them(ganfw: Ganfw, labelled: Path) -> None:
    for name in ("a.npz", "a.safetensors"):
        _said(ganfw, labelled, "-n", 300, "-o", name, "--labels", "3,1")
    tensors = load_file("a.safetensors")
    with np.load("a.npz") as file:
        assert file["labels"].tolist() == tensors["labels"].tolist() == [3, 1] * 150
    made = (tensors["samples"] / 10).round().long()
    assert torch.equal(made, tensors["labels"][:, None].expand(-1, 2))
    _said(ganfw, labelled, "-n", 30, "-o", "drawn.safetensors")
    assert len(load_file("drawn.safetensors")["labels"].unique()) > 3
    _refused(ganfw, "label 9: the data's labels are 0 to 7", labelled, "--labels", "9")
    for given, meant in (
        (("south, 6,07",), [4, 6, 3]),
        (("cape, east",), [2]),
        (("a.npz",), [5]),
        (("west,cape, east,north",), [6, 2, 0]),
        (("west", "--labels", "07"), [6, 3]),
        (("ba\u0308y",), [7]),  # as macOS writes it
    ):
        _said(ganfw, labelled, "-n", len(meant), "-o", "named.safetensors", "--labels", *given)
        assert load_file("named.safetensors")["labels"].tolist() == meant
    said = "label 'nroth': no class of the data is called so. Did you mean 'north'?"
    _refused(ganfw, said, labelled, "--labels", "west,nroth")
    said = "called so: there are north, east, cape, east, 07, south, a.npz, west, bäy"
    _refused(ganfw, said, labelled, "--labels", "x")
    _refused(ganfw, "label '': no class of the data is", labelled, "--labels", "")
    _refused(ganfw, "none.npy: there is no such file", labelled, "--labels", "none.npy")
    np.save("own.npy", np.array([7, 2], np.uint8))
    _said(ganfw, labelled, "-n", 3, "-o", "own.npz", "--labels", "own.npy")
    with np.load("own.npz") as file:
        assert file["labels"].tolist() == [7, 2, 7]
    np.save("own.npy", np.array(["south", "west"]))
    _said(ganfw, labelled, "-n", 2, "-o", "own.safetensors", "--labels", "own.npy")
    assert load_file("own.safetensors")["labels"].tolist() == [4, 6]
    np.save("own.npy", np.array([[0.5]]))
    said = "labels are float64 of shape (1, 1): give classes, whole numbers (N,)"
    _refused(ganfw, said, labelled, "--labels", "own.npy")


def test_labels_that_make_no_difference_are_refused(
    ganfw: Ganfw, pictures: Path, points: Path
) -> None:
    said = "generator 'ganfw/dcgan' makes the same of every label"
    _refused(ganfw, said, pictures, "--labels", "1")
    _refused(ganfw, said, pictures, "--labels", "1", "-o", "a.npz")
    _refused(ganfw, said, pictures, "--labels", "1", "--interpolate", "2")
    _refused(ganfw, "was trained on data without labels", points, "--labels", "1")


def test_what_a_format_can_hold(ganfw: Ganfw, points: Path, pictures: Path) -> None:
    """JPEG has no transparency, XBM no colours."""
    _said(ganfw, points, "-n", 9, "-o", "a.jpg")
    with Image.open("a.jpg") as picture:
        assert (picture.mode, picture.size) == ("RGB", (400, 400))
        assert picture.getpixel((395, 5)) == (255, 255, 255)
    _refused(ganfw, "XBM can't hold", pictures, "-n", 4, "-o", "a.xbm")


def test_the_best_generator(ganfw: Ganfw, points: Path, tmp_path: Path) -> None:
    _refused(ganfw, "has no generator_best", points, "--best", code=1)
    shutil.copytree(points / "generator", tmp_path / "run" / "generator_best")
    assert "run/generator_best" in _said(ganfw, "run", "--best", "-n", 2)


def test_samples_are_never_all_in_memory(points: Path, tmp_path: Path) -> None:
    alive: weakref.WeakSet[Tensor] = weakref.WeakSet()
    most = 0

    def count(network: nn.Module, inputs: object, samples: Tensor) -> None:
        nonlocal most
        alive.add(samples)
        most = max(most, len(alive))

    from ganfw.sampling.array_files import write_arrays

    sampler = package.load(points)
    sampler.network.register_forward_hook(count)
    for n in (600, 6000):
        write_arrays(tmp_path / "a.npz", sampler.batches(n), sampler.shapes)
        assert most <= 3
    long = sampler.interpolate(2, 600)
    assert long.shape == (601, 2)
    assert torch.allclose(long[::300], sampler.interpolate(2, 2))


def _run_of_pictures(steps: range) -> Path:
    """A run folder with a picture at each of ``steps``, every one of another colour."""
    samples = Path("run/samples")
    samples.mkdir(parents=True)
    Path("run/config.toml").touch()
    for i, step in enumerate(steps):
        Image.new("RGB", (4, 3), (i, 255 - i, 0)).save(samples / f"{step:06d}.png")
    return Path("run")


def test_a_timeline_has_a_bounded_number_of_pictures(ganfw: Ganfw) -> None:
    """In the order of their numbers, which is not that of their names; first and last kept."""
    run = _run_of_pictures(range(999_900, 1_000_110))
    said = _said(ganfw, run, "--timeline", "-o", "line.apng")
    assert f"{MOST_ANIMATED} of 210 pictures, from step 999900 to 1000109" in said
    shades = [frame.getpixel((0, 0))[0] for frame in _frames("line.apng")]  # type: ignore[index]
    assert len(shades) == MOST_ANIMATED
    assert shades == sorted(shades)
    assert (shades[0], shades[-1]) == (0, 209)
    assert set(np.diff(shades)) == {3, 4}
    _said(ganfw, run, "--timeline", "-o", "line.png")
    with Image.open("line.png") as line:
        assert line.size == (4 * 4, MOST_STILL // 4 * 3)
        assert line.getpixel((15, 11)) == (209, 46, 0)


def test_a_timeline_of_few_and_of_one_and_of_none(ganfw: Ganfw, pictures: Path) -> None:
    for output in ("line.png", "line.gif"):
        assert "6 pictures, from step 0 to 20" in _said(ganfw, pictures, "--timeline", "-o", output)
    run = _run_of_pictures(range(1))
    for output in ("one.png", "one.gif"):
        assert "1 pictures" in _said(ganfw, run, "--timeline", "-o", output)
    (run / "samples/000000.png").write_text("no picture")
    _refused(ganfw, "can't be read as a picture", run, "--timeline", code=1)
    (run / "samples/000000.png").unlink()
    _refused(ganfw, "holds no pictures", run, "--timeline", code=1)


def test_a_timeline_of_a_huge_picture(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run_of_pictures(range(1))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    _refused(ganfw, "000000.png can't be read as a picture", run, "--timeline", code=1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.png", ()),
        ("a.npz", ()),
        ("path.png", ("--interpolate", "2")),
        ("path.gif", ("--interpolate", "2")),
        ("line.png", ("--timeline",)),
        ("line.gif", ("--timeline",)),
    ],
)
def test_a_pipe_is_not_replaced(
    ganfw: Ganfw, pictures: Path, name: str, words: tuple[str, ...]
) -> None:
    os.mkfifo("pipe")
    Path(name).symlink_to("pipe")
    said = f"-o {name}: it is no file that can be replaced"
    _refused(ganfw, said, pictures, *words, "-o", name)
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


def test_a_link_to_a_picture_stays(ganfw: Ganfw, pictures: Path) -> None:
    Path("a.png").symlink_to("b.png")
    _said(ganfw, pictures, "-n", 4, "-o", "a.png")
    assert Path("a.png").is_symlink()
    with Image.open("b.png") as picture:
        assert picture.size == (38, 38)


def test_a_discriminator_draws_nothing(ganfw: Ganfw, pictures: Path) -> None:
    folder = pictures / "discriminator"
    said = f"{folder} holds a discriminator, not a generator: give the run's folder"
    _refused(ganfw, said, folder, code=1)
    with pytest.raises(package.RunError, match="holds a discriminator"):
        package.load(folder)


def test_a_preview_is_of_samples(pictures: Path) -> None:
    sampler = package.load(pictures)
    assert sampler.preview(sampler.sample(4)).size == (38, 38)
    with pytest.raises(package.UsageError, match=r"takes a tensor of samples.*, not int$"):
        sampler.preview(4)  # type: ignore[arg-type]


def test_a_timeline_imports_no_torch(ganfw: Ganfw) -> None:
    run = _run_of_pictures(range(3))
    code = ("import sys; from ganfw.cli import main\n"
            f"main(['sample', '{run}', '--timeline', '-o', 'line.gif'], standalone_mode=False)\n"
            "print({'torch', 'pydantic', 'matplotlib'} & set(sys.modules))")  # fmt: skip
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "x.foo"), "'.foo' is no format for samples; try .png, .npz"),
        (("-n", "5000"), "a grid holds 4096 at most"),
        (("--truncation", "0"), "give more than 0"),
        (("--truncation", "nan"), "give more than 0"),
        (("--truncation", "inf"), "give more than 0"),
        (("--interpolate", "3", "--truncation", "-1"), "give more than 0"),
        (("--interpolate", "1"), "2 latents or more"),
        (("--interpolate", "2", "--frames", "0"), "1 frame or more"),
        (("--interpolate", "2", "-o", "x.npz"), "'.npz' is no format for samples; try .png, .jpg"),
        (("--interpolate", "100", "--frames", "100"), "give 1000 in all at most"),
        (("--interpolate", "2", "--timeline"), "give one of them"),
        (("--interpolate", "2", "-n", "9"), "-n means nothing for --interpolate"),
        (("--frames", "9"), "--frames means nothing for samples"),
        (("--timeline", "-n", "9"), "-n means nothing for --timeline"),
        (("--timeline", "--seed", "1"), "--seed means nothing for --timeline"),
        (("--timeline", "--truncation", "1"), "--truncation means nothing for --timeline"),
        (("--timeline", "--labels", "1"), "--labels means nothing for --timeline"),
        (("--timeline", "--frames", "9"), "--frames means nothing for --timeline"),
        (("--timeline", "--best"), "--best means nothing for --timeline"),
        (("--timeline", "-o", "x.npz"), "'.npz' is no format for samples; try .png, .jpg"),
    ],
)
def test_samples_that_cannot_be_had(
    ganfw: Ganfw, pictures: Path, words: tuple[str, ...], said: str
) -> None:
    _refused(ganfw, said, pictures, *words)
