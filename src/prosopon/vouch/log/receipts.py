"""Proofs of entries, written to files: in the first state of a log that was witnessed, else in the newest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prosopon.core.errors import ProsoponError
from prosopon.models.files import write_atomically
from prosopon.vouch.log.anchors import first_anchor
from prosopon.vouch.log.files import Files, LocalFiles
from prosopon.vouch.log.note import Verifier
from prosopon.vouch.log.proof import Logged, Proof
from prosopon.vouch.log.reading import Log


def proof_of(
    files: Files, key: Verifier, index: int, logged: Logged | None = None, known: Sequence[Verifier] | None = None
) -> Proof:
    """A proof of an entry: in the first state that a believed witness has signed for, else in the newest.

    Args:
        files: of the log.
        key: of the log.
        index: of the entry.
        logged: what was logged; the entry alone where None.
        known: witnesses to believe; the user's own list where None.

    Raises:
        UsageError: there is no such entry.
        ProsoponError: the log is damaged, or its entry is another one than `logged`.
    """
    log = Log.open(files, key)
    entry = log.entry(index)
    if logged is not None and logged.entry != entry:
        raise ProsoponError(f"entry {index} of the log {files.name} is another one", "give the receipt of this log")
    held = Logged(entry) if logged is None else logged
    anchor = first_anchor(files, key, index, known)
    if (
        anchor is None
        or anchor.checkpoint.size > log.size
        or log.root_at(anchor.checkpoint.size) != anchor.checkpoint.root
    ):
        return Proof(index, tuple(log.prove(index)), log.note_bytes, held.as_bytes())
    return Proof(index, tuple(log.prove(index, anchor.checkpoint.size)), anchor.raw, held.as_bytes())


def write_receipt(folder: Path, key: Verifier, index: int, logged: Logged, path: Path) -> None:
    """Write the proof of an entry of a local log, as `write_proof`."""
    write_proof(proof_of(LocalFiles(folder), key, index, logged), path)


def write_proof(proof: Proof, path: Path) -> None:
    """Write a proof to a file, over one that is there.

    Raises:
        ProsoponError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda temporary: _fill(temporary, proof.as_bytes()))
    except OSError as error:
        raise ProsoponError(f"{path} cannot be written: {error.strerror or error}", "choose another place") from None


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)
