"""Colour profiles: what a picture file says its numbers mean, converted to sRGB.

A picture of Display P3, Adobe RGB or linear light looks pale or dark when its numbers are taken for
sRGB, as all pictures without a profile are. Little CMS converts them (through Pillow's ImageCms),
relative to the white of the paper and with black points matched, as browsers do.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
"""The mode that the pixels of a profile's colour space have."""

_SEEN = 3
"""A profile that moves no colour by more is sRGB, by whatever name: its pictures stay as they
are."""


class ProfileError(Exception):
    """A colour profile that can't be used; the message says why, in a few words."""


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """``picture``, L, RGB or CMYK, by what its ``profile`` says: RGB, or as it is where the profile
    says sRGB. Raises ProfileError."""
    mode, transform = _transform(profile)
    if transform is None:
        return picture
    if mode == "RGB" and picture.mode == "L":
        picture = picture.convert("RGB")  # saved as grey afterwards, with its old profile
    if picture.mode != mode:
        raise ProfileError(f"a colour profile for {mode} in a picture of {picture.mode}")
    converted = ImageCms.applyTransform(picture, transform)
    assert converted is not None  # it is only where a picture is changed in place
    return converted


@lru_cache(maxsize=32)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode that ``profile`` is for, and the way to sRGB, or None if it is sRGB."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _SPACES[opened.profile.xcolor_space]
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, KeyError, TypeError, ValueError) as error:
        raise ProfileError("a colour profile that can't be read") from error
    return mode, None if _keeps_colours(mode, transform) else transform


def _keeps_colours(mode: str, transform: ImageCms.ImageCmsTransform) -> bool:
    if mode not in ("RGB", "L"):
        return False
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    if mode == "L":
        probe = Image.fromarray(levels[None])
    else:
        cube = np.stack(np.meshgrid(levels, levels, levels), -1)
        probe = Image.fromarray(cube.reshape(1, -1, 3))
    after = np.asarray(ImageCms.applyTransform(probe, transform), np.int16)
    return bool((abs(after - np.asarray(probe.convert("RGB"), np.int16)) <= _SEEN).all())
