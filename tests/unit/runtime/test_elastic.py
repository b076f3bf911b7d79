"""What a process of torchrun's job does when machines come and go."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.exceptions import Exit

from ganfw.cli.display import finish
from ganfw.config.request import RunRequest
from ganfw.config.run_config import resolve
from ganfw.launch.train import Finished
from ganfw.registry.registry import Registry
from ganfw.runtime import elastic
from ganfw.storage.run_dir import RunDir
from ganfw.training.progress import Outcome

JOB = {"RUN_ID": "job", "MAX_RESTARTS": "3"}


@pytest.mark.parametrize(
    ("machines", "restarts", "stopped", "asked", "fails"),
    [
        ("3", "1", "SIGTERM", False, True),
        ("3", "3", "SIGTERM", False, False),  # torchrun would not start it again
        ("3", "1", "SIGTERM", True, False),  # torchrun knows: it asked
        ("3", "1", "SIGINT", False, False),  # a user's wish
        ("1", "1", "SIGTERM", False, False),  # all there is, is asked to stop
    ],
)
def test_who_stays_when_a_machine_leaves_fails_to_be_started_anew(
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    machines: str,
    restarts: str,
    stopped: str,
    asked: bool,
    fails: bool,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setenv("GROUP_WORLD_SIZE", machines)
    for name, value in {**JOB, "RESTART_COUNT": restarts}.items():
        monkeypatch.setenv(f"TORCHELASTIC_{name}", value)
    request = RunRequest(gen="linear", disc="mlp", data="gaussian")
    config = resolve(registry, request.layers(registry, "test"))
    outcome = Outcome(5, 1, 0.7, 0.7, 100.0, "cpu", stopped, asked)
    finished = Finished(RunDir(Path("run")), config, outcome)
    if fails:
        with pytest.raises(Exit) as ended:
            finish(finished)
        assert ended.value.exit_code == 1
    else:
        finish(finished)
    # Its own signal may be on its way.
    is_left = machines == "3" and stopped == "SIGTERM" and not asked
    assert waited == [elastic._PATIENCE] * is_left
