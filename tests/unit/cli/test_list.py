"""``ganfw list`` and ``ganfw show``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from ganfw.registry.location import home_page
from ganfw.registry.source import Source

Ganfw = Callable[..., Result]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["disc*/[cd]*"], {"discriminator/dcgan", "discriminator/compact"}),
        (["gen/l*"], {"generator/linear"}),
        (["data/sh*s", "hinge"], {"dataset/shards", "loss/hinge"}),
        (["ganfw/mlp"], {"discriminator/mlp", "generator/mlp"}),
        (["networks"], {"network/infogan-q"}),
        (["?sgan"], set()),
    ],
)
def test_patterns(ganfw: Ganfw, patterns: list[str], found: set[str]) -> None:
    listed = json.loads(ganfw("list", "--json", *patterns).stdout)
    assert {f"{record['kind']}/{record['name']}" for record in listed} == found


def test_where_a_component_comes_from(ganfw: Ganfw) -> None:
    (row,) = ganfw("list", "loss/hinge").stdout.splitlines()[1:]
    assert row.split("  ")[:3] == ["loss", "hinge", "ganfw 0.1.0"]
    (record,) = json.loads(ganfw("list", "--json", "loss/hinge").stdout)
    assert (record["source"], record["distribution"]) == ("package", "ganfw")
    assert record["distribution_version"] == "0.1.0"


def test_nothing_found_says_so(ganfw: Ganfw) -> None:
    assert ganfw("list", "zzz").stderr == "Nothing matches zzz.\n"
    assert ganfw("list", "recpie").stderr == "Nothing matches recpie. Did you mean 'recipe'?\n"
    result = ganfw("list", "metric", "--tag", "conditional")
    assert result.stderr == "Nothing matches metric --tag conditional.\n"


def test_tags(ganfw: Ganfw) -> None:
    def names(*words: str) -> set[str]:
        return {record["name"] for record in json.loads(ganfw("list", "--json", *words).stdout)}

    losses = {"auxiliary-classifier", "tac", "adc", "multi-hinge", "2c", "d2d-ce"}
    assert names("loss", "--tag", "conditional") == losses
    rows = ganfw("list", "loss", "--tag", "conditional").stdout.splitlines()
    assert {row.split()[1] for row in rows[1:]} == losses
    assert names("--tag", "small data") == names("--tag", "small-data") >= {"ada", "apa"}
    assert names("--tag", "small-data", "--tag", "pictures", "augment") == {"ada", "diffaugment"}
    result = ganfw("list", "--tag", "conditonal")
    assert result.stderr == "Error: --tag conditonal: no component has it. " \
                            "Did you mean 'conditional'?\n"  # fmt: skip
    assert result.exit_code == 2


def test_without_words_all_names_by_kind_and_tag(
    ganfw: Ganfw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "mine.py").write_text(
        "from ganfw import Component, hookimpl\n\n\n@hookimpl\ndef ganfw_components():\n"
        "    return [Component('loss', 'hinge', 'mine:X', tags=('adversarial',)),\n"
        "            Component('loss', 'untagged', 'mine:X')]\n"
    )
    listed = ganfw("list", "--plugin", tmp_path / "mine.py").stdout
    lines = listed.splitlines()
    assert "optimizer      adam, adamw, lion, muon, " in listed
    assert any(
        line.startswith("loss           adversarial: dual-contrastive, hinge, ") for line in lines
    )
    assert "mine.py/hinge (./mine.py)" in " ".join(listed.split())
    assert any(line.strip().startswith("conditional: 2c, adc, ") for line in lines)
    assert "               untagged (./mine.py)" in lines
    assert max(map(len, lines)) <= 80
    assert "regulariser," in listed.partition("Tags:")[2]


def test_show(ganfw: Ganfw) -> None:
    result = ganfw("show", "gen/dcgan")
    assert result.stdout == ganfw("show", "gen", "dcgan").stdout
    lines = result.stdout.splitlines()
    assert lines[0] == "generator 'dcgan' of ganfw 0.1.0"
    assert lines[2].rpartition(":")[0].endswith("dcgan/model.py")
    assert "  train.latent_dim = 100" in lines
    record = json.loads(ganfw("show", "gen", "dcgan", "--json").stdout)
    assert record["options"][0]["range"] == "8..1024"
    path, _, line = record["location"].rpartition(":")
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    assert lines[int(line) - 1] == "class DCGANGenerator(Generator):"


def test_show_a_recipe(ganfw: Ganfw) -> None:
    assert ganfw("show", "recipe", "d2l-gaussian").stdout.startswith("# ")


def test_the_home_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    pages = {
        "with-urls": "Project-URL: Changelog, https://a\nProject-URL: Homepage, https://acme.test\n",
        "with-old": "Home-page: https://old.test\n",
        "with-none": "",
    }
    for name, lines in pages.items():
        folder = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{lines}"
        )
    found = [home_page(Source(name, "1")) for name in (*pages, "not-here", "session")]
    assert found == ["https://acme.test", "https://old.test", None, None, None]


def test_a_look_at_a_dataset(ganfw: Ganfw) -> None:
    small = ("-s", "data.species=3", "-s", "data.individuals=2", "-s", "data.size=16")
    result = ganfw("show", "data", "sprites", "--picture", "look.png", *small)
    assert result.stdout == "look.png: 6 of 6 samples of dataset 'sprites'\n"
    with Image.open("look.png") as picture:
        assert picture.size == (3 * 18 + 2, 2 * 18 + 2)
        pixels = np.asarray(picture)
    Path("mine").mkdir()
    for i, (top, left) in enumerate([(2, 2), (2, 20), (20, 2)]):
        tile = pixels[top : top + 16, left : left + 16]
        Image.fromarray(tile).save(f"mine/{i}.png")
    again = ganfw("show", "data", "./mine", "--picture", "again.png", "-s", "data.size=16")
    assert again.stdout == "again.png: 3 of 3 samples of dataset 'folder'\n"
    with Image.open("again.png") as picture:
        assert np.array_equal(np.asarray(picture)[2:18, 2:38], pixels[2:18, 2:38])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gen", "dcgan", "--picture", "x.png"), "generator 'dcgan' has none"),
        (("data", "sprites", "-s", "data.size=16"), "-s goes with --picture"),
        (("data", "sprits", "--picture", "x.png"), "Did you mean 'sprites'?"),
        (("data", "./none", "--picture", "x.png"), "there is no such folder"),
        (("data", "sprites", "--picture", "x.txt"), "--picture x.txt: '.txt' is no format"),
        (("data", "sprites", "--picture", "x.png", "-s", "data.sise=3"), "Did you mean 'size'?"),
    ],
)
def test_what_cannot_be_looked_at(ganfw: Ganfw, words: tuple[str, ...], message: str) -> None:
    result = ganfw("show", *words)
    assert message in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert result.exit_code in (1, 2)
    assert not Path("x.png").exists()
