"""Time-stamps of an authority of our own, made and checked by openssl; none of the public ones is asked."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.vouch.log.note import Signer
from prosopon.vouch.log.stamping import STAMP, STAMPED, stamp, stamp_request, stamps, stated_time
from prosopon.vouch.log.writing import LogWriter

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
KEY = SIGNER.verifier
SETTINGS = """
[req]
distinguished_name = name
x509_extensions = tsa
prompt = no
[name]
CN = An authority for tests
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa_settings]
serial = {folder}/serial
signer_digest = sha256
digests = sha256
default_policy = 1.2.3.4.1
accuracy = secs:1
"""
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)  # noqa: S607


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    (folder / "openssl.cnf").write_text(SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01\n")
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
        "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-config", folder / "openssl.cnf",
    )  # fmt: skip
    return folder


def answered(authority: Path, request: bytes) -> bytes:
    (authority / "request.tsq").write_bytes(request)
    openssl(
        "ts", "-reply", "-config", authority / "openssl.cnf", "-section", "tsa_settings", "-queryfile",
        authority / "request.tsq", "-signer", authority / "cert.pem", "-inkey", authority / "key.pem",
        "-out", authority / "reply.tsr",
    )  # fmt: skip
    return (authority / "reply.tsr").read_bytes()


class _Authority(BaseHTTPRequestHandler):
    folder: ClassVar[Path]

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"]))
        body = b"no time-stamp" if self.path == "/odd" else answered(self.folder, request)
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def url(authority: Path) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (_Authority,), {"folder": authority}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_state_is_stamped_and_openssl_agrees(tmp_path: Path, authority: Path, url: str) -> None:
    with LogWriter.open(tmp_path, SIGNER) as log:
        log.append([b"one", b"two"])
    told = datetime.strptime(stamp(tmp_path, KEY, url), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=5)
    kept = tmp_path / "anchors" / "2"
    openssl("ts", "-verify", "-data", kept / STAMPED, "-in", kept / STAMP, "-CAfile", authority / "cert.pem")
    assert [(one.size, one.time) for one in stamps(tmp_path)] == [(2, told)]
    assert (kept / STAMPED).read_bytes() == (tmp_path / "checkpoint").read_bytes()
    # What was stamped is changed: the stamp is about something else.
    (kept / STAMPED).write_bytes((kept / STAMPED).read_bytes().replace(b"\n2\n", b"\n3\n"))
    assert stamps(tmp_path) == []


def test_answers_that_are_none(tmp_path: Path, url: str) -> None:
    with LogWriter.open(tmp_path, SIGNER):
        pass
    with pytest.raises(ProsoponError, match="no time-stamp"):
        stamp(tmp_path, KEY, f"{url}/odd")
    with pytest.raises(ProsoponError, match="500"):
        stamp(tmp_path, KEY, f"{url}/broken")
    with pytest.raises(UsageError, match="no address"):
        stamp(tmp_path, KEY, "file:///etc/passwd")
    assert not (tmp_path / "anchors").exists()


def test_it_answers_our_own_request(authority: Path) -> None:
    digest = sha256(b"x").digest()
    answer = answered(authority, stamp_request(digest, 0x1234567890ABCDEF))
    assert stated_time(answer, digest, 0x1234567890ABCDEF) == stated_time(answer, digest, None)
    for wrong in ((sha256(b"y").digest(), None), (digest, 7)):
        with pytest.raises(ProsoponError, match="something else"):
            stated_time(answer, *wrong)
    refused = bytes.fromhex("30053003020102")
    with pytest.raises(ProsoponError, match="refuses"):
        stated_time(refused, digest, None)
    for cut in range(0, len(answer) - 1, 7):
        with pytest.raises(ProsoponError):
            stated_time(answer[:cut], digest, None)


def test_a_request_is_read_by_openssl(tmp_path: Path) -> None:
    digest = sha256(b"x").digest()
    for nonce in (1, 127, 128, 1 << 63):
        (tmp_path / "request.tsq").write_bytes(stamp_request(digest, nonce))
        openssl("ts", "-query", "-in", tmp_path / "request.tsq", "-text")
