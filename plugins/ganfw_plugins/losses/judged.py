"""What the critic gives for a batch whose classes are known."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ganfw import Output, Turn


def judged(turn: Turn, which: str) -> tuple[Mapping[str, Output], Tensor]:
    """All that the critic gives for the "real" or "fake" samples, and their labels (B,)."""
    samples, labels = turn.real, turn.labels
    if which == "fake":
        samples, labels = turn.fake, turn.fake_labels
    assert labels is not None
    return turn.critic.all(samples), labels
