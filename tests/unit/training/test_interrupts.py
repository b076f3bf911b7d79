"""Which signals ask a run to stop, and which end it at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from ganfw.interfaces.run_view import Requests
from ganfw.training import interrupts
from ganfw.training.interrupts import stop_on_signals

HANGUP, WARNING = signal.SIGHUP, signal.SIGUSR1


@pytest.fixture(autouse=True)
def _not_under_nohup() -> Iterator[None]:
    """The tests themselves may be run with nohup."""
    before = signal.signal(HANGUP, signal.SIG_DFL)
    yield
    signal.signal(HANGUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, HANGUP, WARNING])
def test_a_wish_to_stop(number: signal.Signals) -> None:
    requests, before = Requests(), signal.getsignal(number)
    with stop_on_signals(requests):
        os.kill(os.getpid(), number)
        assert requests.stop == number.name
    assert signal.getsignal(number) == before


def test_signals_that_come_together_leave_time_to_save(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that closes sends SIGHUP twice; Slurm sends SIGTERM soon after its warning, to a
    launcher that passes it on and to those it is passed on to."""
    requests, now = Requests(), 0.0
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: now)
    with stop_on_signals(requests):
        for number in (HANGUP, HANGUP, WARNING, WARNING, signal.SIGTERM, signal.SIGTERM):
            os.kill(os.getpid(), number)
        assert requests.stop == "SIGHUP"
        now = 1.0
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_nohup_is_respected() -> None:
    requests, before = Requests(), signal.signal(HANGUP, signal.SIG_IGN)
    try:
        with stop_on_signals(requests):
            os.kill(os.getpid(), HANGUP)
    finally:
        signal.signal(HANGUP, before)
    assert not requests.stop
