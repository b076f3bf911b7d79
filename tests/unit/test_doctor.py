"""``ganfw doctor`` in this environment; broken plugins are tried in ``e2e``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result

from ganfw import doctor
from ganfw.runtime import threads

Ganfw = Callable[..., Result]

PROJECT = """
[project]
name = "Acme_GAN"
version = "1.0"

[project.entry-points.ganfw]
acme = "acme"
more = "acme.more"
"""


def test_all_is_well(ganfw: Ganfw) -> None:
    result = ganfw("doctor", "--strict")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[-1] == "Everything is well."
    assert any(line.split() == ["torch", torch.__version__] for line in lines)
    (cpu,) = (line for line in lines if line.startswith("cpu "))
    assert re.fullmatch(r"cpu +\d+ × \w+ +[\d.]+ ms a step +[\d.]+ × float32", cpu)
    assert any(line.split()[:4] == ["dcgan", "ganfw", "0.1.0", "3"] for line in lines)


def test_as_json(ganfw: Ganfw) -> None:
    report = json.loads(ganfw("doctor", "--json").stdout)
    assert report["healthy"] is True
    assert report["findings"] == []
    assert report["versions"]["ganfw"] == "0.1.0"
    first = report["devices"][0]
    assert first["device"] == "cpu"
    assert first["milliseconds"] > 0
    assert {plugin["distribution"] for plugin in report["plugins"]} == {"ganfw"}
    assert report["cache"]["writable"] is True


def test_a_declared_plugin_that_is_not_installed(ganfw: Ganfw) -> None:
    Path("pyproject.toml").write_text(PROJECT)
    result = ganfw("doctor", "--strict")
    assert result.exit_code == 1
    pyproject = Path.cwd() / "pyproject.toml"
    assert f"problem: {pyproject} declares acme, more, which the installed metadata of acme-gan " \
        "lacks" in result.stdout  # fmt: skip
    assert f"pip install -e {pyproject.parent}" in result.stdout
    assert ganfw("doctor").exit_code == 0


def test_other_programs_that_keep_cores_busy(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "busy_cores", lambda: 3)
    result = ganfw("doctor", "--strict")
    assert result.exit_code == 0
    assert "note: other programs keep 3 of the cores busy" in result.stdout


@pytest.mark.parametrize("content", ["no toml [", "[project]\nname = 'x'", "[project]\nname = 3"])
def test_another_pyproject_is_nothing(ganfw: Ganfw, content: str) -> None:
    Path("pyproject.toml").write_text(content)
    assert ganfw("doctor", "--strict").exit_code == 0


def test_a_device_that_fails(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_devices", lambda: ["cpu", "cuda:77"])
    result = ganfw("doctor", "--strict")
    assert result.exit_code == 1
    assert "problem: a small step on cuda:77 fails: " in result.stdout


def test_a_cache_that_cannot_be_written(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a-file").touch()
    monkeypatch.setenv("GANFW_CACHE", str(Path("a-file").absolute() / "cache"))
    result = ganfw("doctor")
    assert "not writable" in result.stdout
    assert "name another folder in GANFW_CACHE" in result.stdout


def test_the_size_of_the_cache(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANFW_CACHE", "cache")
    Path("cache").mkdir()
    Path("cache/x").write_bytes(bytes(1000))
    assert json.loads(ganfw("doctor", "--json").stdout)["cache"]["bytes"] == 1000
