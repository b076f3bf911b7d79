"""A plugin's releases come and go; the runs made with them say what they need."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from environments import Environment, build_wheel

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
       "-s", "train.latent_dim=2")  # fmt: skip
FOLDER = "runs/0001-shift-gaussian"


def _wheel(folder: Path, release: str, version: int = 1) -> Path:
    built = list(folder.glob(f"acme-gan-{release}/dist/*.whl"))
    if built:
        return built[0]
    files = {"acme_gan/__init__.py": INIT.format(version=version), "acme_gan/model.py": MODEL}
    return build_wheel(folder, "acme-gan", files, version=release)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run made with release 1.0, an environment, and four wheels."""
    folder = tmp_path_factory.mktemp("versions")
    environment = Environment(folder / "env")
    environment.install(_wheel(folder, "1.0"))
    ended = environment.run(*RUN, cwd=folder)
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope="module")
def environment(place: Path) -> Environment:
    return Environment(place / "env")


def _errors(environment: Environment, cwd: Path) -> list[str]:
    """What resuming and sampling the run say."""
    both = [("resume", FOLDER, "--epochs", 2), ("sample", FOLDER)]
    ended = [environment.run(*words, cwd=cwd) for words in both]
    assert [each.returncode for each in ended] == [1, 1]
    assert all(len(each.stderr.splitlines()) == 1 for each in ended)
    return [each.stderr for each in ended]


def test_uninstalled_since_the_run(environment: Environment, place: Path) -> None:
    environment.uninstall("acme-gan")
    for said in _errors(environment, place):
        assert "needs the generator 'acme-gan/shift': pip install 'acme-gan==1.0'" in said


def test_a_release_that_means_the_same_goes_on(environment: Environment, place: Path) -> None:
    environment.install(_wheel(place, "1.1"))
    assert environment.run("sample", FOLDER, cwd=place).returncode == 0
    assert environment.run("resume", FOLDER, "--steps", 20, cwd=place).returncode == 0
    record = json.loads((place / FOLDER / "provenance.json").read_text())
    assert record["versions"]["acme-gan"] == "1.0"
    assert record["resumed"][0]["versions"] == {"acme-gan": "1.1"}


def test_a_release_that_means_something_else_is_refused(
    environment: Environment, place: Path
) -> None:
    environment.install(_wheel(place, "2.0", version=2))
    for said in _errors(environment, place):
        assert "was made with version 1 of the generator 'acme-gan/shift'" in said
        assert "acme-gan 2.0 has version 2" in said
        # Where an earlier test has gone on with it, its network was last saved by 1.1.
        assert "pip install 'acme-gan==1." in said


def test_two_releases_on_the_path(environment: Environment, place: Path) -> None:
    environment.install(_wheel(place, "1.0"))
    other = place / "other"
    shutil.unpack_archive(_wheel(place, "3.0"), other, "zip")
    found = environment.run("list", "gen/shift", "--json", cwd=place, PYTHONPATH=str(other))
    (record,) = json.loads(found.stdout)
    assert record["distribution_version"] == "3.0"
    doctor = environment.run("doctor", cwd=place, PYTHONPATH=str(other))
    assert (
        f"problem: acme-gan is on the path twice: 3.0 in {other} is used, 1.0 in" in doctor.stdout
    )
