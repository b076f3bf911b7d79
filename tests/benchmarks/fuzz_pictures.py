"""Damaged picture files of many formats through `read_picture`: ``python fuzz_pictures.py [N]``.

A file may be read or skipped with a reason of one line. All else is a finding, and its file is
kept: any other exception, more than ten seconds, more than a gigabyte of memory.
"""

from __future__ import annotations

import io
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import numpy as np
from PIL import Image, ImageCms

from ganfw import SkipItem, read_picture

SECONDS, MEMORY = 10, 2**30
_FORMATS = (
    "PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA", "ICO", "ICNS",
    "DDS", "PCX", "SGI", "IM", "MSP", "XBM", "QOI", "DIB", "SPIDER",
)  # fmt: skip
_MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16", "I", "F", "YCbCr", "LAB")


def seeds() -> dict[str, bytes]:
    """Small good files of every format and mode that Pillow writes, with a profile and EXIF."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
    picture = Image.fromarray(noise)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x011A: 72.0, 0x010F: "maker", 0x0128: 2})
    wide = {"exif": exif.tobytes(), "icc_profile": profile}
    kinds: dict[str, dict[str, object]] = {"": {}, "-meta": wide}
    kinds |= {"-progressive": {"progressive": True}, "-all": {"save_all": True}}
    kinds |= {f"-{name}": {"compression": name} for name in ("tiff_lzw", "jpeg", "packbits")}
    found = {}
    for form in _FORMATS:
        for mode in _MODES:
            for kind, options in kinds.items():
                if (content := _saved(picture, form, mode, options)) not in (None, *found.values()):
                    found[f"{form}-{mode}{kind}"] = content
    return found


def _saved(picture: Image.Image, form: str, mode: str, options: dict[str, object]) -> bytes | None:
    content = io.BytesIO()
    try:
        changed = picture.convert("L").convert(mode) if mode in ("I;16", "F") else None
        (changed or picture.convert(mode)).save(content, form, **options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return content.getvalue()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """``content`` with a few bytes changed, mostly near its beginning, or cut, or spliced."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        near = chance.random() < 0.7
        at = chance.randrange(min(len(changed), 300) if near else len(changed))
        kind = chance.randrange(5)
        if kind == 0:
            changed[at] = chance.randrange(256)
        elif kind == 1:
            changed[at : at + 4] = chance.choice(
                (b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\1")
            )
        elif kind == 2:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 3:
            start = chance.randrange(len(changed))
            changed[at:at] = changed[start : start + chance.randrange(64)]
        elif len(changed) > 64 and chance.random() < 0.3:
            del changed[chance.randrange(32, len(changed)) :]
    return bytes(changed)


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TimeoutError


def _attempt(path: Path, content: bytes) -> str:
    """What came of reading ``content``: "read", "skipped" or what is wrong."""
    path.write_bytes(content)
    signal.alarm(SECONDS)
    try:
        array = read_picture(path, (16, 16))
        return "read" if array.shape == (3, 16, 16) else f"shape {array.shape}"
    except SkipItem as reason:
        slow = isinstance(reason.__cause__, TimeoutError)
        odd = not str(reason) or "\n" in str(reason)
        return "slow" if slow else "odd reason" if odd else "skipped"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def main(count: int) -> None:
    """Try ``count`` files and print what came of them."""
    folder, came = Path(tempfile.mkdtemp(prefix="fuzz-")), Counter[str]()
    good = list(seeds().items())
    signal.signal(signal.SIGALRM, _too_slow)
    most, began = _memory(), time.perf_counter()
    for i in range(count):
        name, content = good[i % len(good)]
        suffix = ".png" if i % 3 == 0 else "." + name.partition("-")[0].lower()
        changed = mutated(content, random.Random(i)) if i >= len(good) else content
        result = _attempt(folder / f"now{suffix}", changed)
        now = _memory()
        if now > max(most, MEMORY):
            result = f"{(now - most) / 2**20:.0f} MiB more"
        most = max(most, now)
        came[result] += 1
        if result not in ("read", "skipped") or (i < len(good) and result != "read"):
            print(f"{i} {name}{suffix}: {result}", flush=True)
            (folder / f"{i}-{name}{suffix}").write_bytes(changed)
    seconds = time.perf_counter() - began
    print(f"{count} files of {len(good)} seeds in {seconds:.0f} s, {most / 2**20:.0f} MiB: {came}")
    print(f"findings in {folder}")


def _memory() -> int:
    """The most that this process has taken, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
