"""Finding and reading pictures."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganfw import SkipItem, find_pictures, read_picture
from ganfw.data import picture_values, pictures


def _file(picture: Image.Image, form: str = "PNG", **more: object) -> io.BytesIO:
    content = io.BytesIO()
    picture.save(content, form, **more)
    content.seek(0)
    return content


def _read(picture: Image.Image, **options: object) -> list[int]:
    """The colour in the middle of ``picture``, read at 8×8."""
    array = read_picture(_file(picture), (8, 8), **options)  # type: ignore[arg-type]
    return array[:, 4, 4].tolist()


def test_class_folders() -> None:
    names = ["x/b/2.PNG", "x/a/1.jpg", "x/a/note.txt", "x/.hidden/1.png", "__MACOSX/x/a/1.jpg"]
    found = find_pictures(names)
    assert found.names == ("x/a/1.jpg", "x/b/2.PNG")
    assert (found.labels, found.classes) == ((0, 1), ("a", "b"))


def test_pictures_in_no_class() -> None:
    assert find_pictures(["2.png", "1.png"]).labels == (None, None)
    assert find_pictures(["a/1.png", "2.png"]).classes == ()
    assert find_pictures(["all/1.png", "all/2.png"]).classes == ()
    assert find_pictures([]).names == ()


def test_transparency_shows_the_background() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert _read(clear) == [255, 255, 255]
    assert _read(clear, background="#0000ff") == [0, 0, 255]
    assert _read(clear, channels=4)[3] == 0
    assert _read(Image.new("LA", (8, 8), (0, 0))) == [255, 255, 255]
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([255, 0, 0])
    palette.info["transparency"] = 0
    assert _read(palette) == [255, 255, 255]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "I", "I;16", "F"])
def test_every_mode_is_read(mode: str) -> None:
    white = {"I;16": 65535, "CMYK": (0, 0, 0, 0), "RGB": (255, 255, 255), "P": 0}.get(mode, 255)
    picture = Image.new(mode, (8, 8), white)
    if mode == "P":
        picture.putpalette([255, 255, 255])
    if mode in ("F", "CMYK", "I"):
        array = read_picture(_file(picture, "TIFF"), (8, 8))
        assert array[:, 4, 4].tolist() == [255, 255, 255]
    else:
        assert _read(picture) == [255, 255, 255]
        assert _read(picture, channels=1) == [255]


def test_a_picture_is_turned_upright() -> None:
    picture = Image.new("RGB", (16, 8), "red")
    picture.paste("blue", (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: clockwise by a quarter shows it upright
    array = read_picture(_file(picture, "JPEG", exif=exif, quality=95), (16, 8))
    assert array[2, 2, 4] > 200
    assert array[0, 13, 4] > 200


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_large_tiff_in_a_file_is_turned_upright(tmp_path: Path, mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = _gradient(1200).crop((0, 0, 1100, 1200)).convert(mode)
    picture.save(tmp_path / "large.tif", exif=exif)
    upright = picture.transpose(Image.Transpose.ROTATE_270)
    found = read_picture(tmp_path / "large.tif", (16, 16))
    assert (found == read_picture(_file(upright), (16, 16))).all()


def test_other_shapes_are_cropped_stretched_or_padded() -> None:
    picture = Image.new("RGB", (32, 8), "red")
    picture.paste("blue", (12, 0, 20, 8))
    crop = read_picture(_file(picture), (8, 8), fit="crop")
    assert (crop[2] > 200).all()
    stretch = read_picture(_file(picture), (8, 8), fit="stretch")
    assert stretch[0, 4, 0] > 200
    assert stretch[2, 4, 4] > 200
    pad = read_picture(_file(picture), (16, 16), fit="pad", background="black")
    assert pad[:, 0, 8].tolist() == [0, 0, 0]
    assert read_picture(_file(picture), (8, 24)).shape == (3, 8, 24)


def test_clear_pixels_do_not_fringe() -> None:
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 31, 64))
    array = read_picture(_file(picture), (16, 16))
    assert array[0].min() >= 250


@pytest.mark.parametrize("content", [b"", b"no picture", "cut"])
def test_what_is_no_picture_is_skipped_with_a_reason(content: bytes | str) -> None:
    if isinstance(content, str):
        noise = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
        content = _file(Image.fromarray(noise)).getvalue()[:1000]
    with pytest.raises(SkipItem) as caught:
        read_picture(io.BytesIO(content), (8, 8))
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_can_not_be_opened_is_skipped(tmp_path: Path) -> None:
    with pytest.raises(SkipItem, match="No such file"):
        read_picture(tmp_path / "gone.png", (8, 8))
    (tmp_path / "itself.png").symlink_to("itself.png")
    with pytest.raises(SkipItem, match="symbolic links"):
        read_picture(tmp_path / "itself.png", (8, 8))
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SkipItem, match="it is no regular file"):
        read_picture(tmp_path / "pipe.png", (8, 8))


def _gradient(side: int) -> Image.Image:
    return Image.linear_gradient("L").convert("RGB").resize((side, side))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "I;16"])
def test_a_large_picture_is_made_smaller_on_the_way(
    monkeypatch: pytest.MonkeyPatch, form: str, mode: str
) -> None:
    if mode == "I;16" and form not in ("PNG", "TIFF"):
        return
    picture = _gradient(576).convert("I" if mode == "I;16" else mode)
    picture = picture.point(lambda value: value * 257) if mode == "I;16" else picture
    file = _file(picture.convert(mode), form)
    whole = read_picture(file, (16, 16)).astype(int)
    monkeypatch.setattr(pictures, "_LARGE", 2**14)
    monkeypatch.setattr(pictures, "_HUGE", 2**14)
    monkeypatch.setattr(picture_values, "_BAND", 2**12)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2**14)
    smaller = read_picture(file, (16, 16))
    assert abs(smaller - whole).max() <= 3
    assert Image.MAX_IMAGE_PIXELS == 2**14
    if mode != "I;16":
        left = read_picture(file, (16, 16), half="left")
        assert abs(left - whole).max() <= 3


def test_a_picture_that_takes_too_much_memory_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_MOST_BYTES", 4 * 300 * 300)
    read_picture(_file(_gradient(300)), (8, 8))
    read_picture(_file(_gradient(500).convert("L")), (8, 8))
    thin = _gradient(500).convert("L").resize((30, 6000))
    for file in (_file(_gradient(301)), _file(_gradient(299), "WEBP"), _file(thin)):
        with pytest.raises(SkipItem, match="of this kind take too much memory: make it smaller"):
            read_picture(file, (8, 8))
