"""A log's state sent to calendars of OpenTimestamps, which anchor it in Bitcoin: a proof that is pending for hours.

What is kept is the file that the official client completes and checks: `ots upgrade`, and `ots verify` with a Bitcoin
node. Neither is done here, so nothing here says that a state was confirmed. Its form is left to the package
`opentimestamps`, which is LGPL and only used where the user installed it. Nobody is asked unless the user gives an
address, and a calendar gets no more than a hash with 16 random bytes in it.
"""

from __future__ import annotations

import importlib
import secrets
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.vouch.log.anchors import keep_anchor
from prosopon.vouch.log.files import LocalFiles, RemoteFiles, asked
from prosopon.vouch.log.note import Verifier
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.stamping import STAMPED, bytes_to_stamp

PROOF = f"{STAMPED}.ots"
"""Name of the file: the client finds what it is about by leaving `.ots` out."""
_PACKAGE = "opentimestamps"
_NONCE_BYTES = 16  # as the official client has it
_LARGEST = 10_000  # as the official client has it
_PATIENCE_S = 30.0
_HEADERS = {"Accept": "application/vnd.opentimestamps.v1", "Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Submission:
    """What came of asking calendars.

    Attributes:
        proof: the pending proof; None where no calendar took the state.
        calendars: addresses that the proof names as those to ask for the rest, in order; they need not be those that
            were given, since several calendars can stand behind one address.
        refused: addresses that were given and took nothing, each with why.
    """

    proof: Path | None
    calendars: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def demand_usable(urls: Sequence[str]) -> None:
    """Refuse what cannot work, before anything is done for it.

    Raises:
        UsageError: an address makes no sense.
        MissingError: the package is not installed.
    """
    for url in urls:
        try:
            RemoteFiles(url)
        except UsageError:
            raise UsageError(
                f"{url!r} is no address of a calendar", "it looks like https://a.pool.opentimestamps.org"
            ) from None
    _part("core.timestamp")


def submit(folder: Path, key: Verifier, urls: Sequence[str]) -> Submission:
    """Send a log's newest state to calendars, and keep what they answer with the log.

    A pending proof of the same state that is there already is replaced.

    Args:
        folder: of the log.
        key: of the log.
        urls: of the calendars, only asked because the user gave them; each is asked once.

    Raises:
        UsageError: an address makes no sense.
        MissingError: the package is not installed.
        ProsoponError: the log cannot be read, or the proof cannot be kept.
    """
    demand_usable(urls)
    log = Log.open(LocalFiles(folder), key)
    content = bytes_to_stamp(log, key)
    digest, nonce = sha256(content).digest(), secrets.token_bytes(_NONCE_BYTES)
    whole = _part("core.timestamp").Timestamp(digest)
    calendars: list[str] = []
    refused: list[tuple[str, str]] = []
    for url in dict.fromkeys(urls):
        try:
            timestamp = pending_timestamp(_answer(url, commitment(digest, nonce)), digest, nonce)
        except ProsoponError as error:
            refused.append((url, str(error)))
        else:
            whole.merge(timestamp)
            calendars += [one for one in _named_in(timestamp) if one not in calendars]
    if not calendars:
        return Submission(None, (), tuple(refused))
    try:
        keep_anchor(folder, log.checkpoint, STAMPED, content)
        proof = keep_anchor(folder, log.checkpoint, PROOF, _as_file(whole))
    except OSError as error:
        raise ProsoponError(f"the proof cannot be kept in {folder}: {error.strerror or error}", "make room") from None
    return Submission(proof, tuple(calendars), tuple(refused))


def commitment(digest: bytes, nonce: bytes) -> bytes:
    """What a calendar gets: SHA-256 of the digest and the nonce, by which it learns nothing of the digest."""
    return sha256(digest + nonce).digest()


def pending_timestamp(answer: bytes, digest: bytes, nonce: bytes) -> Any:
    """A calendar's answer as a `Timestamp` of the package, from the digest over the nonce to the calendar's word.

    Args:
        answer: body of the answer to `commitment(digest, nonce)`.
        digest: SHA-256 of what is stamped.
        nonce: random bytes.

    Raises:
        ProsoponError: it is no timestamp, none that the official client would read, or no calendar's.
        MissingError: the package is not installed.
    """
    form, operations, files = _part("core.serialize"), _part("core.op"), _part("core.timestamp")
    source = form.BytesDeserializationContext(answer)
    try:
        told = files.Timestamp.deserialize(source, commitment(digest, nonce))
        source.assert_eof()
        timestamp = files.Timestamp(digest)
        timestamp.ops.add(operations.OpAppend(nonce)).ops.add(operations.OpSHA256()).merge(told)
        # Our two steps are before those of the answer: all of them together must be few enough for whoever reads it.
        files.DetachedTimestampFile.deserialize(form.BytesDeserializationContext(_as_file(timestamp)))
    except (form.DeserializationError, ValueError):
        raise ProsoponError("what it answers is no timestamp", "check the address of the calendar") from None
    if not _named_in(timestamp):
        raise ProsoponError("what it answers names no calendar to ask later", "check the address of the calendar")
    return timestamp


def _answer(url: str, committed: bytes) -> bytes:
    address = f"{url.rstrip('/')}/digest"
    post = urllib.request.Request(address, committed, _HEADERS, method="POST")  # noqa: S310 - checked by `demand_usable`
    answer = asked(post, _LARGEST, _PATIENCE_S)
    if answer.status != 200:
        raise ProsoponError(f"it answers {answer.status}", "check the address of the calendar")
    return answer.body


def _as_file(timestamp: Any) -> bytes:
    files, form = _part("core.timestamp"), _part("core.serialize")
    target = form.BytesSerializationContext()
    files.DetachedTimestampFile(_part("core.op").OpSHA256(), timestamp).serialize(target)
    content: bytes = target.getbytes()
    return content


def _named_in(timestamp: Any) -> list[str]:
    """Addresses of pending attestations; the package lets only letters, digits and -._/: into them."""
    pending = _part("core.notary").PendingAttestation
    return sorted({one.uri for _, one in timestamp.all_attestations() if isinstance(one, pending)})


def _part(name: str) -> Any:
    """A module of the package, by its name within it; untyped, as the package is."""
    try:
        return importlib.import_module(f"{_PACKAGE}.{name}")
    except ImportError as error:
        package = (error.name or _PACKAGE).partition(".")[0]
        raise MissingError(
            f"OpenTimestamps needs the package {package}, which is not installed",
            f"pip install {_PACKAGE}, or leave out --calendar",
        ) from None
