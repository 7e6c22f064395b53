"""States of a log that others vouch for: checkpoints with signatures of witnesses, kept in a folder of the log.

A log's checkpoint is replaced at every append, and with it goes who has signed it. The first state that was witnessed
after an entry came is what says how old the entry is at least, so those are kept: `anchors/<size>/checkpoint`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prosopon.core.errors import ProsoponError
from prosopon.vouch.home import config_folder
from prosopon.vouch.log.checkpoint import Checkpoint, Witnessed, opened, witnesses
from prosopon.vouch.log.files import Files, LocalFiles
from prosopon.vouch.log.note import LARGEST, Note, Verifier
from prosopon.vouch.log.writing import locked, write_synced

ANCHORS = "anchors"
"""Name of the folder in a log's folder."""
CHECKPOINT = "checkpoint"
KNOWN = "log-witnesses.txt"
"""Name of the file in the user's settings: keys of witnesses that are believed, one a line."""


@dataclass(frozen=True)
class Anchor:
    """A state of a log that others vouch for.

    Attributes:
        checkpoint: the state.
        raw: the note, with all signatures.
        witnesses: those that are believed and have signed it, the earliest first; at least one.
    """

    checkpoint: Checkpoint
    raw: bytes
    witnesses: tuple[Witnessed, ...]


def known_witnesses() -> list[Verifier]:
    """Keys of the witnesses that the user believes; none where they never said so.

    Raises:
        UsageError: a line is no key.
        ProsoponError: the file cannot be read.
    """
    path = config_folder() / KNOWN
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ProsoponError(f"{path} cannot be read: {error}", "write one key of a witness into each line") from None
    return [Verifier.parse(line) for line in lines if line.strip() and not line.startswith("#")]


def add_signatures(folder: Path, key: Verifier, note: Note, lines: Sequence[str], wait_s: float = 0.0) -> None:
    """Keep what witnesses signed: below the log's checkpoint, if that is still the same, and among its anchors.

    Args:
        folder: of the log.
        key: of the log.
        note: the checkpoint that was signed.
        lines: the signature lines.
        wait_s: how long somebody else may be appending before we give up.

    Raises:
        UsageError: somebody else is appending all the while.
        ProsoponError: it cannot be written.
    """
    checkpoint = Checkpoint.parse(note.text)
    path = f"{ANCHORS}/{checkpoint.size}/{CHECKPOINT}"
    with locked(folder, wait_s):
        try:
            for place in (CHECKPOINT, path):
                raw = LocalFiles(folder).read(place, LARGEST)
                held = note if raw is None else Note.parse(raw)
                if held.text == note.text and held.is_signed_by(key):
                    write_synced(folder / place, held.with_lines(lines).encode())
        except OSError as error:
            raise ProsoponError(f"the log {folder} cannot be written: {error.strerror or error}", "make room") from None


def keep_anchor(folder: Path, checkpoint: Checkpoint, name: str, content: bytes) -> Path:
    """Keep what somebody says about a state of a log.

    Args:
        folder: of the log.
        checkpoint: the state.
        name: of the file.
        content: of it.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / ANCHORS / str(checkpoint.size) / name
    write_synced(path, content)
    return path


def first_anchor(files: Files, key: Verifier, index: int, known: Sequence[Verifier] | None = None) -> Anchor | None:
    """The smallest state of a log that counts an entry and that a witness vouches for; None where there is none.

    Args:
        files: of the log; only of a folder anchors are kept.
        key: of the log.
        index: of the entry.
        known: witnesses to believe; the user's own list where None.

    Raises:
        UsageError: a line of the user's list is no key.
    """
    believed = known_witnesses() if known is None else list(known)
    if not believed or not isinstance(files, LocalFiles):
        return None
    for size in _sizes(files.folder / ANCHORS):
        if size > index:
            found = read_anchor(files, key, f"{ANCHORS}/{size}/{CHECKPOINT}", believed)
            if found is not None and found.checkpoint.size == size:
                return found
    return read_anchor(files, key, CHECKPOINT, believed)


def read_anchor(files: Files, key: Verifier, path: str, known: Sequence[Verifier]) -> Anchor | None:
    """A checkpoint as an anchor; None where it is not there, not the log's, or no known witness has signed it."""
    try:
        raw = files.read(path, LARGEST)
        if raw is None:
            return None
        checkpoint, note = opened(raw, key)
    except ProsoponError:
        return None
    seen = sorted(witnesses(note, list(known)), key=lambda one: one.time_s)
    return Anchor(checkpoint, raw, tuple(seen)) if seen else None


def _sizes(folder: Path) -> list[int]:
    try:
        return sorted(int(one.name) for one in folder.iterdir() if one.name.isascii() and one.name.isdecimal())
    except OSError:
        return []
