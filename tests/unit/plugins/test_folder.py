"""Any folder of pictures as a dataset."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from pydantic import ValidationError

from ganfw import DataError, DataFacts, SkipItem, log
from ganfw.data.decoded_cache import DecodedSamples, decode
from ganfw_plugins.images.archived import Archived
from ganfw_plugins.images.dataset import Folder
from ganfw_plugins.images.options import ArchiveOptions, FolderOptions

Ganfw = Callable[..., Result]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    root = tmp_path / "My Photos!"
    for name, colour in (("cats/1.png", "red"), ("cats/2.jpg", "green"), ("dogs/1.png", "blue")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), colour).save(root / name)
    return root


def _folder(root: Path, **options: object) -> Folder:
    folder = Folder(FolderOptions.model_validate({"root": root, **options}))
    folder.prepare()
    return folder


def test_class_folders_are_labels(photos: Path) -> None:
    folder = _folder(photos)
    assert (len(folder), folder.classes, folder.sample_shape) == (3, 2, (3, 16, 16))
    assert [folder[i][1] for i in range(3)] == [0, 0, 1]
    assert folder[2][0][:, 8, 8].tolist() == [0, 0, 255]
    assert folder.class_names == ("cats", "dogs")
    bare = _folder(photos, labels=False)
    assert (bare.classes, bare.class_names, bare[0][1]) == (0, (), None)
    assert folder.options.facts() == DataFacts(3, 16, 2)
    assert bare.options.facts() == DataFacts(3, 16, 0)


def test_a_picture_beside_class_folders_is_named(photos: Path, said: list[str]) -> None:
    shutil.copy(photos / "cats" / "1.png", photos / "loose.png")
    assert _folder(photos).classes == 0
    assert said == [f"{photos}: its folders are no classes, as loose.png lies beside them"]
    assert _packed(photos).classes == 0
    assert said[-1].endswith("loose.png lies beside them")
    assert len(said) == 2
    assert _folder(photos, labels=False).classes == 0
    assert len(said) == 2


@pytest.mark.parametrize(
    ("size", "shape"),
    [("32", (32, 32)), (32, (32, 32)), ("48x64", (48, 64)), ([48, 64], (48, 64))],
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sizes_and_channels(
    photos: Path, size: object, shape: tuple[int, int], channels: int
) -> None:
    folder = _folder(photos, size=size, channels=channels)
    assert folder.sample_shape == (channels, *shape)
    assert folder[0][0].shape == folder.sample_shape


@pytest.mark.parametrize(
    "bad", [{"size": "big"}, {"size": 4}, {"channels": 2}, {"background": "#1"}]
)
def test_bad_options(photos: Path, bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _folder(photos, **bad)


def test_a_corrupt_picture_is_skipped_or_refused(photos: Path) -> None:
    (photos / "dogs" / "0.png").write_bytes(b"no picture")
    with pytest.raises(SkipItem, match=r"0\.png: it is no picture"):
        _folder(photos)[2]
    with pytest.raises(DataError, match="fix or remove it"):
        _folder(photos, corrupt="refuse")[2]


def test_files_that_can_not_be_opened_are_skipped_or_refused(photos: Path) -> None:
    before = _folder(photos).fingerprint()
    (photos / "cats" / "0.png").symlink_to("/nowhere/0.png")
    assert _folder(photos).fingerprint() != before
    with pytest.raises(SkipItem, match=r"0\.png: No such file"):
        _folder(photos)[0]
    with pytest.raises(DataError, match=r"0\.png can't be read as a picture \(No such file"):
        _folder(photos, corrupt="refuse")[0]
    listed = _folder(photos)
    (photos / "dogs" / "1.png").unlink()
    assert listed.fingerprint()
    with pytest.raises(SkipItem, match="No such file"):
        listed[3]


def test_pipes_are_left_out(photos: Path) -> None:
    os.mkfifo(photos / "cats" / "pipe.png")
    os.mkfifo(photos / "cats" / "pipe")
    assert _folder(photos).fingerprint()
    assert len(_folder(photos)) == 3


def test_pictures_without_a_suffix_are_used(photos: Path) -> None:
    (photos / "cats" / "1.png").rename(photos / "cats" / "1")
    (photos / "cats" / "2.jpg").rename(photos / "cats" / "2.001")
    for name in ("LICENSE", "notes.v2"):
        (photos / "cats" / name).write_text("words")
    (photos / "cats" / "2.jpg.1").write_bytes((photos / "cats" / "1").read_bytes())
    names = ("cats/1", "cats/2.001", "dogs/1.png")
    assert _folder(photos).pictures.names == names
    assert _packed(photos).pictures.names == names


def test_what_is_left_out_and_what_is_guessed_is_said_once(photos: Path, said: list[str]) -> None:
    (photos / "cats" / "3.heicx").write_bytes(b"?")
    (photos / "cats" / "4.nef").write_bytes(b"?")
    for i in range(2):
        ramp = np.linspace(-1, 1, 400, dtype=np.float32).reshape(20, 20)
        Image.fromarray(ramp).save(photos / "dogs" / f"{i + 2}.tif")
    folder = _folder(photos)
    assert said == [f"{photos}: left out 1 × .nef (convert them)"]
    for i in range(len(folder)):
        assert folder[i][0].max() > 100
    assert len(said) == 2
    assert said[1].startswith(f"{photos / 'dogs' / '2.tif'}: values of an unusual range are spread")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are UTF-8")
def test_names_of_any_bytes(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "disabled", True)  # pytest-xdist can't send such names
    (photos / "dogs").rename(photos / "caf\udce9")
    shutil.copy(photos / "cats" / "1.png", photos / "cats" / ("x" * 251 + ".png"))
    shutil.copy(photos / "cats" / "1.png", photos / "cats" / "\udcff.png")
    folder = _folder(photos)
    assert folder.class_names == ("caf\udce9", "cats")
    assert folder.fingerprint()
    assert [folder[i][1] for i in range(len(folder))] == [0, 1, 1, 1, 1]
    (photos / "cats" / "\udcff.png").write_bytes(b"")
    decoded = decode(folder, "x")
    assert isinstance(decoded, DecodedSamples)
    assert len(decoded) == 4
    again = decode(folder, "x")
    assert isinstance(again, DecodedSamples)
    assert again.skipped == decoded.skipped
    assert decoded.skipped[0].startswith(str(photos / "cats" / "\udcff.png"))


def test_links_are_followed(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "all").symlink_to(photos)
    assert len(_folder(tmp_path / "linked")) == 3


def test_links_back_do_not_multiply_the_pictures(photos: Path) -> None:
    """To the folder itself, to one above it, and to one that is there anyway."""
    before = _folder(photos)
    (photos / "cats" / "up").symlink_to("..")
    (photos / "cats" / "self").symlink_to(photos / "cats")
    (photos / "cats" / "above").symlink_to(photos.parent)
    (photos / "again").symlink_to("dogs")
    after = _folder(photos)
    assert after.pictures == before.pictures
    assert after.fingerprint() == before.fingerprint()


def test_links_elsewhere_that_lead_in_circles(photos: Path, tmp_path: Path) -> None:
    """Each folder once, by the first link in alphabetical order, however the disk lists them."""
    (photos / "cats" / "others").symlink_to(photos / "dogs")
    (photos / "dogs" / "others").symlink_to(photos / "cats")
    (photos / "dogs" / "up").symlink_to(photos)
    root = tmp_path / "root"
    root.mkdir()
    for name in ("b", "a", "c"):
        (root / name).symlink_to(photos / "cats")
    assert _folder(root).pictures.names == ("a/1.png", "a/2.jpg", "a/others/1.png")


def test_a_link_to_what_is_hidden_shows_it(photos: Path) -> None:
    (photos / "dogs").rename(photos / ".store")
    (photos / "dogs").symlink_to(".store")
    (photos / ".store" / "loop").symlink_to("../.other")
    (photos / ".other").mkdir()
    (photos / ".other" / "loop").symlink_to("../.store")
    assert _folder(photos).pictures.names == ("cats/1.png", "cats/2.jpg", "dogs/1.png")


def test_the_fingerprint_is_of_names_and_contents(photos: Path) -> None:
    before = _folder(photos).fingerprint()
    (photos / "notes.txt").write_text("no picture")
    assert _folder(photos).fingerprint() == before
    (photos / "cats" / "1.png").rename(photos / "cats" / "3.png")
    renamed = _folder(photos).fingerprint()
    Image.new("RGB", (30, 20), "pink").save(photos / "cats" / "3.png")
    assert len({before, renamed, _folder(photos).fingerprint()}) == 3


METADATA = {
    "metadata.csv": 'file_name,text,label\ncats/1.png,"two\nlines",10\ndogs/1.png,,9\n',
    "metadata.jsonl": '{"file_name": "cats/1.png", "label": 10}\n'
    '{"file_name": "dogs/1.png", "label": 9, "text": "a"}\n',
}


def _packed(photos: Path) -> Archived:
    path = shutil.make_archive(str(photos), "zip", photos)
    options = ArchiveOptions.model_validate({"root": path, "size": 16})
    dataset = Archived(options)
    dataset.prepare()
    return dataset


@pytest.mark.parametrize("name", list(METADATA))
def test_labels_from_metadata(photos: Path, name: str, said: list[str]) -> None:
    """They come before class folders; what has none is left out."""
    before = _folder(photos).fingerprint()
    (photos / name).write_text(METADATA[name], encoding="utf-8-sig")
    folder = _folder(photos)
    assert folder.class_names == ("9", "10")
    assert folder.options.facts() == DataFacts(2, 16, 2)
    assert folder.pictures.names == ("cats/1.png", "dogs/1.png")
    assert [folder[i][1] for i in range(2)] == [1, 0]
    assert said[-1].endswith("in the metadata are left out: cats/2.jpg, …")
    labelled = folder.fingerprint()
    (photos / name).write_text(METADATA[name].replace("10", "11"))
    assert len({before, labelled, _folder(photos).fingerprint()}) == 3
    packed = _packed(photos)
    assert packed.class_names == ("9", "11")
    assert packed.options.facts() == DataFacts(2, 16, 2)
    (photos / name).write_text("{")
    assert folder.options.facts() == DataFacts(3, 16, 2 if name.endswith("csv") else None)
    assert _folder(photos, labels=False).classes == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.csv", "file_name;label\r\ncats/1.png;a\r\ndogs/1.png;b,c\r\n"),
        ("metadata.csv", "label\tfile_name\na\tcats/1.png\nb,c\tdogs/1.png\n"),
        ("METADATA.CSV", 'File_Name, Label\n"cats/1.png", a\n./dogs/1.png, "b,c"\n'),
        ("metadata.csv", 'file_name,label\ncats\\1.png,a\ndogs\\1.png,"b,c"\nx.png,d\n'),
        ("metadata.jsonl", '[{"file_name": "cats/1.png", "label": "a"},\n'
         '{"file_name": "dogs/1.png", "label": "b,c"}]'),
        ("metadata.json", '[{"file_name": "cats/1.png", "label": "a"},\n'
         '{"file_name": "dogs/1.png", "label": "b,c"}, {"file_name": "x.png", "label": "d"}]'),
    ],
)  # fmt: skip
def test_metadata_as_people_write_it(photos: Path, name: str, text: str, said: list[str]) -> None:
    (photos / name).write_text(text)
    folder = _folder(photos)
    assert (folder.class_names, [folder[i][1] for i in range(2)]) == (("a", "b,c"), [0, 1])
    missing = [line for line in said if "1 pictures of the metadata are not there: x.png" in line]
    assert len(missing) == ("x.png" in text)


def test_letters_that_macos_takes_apart(photos: Path) -> None:
    (photos / "cats" / "1.png").rename(photos / "cats" / "cafe\u0301.png")
    (photos / "metadata.csv").write_text("file_name,label\ncats/caf\u00e9.png,1.0\n")
    assert _folder(photos).pictures.names == ("cats/cafe\u0301.png",)


def test_numbers_of_json_that_are_whole(photos: Path) -> None:
    rows = '{"file_name": "cats/1.png", "label": 2.0}\n{"file_name": "dogs/1.png", "label": 10.0}'
    (photos / "metadata.jsonl").write_text(rows)
    assert _folder(photos).class_names == ("2", "10")


def test_metadata_without_labels_is_none(photos: Path, said: list[str]) -> None:
    for text in ("file_name,text\ncats/1.png,a cat\n", "file,label\ncats/1.png,1\n"):
        (photos / "metadata.csv").write_text(text)
        assert _folder(photos).class_names == ("cats", "dogs")
        assert "metadata.csv gives no labels: they are in a column 'label'" in said[-1]
    with pytest.raises(DataError, match="gives labels in a column 'kind'"):
        _folder(photos, label_column="kind")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("metadata.csv", b"file_name,label\n\xff,1\n", "can't be read"),
        ("metadata.jsonl", b"[" * 9999, "can't be read"),
        ("metadata.jsonl", b'{"label": ' + b"9" * 9999 + b"}", "can't be read"),
        ("metadata.jsonl", b"{nonsense", r"can't be read .*: -s data\.labels=false"),
        ("metadata.jsonl", b'{"file_name": "a", "label": [1]}', r"row 1 has the label \[1\]"),
        (
            "metadata.csv",
            b"file_name,label\na,1\na,2\n",
            "metadata.csv gives a two labels, 1 and 2",
        ),
        ("metadata.csv", b"file_name,label\nnone.png,1\n", "names no picture that is there: none"),
    ],
)
def test_bad_metadata(photos: Path, name: str, content: bytes, reason: str) -> None:
    (photos / name).write_bytes(content)
    with pytest.raises(DataError, match=reason):
        _folder(photos)


def test_labels_that_are_nearly_numbers(photos: Path) -> None:
    labels = {"cats/1.png": "--5", "cats/2.jpg": "9" * 9999, "dogs/1.png": "-5"}
    rows = [json.dumps({"file_name": name, "label": label}) for name, label in labels.items()]
    (photos / "metadata.jsonl").write_text("\n".join(rows))
    assert _folder(photos).class_names == ("-5", "--5", "9" * 9999)


def test_an_archive_is_read_as_a_folder_is(photos: Path, said: list[str]) -> None:
    packed, folder = _packed(photos), _folder(photos, size=16)
    assert packed.pictures.names == folder.pictures.names
    assert packed.class_names == ("cats", "dogs")
    assert all((packed[i][0] == folder[i][0]).all() for i in range(3))
    for path in photos.rglob("*.*"):
        path.write_bytes(b"no picture")
    with pytest.raises(SkipItem, match=r"My Photos!.zip/cats/1.png: it is no picture"):
        _packed(photos)[0]
    shutil.rmtree(photos / "cats")
    shutil.rmtree(photos / "dogs")
    (photos / "a.txt").touch()
    with pytest.raises(
        DataError, match=r"My Photos!.zip has no pictures: its 1 files are 1 × .txt"
    ):
        _packed(photos)


def test_the_runs_name_is_the_folders(photos: Path) -> None:
    assert FolderOptions(root=photos).label() == "my-photos"
    long = photos / ("y" * 39 + " " + "z" * 200)
    long.mkdir()
    assert FolderOptions(root=long).label() == "y" * 39


def test_a_run_imports_no_torchvision(
    photos: Path, ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to read and resize pictures nor to draw samples: importing it takes two seconds."""
    monkeypatch.setitem(sys.modules, "torchvision", None)
    result = ganfw("run", "--gen", "dcgan", "--disc", "dcgan", "--data", photos,
                   "-s", "data.size=16", "-s", "gen.channels=8", "-s", "disc.channels=8",
                   "-s", "train.batch_size=2", "--steps", 1)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert len(list(Path("runs/0001-dcgan-my-photos/samples").iterdir())) == 2


def test_a_damaged_member_is_skipped_or_refused(photos: Path) -> None:
    packed = _packed(photos)
    with zipfile.ZipFile(packed.options.root) as archive:
        start = archive.getinfo("cats/1.png").header_offset
    content = bytearray(packed.options.root.read_bytes())
    content[start + 60] ^= 0xFF
    packed.options.root.write_bytes(content)
    with pytest.raises(SkipItem, match=r"is damaged at 'cats/1.png'"):
        packed[0]
    options = ArchiveOptions.model_validate({"root": packed.options.root, "corrupt": "refuse"})
    refused = Archived(options)
    refused.prepare()
    with pytest.raises(DataError, match=r"is damaged at 'cats/1.png'"):
        refused[0]
