"""The book's archive: read, downloaded, refused, replaced."""

from __future__ import annotations

import gc
import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ganfw.errors import DataError, DataUnavailable
from ganfw_plugins.pokemon.archive import Archive
from ganfw_plugins.pokemon.dataset import Pokemon
from ganfw_plugins.pokemon.download import TRIES
from ganfw_plugins.pokemon.options import PokemonOptions

# The download library leaves a broken transfer's socket to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


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


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.png", "leads outside"),
        ("/etc/evil.png", "leads outside"),
        ("a/../../evil.png", "leads outside"),
        ("..\\evil.png", "leads outside"),
        ("C:\\evil.png", "leads outside"),
    ],
)
def test_paths_that_lead_outside(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "a.zip").write_bytes(_archive({"ok/1.png": b"x", name: b"x"}))
    with pytest.raises(DataError, match=reason):
        Archive(tmp_path / "a.zip")


def test_links_and_bombs(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(70 * 2**20))
    with pytest.raises(DataError, match="is a link"):
        Archive(tmp_path / "link.zip")
    with pytest.raises(DataError, match="unpacks to"):
        Archive(tmp_path / "bomb.zip")


def test_a_truncated_or_damaged_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(GOOD[:-30])
    with pytest.raises(DataError, match="truncated or no zip"):
        Archive(path)
    broken = bytearray(GOOD)
    broken[60] ^= 0xFF
    path.write_bytes(bytes(broken))
    with pytest.raises(DataError, match="is damaged at"):
        [Archive(path).read(name) for name in Archive(path).names]


class Server(http.server.ThreadingHTTPServer):
    """Answers each request with the next of ``answers``; the last one stays."""

    answers: list[bytes | int]
    requests: int = 0


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, int):
            self.send_error(answer)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(GOOD)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    gc.collect()


def _download(server: Server, **options: object) -> Pokemon:
    url = f"http://127.0.0.1:{server.server_port}/pokemon.zip"
    return _prepared(url=url, **{"sha1": hashlib.sha1(GOOD).hexdigest(), **options})


def test_a_download_is_kept(server: Server) -> None:
    server.answers = [GOOD]
    assert len(_download(server)) == 3
    assert len(_download(server)) == 3
    assert server.requests == 1


def test_a_wrong_hash_is_an_error_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.answers = [GOOD]
    with pytest.raises(DataError, match="is not the file it should be") as caught:
        _download(server, sha1="0" * 40)
    assert not isinstance(caught.value, DataUnavailable)
    assert not [each for each in (tmp_path / "cache").rglob("*") if each.is_file()]


def test_a_transfer_that_breaks_off_is_tried_again(server: Server) -> None:
    server.answers = [GOOD[:100], GOOD]
    assert len(_download(server)) == 3
    assert server.requests == 2


def test_a_transfer_that_always_breaks_off_is_an_error(server: Server) -> None:
    server.answers = [GOOD[:100]]
    with pytest.raises(DataError, match=f"broke off {TRIES} times") as caught:
        _download(server)
    assert not isinstance(caught.value, DataUnavailable)
    assert server.requests == TRIES


def test_a_server_that_has_it_not_lets_sprites_step_in(server: Server) -> None:
    server.answers = [404]
    with pytest.raises(DataUnavailable) as caught:
        _download(server)
    assert caught.value.instead == {"use": "sprites", "size": 16}
    with pytest.raises(DataUnavailable) as caught:
        _download(server, fallback="error")
    assert caught.value.instead is None
