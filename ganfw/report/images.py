"""The pictures of samples that a report's slider walks through, made small enough to send."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..errors import RunError
from ..images import UNREADABLE
from ..storage.run_dir import RunDir, evenly_spaced

MOST_PICTURES = 60

_PNG = b"\x89PNG\r\n\x1a\n"
_QUALITY = 90  # of WebP: noise takes a fifth of what it does as PNG, and looks the same
_WEBP_SIDE = 16_383  # pixels at most
_WIDE = 448  # pixels that a picture is enlarged to, by a whole factor, if it is less than half


@dataclass(frozen=True)
class Picture:
    """A picture of samples as of ``step``, ready for an ``img`` of ``width`` pixels."""

    step: int
    source: str
    width: int


def read_pictures(folder: RunDir) -> list[Picture]:
    """What the run wrote; other files in its folder of samples are left out. The last picture is
    as it was written. Raises RunError for a damaged one."""
    found = [path for path in folder.pictures() if path.is_file() and _is_png(path)]
    chosen = [found[i] for i in evenly_spaced(len(found), MOST_PICTURES)]
    return [_picture(path, is_last=path is chosen[-1]) for path in chosen]


def _is_png(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_PNG)) == _PNG
    except OSError as error:
        raise RunError(f"{path} can't be read: {error.strerror}") from None


def _picture(path: Path, is_last: bool) -> Picture:
    try:
        content = path.read_bytes()
        with Image.open(path) as picture:
            picture.load()
            width = picture.width
            kind, shown = ("png", content) if is_last else _smaller(picture, content)
    except UNREADABLE as error:
        raise RunError(f"{path} can't be read: it is damaged, or too large") from error
    step = int(path.stem)
    source = f"data:image/{kind};base64,{base64.b64encode(shown).decode()}"
    return Picture(step, source, width * max(_WIDE // width, 1))


def _smaller(picture: Image.Image, content: bytes) -> tuple[str, bytes]:
    """The picture as WebP, or as the PNG that it was where that is no larger."""
    if max(picture.size) > _WEBP_SIDE:
        return "png", content
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", quality=_QUALITY)
    webp = encoded.getvalue()
    return ("webp", webp) if len(webp) < len(content) else ("png", content)
