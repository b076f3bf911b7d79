"""Writing to stdout and stderr so that it can't fail: whoever reads them may be gone, their disk
may be full, or there are none at all.

What is written is for people to look at. It is worth less than the work that it tells of.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

_FAULTS = (OSError, ValueError, AttributeError)
"""What a stream raises that is closed, or that has only some of a file's methods."""


class Shielded(io.TextIOBase):
    """A text stream that drops what its ``target`` refuses, or everything where that is None."""

    def __init__(self, target: TextIO | None) -> None:
        super().__init__()
        self.target = target
        self.refused: OSError | None = None
        """The first error of the target, if there was one."""

    def write(self, text: str) -> int:
        self._attempt(lambda stream: _write(stream, text))
        return len(text)

    def flush(self) -> None:
        self._attempt(lambda stream: stream.flush())

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        with suppress(*_FAULTS):
            return self.target is not None and self.target.isatty()
        return False

    def fileno(self) -> int:
        """That of the target. Raises OSError where it has none."""
        with suppress(*_FAULTS):
            if self.target is not None:
                return self.target.fileno()
        raise io.UnsupportedOperation("fileno")

    @property
    def encoding(self) -> str:  # type: ignore[override]
        with suppress(*_FAULTS):
            if self.target is not None:
                return self.target.encoding
        return "utf-8"

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        with suppress(*_FAULTS):
            return None if self.target is None else self.target.errors
        return None

    @property
    def buffer(self) -> Bytes:
        """Its stream of bytes."""
        return Bytes(self)

    def write_bytes(self, content: bytes) -> None:
        """Write bytes that are text already encoded."""
        self.flush()
        self._attempt(lambda stream: stream.buffer.write(content))

    def _attempt(self, act: Callable[[TextIO], object]) -> None:
        if self.target is None:
            return
        try:
            act(self.target)
        except OSError as error:
            self.refused = self.refused or error
        except (ValueError, AttributeError):
            pass  # closed, or no file at all


class Bytes(io.RawIOBase):
    """The bytes below a shielded stream, which refuse nothing either."""

    def __init__(self, text: Shielded) -> None:
        super().__init__()
        self._text = text

    def write(self, content: Any) -> int:
        self._text.write_bytes(bytes(content))
        return len(content)

    def flush(self) -> None:
        self._text.flush()

    def writable(self) -> bool:
        return True


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError as error:
        # As stderr itself does: a letter that can't be shown is spelt.
        stream.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))


@contextmanager
def shielded() -> Iterator[tuple[Shielded, Shielded]]:
    """While it lasts, nothing that is written to `sys.stdout` and `sys.stderr` raises, whoever
    writes it; gives both."""
    before = sys.stdout, sys.stderr
    out, err = map(_shield, before)
    # A display of rich's that is up looks for its own stand-in there; it would write to itself.
    sys.stdout, sys.stderr = (
        stream if hasattr(stream, "rich_proxied_file") else shield
        for stream, shield in zip(before, (out, err), strict=True)
    )
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _shield(stream: TextIO | None) -> Shielded:
    return stream if isinstance(stream, Shielded) else Shielded(stream)


def print_line(line: str) -> None:
    """Print ``line`` to stderr, wherever that leads by now."""
    print(line, file=stderr(), flush=True)


def stderr() -> TextIO:
    """`sys.stderr`, shielded. Look it up each time: a live display replaces it for a while."""
    return cast("TextIO", _shield(sys.stderr))


def is_terminal() -> bool:
    """Whether stderr is a terminal."""
    return stderr().isatty()


def occupy_closed() -> None:
    """Open what a program was started without (``2>&-``), so that no file that it opens later is
    taken for its stderr."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one


def abandon(stream: Shielded) -> str:
    """Give up a stream that refused something, so that Python does not try again when it ends.
    Returns why, or "" if the stream is well or its reader has left, having all that it wanted."""
    if stream.refused is None:
        return ""
    with suppress(OSError), open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), stream.fileno())
    gone = stream.refused.errno in (errno.EPIPE, errno.EIO)
    return "" if gone else stream.refused.strerror or str(stream.refused)
