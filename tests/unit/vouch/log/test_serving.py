"""Logs over HTTP: nothing but what was promised goes out, and what comes in is as good as from a folder."""

from __future__ import annotations

import gzip
import http.client
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.vouch.log.asking import ask_witness
from prosopon.vouch.log.auditing import audit
from prosopon.vouch.log.files import LocalFiles, RemoteFiles, files_at
from prosopon.vouch.log.note import Signer
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.recording import look_up_in
from prosopon.vouch.log.seen import SeenLogs
from prosopon.vouch.log.serving import log_server, tile_named, witness_server
from prosopon.vouch.log.tiles import Tile
from prosopon.vouch.log.witnessing import Witness, witness_signer
from prosopon.vouch.log.writing import LogWriter

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
KEY = SIGNER.verifier


@contextmanager
def running(server: HTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with LogWriter.open(tmp_path / "log", SIGNER) as log:
        log.append([b"%d" % index for index in range(10)])
        log.append([b"%d" % index for index in range(10, 300)])
    return tmp_path / "log"


@pytest.fixture
def get(folder: Path) -> Iterator[Callable[..., tuple[int, dict[str, str], bytes]]]:
    with running(log_server(folder, "127.0.0.1", 0)) as port:

        def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            found = answer.status, dict(answer.getheaders()), answer.read()
            connection.close()
            return found

        yield ask


def test_files_have_their_types(folder: Path, get: Callable[..., tuple[int, dict[str, str], bytes]]) -> None:
    status, headers, content = get("/checkpoint")
    assert (status, content) == (200, (folder / "checkpoint").read_bytes())
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("text/plain; charset=utf-8", "no-cache")
    status, headers, content = get("/tile/0/000")
    assert (status, content) == (200, (folder / "tile/0/000").read_bytes())
    assert headers["Content-Type"] == "application/octet-stream" and "immutable" in headers["Cache-Control"]
    assert get("/tile/entries/001.p/44")[2] == (folder / "tile/entries/001.p/44").read_bytes()
    status, headers, content = get("/tile/entries/000", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(content) == (folder / "tile/entries/000").read_bytes()
    status, headers, content = get("/tile/0/000", "HEAD")
    assert (status, headers["Content-Length"], content) == (200, "8192", b"")
    # A partial tile that was promised once is there, though its file is gone.
    assert not (folder / "tile/0/000.p").exists()
    assert get("/tile/0/000.p/10")[2] == (folder / "tile/0/000").read_bytes()[:320]


@pytest.mark.parametrize("path", [
    "/", "/.lock", "/.search.sqlite", "/anchors/10/checkpoint", "/tile", "/tile/", "/tile/0/", "/tile/00/000",
    "/tile/0/0", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/000.p/010", "/tile/64/000", "/tile/-1/000",
    "/tile/data/000", "/tile/0/x000/000", "/tile/0/001", "/tile/0/001.p/45", "/tile/1/000", "/tile/2/000.p/1",
    "/tile/0/../../checkpoint", "/../secret", "/%2e%2e/secret", "//etc/passwd", "/tile/0/000/../../../../secret",
    "/tile/entries/..%2f..%2fsecret", "/checkpoint/", "/tile/0/000%00",
])  # fmt: skip
def test_nothing_else_goes_out(folder: Path, get: Callable[..., tuple[int, dict[str, str], bytes]], path: str) -> None:
    (folder.parent / "secret").write_text("secret")
    (folder / ".search.sqlite").write_text("secret")
    (folder / "anchors/10").mkdir(parents=True)
    (folder / "anchors/10/checkpoint").write_text("secret")
    status, _, content = get(path)
    assert (status, b"secret" in content) == (404, False)


def test_other_digits_are_no_digits() -> None:
    assert tile_named("tile/0/\u0660\u0660\u0660") is None


def test_what_no_checkpoint_promises_stays_in(
    folder: Path, get: Callable[..., tuple[int, dict[str, str], bytes]]
) -> None:
    """What a broken append has left: to serve it for ever would contradict what comes there later."""
    (folder / "tile/0/001").write_bytes(bytes(8192))
    assert get("/tile/0/001")[0] == 404
    assert get("/tile/0/001.p/44")[0] == 200


def test_only_reading_and_only_by_its_own_name(get: Callable[..., tuple[int, dict[str, str], bytes]]) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert get("/checkpoint", method)[0] == 501
    for host in ("evil.example", "evil.example:80", "[::1", ""):
        assert get("/checkpoint", Host=host)[0] == 421
    for host in ("localhost", "127.0.0.1:8090", "[::1]:8090"):
        assert get("/checkpoint", Host=host)[0] == 200


def test_paths_there_and_back() -> None:
    for tile in (Tile(0, 0), Tile(None, 1234067), Tile(3, 999, 7), Tile(63, 1000)):
        assert tile_named(tile.path) == tile


def test_a_log_is_read_over_http_as_from_its_folder(folder: Path) -> None:
    with running(log_server(folder, "127.0.0.1", 0)) as port:
        files = files_at(f"http://127.0.0.1:{port}/")
        log = Log.open(files, KEY)
        assert [log.entry(index) for index in (0, 255, 256, 299)] == [b"0", b"255", b"256", b"299"]
        assert audit(log).entries == 300
        assert look_up_in(files, KEY, {"asset": "ab" * 32}) == []
        shutil.rmtree(folder)
        with pytest.raises(MissingError, match="there is no log"):
            Log.open(files, KEY)
    with pytest.raises(ProsoponError, match="cannot be read"):
        Log.open(files, KEY)


def test_addresses(tmp_path: Path) -> None:
    assert files_at("https://example.org/log") == RemoteFiles("https://example.org/log")
    assert files_at(Path("https://example.org/log")) == RemoteFiles("https://example.org/log")
    assert files_at(str(tmp_path)) == LocalFiles(tmp_path)
    for wrong in (
        "http://",
        "http://:80/x",
        "http://a b/",
        "https://x/?q=1",
        "http://x:99999/",
        "file:///etc",
        "ftp://x",
    ):
        with pytest.raises(UsageError, match="no address"):
            RemoteFiles(wrong)


class _Rude(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        if kind == "away":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        self.send_response(500 if kind == "broken" else 200)
        packed = {"bomb": gzip.compress(bytes(50_000_000)), "cut": gzip.compress(b"x" * 999)[:20], "odd": b"x"}
        if kind in packed:
            self.send_header("Content-Encoding", "br" if kind == "odd" else "gzip")
        self.end_headers()
        try:
            self.wfile.write(packed.get(kind, b"x" * (9000 if kind == "large" else 1)))
            while kind == "slow":
                threading.Event().wait(0.05)
                self.wfile.write(b"x")
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.mark.parametrize(("kind", "why"), [
    ("away", "redirection|302"), ("broken", "500"), ("large", "more than 8192"), ("bomb", "more than 8192"),
    ("cut", "cut off"), ("odd", "packed as br"), ("slow", "too slow|timed out"),
])  # fmt: skip
def test_rude_servers_do_no_harm(kind: str, why: str) -> None:
    with running(HTTPServer(("127.0.0.1", 0), _Rude)) as port:
        files = RemoteFiles(f"http://127.0.0.1:{port}/{kind}", patience_s=1.0 if kind == "slow" else 10.0)
        with pytest.raises(ProsoponError, match=why):
            files.read("checkpoint", 8192)


def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    with running(log_server(folder, "127.0.0.1", 0)) as port, pytest.raises(UsageError, match="nothing can listen"):
        log_server(folder, "127.0.0.1", port)
    with pytest.raises(UsageError, match="nothing can listen"):
        log_server(folder, "no.such.host.invalid", 0)


def test_a_witness_is_asked_over_http(folder: Path, tmp_path: Path) -> None:
    witness = Witness(witness_signer(), SeenLogs(tmp_path / "memory"))
    known = [witness.signer.verifier]
    with running(witness_server(witness, {KEY.name: KEY}, "127.0.0.1", 0)) as port:
        url = f"http://127.0.0.1:{port}"
        assert ask_witness(folder, KEY, url, known) == [witness.signer.name]
        with LogWriter.open(folder, SIGNER) as log:
            log.append([b"more"])
        assert ask_witness(folder, KEY, url, known) == [witness.signer.name]  # told the old size, it proves the growth
        assert ask_witness(folder, KEY, url, known) == [witness.signer.name]
        text = (folder / "checkpoint").read_text("utf-8")
        assert text.count(witness.signer.name) == 1  # the newest signature only
        assert (folder / "anchors/300/checkpoint").exists() and (folder / "anchors/301/checkpoint").exists()
        with pytest.raises(ProsoponError, match="no key that is believed"):
            ask_witness(folder, KEY, url, [witness_signer(tmp_path / "other.pem").verifier])
        with pytest.raises(UsageError, match="no key of a witness"):
            ask_witness(folder, KEY, url, [])
        shutil.rmtree(folder)
        with LogWriter.open(folder, SIGNER) as log:
            log.append([b"another history"] * 305)
        with pytest.raises(ProsoponError, match="422"):
            ask_witness(folder, KEY, url, known)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        wrong = (("/", b"x", 404), ("/add-checkpoint", b"x", 400), ("/add-checkpoint", bytes(1 << 19), 400))
        for path, body, status in wrong:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
            connection.close()
