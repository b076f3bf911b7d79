"""Threads beside other programs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import pytest
import torch

from ganfw.runtime import threads
from ganfw.runtime.distributed import SINGLE_PROCESS
from ganfw.runtime.threads import VARIABLE, busy_cores, free_cores, say_busy_cores

CPU = torch.device("cpu")


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Four threads, and no wish of the user's."""
    monkeypatch.delenv(VARIABLE)
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(1)


def test_what_is_free_is_what_the_threads_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that sleeps half of the time has half a core."""
    assert 0 < free_cores(1) <= 1.05
    calls = threading.local()

    def slow(block: bytes) -> None:
        calls.count = getattr(calls, "count", 0) + 1
        threading.Event().wait(0.01)

    monkeypatch.setattr(hashlib, "sha256", slow)
    assert free_cores(2) < 0.5


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("free", "busy"), [(4.0, 0), (3.8, 0), (3.7, 1), (2.9, 1), (2.6, 2), (0.5, 4)]
)
def test_busy_cores_are_said_and_no_thread_is_taken_away(
    free: float, busy: int, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.setattr(threads, "free_cores", lambda cores: free)
    assert busy_cores() == busy
    say_busy_cores(CPU, SINGLE_PROCESS)
    assert torch.get_num_threads() == 4
    advice = f"{VARIABLE}={max(4 - busy, 1)}"
    assert [line.endswith(advice) for line in said] == ([True] if busy else [])


@pytest.mark.usefixtures("four")
def test_who_has_chosen_is_not_told(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.setattr(threads, "free_cores", lambda cores: 1.0)
    say_busy_cores(torch.device("meta"), SINGLE_PROCESS)
    monkeypatch.setenv(VARIABLE, "4")
    say_busy_cores(CPU, SINGLE_PROCESS)
    assert not said
