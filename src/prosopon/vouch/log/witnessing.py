"""A witness: remembers what it has seen of a log, and signs for a checkpoint only if nothing of that was rewritten.

Its word is a cosignature of C2SP (c2sp.org/tlog-cosignature, version 1): "at this time, this was the largest state of
the log that I have seen, and it continues all that I have seen before". It is worth something where the witness is
somebody else than whoever holds the log's key.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from prosopon.core.errors import ProsoponError
from prosopon.core.home import home
from prosopon.vouch.home import config_folder
from prosopon.vouch.keys.log_key import log_signer
from prosopon.vouch.keys.private_files import install, read_private
from prosopon.vouch.log.checkpoint import Checkpoint, cosigned, opened
from prosopon.vouch.log.merkle import EMPTY_ROOT, HASH_BYTES, Hash, extends
from prosopon.vouch.log.note import COSIGNATURE, Note, Signer, Verifier
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.seen import HistoryRewritten, SeenLogs, Sight, contradiction, demand_growth

LARGEST_REQUEST = 1 << 18
_MOST_HASHES = 63
_SIZE_TYPE = "text/x.tlog.size"
_TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: HTTPStatus
    body: str
    content_type: str = _TEXT_TYPE


@dataclass(frozen=True)
class Request:
    """A log's request for a cosignature (c2sp.org/tlog-witness, add-checkpoint).

    Attributes:
        old: entries of the log when the witness last signed for it.
        proof: that the log has only grown since.
        note: its checkpoint now.
    """

    old: int
    proof: tuple[Hash, ...]
    note: bytes

    def as_bytes(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old}", *(base64.b64encode(one).decode() for one in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note

    @classmethod
    def parse(cls, raw: bytes) -> Request:
        """The inverse of `as_bytes`.

        Raises:
            ValueError: it is none.
        """
        above, blank, note = raw.partition(b"\n\n")
        head, *lines = above.decode("ascii").split("\n")
        if not blank or not head.startswith("old ") or len(lines) > _MOST_HASHES:
            raise ValueError("no request")
        try:
            found = cls(int(head[4:]), tuple(base64.b64decode(line, validate=True) for line in lines), note)
        except binascii.Error:
            raise ValueError("no base64") from None
        if found.as_bytes() != raw or any(len(one) != HASH_BYTES for one in found.proof) or found.old < 0:
            raise ValueError("not in its one form")
        return found


class Witness:
    """A witness with its key and its memory.

    Args:
        signer: its key.
        seen: its memory, which nobody else may use: what a reader has seen is not what a witness has signed for.
    """

    def __init__(self, signer: Signer, seen: SeenLogs | None = None) -> None:
        self.signer = Signer(signer.name, signer.private, COSIGNATURE)
        self._seen = SeenLogs(home() / "witness") if seen is None else seen

    def last(self, key: Verifier, origin: str | None = None) -> Checkpoint | None:
        """What it last signed for of a log; None where it never did."""
        sight = self._seen.last(key, origin)
        return None if sight is None else sight.checkpoint

    def cosign(self, log: Log, key: Verifier) -> str:
        """Sign for a log as it is now.

        Returns:
            The signature line.

        Raises:
            HistoryRewritten: it contradicts what was signed for before, of which evidence is kept, or is smaller.
            ProsoponError: the log's files are damaged, or the memory cannot be written.
        """
        now = Sight(log.checkpoint, log.note_bytes)
        with self._seen.locked(key, now.checkpoint.origin):
            before = self._seen.last(key, now.checkpoint.origin)
            if before is not None:
                try:
                    demand_growth(before.checkpoint, log)
                except HistoryRewritten as error:
                    if error.shown is None:
                        raise
                    kept = self._seen.keep_evidence(before.raw, now.raw, key, error.shown)
                    raise HistoryRewritten(error.what, f"what proves it is kept in {kept}", error.shown) from None
            return self._signed(now, log.note, key)

    def answer(self, raw: bytes, logs: Mapping[str, Verifier]) -> Reply:
        """What to answer to a request for a cosignature (c2sp.org/tlog-witness, add-checkpoint).

        Args:
            raw: body of the request.
            logs: key by origin of the logs that it signs for.
        """
        try:
            request = Request.parse(raw)
            note = Note.parse(request.note)
            claimed = Checkpoint.parse(note.text)
        except (ValueError, ProsoponError):
            return Reply(HTTPStatus.BAD_REQUEST, "this is no request for a cosignature\n")
        key = logs.get(claimed.origin)
        if key is None:
            return Reply(HTTPStatus.NOT_FOUND, "this log is not known here\n")
        try:
            checkpoint, note = opened(request.note, key, claimed.origin)
        except ProsoponError:
            return Reply(HTTPStatus.FORBIDDEN, "the checkpoint is not signed with the log's key\n")
        if request.old > checkpoint.size:
            return Reply(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint's\n")
        with self._seen.locked(key, checkpoint.origin):
            return self._judged(request, Sight(checkpoint, request.note), note, key)

    def _judged(self, request: Request, now: Sight, note: Note, key: Verifier) -> Reply:
        before = self._seen.last(key, now.checkpoint.origin)
        old = Checkpoint(now.checkpoint.origin, 0, EMPTY_ROOT) if before is None else before.checkpoint
        if request.old != old.size:
            return Reply(HTTPStatus.CONFLICT, f"{old.size}\n", _SIZE_TYPE)
        if old.size == now.checkpoint.size and old.root != now.checkpoint.root and before is not None:
            shown = contradiction(old, now.checkpoint.root, ())
            self._seen.keep_evidence(before.raw, now.raw, key, shown)
            return Reply(HTTPStatus.CONFLICT, f"{old.size}\n", _SIZE_TYPE)
        if not extends(old.size, old.root, now.checkpoint.size, now.checkpoint.root, request.proof):
            # Anybody can send a wrong proof beside a right checkpoint: this alone is no evidence.
            return Reply(HTTPStatus.UNPROCESSABLE_ENTITY, "the proof does not show that the log has only grown\n")
        return Reply(HTTPStatus.OK, self._signed(now, note, key))

    def _signed(self, now: Sight, note: Note, key: Verifier) -> str:
        """Remember, then sign: a signature that went out must never be forgotten."""
        self._seen.replace(now, key)
        return cosigned(note, self.signer, int(time.time()))


def witness_signer(path: Path | None = None, name: str | None = None) -> Signer:
    """The key that this installation signs with as a witness; another one than its logs have.

    Args:
        path: PEM file (PKCS#8) with an Ed25519 key, made where it is not there; one in the user's settings where None.
        name: of the witness; one made of the key where None.

    Raises:
        ProsoponError: it cannot be read or kept, or is of another kind.
        UsageError: the name cannot be one.
    """
    private = log_signer(config_folder() / "witness-key").private if path is None else _key_in(path)
    digest = sha256(private.public_key().public_bytes_raw()).hexdigest()[:8]
    found = Signer(name or f"prosopon.local/witness-{digest}", private, COSIGNATURE)
    _ = found.verifier  # refuses names that cannot be one
    return found


def _key_in(path: Path) -> Ed25519PrivateKey:
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            install(path, pem, replace=False)
        key = load_pem_private_key(read_private(path), password=None)
    except OSError as error:
        raise ProsoponError(f"the key {path} cannot be used: {error.strerror or error}", "check the path") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ProsoponError(f"{path} holds no Ed25519 key as unencrypted PKCS#8 PEM", "name a file that is not there")
    return key
