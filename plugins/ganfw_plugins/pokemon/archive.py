"""Files read from a zip archive that may be damaged or malicious."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from ganfw import DataError

LARGEST_MEMBER = 64 * 2**20
HIGHEST_RATIO = 1000
"""Unpacked bytes per packed byte: DEFLATE reaches 1032 at most, pictures about 2."""


class Archive:
    """A zip file, checked before anything is read; nothing is extracted to disk.

    Raises DataError for a file that is no complete zip archive, and for members that an archive of
    pictures should not have: paths that lead outside, links, encrypted or very large ones.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            raise DataError(f"{path} is truncated or no zip archive: {error}") from error
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        self._members = {member.filename: member for member in members}
        if len(self._members) < len(members):
            raise DataError(f"{path} holds two members of the same name; it is not read")
        for member in members:
            if problem := _problem(member):
                raise DataError(f"{path}: member '{member.filename}' {problem}; it is not read")

    @property
    def names(self) -> list[str]:
        """The members' paths."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """A member's content. Raises DataError if it is damaged."""
        try:
            return self._zip.read(name)
        except Exception as error:
            # zipfile, zlib and lzma each have their own errors for a damaged stream.
            raise DataError(f"{self.path} is damaged at '{name}': {error}") from error

    def fingerprint(self) -> str:
        """A digest of the members' names, sizes and checksums."""
        lines = sorted(
            f"{member.filename}\0{member.file_size}\0{member.CRC}\n"
            for member in self._members.values()
        )
        return hashlib.blake2b("".join(lines).encode(), digest_size=16).hexdigest()


def _problem(member: zipfile.ZipInfo) -> str | None:
    """Why a member must not be read, or None."""
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
