"""An RFC 3161 time authority on this machine, for tests: HTTP in front of `openssl ts`."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import small_chains
from cryptography.x509.oid import ExtendedKeyUsageOID

_CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {leaf}
certs = {root}
signer_key = {key}
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class TimeAuthority:
    """Where it is, what its root is, and how often it was asked."""

    address: str
    root: Path
    asked: list[int] = field(default_factory=list)


@contextmanager
def time_authority(folder: Path, answer: str = "stamp") -> Iterator[TimeAuthority]:
    """One that answers with a time-stamp, or otherwise: `error` (HTTP 500), `junk`, `refusal`."""
    made = small_chains.chain(folder, "rsa", use=ExtendedKeyUsageOID.TIME_STAMPING)
    configuration = folder / "authority.cnf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, leaf=made.certificate, root=made.root, key=made.key), encoding="utf-8"
    )
    (folder / "serial").write_text("01\n", encoding="ascii")
    asked: list[int] = []

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(len(query))
            if answer == "error":
                self.send_error(500)
                return
            body = b"no time-stamp at all" if answer == "junk" else _stamped(configuration, folder, query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield TimeAuthority(f"http://127.0.0.1:{server.server_port}/stamp", made.root, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _stamped(configuration: Path, folder: Path, query: bytes) -> bytes:
    question = folder / "question.tsq"
    question.write_bytes(query)
    command = ["openssl", "ts", "-reply", "-config", str(configuration), "-queryfile", str(question)]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
