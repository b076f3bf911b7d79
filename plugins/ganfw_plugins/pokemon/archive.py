"""Reading pictures straight out of a zip file that may be damaged or hostile."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from ganfw import DataError

LARGEST_MEMBER = 64 * 2**20
HIGHEST_RATIO = 1000
"""Bytes out for a byte in; DEFLATE's own limit is 1032, pictures reach 2."""


class Archive:
    """A zip file, checked before anything is read; nothing is ever extracted to disk.

    Raises DataError for a file that is no whole zip, or that holds members no honest archive of
    pictures has: paths that lead outside, links, encrypted or absurdly large ones.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            raise DataError(f"{path} is truncated or no zip archive: {error}") from error
        self._members = {each.filename: each for each in self._zip.infolist() if not each.is_dir()}
        if len(self._members) < sum(not each.is_dir() for each in self._zip.infolist()):
            raise DataError(f"{path} holds two members of the same name; it is not to be trusted")
        for member in self._zip.infolist():
            if reason := _suspicion(member):
                raise DataError(f"{path}: member '{member.filename}' {reason}; it is not read")

    @property
    def names(self) -> list[str]:
        """The members' paths."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """A member's content. Raises DataError if it is damaged."""
        try:
            return self._zip.read(name)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
            raise DataError(f"{self.path} is damaged at '{name}': {error}") from error
        except Exception as error:
            # zlib and lzma raise errors of their own for a broken stream.
            raise DataError(f"{self.path} is damaged at '{name}': {error}") from error

    def fingerprint(self) -> str:
        """A digest of the members' names, sizes and checksums."""
        lines = sorted(f"{m.filename}\0{m.file_size}\0{m.CRC}\n" for m in self._members.values())
        return hashlib.blake2b("".join(lines).encode(), digest_size=16).hexdigest()


def _suspicion(member: zipfile.ZipInfo) -> str | None:
    """Why a member is not to be read, or None."""
    name = member.filename
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.anchor or ".." in (*posix.parts, *windows.parts):
        return "leads outside the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.file_size > LARGEST_MEMBER:
        return f"unpacks to {member.file_size:,} bytes"
    if member.file_size > HIGHEST_RATIO * max(member.compress_size, 1):
        return f"unpacks from {member.compress_size:,} to {member.file_size:,} bytes"
    return None
