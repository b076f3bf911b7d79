"""The sprites of the book without a network."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from numpy.typing import NDArray

Ganfw = Callable[..., Result]

# Port 9 of this machine, where nothing listens.
OFFLINE = (
    "run", "--gen", "dcgan", "--disc", "dcgan", "--data", "pokemon", "-s", "data.size=16",
    "-s", "data.url=http://127.0.0.1:9/pokemon.zip", "-s", "gen.channels=8",
    "-s", "disc.channels=8", "-s", "train.batch_size=8", "--steps", 2,
)  # fmt: skip


@pytest.fixture
def plain_sprites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grey squares, as drawing all sprites takes half a minute."""

    def square(seed: int, species: int, individual: int, size: int) -> NDArray[np.uint8]:
        return np.full((3, size, size), species, dtype=np.uint8)

    monkeypatch.setattr("ganfw_plugins.sprites.dataset.draw", square)
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("plain_sprites")
def test_sprites_replace_pokemon_and_the_user_is_told_twice(ganfw: Ganfw) -> None:
    result = ganfw(*OFFLINE)
    assert result.exit_code == 0, result.output
    lines = result.stderr.splitlines()
    note = "NOTE: training on 'sprites' in place of 'pokemon'"
    assert lines[0].startswith(f"{note}: http://127.0.0.1:9/pokemon.zip can't be downloaded")
    assert lines[-1] == note
    run = Path("runs/0001-dcgan-sprites")
    data = tomllib.loads((run / "config.toml").read_text())["data"]
    assert (data["use"], data["asked"], data["size"]) == ("sprites", "pokemon", 16)
    record = json.loads((run / "provenance.json").read_text())["data"]
    assert (record["trained_on"], record["asked"]) == ("sprites", "pokemon")
    assert ganfw("resume", run, "--steps", 3).exit_code == 0


def test_it_is_refused_on_request(ganfw: Ganfw) -> None:
    result = ganfw(*OFFLINE, "-s", "data.fallback=error")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "can't be downloaded (Connection refused)" in result.stderr
    assert not Path("runs").exists()
