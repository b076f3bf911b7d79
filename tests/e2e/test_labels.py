"""Labels that are vectors and pictures, and latents of a generator's own, from data to samples."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result
from PIL import Image
from safetensors.torch import load_file

import ganfw as package

Ganfw = Callable[..., Result]
PLUGIN = '''
import math
from pathlib import Path

import numpy as np
import torch
from ganfw import Component, DataError, Dataset, Discriminator, Generator, hookimpl
from torch import nn


class Shifted(Dataset):
    """Points around the place that their label names, and no data where the file `gone` is."""

    sample_shape, label_shape = (2,), (3,)

    def prepare(self):
        if Path("gone").exists():
            raise DataError("it is gone")

    def __len__(self):
        return 40

    def __getitem__(self, index):
        label = np.array([index / 40, 1 - index / 40, index % 2], np.float32)
        return label[:2] * 4, label

    def fingerprint(self):
        return "1"


class Given(Generator):
    """From uniform latents and a label of any shape. Truncation is its own."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        inputs = shapes.latent_dim + math.prod(shapes.label)
        self.layer = nn.Linear(inputs, math.prod(shapes.sample))

    def draw_latents(self, count, random):
        return torch.rand(count, self.shapes.latent_dim, generator=random, device=random.device)

    def forward(self, latents, labels=None):
        made = self.layer(torch.cat([latents, labels.flatten(1)], dim=1))
        return self.shapes.bound(made.view(-1, *self.shapes.sample))

    def forward_truncated(self, latents, labels, truncation):
        return self(latents * truncation, labels)


class Judge(Discriminator):
    """Of a sample beside its label."""

    def __init__(self, options, shapes):
        super().__init__(options, shapes)
        self.layer = nn.Linear(math.prod(shapes.sample) + math.prod(shapes.label), 1)

    def forward(self, samples, labels=None):
        return self.layer(torch.cat([samples.flatten(1), labels.flatten(1)], dim=1)).squeeze(1)


@hookimpl
def ganfw_components():
    return [Component("dataset", "shifted", "given:Shifted", summary="Labelled by vectors"),
            Component("generator", "given", "given:Given", summary="Uses labels of any shape"),
            Component("discriminator", "judge", "given:Judge", summary="Uses them too")]
'''


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (tmp_path / "given.py").write_text(PLUGIN)
    return tmp_path / "given.py"


def _did(ganfw: Ganfw, *words: object) -> str:
    result = ganfw(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def _refused(ganfw: Ganfw, said: str, *words: object) -> None:
    result = ganfw(*words)
    assert result.exit_code == 2, result.output
    assert said in result.stderr


def _train(ganfw: Ganfw, plugin: Path, *words: object) -> Path:
    _did(ganfw, "run", "--plugin", plugin, "--gen", "given", "--disc", "judge", "--latent-dim", 4,
         "--no-callback", "loss-curve", *words)  # fmt: skip
    (run,) = Path("runs").iterdir()
    return run


def test_vectors_as_labels(ganfw: Ganfw, plugin: Path) -> None:
    """Trained, resumed, judged; then sampled without the data."""
    run = _train(ganfw, plugin, "--data", "shifted", "--batch-size", 8, "--steps", 20)
    assert json.loads((run / "generator/config.json").read_text())["shapes"]["label"] == [3]
    kept = load_file(run / "generator/labels.safetensors")["labels"]
    assert torch.allclose(kept[:, 0] * 40, torch.arange(40.0))
    assert not (run / "discriminator/labels.safetensors").exists()
    _did(ganfw, "resume", run, "--steps", 25)
    assert "frechet" in _did(ganfw, "evaluate", run, "--metric", "frechet-gaussian")
    said = "its modes are classes, and this data's labels are arrays (3,)"
    _refused(ganfw, said, "evaluate", run, "--metric", "mode-coverage")

    Path("gone").touch()
    _did(ganfw, "sample", run, "-n", 50, "-o", "a.safetensors")
    drawn = load_file("a.safetensors")
    assert torch.equal(drawn["labels"], torch.cat([kept, kept[:10]]))
    _did(ganfw, "sample", run, "-n", 3, "--labels", "39,0", "-o", "a.npz")
    with np.load("a.npz") as arrays:
        assert np.array_equal(arrays["labels"], kept[[39, 0, 39]].numpy())
    said = "label 40: this generator keeps 40 labels of its data, 0 to 39"
    _refused(ganfw, said, "sample", run, "--labels", 40, "-o", "b.npz")
    _refused(ganfw, said, "sample", run, "--labels", 40, "--interpolate", 2)
    said = "label 'x': give whole numbers, such as 0 or 3, or a file that there is"
    _refused(ganfw, said, "sample", run, "--labels", "x", "-o", "b.npz")


def test_labels_that_one_side_alone_is_told(
    ganfw: Ganfw, plugin: Path, caplog: pytest.LogCaptureFixture
) -> None:
    words = ("run", "--plugin", plugin, "--data", "shifted", "--gen", "mlp", "--steps", 1,
             "--no-callback", "loss-curve")  # fmt: skip
    said = "judges whether samples fit their labels, and generator 'mlp' is not told them: choose"
    with_head = ("mlp", "-s", "disc.head=auto")
    advised = {("judge",): "", with_head: ", or leave them out with -s disc.head=scores"}
    for disc, advice in advised.items():
        _did(ganfw, *words, "--disc", *disc)
        assert f"discriminator '{disc[0]}' {said} a generator that is{advice}\n" in caplog.text
    caplog.clear()
    _did(ganfw, *words, "--disc", "mlp")
    _did(ganfw, *words, "--gen", "given", "--latent-dim", 4, "--disc", "judge")
    assert "label" not in caplog.text
    _did(ganfw, *words, "--gen", "given", "--latent-dim", 4, "--disc", "mlp")
    said = "generator 'given' is told labels, and discriminator 'mlp' does not judge by them"
    assert f"{said}: -s disc.head=auto\n" in caplog.text


def test_labels_of_ones_own(ganfw: Ganfw, plugin: Path) -> None:
    run = _train(ganfw, plugin, "--data", "shifted", "--batch-size", 8, "--steps", 1)
    own = np.array([[5, 6, 7], [8, 9, 10]])
    np.save("own.npy", own)
    _did(ganfw, "sample", run, "-n", 3, "--labels", "own.npy", "-o", "a.npz")
    with np.load("a.npz") as arrays:
        assert np.array_equal(arrays["labels"], own[[0, 1, 0]])
        sampler = package.load(run, plugin=plugin)
        again = sampler.sample(3, labels=torch.from_numpy(own))
        assert np.array_equal(arrays["samples"], again.numpy())
    way = sampler.interpolate(2, 2, label=torch.tensor([5.0, 6, 7]))
    assert torch.allclose(way[0], again[0])
    assert torch.allclose(way[1], (way[0] + way[2]) / 2, atol=1e-6)  # straight, as it is linear
    (run / "generator/labels.safetensors").unlink()
    _did(ganfw, "sample", run, "-n", 1, "--labels", "own.npy", "-o", "b.npz")
    _refused(ganfw, "this generator keeps no labels of its data: give arrays", "sample", run)
    np.save("wrong.npy", own[:, :2])
    words = ("sample", run, "-o", "b.npz", "--labels")
    _refused(ganfw, "labels have shape (2, 2): this generator takes (N, 3)", *words, "wrong.npy")
    for content in (b"damaged", b"PK\3\4damaged"):  # the second begins as a zip file does
        Path("wrong.npy").write_bytes(content)
        _refused(ganfw, "wrong.npy can't be read", *words, "wrong.npy")
    Image.new("RGB", (4, 4)).save("wrong.png")
    _refused(ganfw, "the labels of this generator are arrays of shape (3,)", *words, "wrong.png")


def test_latents_of_its_own(ganfw: Ganfw, plugin: Path) -> None:
    """It is trained on, and sampled from, uniform latents, truncated in its own way or not."""
    run = _train(ganfw, plugin, "--data", "shifted", "--batch-size", 8, "--steps", 1)
    sampler = package.load(run, plugin=plugin)
    seen: list[torch.Tensor] = []
    sampler.network.register_forward_pre_hook(lambda network, inputs: seen.append(inputs[0]))
    sampler.sample(300, truncation=0.5)
    assert 0.4 < float(seen[-1].max()) < 0.5
    assert min(float(latents.min()) for latents in seen) >= 0
    assert max(float(latents.max()) for latents in seen) <= 1
    plugin.write_text(PLUGIN.replace("forward_truncated", "another"))
    said = "draws latents of its own, which can't be cut off: leave truncation out"
    _refused(ganfw, said, "sample", run, "--plugin", plugin, "--truncation", 0.5)
    plugin.write_text(
        PLUGIN.replace("torch.rand(count, ", "torch.randint(9, (count, 4), ").replace(
            "self.shapes.latent_dim, generator", "generator"
        )
    )
    said = "draws codes, with nothing between them"
    _refused(ganfw, said, "sample", run, "--plugin", plugin, "--interpolate", 2)
    plugin.write_text(PLUGIN.replace("return torch.rand(count", "return torch.rand(1"))
    said = "Given.draw_latents gave (1, 4); it must give 64 latents (64, ...)"
    result = ganfw("sample", run, "--plugin", plugin)
    assert (result.exit_code, said in result.stderr) == (1, True), result.output


@pytest.mark.parametrize("split", [False, True])
def test_pairs_of_pictures(ganfw: Ganfw, plugin: Path, split: bool) -> None:
    """A picture never seen is an input too; the data may be gone by then."""
    for i in range(6):
        given, target = (Image.new("RGB", (8, 8), (40 * i, 0, blue)) for blue in (0, 200))
        both = Image.new("RGB", (16, 8))
        both.paste(given, (0, 0))
        both.paste(target, (8, 0))
        for name, picture in (("pairs/input", given), ("pairs/target", target), ("both", both)):
            Path(name).mkdir(parents=True, exist_ok=True)
            picture.save(f"{name}/{i}.png")
    options = ("-s", "data.root=both", "-s", "data.split=true") if split else ()
    run = _train(ganfw, plugin, "--data", "paired", "-s", "data.root=pairs", "--size", 8,
                 "--batch-size", 2, "--steps", 2, *options)  # fmt: skip
    kept = load_file(run / "generator/labels.safetensors")["labels"]
    assert torch.allclose((kept[:, 0, 0, 0] + 1) * 127.5, torch.arange(6) * 40.0, atol=1e-3)
    assert (kept[:, 2] == -1).all()
    shutil.rmtree("both" if split else "pairs")
    Image.new("RGB", (50, 30), "white").save("unseen.png")
    _did(ganfw, "sample", run, "-n", 2, "--labels", "unseen.png", "-o", "a.npz")
    with np.load("a.npz") as arrays:
        assert (arrays["labels"] == np.ones((2, 3, 8, 8))).all()
    Path("folder").mkdir()
    for name, colour in (("b", "white"), ("a", "black")):
        Image.new("RGB", (8, 8), colour).save(f"folder/{name}.png")
    _did(ganfw, "sample", run, "-n", 2, "--labels", "folder", "-o", "a.npz")
    with np.load("a.npz") as arrays:
        assert arrays["labels"].mean(axis=(1, 2, 3)).tolist() == [-1, 1]
