"""Another release of a plugin than a run was made with, and none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from environments import Site, build_wheel

Ganfw = Callable[..., Result]

INIT = """
    from ganfw import Component, hookimpl

    @hookimpl
    def ganfw_components():
        return [Component("generator", "shift", "acme_gan.model:Shift", version={version})]
"""
MODEL = """
    import torch
    from ganfw import Generator

    class Shift(Generator):
        def __init__(self, options, shapes):
            super().__init__(options, shapes)
            self.weight = torch.nn.Parameter(torch.zeros(*shapes.sample))

        def forward(self, latents, labels=None):
            return latents[:, : self.weight.shape[0]] + self.weight
"""
RUN = ("run", "--gen", "shift", "--disc", "mlp", "--data", "gaussian", "--steps", 10,
       "--latent-dim", 2, "--no-callback", "loss-curve")  # fmt: skip
FOLDER = "runs/0001-shift-gaussian"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel of each release; in 2.0 the component means something else."""
    folder = tmp_path_factory.mktemp("wheels")
    versions = {"1.0": 1, "1.1": 1, "2.0": 2}
    return {
        release: build_wheel(
            folder,
            "acme-gan",
            {"acme_gan/__init__.py": INIT.format(version=version), "acme_gan/model.py": MODEL},
            version=release,
        )
        for release, version in versions.items()
    }


@pytest.fixture
def site(
    ganfw: Ganfw, tmp_path: Path, wheels: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Release 1.0 is installed, and was run in the current folder."""
    site = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(site.path)
    site.install(wheels["1.0"])
    ended = ganfw(*RUN)
    assert ended.exit_code == 0, ended.output
    yield site
    site.forget()


def _errors(ganfw: Ganfw) -> list[str]:
    """What resuming and sampling the run print."""
    lines = []
    for words in (("resume", FOLDER, "--epochs", 2), ("sample", FOLDER)):
        ended = ganfw(*words)
        assert ended.exit_code == 1
        lines.append(ended.stderr.splitlines()[-1])
    return lines


def test_uninstalled_since_the_run(site: Site, ganfw: Ganfw) -> None:
    site.uninstall()
    for line in _errors(ganfw):
        assert "needs the generator 'acme-gan/shift': pip install 'acme-gan==1.0'" in line


def test_broken_since_the_run(site: Site, ganfw: Ganfw) -> None:
    site.forget()
    (site.path / "acme_gan" / "__init__.py").write_text("1 / 0")
    for line in _errors(ganfw):
        assert "needs the generator 'acme-gan/shift', but plugin 'acme-gan' of acme-gan 1.0" in line
        assert "is left out: import failed: ZeroDivisionError" in line


def test_a_release_that_means_the_same_goes_on(
    site: Site, ganfw: Ganfw, wheels: dict[str, Path]
) -> None:
    site.uninstall()
    site.install(wheels["1.1"])
    assert ganfw("sample", FOLDER).exit_code == 0
    assert ganfw("resume", FOLDER, "--steps", 20).exit_code == 0
    record = json.loads(Path(FOLDER, "provenance.json").read_text())
    assert record["versions"]["acme-gan"] == "1.0"
    assert record["resumed"][0]["versions"] == {"acme-gan": "1.1"}


def test_a_release_that_means_something_else_is_refused(
    site: Site, ganfw: Ganfw, wheels: dict[str, Path]
) -> None:
    site.uninstall()
    site.install(wheels["2.0"])
    for line in _errors(ganfw):
        assert "was made with version 1 of the generator 'acme-gan/shift'" in line
        assert "acme-gan 2.0 has version 2" in line
        assert "pip install 'acme-gan==1.0'" in line


def test_two_releases_on_the_path(
    site: Site,
    ganfw: Ganfw,
    wheels: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.forget()
    other = Site(tmp_path / "other")
    other.install(wheels["2.0"])
    monkeypatch.syspath_prepend(other.path)
    (record,) = json.loads(ganfw("list", "gen/shift", "--json").stdout)
    assert record["distribution_version"] == "2.0"
    said = f"problem: acme-gan is on the path twice: 2.0 in {other.path} is used, 1.0 in"
    assert said in ganfw("doctor").stdout
    other.forget()
