"""``ganfw list`` and ``ganfw show``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from ganfw.source import Source
from ganfw.whereabouts import home_page

Ganfw = Callable[..., Result]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["disc*/*c*"], {"discriminator/dcgan"}),
        (["gen"], {"generator/dcgan", "generator/linear", "generator/mlp"}),
        (["data/s*", "hinge"], {"dataset/sprites", "loss/hinge"}),
        (["ganfw/mlp"], {"discriminator/mlp", "generator/mlp"}),
        (["?sgan"], set()),
    ],
)
def test_patterns(ganfw: Ganfw, patterns: list[str], found: set[str]) -> None:
    listed = json.loads(ganfw("list", "--json", *patterns).stdout)
    assert {f"{each['kind']}/{each['name']}" for each in listed} == found


def test_where_a_component_comes_from(ganfw: Ganfw) -> None:
    (row,) = ganfw("list", "loss/hinge").stdout.splitlines()[1:]
    assert row.split("  ")[:3] == ["loss", "hinge", "ganfw 0.1.0"]
    (record,) = json.loads(ganfw("list", "--json", "loss/hinge").stdout)
    assert (record["source"], record["distribution"]) == ("package", "ganfw")
    assert record["distribution_version"] == "0.1.0"


def test_nothing_found_says_so(ganfw: Ganfw) -> None:
    assert ganfw("list", "zzz").stderr == "Nothing matches zzz.\n"


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


def test_show_needs_a_name(ganfw: Ganfw) -> None:
    result = ganfw("show", "gen")
    assert result.exit_code == 2
    assert result.stderr == "Error: show gen: which one? ganfw list gen names them\n"


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
