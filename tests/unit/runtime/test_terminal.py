"""Nothing that is printed costs anyone their work."""

from __future__ import annotations

import errno
import io
import sys

import pytest
from rich.console import Console
from rich.live import Live

from ganfw.runtime import terminal
from ganfw.runtime.logs import log, print_logs
from ganfw.runtime.progress import progress_bar


class Refusing(io.StringIO):
    """A stream whose reader is gone, or whose disk is full."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, "refused")


class OnlyWrites:
    """As an embedded console has it."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)


class Ascii(io.StringIO):
    encoding = "ascii"

    def write(self, text: str) -> int:
        text.encode("ascii")
        return super().write(text)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [None, Refusing(errno.EPIPE), Refusing(errno.EIO), object()])
def test_a_line_that_can_not_be_shown_is_dropped(
    monkeypatch: pytest.MonkeyPatch, stream: object
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(log, "handlers", [])
    print_logs()
    log.warning("not seen")
    with progress_bar("decoding", 3) as update:
        update(1)
    assert not terminal.is_terminal()
    assert sys.stderr is stream


def test_what_others_print_is_shielded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = OnlyWrites()
    monkeypatch.setattr(sys, "stdout", Refusing(errno.ENOSPC))
    monkeypatch.setattr(sys, "stderr", odd)
    with terminal.shielded() as (out, err):
        print("lost")
        print("shown", file=sys.stderr, flush=True)
        assert not sys.stdout.isatty()
        with terminal.shielded() as inner:
            assert inner == (out, err)
    assert odd.text == "shown\n"
    assert terminal.abandon(out) == "refused"
    assert terminal.abandon(err) == ""


def test_a_reader_that_has_enough_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Refusing(errno.EPIPE))
    with terminal.shielded() as (out, _):
        print("lost")
    assert terminal.abandon(out) == ""


def test_letters_that_can_not_be_shown_are_spelt(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Ascii()
    monkeypatch.setattr(sys, "stdout", stream)
    with terminal.shielded():
        print("64×64")
    assert stream.getvalue() == "64\\xd764\n"


def test_a_live_display_that_is_up_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its stand-in for stderr writes to whatever stderr is."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    console = Console(stderr=True, force_terminal=True)
    with Live("alive", console=console), terminal.shielded():
        terminal.print_line("a line")
        print("another", file=sys.stderr)
    assert stream.getvalue().count("a line") == 1
    assert stream.getvalue().count("another") == 1


def test_bytes_are_written_in_their_turn() -> None:
    target = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=False)
    shielded = terminal.Shielded(target)
    shielded.write("one ")
    shielded.buffer.write(b"two ")
    shielded.write("three")
    shielded.flush()
    written = target.buffer
    assert isinstance(written, io.BytesIO)
    assert written.getvalue() == b"one two three"
