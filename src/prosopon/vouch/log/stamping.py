"""Time-stamps of an RFC 3161 authority on a state of a log: somebody else's word for "no later than".

The request and what is read of the answer are plain DER. That the answer is about our checkpoint, and answers our
request, is checked here; the authority's signature is not: `openssl ts -verify` does that, with the authority's roots,
on the two files that are kept. Nobody is asked unless the user gives an address.
"""

from __future__ import annotations

import secrets
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from prosopon.core.errors import ProsoponError
from prosopon.vouch.log.anchors import ANCHORS, keep_anchor
from prosopon.vouch.log.files import LocalFiles, RemoteFiles, asked
from prosopon.vouch.log.note import Note, Verifier
from prosopon.vouch.log.reading import Log

STAMPED, STAMP = "stamped-checkpoint", "timestamp.tsr"
"""Names of the files: what was stamped, and the authority's whole answer."""
_LARGEST = 1 << 18
_PATIENCE_S = 30.0
_SEQUENCE, _INTEGER, _OCTETS, _TIME, _CONTEXT_0 = 0x30, 0x02, 0x04, 0x18, 0xA0
_SHA256 = bytes.fromhex("300d06096086480165030402010500")  # AlgorithmIdentifier
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # OID id-ct-TSTInfo
_TRUE = bytes.fromhex("0101ff")


@dataclass(frozen=True)
class Stamp:
    """What a time-stamp says.

    Attributes:
        size: entries of the log when it was stamped.
        time: as the authority states it, in UTC; nothing of its signature was checked.
    """

    size: int
    time: datetime


def stamp(folder: Path, key: Verifier, url: str) -> str:
    """Have a log's newest state stamped, and keep the stamp with the log.

    Args:
        folder: of the log.
        key: of the log.
        url: of the authority, only asked because the user gave it.

    Returns:
        The time that it states, RFC 3339.

    Raises:
        UsageError: the address makes no sense.
        ProsoponError: it cannot be reached, refuses, or answers something else.
    """
    RemoteFiles(url)  # refuses what is no address
    log = Log.open(LocalFiles(folder), key)
    content = bytes_to_stamp(log, key)
    digest, nonce = sha256(content).digest(), secrets.randbits(63) | 1 << 62
    post = urllib.request.Request(  # noqa: S310 - checked above
        url, stamp_request(digest, nonce), {"Content-Type": "application/timestamp-query"}, method="POST"
    )
    answer = asked(post, _LARGEST, _PATIENCE_S)
    if answer.status != 200:
        raise ProsoponError(f"{url} answers {answer.status}", "check the address of the authority")
    time = stated_time(answer.body, digest, nonce)
    try:
        keep_anchor(folder, log.checkpoint, STAMPED, content)
        keep_anchor(folder, log.checkpoint, STAMP, answer.body)
    except OSError as error:
        raise ProsoponError(f"the time-stamp cannot be kept in {folder}: {error.strerror or error}") from None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def bytes_to_stamp(log: Log, key: Verifier) -> bytes:
    """A log's checkpoint with its own signature only: witnesses may sign later, so theirs are not stamped."""
    own = tuple(one for one in log.note.signatures if (one.name, one.key_hash) == (key.name, key.key_hash))
    return Note(log.note.text, own).joined(()).encode()


def stamps(folder: Path) -> list[Stamp]:
    """The time-stamps that are kept with a log, the oldest first; those that are about something else are left out."""
    found = []
    for path in sorted((folder / ANCHORS).glob(f"*/{STAMP}")):
        try:
            content = path.with_name(STAMPED).read_bytes()
            size = int(path.parent.name)
            found.append(Stamp(size, stated_time(path.read_bytes(), sha256(content).digest(), None)))
        except (OSError, ValueError, ProsoponError):
            continue
    return sorted(found, key=lambda one: (one.size, one.time))


def stamp_request(digest: bytes, nonce: int) -> bytes:
    """TimeStampReq of RFC 3161, 2.4.1, for a SHA-256 digest; asks for the authority's certificate as well."""
    imprint = _der(_SEQUENCE, _SHA256 + _der(_OCTETS, digest))
    return _der(_SEQUENCE, _integer(1) + imprint + _integer(nonce) + _TRUE)


def stated_time(answer: bytes, digest: bytes, nonce: int | None) -> datetime:
    """The time in a TimeStampResp (RFC 3161, 2.4.2), which must be about a digest and answer a request.

    Args:
        answer: DER.
        digest: SHA-256 of what was stamped.
        nonce: of the request; None where that is not known any more.

    Raises:
        ProsoponError: it is none, the authority refuses, or it is about something else.
    """
    try:
        status, *token = _values(_only(answer, _SEQUENCE))
        granted = int.from_bytes(_values(status[1])[0][1]) in (0, 1)
        if granted and token:
            parts = _values(_info(token[0][1]))
            imprint = _values(parts[2][1])[1]
            time = next(content for tag, content in parts[3:] if tag == _TIME)
            numbers = [int.from_bytes(content) for tag, content in parts[4:] if tag == _INTEGER]
            answers_us = nonce is None or nonce in numbers
            if imprint != (_OCTETS, digest) or not answers_us:
                raise ProsoponError("the time-stamp is about something else", "ask another authority")
            return datetime.strptime(time.decode("ascii").rstrip("Z").partition(".")[0], "%Y%m%d%H%M%S").replace(
                tzinfo=UTC
            )
    except (ValueError, IndexError, StopIteration):
        raise ProsoponError("this is no time-stamp of RFC 3161", "check the address of the authority") from None
    raise ProsoponError("the time authority refuses", "ask another one")


def _info(token: bytes) -> bytes:
    """TSTInfo within the CMS SignedData of a token: after its type's name comes [0] with octets, which hold it."""
    at = token.index(_TST_INFO) + len(_TST_INFO)
    wrapped = next(_each(token[at:]))
    if wrapped[0] != _CONTEXT_0:
        raise ValueError("no content")
    return _only(_only(wrapped[1], _OCTETS), _SEQUENCE)


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _integer(number: int) -> bytes:
    return _der(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _only(content: bytes, tag: int) -> bytes:
    found = next(_each(content))
    if found[0] != tag:
        raise ValueError("another value")
    return found[1]


def _values(content: bytes) -> list[tuple[int, bytes]]:
    return list(_each(content))


def _each(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Tags and contents of values side by side."""
    at = 0
    while at < len(content):
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4:
                raise ValueError("no length")
            length = int.from_bytes(content[at : at + count], "big")
            at += count
        if at + length > len(content):
            raise ValueError("cut off")
        yield tag, content[at : at + length]
        at += length
