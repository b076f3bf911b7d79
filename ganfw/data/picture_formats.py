"""Which files Pillow, and the packages that teach it more formats, can read here."""

from __future__ import annotations

import contextlib
import importlib
import re
import warnings
from functools import cache

from PIL import Image

_NOT_READ = frozenset(("EPS", "WMF", "MPEG", "BUFR", "GRIB", "HDF5", "IPTC"))
"""Formats that need a program of the system (EPS runs PostScript), or that Pillow only names."""

_SAID_BY_ANOTHER = {"MPO": "JPEG"}  # a format's suffix: the format that opens it

_COMMON = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")

_PLUGINS = ("pillow_heif", "pillow_avif", "pillow_jxl")

_WARNINGS = ("ignore", None, Warning, re.compile(r"PIL\."), 0)  # of Pillow, as a filter holds them


@cache
def suffixes() -> frozenset[str]:
    """The suffixes of files that can be read, such as ``.png``."""
    readable = {*formats(), *(key for key, by in _SAID_BY_ANOTHER.items() if by in formats())}
    known = Image.registered_extensions().items()
    return frozenset(suffix for suffix, name in known if name in readable)


@cache
def formats() -> tuple[str, ...]:
    """The formats that can be read, those most met first."""
    for name in _PLUGINS:
        with contextlib.suppress(ImportError):
            plugin = importlib.import_module(name)
            if name == "pillow_heif":
                plugin.register_heif_opener()
    Image.init()
    common = [name for name in _COMMON if name in Image.OPEN]
    others = [name for name in Image.ID if name not in common and name not in _NOT_READ]
    return (*common, *others)


def silence_pillow() -> None:
    """What Pillow warns of is read here, or refused in words. Its warnings stay off: to turn them
    on again after each picture is not safe in threads before Python 3.14."""
    if _WARNINGS not in warnings.filters:
        warnings.filterwarnings("ignore", module=_WARNINGS[3].pattern)
