"""Large JPEG 2000 pictures, decoded no larger than they are needed."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageFile, Jpeg2KImagePlugin

from ganfw import SkipItem, read_picture

SIDES = (1152, 1024)
HALVES = Image.new("RGB", SIDES, "white")
HALVES.paste("red", (0, 0, 576, 1024))


@pytest.mark.parametrize(
    ("options", "size", "decoded"),
    [
        ({}, 64, (288, 256)),
        ({"no_jp2": True}, 64, (288, 256)),
        ({}, 256, SIDES),
        ({"num_resolutions": 2}, 32, (576, 512)),
        ({"num_resolutions": 1}, 32, SIDES),
        ({"tile_size": (256, 256)}, 64, (288, 256)),
    ],
)
def test_decoded_smaller(
    options: dict[str, Any], size: int, decoded: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    plain = Jpeg2KImagePlugin.Jpeg2KImageFile.load

    def load(picture: ImageFile.ImageFile) -> None:
        plain(picture)  # type: ignore[arg-type]
        sizes.append(picture.size)

    monkeypatch.setattr(Jpeg2KImagePlugin.Jpeg2KImageFile, "load", load)
    content = io.BytesIO()
    HALVES.save(content, "JPEG2000", **options)
    read = read_picture(content, (size, size))
    assert set(sizes) == {decoded}
    assert read[:, 9, 0].tolist() == [255, 0, 0]
    assert (read[:, 9, -1] > 250).all()
    with pytest.raises(SkipItem):
        read_picture(io.BytesIO(content.getvalue()[:900]), (size, size))


def test_what_is_no_jpeg2000_after_its_beginning() -> None:
    content = io.BytesIO()
    HALVES.save(content, "JPEG2000", no_jp2=True)
    for at in (2, 51, 55):
        with pytest.raises(SkipItem):
            read_picture(io.BytesIO(content.getvalue()[:at] + bytes(90)), (64, 64))
