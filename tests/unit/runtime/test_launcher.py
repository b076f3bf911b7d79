"""Several processes that are started together, and end together."""

from __future__ import annotations

import sys

import pytest

from ganfw.runtime import launcher


def test_a_process_that_waits_for_another_does_not_hide_that_it_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in the rendezvous, where the first waits for half an hour."""
    monkeypatch.setattr(launcher, "_GRACE", 0.0)
    code = "import os, time; os.environ['RANK'] == '1' and exit(3); time.sleep(9); exit(4)"
    assert launcher.launch([sys.executable, "-c", code], 2) == 3
