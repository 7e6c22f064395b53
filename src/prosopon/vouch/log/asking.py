"""Asking a witness over the network to sign for a log: the client of C2SP's tlog-witness, add-checkpoint."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.vouch.log.anchors import add_signatures
from prosopon.vouch.log.checkpoint import witnesses
from prosopon.vouch.log.files import Answered, LocalFiles, RemoteFiles, asked
from prosopon.vouch.log.note import Note, Verifier
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.witnessing import Request

_LARGEST_ANSWER = 1 << 16
_PATIENCE_S = 30.0
_LOCK_S = 10.0


def ask_witness(folder: Path, key: Verifier, url: str, known: Sequence[Verifier]) -> list[str]:
    """Have a witness sign for the newest state of a local log, and keep its signature with the log.

    Args:
        folder: of the log.
        key: of the log.
        url: submission prefix of the witness, only asked because the user gave it.
        known: witnesses that are believed; signatures of others are not kept.

    Returns:
        Names of the witnesses whose signatures hold.

    Raises:
        UsageError: no witness is believed, or the address makes no sense.
        ProsoponError: it cannot be reached, refuses, or its signature does not hold.
    """
    if not known:
        raise UsageError("no key of a witness is known, so no signature could be believed", "give --witness-key")
    RemoteFiles(url)  # refuses what is no address
    log = Log.open(LocalFiles(folder), key)
    answer = _submit(url, Request(0, (), log.note_bytes))
    if answer.status == 409:
        old = answer.body.decode("ascii", "replace").strip()
        if not (old.isascii() and old.isdecimal()) or int(old) > log.size:
            raise ProsoponError(
                f"it has signed for {old[:20]} entries, and the log has {log.size}", "is it an old copy?"
            )
        answer = _submit(url, Request(int(old), tuple(log.prove_growth(int(old))), log.note_bytes))
    if answer.status != 200:
        said = " ".join(answer.body[:200].decode("utf-8", "replace").split())
        raise ProsoponError(f"it answers {answer.status}: {said}", "ask whoever runs it")
    try:
        lines = answer.body.decode("utf-8").splitlines(keepends=True)
        signed = Note.parse(f"{log.note.text}\n{''.join(lines)}".encode())
    except (UnicodeDecodeError, ProsoponError):
        raise ProsoponError("what it answers is no signature", "ask whoever runs it") from None
    names = [one.name for one in witnesses(signed, list(known))]
    if not names:
        raise ProsoponError("its signature is of no key that is believed", "give its key with --witness-key")
    add_signatures(folder, key, log.note, [line for line in lines if line.split(" ")[1] in names], _LOCK_S)
    return names


def _submit(url: str, request: Request) -> Answered:
    address = f"{url.rstrip('/')}/add-checkpoint"
    post = urllib.request.Request(address, request.as_bytes(), {"Content-Type": "text/plain"}, method="POST")  # noqa: S310
    return asked(post, _LARGEST_ANSWER, _PATIENCE_S)
