"""The archive of the book: read, downloaded, refused, replaced."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from ganfw.errors import DataUnavailable
from ganfw_plugins.pokemon.dataset import Pokemon
from ganfw_plugins.pokemon.options import PokemonOptions


def _png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def _archive(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


CLEAR_RED = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
GOOD = _archive(
    {
        "pokemon/abra/1.png": _png(CLEAR_RED),
        "pokemon/abra/2.png": _png(Image.new("LA", (20, 20), (0, 255))),
        "pokemon/zubat/1.png": _png(Image.new("RGB", (20, 20), "blue").convert("P")),
    }
)


def _prepared(**options: object) -> Pokemon:
    dataset = Pokemon(PokemonOptions.model_validate({"size": 16, **options}))
    dataset.prepare()
    return dataset


def test_an_archive_of_class_folders(tmp_path: Path) -> None:
    (tmp_path / "book.zip").write_bytes(GOOD)
    dataset = _prepared(archive=tmp_path / "book.zip")
    assert (len(dataset), dataset.classes) == (3, 2)
    assert dataset.class_names == ("abra", "zubat")
    assert [dataset[i][1] for i in range(3)] == [0, 0, 1]
    assert [dataset[i][0][:, 8, 8].tolist() for i in range(3)] == [
        [255, 255, 255], [0, 0, 0], [0, 0, 255],
    ]  # fmt: skip
    on_black = _prepared(archive=tmp_path / "book.zip", background="black")
    assert on_black[0][0].max() == 0


def test_a_folder_holds_the_same(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        archive.extractall(tmp_path / "root")
    dataset = _prepared(root=tmp_path / "root")
    assert (len(dataset), dataset.classes) == (3, 2)
    before = dataset.fingerprint()
    (tmp_path / "root/pokemon/abra/1.png").write_bytes(_png(Image.new("RGB", (9, 9))))
    assert _prepared(root=tmp_path / "root").fingerprint() != before


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise DataUnavailable("no network")

    monkeypatch.setattr("ganfw_plugins.pokemon.dataset.download", refuse)


def test_the_archive_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book.zip").write_bytes(GOOD)
    calls: list[tuple[object, ...]] = []

    def found(*arguments: object) -> Path:
        calls.append(arguments)
        return tmp_path / "book.zip"

    monkeypatch.setattr("ganfw_plugins.pokemon.dataset.download", found)
    assert len(_prepared(url="http://a/b.zip", sha1="ABCDEF12" * 5)) == 3
    assert calls == [("http://a/b.zip", "pokemon-abcdef12.zip", "sha1:" + "ABCDEF12" * 5)]


@pytest.mark.parametrize(
    ("fallback", "instead"), [("sprites", {"use": "sprites", "size": 16}), ("error", None)]
)
def test_sprites_replace_what_can_not_be_downloaded(
    offline: None, fallback: str, instead: dict[str, object] | None
) -> None:
    with pytest.raises(DataUnavailable, match=r"no network; .* -s data\.archive") as caught:
        _prepared(fallback=fallback)
    assert caught.value.instead == instead
