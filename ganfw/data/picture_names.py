"""Which of many files are pictures to train on, told by their names."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from .picture_formats import suffixes

_SIDE_FOLDER = re.compile(
    r"__macosx|@eadir|@__thumb|@recycle|@recently-snapshot|@tmp|@sharebin|#recycle|#snapshot"
    r"|@syno\w*|~snapshot|network trash folder|temporary items|.*\.lrdata"
    r"|\$recycle\.bin|recycler|system volume information|lost\+found|found\.\d{3}",
    re.I,
)
"""Folders that macOS, Windows and network disks put beside pictures: thumbnails, deleted files."""

_APPLE = "._"  # how the names of macOS's notes about files begin

_RUN_FILES = ("config.toml", "provenance.json")

_NEEDS = {
    ".heic": "pip install pillow-heif", ".heif": "pip install pillow-heif",
    ".hif": "pip install pillow-heif", ".avif": "needs a newer Pillow",
    ".jxl": "pip install pillow-jxl-plugin",
}  # fmt: skip
_NEVER_READ = {
    ".svg", ".svgz", ".eps", ".ai", ".xcf", ".kra", ".psb", ".exr", ".hdr", ".cr2", ".cr3",
    ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw", ".raw", ".clip", ".wmf",
    ".emf",
}  # fmt: skip
_VIDEOS = {
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".flv", ".mpg", ".mpeg", ".3gp",
    ".mts",
}  # fmt: skip
_ARCHIVES = {
    ".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar",
}  # fmt: skip
_PICTURE = r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|avif)"
_WORDY_SUFFIX = re.compile(rf"{_PICTURE}(\.?\d+|[^a-z0-9.][^.]*|\.(bak|old|orig|save))$", re.I)
_UNFINISHED = re.compile(
    rf"{_PICTURE}\.(crdownload|part|partial|download|opdownload|filepart|aria2|te?mp)$", re.I
)


@dataclass(frozen=True)
class PictureList:
    """Pictures by name, sorted, each with the index of its class folder or None. ``left_out`` says
    in a few words which files that look like pictures are not among them; it may be empty.
    ``loose`` is the first that lies beside folders of others, which are no classes then, or empty.
    """

    names: tuple[str, ...]
    labels: tuple[int | None, ...]
    classes: tuple[str, ...]
    left_out: str = ""
    loose: str = ""


def find_pictures(names: Iterable[str], known: Collection[str] = ()) -> PictureList:
    """The pictures among ``names``, which are paths with forward slashes, in a folder or archive.

    Pictures are what has a suffix that Pillow reads here, and those ``known`` to be pictures
    whatever they are called. Left out are hidden files and folders, what systems and network disks
    keep beside pictures (thumbnails, deleted files), and all that lies in a run's folder. If every
    picture lies in a folder below the deepest folder that holds them all, those folders are the
    classes: ``x/abra/1.png`` is an "abra".
    """
    names = list(names)
    runs = _run_folders(names)
    chosen: list[str] = []
    left_out: Counter[str] = Counter()
    for name in names:
        reason = _why_left_out(name, name in known, runs)
        if reason is None:
            chosen.append(name)
        elif reason:
            left_out[reason] += 1
    said = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))
    return _with_classes(tuple(sorted(chosen)), said)


def _with_classes(chosen: tuple[str, ...], left_out: str) -> PictureList:
    parents = [_parts(name.rpartition("/")[0]) for name in chosen]
    levels = zip(*parents, strict=False)
    depth = len(list(itertools.takewhile(lambda names: len(set(names)) == 1, levels)))
    loose = [name for name, parts in zip(chosen, parents, strict=True) if len(parts) <= depth]
    if not chosen or loose:
        beside = loose[0] if 0 < len(loose) < len(chosen) else ""
        return PictureList(chosen, (None,) * len(chosen), (), left_out, beside)
    classes = tuple(sorted({parts[depth] for parts in parents}))
    index = {name: i for i, name in enumerate(classes)}
    return PictureList(chosen, tuple(index[parts[depth]] for parts in parents), classes, left_out)


def _run_folders(names: Iterable[str]) -> set[str]:
    """The folders of ganfw's own runs, each with a slash at its end."""
    config, provenance = (
        {name.removesuffix(file) for name in names if f"/{name}".endswith(f"/{file}")}
        for file in _RUN_FILES
    )
    return config & provenance


def _why_left_out(name: str, is_known: bool, runs: Collection[str]) -> str | None:
    """None for a picture to use, "" for what is none, or else a few words that say why not."""
    folder, _, file = name.rpartition("/")
    suffix = PurePosixPath(file).suffix.lower()
    is_hidden = file.startswith(".") or any(part.startswith(".") for part in _parts(folder))
    if not is_known and suffix not in suffixes():
        return "" if is_hidden else _unread(suffix, file)
    if file.startswith(_APPLE):
        return ""
    if side := next(filter(_SIDE_FOLDER.fullmatch, _parts(folder)), None):
        return f"in {side}"
    if is_hidden:
        return "hidden"
    if runs and any(name.startswith(run) for run in runs):
        return "in folders of runs"
    return None


@lru_cache(maxsize=1024)
def _parts(folder: str) -> tuple[str, ...]:
    return PurePosixPath(folder).parts


def _unread(suffix: str, name: str) -> str:
    """Why a file of ``suffix`` is not read, if it looks like a picture."""
    if suffix in _NEEDS:
        return f"× {suffix} ({_NEEDS[suffix]})"
    if suffix in _NEVER_READ:
        return f"× {suffix} (convert them)"
    if suffix in _VIDEOS:
        return f"× {suffix} (videos)"
    if suffix in _ARCHIVES:
        return f"× {suffix} (unpack them)"
    if _UNFINISHED.search(name):
        return f"× {suffix} (not downloaded to the end)"
    odd = _WORDY_SUFFIX.search(name)
    return f"× {odd[0].lower()[:20]} (rename them)" if odd else ""
