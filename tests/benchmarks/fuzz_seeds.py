"""Small good pictures of every format that Pillow reads, for `fuzz_pictures`: those that it writes
too, and by hand those that it only reads."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image, ImageCms

WRITTEN = (
    "PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA", "ICO", "ICNS",
    "DDS", "PCX", "SGI", "IM", "MSP", "XBM", "QOI", "DIB", "SPIDER", "BLP", "MPO",
)  # fmt: skip
_MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16", "I", "F", "YCbCr", "LAB")
_COMPRESSIONS = ("tiff_lzw", "jpeg", "packbits", "tiff_deflate", "zstd", "tiff_lzma", "group4")
_WIDTH, _HEIGHT = 48, 40


def seeds() -> dict[str, bytes]:
    """Small good files by ``FORMAT-mode-kind``."""
    noise = np.random.default_rng(0).integers(0, 256, (_HEIGHT, _WIDTH, 3), np.uint8)
    picture = Image.fromarray(noise)
    found, kinds = _made_by_hand(picture), _kinds(picture)
    for form in WRITTEN:
        for mode in _MODES:
            for kind, options in kinds.items():
                if options.keys() & {"compression", "big_tiff"} and form != "TIFF":
                    continue
                if (content := _saved(picture, form, mode, options)) not in (None, *found.values()):
                    found[f"{form}-{mode}{kind}"] = content
    return found


def _kinds(picture: Image.Image) -> dict[str, dict[str, object]]:
    """Options of writing: with a profile and EXIF, animated, and compressed in many ways."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x011A: 72.0, 0x010F: "maker", 0x0128: 2})
    kinds: dict[str, dict[str, object]] = {"": {}}
    kinds["-meta"] = {"exif": exif.tobytes(), "icc_profile": profile}
    kinds["-progressive"] = {"progressive": True}
    kinds["-animated"] = {"save_all": True, "append_images": [picture.rotate(90)], "duration": 9}
    kinds["-big"] = {"big_tiff": True}
    kinds["-plain"] = {"pixel_format": "DXT1"}
    return kinds | {f"-{name}": {"compression": name} for name in _COMPRESSIONS}


def _saved(picture: Image.Image, form: str, mode: str, options: dict[str, object]) -> bytes | None:
    content = io.BytesIO()
    try:
        changed = picture.convert("L").convert(mode) if mode in ("I;16", "F") else None
        (changed or picture.convert(mode)).save(content, form, **options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        return None
    return content.getvalue()


def _made_by_hand(picture: Image.Image) -> dict[str, bytes]:
    """What Pillow does not write, or not in this way."""
    rgb, grey = picture.tobytes(), picture.convert("L").tobytes()
    shape = f"{_WIDTH} {_HEIGHT}"
    plain = " ".join(map(str, grey)).encode()
    bits = " ".join(str(byte & 1) for byte in grey).encode()
    return {
        "CUR": _cursor(picture),
        "DCX": struct.pack("<4I", 0x3ADE68B1, 16, 0, 0) + (_saved(picture, "PCX", "L", {}) or b""),
        "FITS": _fits(8, grey),
        "FITS-float": _fits(-32, np.frombuffer(grey, np.uint8).astype(">f4").tobytes()),
        "FLI": _flic(grey),
        "FTEX-raw": struct.pack("<4s8i", b"FTEX", 0, _WIDTH, _HEIGHT, 1, 1, 1, 32, len(rgb)) + rgb,
        "FTEX-bcn": struct.pack("<4s8i", b"FTEX", 0, _WIDTH, _HEIGHT, 1, 1, 0, 32, 960) + rgb[:960],
        "GBR-grey": struct.pack(">5I4sI", 32, 2, _WIDTH, _HEIGHT, 1, b"GIMP", 9) + b"name" + grey,
        "GBR-rgba": struct.pack(">5I4sI", 32, 2, _WIDTH, _HEIGHT, 4, b"GIMP", 9)
        + b"name" + picture.convert("RGBA").tobytes(),
        "IMT": f"width {_WIDTH}\nheight {_HEIGHT}\npixel n8\n\x0c".encode() + grey,
        "MCIDAS": _mcidas(1) + grey,
        "MCIDAS-16": _mcidas(2) + grey * 2,
        "PIXAR": _pixar() + rgb,
        "PSD-raw": _photoshop(3, 0) + bytes(2) + rgb,
        "PSD-packed": _photoshop(1, 0) + b"\0\1" + struct.pack(">H", 2) * _HEIGHT
        + b"\xd1\x80" * _HEIGHT,
        "SUN": struct.pack(">8I", 0x59A66A95, _WIDTH, _HEIGHT, 24, len(rgb), 1, 0, 0) + rgb,
        "SUN-rle":
            struct.pack(">8I", 0x59A66A95, _WIDTH, _HEIGHT, 8, 99, 2, 0, 0) + b"\x80\xef\5" * 8,
        "XPM": _pixmap(grey),
        "XVTHUMB": f"P7 332\n#XVVERSION\n#END_OF_COMMENTS\n{shape} 255\n".encode() + grey,
        "PPM-P1": f"P1\n# comment\n{shape}\n".encode() + bits,
        "PPM-P2": f"P2\n{shape}\n255\n".encode() + plain,
        "PPM-P3": f"P3\n{shape}\n255\n".encode() + b" ".join([plain] * 3),
        "PPM-P4": f"P4\n{shape}\n".encode() + grey,
        "PPM-P5-16": f"P5\n{shape}\n4095\n".encode() + grey * 2,
        "PFM":
            f"Pf\n{shape}\n-1.0\n".encode() + np.frombuffer(grey, np.uint8).astype("<f4").tobytes(),
        "TIFF-tiles": _tiff_of_tiles(grey),
    }  # fmt: skip


def _cursor(picture: Image.Image) -> bytes:
    bitmap = _saved(picture.resize((32, 64)), "DIB", "RGB", {}) or b""
    return struct.pack("<3H4B2H2I", 0, 2, 1, 32, 32, 0, 0, 1, 1, len(bitmap), 22) + bitmap


def _fits(bits: int, pixels: bytes) -> bytes:
    values = {"SIMPLE": "T", "BITPIX": bits, "NAXIS": 2, "NAXIS1": _WIDTH, "NAXIS2": _HEIGHT}
    cards = [f"{key:8}= {value:>20}".ljust(80) for key, value in values.items()]
    return "".join([*cards, "END".ljust(80)]).ljust(2880).encode() + pixels


def _flic(pixels: bytes) -> bytes:
    copied = struct.pack("<IH", 6 + len(pixels), 16) + pixels
    colours = struct.pack("<IHHBB", 6 + 4 + 768, 11, 1, 0, 0) + bytes(range(64)) * 12
    frame = struct.pack("<IHH8x", 16 + len(colours) + len(copied), 0xF1FA, 2) + colours + copied
    head = struct.pack("<I6H", 128 + len(frame), 0xAF11, 1, _WIDTH, _HEIGHT, 8, 3)
    return head + bytes(128 - len(head)) + frame


def _mcidas(size: int) -> bytes:
    words = [0] * 64
    words[1], words[8], words[9], words[10], words[13], words[33] = 4, _HEIGHT, _WIDTH, size, 1, 256
    return struct.pack(">64i", *words)


def _pixar() -> bytes:
    head = bytearray(1024)
    head[:4] = b"\x80\xe8\0\0"
    struct.pack_into("<2H", head, 416, _HEIGHT, _WIDTH)
    struct.pack_into("<2H", head, 424, 14, 2)
    return bytes(head)


def _photoshop(channels: int, resources: int) -> bytes:
    mode = 3 if channels == 3 else 1
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, _HEIGHT, _WIDTH, 8, mode)
    return head + struct.pack(">3I", 0, resources, 0)


def _pixmap(pixels: bytes) -> bytes:
    colours = [f'"{letter} c #{"0123456789abcdef"[i] * 6}",' for i, letter in enumerate("ABCDEFGH")]
    rows = ["".join("ABCDEFGH"[byte % 8] for byte in pixels[i : i + _WIDTH])
            for i in range(0, len(pixels), _WIDTH)]  # fmt: skip
    body = [f'"{_WIDTH} {_HEIGHT} 8 1",', *colours, *(f'"{row}",' for row in rows)]
    return "\n".join(["/* XPM */", "static char *x[] = {", *body, "};", ""]).encode()


def _tiff_of_tiles(pixels: bytes) -> bytes:
    """Grey, in 9 tiles of 16×16, whose pixels are of no matter."""
    tiles, data = 9, 8 + 2 + 11 * 12 + 4 + 72
    offsets = data - 72
    tags = [(256, 3, 1, _WIDTH), (257, 3, 1, _HEIGHT), (258, 3, 1, 8), (259, 3, 1, 1),
            (262, 3, 1, 1), (277, 3, 1, 1), (322, 3, 1, 16), (323, 3, 1, 16),
            (324, 4, tiles, offsets), (325, 4, tiles, offsets + 36), (339, 3, 1, 1)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    places = struct.pack(f"<{tiles}I", *(data + 256 * i for i in range(tiles)))
    sizes = struct.pack(f"<{tiles}I", *[256] * tiles)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return head + places + sizes + (pixels * 2)[: 256 * tiles]
