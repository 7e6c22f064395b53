"""A log over HTTP: the files of tlog-tiles, read only, and nothing that no checkpoint has promised yet.

Beside it the other side of tlog-witness: a witness that answers logs which ask for its signature.
"""

from __future__ import annotations

import gzip
import ipaddress
import re
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.vouch.log.checkpoint import Checkpoint
from prosopon.vouch.log.files import LocalFiles
from prosopon.vouch.log.note import LARGEST, Note, Verifier
from prosopon.vouch.log.reading import CHECKPOINT
from prosopon.vouch.log.tiles import HEIGHT, WIDTH, Tile, Tiles
from prosopon.vouch.log.witnessing import LARGEST_REQUEST, Reply, Witness

_TILE = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)
_FOREVER = "public, max-age=31536000, immutable"
_PATIENCE_S = 30.0
_HIGHEST_LEVEL = 63
_DEEPEST = 6
"""Groups of three digits in an index."""


def tile_named(path: str) -> Tile | None:
    """The tile that a path of the standard names; None where it names none."""
    found = _TILE.fullmatch(path)
    if found is None or found[2].count("/") > _DEEPEST:
        return None
    level = None if found[1] == "entries" else int(found[1])
    width = WIDTH if found[4] is None else int(found[4])
    tile = Tile(level, int(found[2].replace("x", "").replace("/", "") + found[3]), width)
    possible = (level or 0) <= _HIGHEST_LEVEL and tile.path == path
    return tile if possible else None


def is_promised(tile: Tile, size: int) -> bool:
    """Whether a log of `size` entries has signed for all that a tile holds."""
    return tile.index * WIDTH + tile.width <= size >> (HEIGHT * (tile.level or 0))


def log_server(folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """A server of a log's files, which begins with `serve_forever`.

    Args:
        folder: of the log.
        host: address to listen on; on a loopback address only requests that name it as such are answered.
        port: 0 for any that is free.

    Raises:
        UsageError: it cannot listen there.
    """
    return _server(host, port, type("Handler", (_LogHandler,), {"folder": folder, "is_local": _is_loopback(host)}))


def witness_server(witness: Witness, logs: Mapping[str, Verifier], host: str, port: int) -> ThreadingHTTPServer:
    """A server that answers `POST /add-checkpoint` (c2sp.org/tlog-witness); see `log_server`.

    Args:
        witness: who signs.
        logs: key by origin of the logs that it signs for.
        host: address to listen on.
        port: 0 for any that is free.

    Raises:
        UsageError: it cannot listen there.
    """
    held = {"witness": witness, "logs": dict(logs), "is_local": _is_loopback(host)}
    return _server(host, port, type("Handler", (_WitnessHandler,), held))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE_S
    is_local: ClassVar[bool] = True

    def version_string(self) -> str:
        """Says no more than it must."""
        return "prosopon"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library calls it
        """Nothing: who looked at what is nobody's business."""

    def is_meant(self) -> bool:
        """Whether it is this machine that is asked, and not a web page whose name was led here."""
        try:
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        except ValueError:
            host = ""
        return not self.is_local or _is_loopback(host)

    def reply(self, status: HTTPStatus, content: bytes, headers: Mapping[str, str]) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in {**headers, "X-Content-Type-Options": "nosniff"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def refuse(self, status: HTTPStatus) -> None:
        """Say no, and hear no more: the body of what was asked may not have been read."""
        self.close_connection = True
        kind = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        self.reply(status, f"{status.phrase}\n".encode(), kind)


class _LogHandler(_Handler):
    folder: ClassVar[Path]

    def do_GET(self) -> None:
        """One file of the log."""
        if not self.is_meant():
            self.refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        path = self.path.partition("?")[0].removeprefix("/")
        try:
            self._send(path)
        except ProsoponError:
            self.refuse(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815 - as the library calls it

    def _send(self, path: str) -> None:
        files = LocalFiles(self.folder)
        checkpoint = files.read(CHECKPOINT, LARGEST)
        tile = tile_named(path)
        if checkpoint is None or (tile is None and path != CHECKPOINT):
            self.refuse(HTTPStatus.NOT_FOUND)
        elif tile is None:
            kind = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache"}
            self.reply(HTTPStatus.OK, checkpoint, kind)
        elif is_promised(tile, Checkpoint.parse(Note.parse(checkpoint).text).size):
            self._send_tile(Tiles(files).read(tile), is_entries=tile.level is None)
        else:
            self.refuse(HTTPStatus.NOT_FOUND)

    def _send_tile(self, content: bytes, *, is_entries: bool) -> None:
        headers = {"Content-Type": "application/octet-stream", "Cache-Control": _FOREVER}
        if is_entries:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                content = gzip.compress(content, mtime=0)
                headers["Content-Encoding"] = "gzip"
        self.reply(HTTPStatus.OK, content, headers)


class _WitnessHandler(_Handler):
    witness: ClassVar[Witness]
    logs: ClassVar[Mapping[str, Verifier]]

    def do_POST(self) -> None:
        """A request for a cosignature."""
        length = self.headers.get("Content-Length", "")
        if not self.is_meant():
            self.refuse(HTTPStatus.MISDIRECTED_REQUEST)
        elif self.path != "/add-checkpoint":
            self.refuse(HTTPStatus.NOT_FOUND)
        elif not (length.isascii() and length.isdecimal()) or int(length) > LARGEST_REQUEST:
            self.refuse(HTTPStatus.BAD_REQUEST)
        else:
            self._send(self.rfile.read(int(length)))

    def _send(self, raw: bytes) -> None:
        try:
            found = self.witness.answer(raw, self.logs)
        except ProsoponError:
            found = Reply(HTTPStatus.INTERNAL_SERVER_ERROR, "the witness cannot use its memory\n")
        self.reply(found.status, found.body.encode(), {"Content-Type": found.content_type, "Cache-Control": "no-store"})


def _server(host: str, port: int, handler: type[_Handler]) -> ThreadingHTTPServer:
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except (OSError, OverflowError) as error:
        raise UsageError(f"nothing can listen on {host}:{port}: {error}", "choose another --port or --host") from None
    server.daemon_threads = True
    return server


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
