"""Getting the archive over the network, once, into the cache."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganfw import DataError, DataUnavailable, cache_folder

if TYPE_CHECKING:
    from rich.progress import Progress

TRIES = 3
_TIMEOUT = (10, 30)
"""Seconds to connect, and to wait for the next bytes."""


def download(url: str, sha1: str, instead: Mapping[str, Any] | None) -> Path:
    """The file at ``url``, from the cache if it is there whole.

    Raises DataUnavailable, naming ``instead``, where the server can't be reached or refuses;
    DataError for a file with another hash or a transfer that broke off `TRIES` times.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.ERROR)
    for left in reversed(range(TRIES)):
        try:
            return _retrieve(url, sha1)
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            if not left:
                raise DataError(f"{url} broke off {TRIES} times: {_root(error)}") from error
        except requests.exceptions.RequestException as error:
            raise DataUnavailable(_unavailable(url, error), instead) from error
        except ValueError as error:
            raise DataError(
                f"{url} is not the file it should be: its SHA-1 is not {sha1}. If you trust it, "
                "give its own as -s data.sha1=…"
            ) from error
        except OSError as error:
            raise DataError(
                f"can't keep {url} in {cache_folder('downloads')}: {error.strerror}; set "
                "GANFW_CACHE to a folder with room"
            ) from error
    raise AssertionError("the last try returns or raises")


def _retrieve(url: str, sha1: str) -> Path:
    import pooch

    bar = _Bar() if sys.stderr.isatty() else False
    name = pooch.retrieve(
        url,
        known_hash=f"sha1:{sha1.lower()}",
        path=cache_folder("downloads"),
        downloader=pooch.HTTPDownloader(progressbar=bar, timeout=_TIMEOUT),
    )
    return Path(name)


def _unavailable(url: str, error: Exception) -> str:
    return (
        f"{url} can't be had ({_root(error)}); a local copy is given as -s data.archive=pokemon.zip"
    )


def _root(error: BaseException) -> str:
    """The innermost reason, without the wrapping that network libraries add."""
    reason: object = error
    while isinstance(reason, BaseException):
        inner = getattr(reason, "reason", None) or reason.__cause__ or reason.__context__
        if not isinstance(inner, BaseException):
            break
        reason = inner
    text = str(reason).splitlines()[0] if str(reason) else type(reason).__name__
    return text.rpartition(": ")[2] if "object at 0x" in text else text


class _Bar:
    """What pooch asks of a progress bar, shown by rich."""

    def __init__(self) -> None:
        self.total = 0
        self._progress: Progress | None = None

    def update(self, count: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

        if self._progress is None:
            columns = ("downloading", BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.add_task("", total=self.total or None)
            self._progress.start()
        self._progress.advance(self._progress.task_ids[0], count)

    def reset(self) -> None:
        """pooch resets a bar to fill it up once more at the end; there is nothing to do."""

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
