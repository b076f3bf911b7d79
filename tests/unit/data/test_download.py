"""Downloads from a server of this machine: kept, resumed, refused, and wanted twice at once."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganfw import DataError, DataUnavailable, download
from ganfw.data.download import TRIES

CONTENT = bytes(range(256)) * 1000
CHECKSUM = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


class Server(http.server.ThreadingHTTPServer):
    """Answers each request with the next of ``answers``, and again with the last: a number of bytes
    after which the transfer breaks off, or the status of an error if it is above 400."""

    answers: list[int]
    ranges: list[str | None]
    knows_ranges = True


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.ranges.append(wanted)
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if 400 <= answer < 600:
            self.send_error(answer)
            return
        start = int(wanted[6:-1]) if wanted and self.server.knows_ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + answer])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as server:
        server.answers, server.ranges = [len(CONTENT)], []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _download(server: Server, checksum: str = CHECKSUM) -> Path:
    return download(f"http://127.0.0.1:{server.server_port}/some/a.bin", "a.bin", checksum)


def test_a_file_is_downloaded_once(server: Server, tmp_path: Path) -> None:
    path = _download(server)
    assert path == tmp_path / "downloads" / "a.bin"
    assert path.read_bytes() == CONTENT
    assert _download(server, CHECKSUM[:15].upper()) == path
    assert server.ranges == [None]


def test_a_path_of_ones_own(server: Server, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{server.server_port}/a.bin"
    assert download(url, tmp_path / "b" / "mine.bin", CHECKSUM).read_bytes() == CONTENT
    assert not (tmp_path / "downloads").exists()


def test_a_damaged_file_is_downloaded_again(server: Server) -> None:
    path = _download(server)
    path.write_bytes(b"damaged")
    assert _download(server).read_bytes() == CONTENT
    assert server.ranges == [None, None]


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_broken_transfer_is_resumed(server: Server, knows_ranges: bool) -> None:
    server.knows_ranges = knows_ranges
    server.answers = [1000, len(CONTENT)]
    assert _download(server).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=1000-"]


def test_a_transfer_that_always_breaks_off(server: Server) -> None:
    server.answers = [1000]
    with pytest.raises(DataError, match=rf"a\.bin broke off {TRIES} times: 3000 of") as caught:
        _download(server)
    assert not isinstance(caught.value, DataUnavailable)
    assert server.ranges == [None, "bytes=1000-", "bytes=2000-"]


def test_another_checksum_is_an_error_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    wrong = "sha1:" + "0" * 40
    with pytest.raises(DataError, match=f"not the file it should be: .* not {wrong}") as caught:
        _download(server, wrong)
    assert not isinstance(caught.value, DataUnavailable)
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["a.bin.lock"]


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9/a", "http://[x/a", "http://a b/"])
def test_what_can_not_be_reached(server: Server, url: str | None) -> None:
    server.answers = [404]
    url = url or f"http://127.0.0.1:{server.server_port}/a"
    with pytest.raises(DataUnavailable) as caught:
        download(url, "a", CHECKSUM)
    reason = {None: "404 Not Found", "http://127.0.0.1:9/a": "Connection refused"}.get(url, "")
    assert str(caught.value).startswith(f"{url} can't be downloaded ({reason}")
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_that_can_not_be_written(server: Server, tmp_path: Path) -> None:
    (tmp_path / "downloads").write_text("in the way")
    with pytest.raises(DataError, match="set GANFW_CACHE to a folder with room"):
        _download(server)


def test_two_at_once_download_it_once(server: Server) -> None:
    threads = [threading.Thread(target=_download, args=(server,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.ranges == [None]
