"""Downloads into the cache: checked, resumed, and safe when two processes want the same file.

They use urllib. pooch resumes nothing and locks nothing, and its errors are those of requests,
which would have to be translated as well.
"""

from __future__ import annotations

import hashlib
import http.client
import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import filelock

from ..errors import DataError, DataUnavailable
from ..runtime.progress import progress_bar
from ..storage import atomic, cache_contents
from ..storage.cache import cache_folder

TRIES = 3
_TIMEOUT = 15
"""Seconds to connect, and to wait for the next bytes."""

_CHUNK = 2**16
_NETWORK_ERRORS = (OSError, http.client.HTTPException)


class _BrokenOff(Exception):
    """A transfer that may go well the next time."""


def download(url: str, path: str | os.PathLike[str], checksum: str) -> Path:
    """The file at ``url``, saved as ``path`` unless it is there already. A relative path is one
    below the cache's folder ``downloads``.

    ``checksum`` is an algorithm of hashlib and the first hex digits, or all, of what it makes of
    the content: ``"sha256:6726825d"``. Raises DataUnavailable if the server can't be reached or
    refuses; DataError for content with another checksum, for a transfer that breaks off `TRIES`
    times although it is resumed, and for a disk that refuses.
    """
    target, checksum = cache_folder("downloads", os.fspath(path)), checksum.lower()
    try:
        if not _is_saved(target, checksum):
            target.parent.mkdir(parents=True, exist_ok=True)
            cache_contents.sweep()
            with filelock.FileLock(f"{target}.lock"):
                # Another process may have saved it in the meantime.
                if not _is_saved(target, checksum):
                    _save(url, target, checksum)
    except OSError as error:
        raise DataError(
            f"can't save {url} in {target.parent}: {error.strerror or error}; set GANFW_CACHE to "
            "a folder with room"
        ) from error
    return target


def _is_saved(path: Path, checksum: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _checksum(file, checksum).startswith(checksum)


def _save(url: str, target: Path, checksum: str) -> None:
    with atomic.file(target) as file:
        _fetch(url, file)
        file.seek(0)
        found = _checksum(file, checksum)
        if not found.startswith(checksum):
            raise DataError(f"{url} is not the file it should be: it has {found}, not {checksum}")


def _checksum(file: IO[bytes], like: str) -> str:
    """The checksum of a file's content, by the same algorithm as ``like``."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"  # type: ignore[arg-type]


def _fetch(url: str, file: IO[bytes]) -> None:
    for _ in range(TRIES):
        try:
            return _fetch_rest(url, file)
        except _BrokenOff as error:
            reason = str(error)
    raise DataError(f"{url} broke off {TRIES} times: {reason}")


def _fetch_rest(url: str, file: IO[bytes]) -> None:
    """Append to ``file`` what it lacks of ``url``, or begin anew if the server can't do that."""
    with _open(url, file.tell()) as response:
        if response.status != HTTPStatus.PARTIAL_CONTENT:
            file.seek(0)
            file.truncate()
        length = response.headers["Content-Length"]
        total = file.tell() + int(length) if length else None
        with progress_bar(f"downloading {url.rpartition('/')[2]}", total) as update:
            for chunk in _chunks(response):
                file.write(chunk)
                update(file.tell())
    if total is not None and file.tell() < total:
        raise _BrokenOff(f"{file.tell()} of {total} bytes came")


def _open(url: str, start: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "ganfw", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        request = Request(url, headers=headers)
        response: http.client.HTTPResponse = urlopen(request, timeout=_TIMEOUT)
    except (*_NETWORK_ERRORS, ValueError) as error:
        raise DataUnavailable(f"{url} can't be downloaded ({_reason(error)})") from error
    return response


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(_CHUNK):
            yield chunk
    except _NETWORK_ERRORS as error:
        raise _BrokenOff(_reason(error)) from error


def _reason(error: Exception) -> str:
    """What went wrong, without the wrapping of urllib."""
    if isinstance(error, HTTPError):
        error.close()
        return f"{error.code} {error.reason}"
    inner = getattr(error, "reason", error)
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
