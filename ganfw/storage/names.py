"""File names of any bytes, in text that has to be UTF-8: JSON, TOML, a store between processes.

Where a name is no UTF-8, as of old archives and cameras, Python stands lone surrogates in for its
bytes (PEP 383), which no file may hold. Characters for private use, U+F780 to U+F7FF, take their
place there, and become surrogates again when they are read.
"""

from __future__ import annotations

_PRIVATE = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
_SURROGATES = {private: surrogate for surrogate, private in _PRIVATE.items()}


def as_text(text: object) -> str:
    """``text``, as a string, that can be written as UTF-8."""
    return str(text).translate(_PRIVATE)


def restored(text: str) -> str:
    """What became ``text`` in `as_text`."""
    return text.translate(_SURROGATES)
