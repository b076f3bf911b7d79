"""Nearly right inputs, as hypothesis strategies: bytes, trees of JSON, archives, arrays."""

from __future__ import annotations

import copy
import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tomlkit
from hypothesis import strategies as st

Edit = tuple[int, str, bytes]
Json = Any

SIZES = (0, 1, 2, 3, 7, 255, 2**31 - 1, 2**32, 2**40, 2**63 - 1, 2**64, 10**30, -1)

texts = st.text(max_size=8) | st.sampled_from(
    ("", " ", ".", "..", "../..", "~", "~nobody", "/", "/dev/null", "a\nb", "a\rb", "\0", "\udcff",
     "\ud800", "é", "名前", "\u2028", "\x1b[2J", "a" * 300, "a/" * 300, "9" * 5000, "[" * 5000,
     '{"a":' * 3000, "null", "true", "nan", "inf", "-1", "1e999", "0x10", "{}", "[]", "$tensor",
     "x.csv", "x.npy", "x.zip", "cuda:99", "a=b", "=", "second=r1", "ganfw/dcgan", "no-such/dcgan",
     "2026-01-01T00:00:00", "10000-01-01", "nan..1", "1..inf")
)  # fmt: skip

_numbers = st.sampled_from(("0", "1", "-1", "10", ".5", "1e-3", "1e308", "1e999", "-1e-400", "٣"))
_phases = st.builds(
    "{}{}{}{}".format,
    _numbers,
    st.just("") | _numbers.map("..{}".format),
    st.sampled_from(("", " linear", " cosine", " geometric", " GEOMETRIC ", " x")),
    st.sampled_from(
        ("", " over 1", " over 9999999999", " over 0", " over", " over 50%", " over 1e-9%")
    ),
)
schedules = st.lists(_phases, min_size=1, max_size=3).map(" then ".join)

scalars = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(SIZES) | st.floats() | texts
    | schedules | st.sampled_from((10**4000, 1e308, "F64", "F8_E4M3", "BOOL", "generator"))
)  # fmt: skip

_special_keys = st.sampled_from(("$tensor", "$tuple", "$dict", "use", "name", "step", "labels"))

trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts | _special_keys, inner, max_size=3)
    ),
    max_leaves=5,
)


def changed_bytes(content: bytes) -> st.SearchStrategy[bytes]:
    """``content`` with a few bytes replaced, put in, cut out, or cut off."""
    places = st.integers(0, min(300, len(content))) | st.integers(0, len(content))
    kinds = st.sampled_from(("replace", "insert", "delete", "flip", "end"))
    pieces = st.binary(max_size=8) | st.sampled_from(
        (b"\xff" * 4, bytes(4), b"\n", b'"', b"[" * 5000, b"9" * 5000, b"-")
    )
    edits = st.lists(st.tuples(places, kinds, pieces), min_size=1, max_size=4)
    return edits.map(lambda chosen: _edited(content, chosen))


def _edited(content: bytes, edits: list[Edit]) -> bytes:
    changed = bytearray(content)
    for at, kind, piece in edits:
        if kind == "insert":
            changed[at:at] = piece
        elif kind == "replace":
            changed[at : at + len(piece)] = piece
        elif kind == "delete":
            del changed[at : at + len(piece)]
        elif kind == "flip" and at < len(changed):
            changed[at] ^= 1 << (len(piece) % 8)
        elif kind == "end" and len(piece) > 4:
            del changed[at:]
    return bytes(changed)


def changed_tree(tree: Json) -> st.SearchStrategy[Json]:
    """``tree`` with up to three of its parts replaced by anything, removed, or given a new part."""
    kinds = st.sampled_from(("set", "set", "set", "remove", "add"))
    changes = st.lists(
        st.tuples(st.integers(0, 10**6), kinds, texts | _special_keys, trees),
        min_size=1,
        max_size=3,
    )
    return changes.map(lambda chosen: _replaced(tree, chosen))


def _replaced(tree: Json, changes: list[tuple[int, str, str, Json]]) -> Json:
    tree = copy.deepcopy(tree)
    for at, kind, key, value in changes:
        places = list(_places(tree))
        if not places:
            break
        parent, own = places[at % len(places)]
        if kind == "set":
            parent[own] = value
        elif kind == "remove":
            del parent[own]
        elif isinstance(parent, dict):
            parent[key] = value
        else:
            parent.insert(own, value)
    return tree


def _places(tree: Json) -> Iterator[tuple[Json, Json]]:
    """(parent, key or index) of every part of ``tree``."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    for key in keys:
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from _places(tree[key])


def written(tree: Json) -> bytes:
    """``tree`` as JSON, NaN and lone surrogates too."""
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


def as_toml(tree: dict[str, Json]) -> bytes:
    """``tree`` as TOML, or hardly any where TOML can't hold it."""
    try:
        return tomlkit.dumps(tree).encode("utf-8", "surrogatepass")
    except Exception:  # TOML has no null, and tomlkit no mixed lists
        return b"[data]"


def changed_json(content: bytes) -> st.SearchStrategy[bytes]:
    """A JSON file or log whose tree, lines or bytes are changed."""
    lines = content.rstrip(b"\n").split(b"\n")
    is_log = len(lines) > 1 and lines[0].endswith(b"}")
    if not is_log:
        return changed_bytes(content) | changed_tree(json.loads(content)).map(written)
    rows = changed_tree([json.loads(line) for line in lines])
    return changed_bytes(content) | rows.map(lambda tree: b"\n".join(map(written, tree)) + b"\n")


def changed_safetensors(content: bytes) -> st.SearchStrategy[bytes]:
    """A safetensors file whose header, length or bytes are changed."""
    length = int.from_bytes(content[:8], "little")
    header, body = json.loads(content[8 : 8 + length]), content[8 + length :]

    def whole(tree: Json, off: int, cut: int) -> bytes:
        text = written(tree)
        size = (len(text) + off) % 2**64
        return size.to_bytes(8, "little") + text + body[: len(body) - cut]

    offs = st.sampled_from((0, 0, 0, 0, 1, -1, 2**40, 2**63))
    cuts = st.sampled_from((0, 0, 0, 1, 1000))
    return changed_bytes(content) | st.builds(whole, changed_tree(header), offs, cuts)


arrays = st.builds(
    lambda shape, dtype, fill: np.full(shape, fill, "f8").astype(dtype),
    st.lists(st.sampled_from((0, 1, 2, 3, 4, 8, 9)), max_size=5),
    st.sampled_from(("u1", "i1", "?", "i8", "u8", "f2", "f4", "f8", "c8", "U3", "S2", "M8[D]",
                     ">f4", "<i2")),
    st.sampled_from((0.0, 1.0, 1.0, 0.5, 200.0)),
)  # fmt: skip
"""Arrays of any kind of number, and of some that are none."""


def saved(found: Mapping[str, np.ndarray]) -> bytes:
    """A .npz file, or a .npy file where the only name is ""."""
    content = io.BytesIO()
    if list(found) == [""]:
        np.save(content, found[""])
    else:
        np.savez_compressed(content, **{name or "x": array for name, array in found.items()})
    return content.getvalue()


_good = st.sampled_from([f"{letter}/{number}.png" for letter in "abc" for number in range(99)])
_names = _good | _good | _good | texts | st.sampled_from(
    ("a/1.png", "b/2.png", "a/1.PNG", "a\\1.png", "metadata.csv", "metadata.jsonl", "C:\\x.png",
     "//x/y.png", "._1.png", "__MACOSX/1.png", "a/", "config.toml", "x/config.toml")
)  # fmt: skip
_members = st.lists(
    st.tuples(
        _names, st.sampled_from((0,) * 9 + tuple(range(10))), st.sampled_from((8, 8, 8, 0, 1, 14))
    ),
    max_size=4,
)
Members = list[tuple[str, int, int]]


def archives(contents: list[bytes]) -> st.SearchStrategy[bytes]:
    """Zip and tar archives with odd members, whole or damaged."""

    def build(make: Callable[[Members, list[bytes]], bytes], members: Members) -> bytes:
        return make(members, contents)

    whole = st.builds(build, st.sampled_from((_zip, _tar, _tar_gz, _tar_xz)), _members)
    return whole | whole.flatmap(changed_bytes)


def _zip(members: Members, contents: list[bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, kind, method in members:
            info = zipfile.ZipInfo(_encodable(name))
            info.compress_type = 8 if method % 2 == 0 else 0
            info.external_attr = stat.S_IFLNK << 16 if kind == 1 else 0
            archive.writestr(info, contents[kind % len(contents)])
            # As the directory says, and not as it is.
            info.flag_bits |= 1 if kind == 2 else 0
            info.compress_type = method if kind == 3 else info.compress_type
            info.file_size = SIZES[method % len(SIZES)] % 2**32 if kind == 4 else info.file_size
            info.header_offset += method if kind == 5 else 0
    return output.getvalue()


def _tar(members: Members, contents: list[bytes], mode: str = "w:") -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode=mode) as archive:  # type: ignore[call-overload]
        for name, kind, method in members:
            info = tarfile.TarInfo(_encodable(name))
            content = contents[kind % len(contents)]
            info.type = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE,
                         tarfile.GNUTYPE_SPARSE, *[tarfile.REGTYPE] * 9)[method % 14]  # fmt: skip
            info.size = len(content) if info.type == tarfile.REGTYPE else 0
            if kind == 4:
                info.pax_headers = {
                    "size": str(SIZES[method % len(SIZES)]),
                    "path": _encodable(name)[:50],
                }
            archive.addfile(info, io.BytesIO(content))
    return output.getvalue()


def _tar_gz(members: Members, contents: list[bytes]) -> bytes:
    return _tar(members, contents, "w:gz")


def _tar_xz(members: Members, contents: list[bytes]) -> bytes:
    return _tar(members, contents, "w:xz")


def _encodable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()[:200] or "empty"
