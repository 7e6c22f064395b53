"""Checkpoints of C2SP (c2sp.org/tlog-checkpoint): how large a log is and what it comes to, signed and witnessed."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Self

from prosopon.core.errors import ExitCode, ProsoponError
from prosopon.vouch.log.merkle import HASH_BYTES, Hash
from prosopon.vouch.log.note import COSIGNATURE, Note, Signer, Verifier

_TIME = struct.Struct(">Q")
_LARGEST = 1 << 63
"""Neither sizes nor times reach it."""


class CheckpointRefused(ProsoponError):  # noqa: N818 - it is what was found out, and no fault of the program
    """A checkpoint is not signed with the key that was asked for, or of another log."""

    exit_code = ExitCode.BAD_ANSWER


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log.

    Attributes:
        origin: which log; by custom the name of its key.
        size: its entries.
        root: the hash of the tree over them.
        extensions: further lines, of which nothing is made here.
    """

    origin: str
    size: int
    root: Hash
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(line + "\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The inverse of `text`.

        Raises:
            ProsoponError: it is no checkpoint.
        """
        lines = text.removesuffix("\n").split("\n")
        try:
            origin, size, root = lines[:3]
            held = base64.b64decode(root, validate=True)
            count = int(size)
        except (ValueError, binascii.Error):
            raise _none("its lines are not origin, size and root") from None
        canonical = str(count) == size and 0 <= count < _LARGEST
        if not origin or not canonical or len(held) != HASH_BYTES or not all(lines[3:]):
            raise _none("its size or root cannot be")
        return cls(origin, count, held, tuple(lines[3:]))

    def signed(self, signer: Signer) -> str:
        """As a note."""
        return signer.signed(self.text)


@dataclass(frozen=True)
class Witnessed:
    """What a witness says: that at a time it saw this checkpoint, and no other history of this log before.

    Attributes:
        name: of the witness.
        time_s: since 1970, in UTC, whole seconds; the witness's word.
    """

    name: str
    time_s: int


def opened(raw: bytes, log: Verifier, origin: str | None = None) -> tuple[Checkpoint, Note]:
    """A checkpoint whose signature by the log's key holds.

    Args:
        raw: the note.
        log: the log's key.
        origin: which log it must be of; the key's name where None.

    Raises:
        CheckpointRefused: it is of another log, or not signed by this key.
        ProsoponError: it is no checkpoint.
    """
    note = Note.parse(raw)
    if not note.is_signed_by(log):
        raise CheckpointRefused(
            f"the checkpoint is not signed by {log.name}", "do not trust this copy of the log; ask for its key again"
        )
    found = Checkpoint.parse(note.text)
    if found.origin != (origin or log.name):
        raise CheckpointRefused(
            f"the checkpoint is of the log {found.origin}, not of {origin or log.name}", "check the key"
        )
    return found, note


def cosigned(note: Note, witness: Signer, time_s: int) -> str:
    """The signature line of a witness below a checkpoint (c2sp.org/tlog-cosignature, version 1)."""
    signer = Signer(witness.name, witness.private, COSIGNATURE)
    return signer.line(_TIME.pack(time_s) + signer.private.sign(_said(note.text, time_s)))


def witnesses(note: Note, known: list[Verifier]) -> list[Witnessed]:
    """Which known witnesses vouch for a checkpoint."""
    found = []
    for one in known:
        key = Verifier(one.name, one.public, COSIGNATURE)
        for payload in note.payloads(key):
            if len(payload) > _TIME.size:
                (time_s,) = _TIME.unpack_from(payload)
                if time_s < _LARGEST and key.accepts(_said(note.text, time_s), payload[_TIME.size :]):
                    found.append(Witnessed(one.name, time_s))
    return found


def _said(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _none(why: str) -> ProsoponError:
    return ProsoponError(f"this is no checkpoint of a log: {why}", "give the file that the log calls checkpoint")
