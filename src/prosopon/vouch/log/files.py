"""Where the files of a log are read from: a folder, or a server whose address the user gave."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Protocol, cast
from urllib.parse import urlsplit

from prosopon.core.errors import ProsoponError, UsageError

_PIECE = 1 << 16
_VISIBLE = re.compile(r"[!-~]+")


class Files(Protocol):
    """Small files under names with slashes."""

    @property
    def name(self) -> str:
        """How the user knows the place."""

    def read(self, path: str, most: int) -> bytes | None:
        """One file; None where it is not there.

        Raises:
            ProsoponError: it cannot be read, or has more than `most` bytes.
        """


@dataclass(frozen=True)
class LocalFiles:
    """Those of a folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)

    def read(self, path: str, most: int) -> bytes | None:
        """See `Files.read`."""
        try:
            with (self.folder / path).open("rb") as file:
                content = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(self.folder / path, error.strerror or str(error)) from None
        if len(content) > most:
            raise _unreadable(self.folder / path, f"it has more than {most} bytes")
        return content


@dataclass(frozen=True)
class RemoteFiles:
    """Those of a server that speaks HTTP; nothing is read from it but what was asked for.

    Attributes:
        url: prefix of the files' addresses, http:// or https://.
        patience_s: for one file, from the first byte to the last.
    """

    url: str
    patience_s: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what is no address of a server."""
        try:
            split = urlsplit(self.url)
            is_address = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
        except ValueError:
            is_address = False
        if not is_address or split.query or split.fragment or not _VISIBLE.fullmatch(self.url):
            raise UsageError(f"{self.url!r} is no address of a log", "it looks like https://example.org/log")

    @property
    def name(self) -> str:
        """The address."""
        return self.url

    def read(self, path: str, most: int) -> bytes | None:
        """See `Files.read`."""
        address = f"{self.url.rstrip('/')}/{path}"
        return fetched(urllib.request.Request(address), most, self.patience_s)  # noqa: S310 - checked above


def files_at(place: str | Path) -> Files:
    """A folder, or a server where an address is given.

    Raises:
        UsageError: the address makes no sense.
    """
    text = str(place)
    # pathlib has made one slash of two where a path was expected.
    for scheme in ("https:/", "http:/"):
        if text.startswith(scheme):
            return RemoteFiles(f"{scheme}/{text.removeprefix(scheme).lstrip('/')}")
    return LocalFiles(Path(place))


@dataclass(frozen=True)
class Answered:
    """What a server said: a status of HTTP, and a body."""

    status: int
    body: bytes


def fetched(request: urllib.request.Request, most: int, patience_s: float) -> bytes | None:
    """What a server has under an address; None where it says that there is no such thing.

    Args:
        request: an http or https address, with whatever is sent along.
        most: bytes of the answer, unpacked.
        patience_s: for all of it.

    Raises:
        ProsoponError: the server cannot be reached, says no, or answers too much or too slowly.
    """
    answer = asked(request, most, patience_s)
    if answer.status in (404, 410):
        return None
    if answer.status != 200:
        raise _unreadable(request.full_url, f"the server answers {answer.status}")
    return answer.body


def asked(request: urllib.request.Request, most: int, patience_s: float) -> Answered:
    """What a server answers, whatever its status; parameters as of `fetched`.

    Raises:
        ProsoponError: the server cannot be reached, or answers too much or too slowly.
    """
    request.add_header("User-Agent", "prosopon")
    request.add_header("Accept-Encoding", "gzip, identity")
    until = time.monotonic() + patience_s
    where = request.full_url
    try:
        with _opener().open(request, timeout=patience_s) as answer:
            found = cast("HTTPResponse", answer)
            return Answered(found.status, _unpacked(found, most, until, where))
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, error.read(most))
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise _unreadable(where, str(why) or type(error).__name__) from None


def _unpacked(answer: HTTPResponse, most: int, until: float, where: str) -> bytes:
    coding = (answer.headers.get("Content-Encoding") or "identity").strip().lower()
    if coding not in ("gzip", "identity"):
        raise _unreadable(where, f"it is packed as {coding[:20]}")
    unpacker = zlib.decompressobj(wbits=31) if coding == "gzip" else None
    content = bytearray()
    while piece := answer.read1(_PIECE):  # what has come so far, so that a drop a second is noticed
        try:
            content += unpacker.decompress(piece, most + 1 - len(content)) if unpacker is not None else piece
        except zlib.error:
            raise _unreadable(where, "its packing is damaged") from None
        if len(content) > most:
            raise _unreadable(where, f"it has more than {most} bytes")
        if time.monotonic() > until:
            raise _unreadable(where, "the server is too slow")
    if unpacker is not None and not unpacker.eof:
        raise _unreadable(where, "its packing is cut off")
    return bytes(content)


class _SameKind(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but never from https to http, and never to files."""

    def redirect_request(  # noqa: PLR0917 - as the library calls it
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        allowed = ("https",) if req.type == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            raise urllib.error.HTTPError(newurl, code, "a redirection that is not followed", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor(), _SameKind(),
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener


def _unreadable(where: str | Path, why: str) -> ProsoponError:
    return ProsoponError(f"{where} cannot be read: {why}", "check the place, or try again later")
