"""Archives: read in place, and hostile ones refused in one line."""

from __future__ import annotations

import contextlib
import functools
import io
import lzma
import random
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ganfw import DataError, open_archive
from ganfw.data import archives

FILES = {"a/1.png": b"first", "a/2.png": b"second" * 99, "b/é.txt": b""}


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            _add(archive, tarfile.TarInfo(name), content)
    return path


def _add(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes = b"") -> None:
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_xz_of_several_streams(tmp_path: Path) -> None:
    whole = _tar(tmp_path / "a.tar", FILES).read_bytes()
    first, second = lzma.compress(whole[:700]), lzma.compress(whole[700:])
    (tmp_path / "a.tar.xz").write_bytes(first + bytes(4) + second + bytes(8))
    assert open_archive(tmp_path / "a.tar.xz").read("a/2.png") == FILES["a/2.png"]
    (tmp_path / "a.tar.xz").write_bytes(first + second[:-20])
    with pytest.raises(DataError, match="is damaged, or no zip or tar archive: it ends too early"):
        open_archive(tmp_path / "a.tar.xz")


def test_xz_may_not_ask_for_all_memory(tmp_path: Path) -> None:
    content = lzma.compress(bytes(2**11))
    # The size of the dictionary is a byte of the block's header, which a checksum follows.
    header = bytearray(content[12:20])
    header[4] = 35  # 768 MiB
    content = content[:12] + header + zlib.crc32(header).to_bytes(4, "little") + content[24:]
    (tmp_path / "a.tar.xz").write_bytes(content)
    with pytest.raises(DataError, match="Memory usage limit exceeded"):
        open_archive(tmp_path / "a.tar.xz")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.zip", _zip),
        ("a.tar", _tar),
        ("a.tar.gz", lambda path, members: _tar(path, members, "w:gz")),
        ("a.tar.bz2", lambda path, members: _tar(path, members, "w:bz2")),
        ("a.tar.xz", lambda path, members: _tar(path, members, "w:xz")),
        # The content decides, not the suffix.
        ("really-a-tar.zip", lambda path, members: _tar(path, members, "w:gz")),
    ],
)
def test_what_is_in_it(
    tmp_path: Path, cache: Path, name: str, make: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    archive = open_archive(make(tmp_path / name, FILES))
    assert sorted(archive.names) == sorted(FILES)
    assert {key: archive.read(key) for key in reversed(archive.names)} == FILES
    before = archive.fingerprint()
    assert before == open_archive(tmp_path / name).fingerprint()
    changed = open_archive(make(tmp_path / name, {**FILES, "a/1.png": b"other"}))
    assert changed.fingerprint() != before
    # Nothing is unpacked but a compressed tar file, as a whole.
    unpacked = list(cache.rglob("*.tar"))
    assert bool(unpacked) == (".tar." in name or name.startswith("really"))


def test_names_of_other_systems(tmp_path: Path) -> None:
    windows = _zip(tmp_path / "a.zip", {"cats\\1.png": b"x"})
    assert open_archive(windows).names == ["cats/1.png"]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, tarfile.TarInfo("\udcff.png"), b"x")
    (tmp_path / "a.tar").write_bytes(content.getvalue())
    assert open_archive(tmp_path / "a.tar").names == ["%FF.png"]


@pytest.mark.parametrize("make", [_zip, _tar])
@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/evil.png", "a/../../evil.png", "..\\evil.png", "C:\\evil.png"]
)
def test_names_that_lead_outside(
    tmp_path: Path, make: Callable[[Path, dict[str, bytes]], Path], name: str
) -> None:
    path = make(tmp_path / "a", {"ok/1.png": b"x", name: b"x"})
    with pytest.raises(DataError, match="leads outside the archive; it is not read"):
        open_archive(path)


def test_links_and_what_is_no_file(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match=r"'link.png' is a link"):
        open_archive(tmp_path / "link.zip")
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        member = tarfile.TarInfo("odd.png")
        member.type, member.linkname = kind, "/etc/passwd"
        with tarfile.open(tmp_path / "odd.tar", "w") as tar:
            _add(tar, member)
        with pytest.raises(DataError, match=r"'odd.png' is (a link|no plain file)"):
            open_archive(tmp_path / "odd.tar")


def test_encrypted_members(tmp_path: Path) -> None:
    content = bytearray(_zip(tmp_path / "a.zip", {"a.png": b"x" * 100}).read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"'a.png' is encrypted"):
        open_archive(tmp_path / "a.zip")


def test_an_archive_that_can_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a.zip can't be read: No such file or directory"):
        open_archive(tmp_path / "a.zip")


def test_archives_of_other_kinds(tmp_path: Path) -> None:
    for begin, kind in ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "RAR"),
                        (b"\x28\xb5\x2f\xfd", "Zstandard")):  # fmt: skip
        (tmp_path / "a.tar").write_bytes(begin + bytes(600))
        with pytest.raises(DataError, match=f"a.tar is a {kind} archive: unpack it"):
            open_archive(tmp_path / "a.tar")
    content = bytearray(_zip(tmp_path / "a.zip", {"a.png": b"x" * 100}).read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 93
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"'a.png' is compressed in a way that can't be read"):
        open_archive(tmp_path / "a.zip")


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"'a.png' unpacks to 70,000,000 bytes"):
        open_archive(_tar(tmp_path / "large.tar", {"a.png": bytes(70_000_000)}))
    with pytest.raises(DataError, match=r"'a.png' unpacks from .* to 60,000,000 bytes"):
        open_archive(_zip(tmp_path / "steep.zip", {"a.png": bytes(60_000_000)}))
    monkeypatch.setattr(archives, "SMALLEST_BOMB", 2**20)
    flat = {f"{number}.png": bytes(2**16) for number in range(64)}
    monkeypatch.setattr(archives, "HIGHEST_RATIO", 10_000)
    for path in (_zip(tmp_path / "many.zip", flat), _tar(tmp_path / "many.tgz", flat, "w:gz")):
        with pytest.raises(DataError, match=r"unpacks from .* bytes or more; it is not read"):
            open_archive(path)
    assert not list((tmp_path / "cache").rglob("*.tar"))
    monkeypatch.setattr(archives, "MOST_MEMBERS", 20)
    for path in (_zip(tmp_path / "n.zip", flat), _tar(tmp_path / "n.tar", flat)):
        with pytest.raises(DataError, match="more than 20 files; unpack it"):
            open_archive(path)


def test_two_members_of_one_name(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for content in (b"one", b"two"):
            _add(archive, tarfile.TarInfo("a.png"), content)
    with pytest.raises(DataError, match=r"two members 'a.png'"):
        open_archive(tmp_path / "a.tar")


def test_damaged_ones(tmp_path: Path) -> None:
    whole = _zip(tmp_path / "a.zip", FILES).read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 3):
        (tmp_path / "cut.zip").write_bytes(whole[:cut])
        with pytest.raises(DataError, match="is damaged, or no zip or tar archive"):
            open_archive(tmp_path / "cut.zip")
    broken = bytearray(whole)
    broken[38 + len("a/1.png") - 8] ^= 0xFF  # in the first member's content
    (tmp_path / "broken.zip").write_bytes(broken)
    opened = open_archive(tmp_path / "broken.zip")
    with pytest.raises(DataError, match=r"is damaged at 'a/1.png'"):
        opened.read("a/1.png")
    for mode, cut in (("w", 1500), ("w:gz", 60), ("w:xz", 90)):
        whole = _tar(tmp_path / "a.tar", FILES, mode).read_bytes()
        (tmp_path / "cut.tar").write_bytes(whole[:cut])
        with pytest.raises(DataError, match="is damaged"):
            open_archive(tmp_path / "cut.tar")
    whole = bytearray(_tar(tmp_path / "a.tar", FILES).read_bytes())
    whole[1024 + 20] ^= 0xFF  # in the second member's header, which tarfile takes for the end
    (tmp_path / "a.tar").write_bytes(whole)
    with pytest.raises(DataError, match="is damaged at byte 1,024"):
        open_archive(tmp_path / "a.tar")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_whatever_is_damaged_is_one_error(tmp_path: Path, name: str) -> None:
    mode = "w:gz" if name.endswith("gz") else "w"
    make = _zip if name == "a.zip" else functools.partial(_tar, mode=mode)
    whole = make(tmp_path / name, FILES).read_bytes()
    chance = random.Random(0)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 2, 8))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        (tmp_path / name).write_bytes(content[: chance.choice((None, len(whole) // 2, -9))])
        with contextlib.suppress(DataError):
            opened = open_archive(tmp_path / name)
            assert all(isinstance(opened.read(member), bytes) for member in opened.names)
