"""What a log was when it was last seen: whoever keeps that catches a log whose past was rewritten.

One small file for each log and key, the signed checkpoint itself; where a log contradicts it, both checkpoints are kept
as evidence, since nobody but the holder of the log's key can have signed the two.
"""

from __future__ import annotations

import base64
import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from prosopon.core.errors import ExitCode, ProsoponError
from prosopon.core.home import home
from prosopon.models.files import write_atomically
from prosopon.vouch.log.checkpoint import Checkpoint, opened
from prosopon.vouch.log.merkle import Hash, extends
from prosopon.vouch.log.note import Verifier
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.tiles import LogDamaged


class HistoryRewritten(ProsoponError):  # noqa: N818 - it is what was found out, and no fault of the program
    """A log is not what it was, with something added.

    Args:
        what: see `ProsoponError`.
        hint: see there.
        shown: what proves it beside the two checkpoints, for others to check; None where it may be an old copy.
    """

    exit_code = ExitCode.BAD_ANSWER

    def __init__(self, what: str, hint: str = "", shown: str | None = None) -> None:
        super().__init__(what, hint)
        self.shown = shown


@dataclass(frozen=True)
class Sight:
    """A checkpoint that was seen once.

    Attributes:
        checkpoint: what it says.
        raw: the note, whose signature was checked.
    """

    checkpoint: Checkpoint
    raw: bytes


class SeenLogs:
    """The last checkpoints seen of any logs.

    Args:
        folder: where they are kept; `log-seen` in the user's folder where None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = home() / "log-seen" if folder is None else folder

    def last(self, key: Verifier, origin: str | None = None) -> Sight | None:
        """What was last seen of a log; None where it never was.

        Raises:
            ProsoponError: the file that says so is damaged.
        """
        path = self._path(key, origin)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, error) from None
        try:
            checkpoint, _ = opened(raw, key, origin)
        except ProsoponError as error:
            raise ProsoponError(f"what was last seen of a log, {path}, is damaged: {error.what}", "delete it") from None
        return Sight(checkpoint, raw)

    def remember(self, sight: Sight, key: Verifier) -> None:
        """Keep a checkpoint, unless a larger one was seen meanwhile; it is on the disk when this returns.

        Raises:
            ProsoponError: it cannot be written.
        """
        origin = sight.checkpoint.origin
        with self.locked(key, origin):
            earlier = self.last(key, origin)
            if earlier is None or earlier.checkpoint.size < sight.checkpoint.size:
                self.replace(sight, key)

    def replace(self, sight: Sight, key: Verifier) -> None:
        """Keep a checkpoint; to be called within `locked`.

        Raises:
            ProsoponError: it cannot be written.
        """
        path = self._path(key, sight.checkpoint.origin)
        try:
            write_atomically(path, lambda temporary: _fill(temporary, sight.raw))
        except OSError as error:
            raise _unusable(path, error) from None

    @contextmanager
    def locked(self, key: Verifier, origin: str | None = None) -> Iterator[None]:
        """Nobody else changes what was last seen of a log meanwhile; waits until nobody does.

        Raises:
            ProsoponError: the folder cannot be written.
        """
        path = self._path(key, origin).with_suffix(".lock")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = path.open("w")
        except OSError as error:
            raise _unusable(path, error) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def keep_evidence(self, before: bytes, after: bytes, key: Verifier, shown: str) -> Path:
        """Two signed checkpoints that contradict each other, and what shows it, in a file of their own.

        Raises:
            ProsoponError: it cannot be written.
        """
        digest = sha256(before + after).hexdigest()[:16]
        path = self._folder / f"contradiction-{digest}.txt"
        about = f"Two checkpoints of one log that cannot both be true, both signed with {key.text}\n\n".encode()
        content = about + before + b"\n" + after + b"\n" + shown.encode()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda temporary: _fill(temporary, content))
        except OSError as error:
            raise _unusable(path, error) from None
        return path

    def _path(self, key: Verifier, origin: str | None) -> Path:
        name = sha256(f"{key.text}\n{origin or key.name}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.checkpoint"


def demand_growth(before: Checkpoint, log: Log) -> None:
    """Accept a log only as what it was, with nothing or something added.

    Raises:
        HistoryRewritten: it is smaller, or began otherwise.
        LogDamaged: its files are damaged, so that nobody can say.
    """
    now = log.checkpoint
    if now.size < before.size:
        raise HistoryRewritten(
            f"the log {log.files.name} has {now.size} entries, and had {before.size} when it was last seen",
            "it is an older copy, or entries were taken away; do not trust it",
        )
    held = log.root_at(before.size)
    proof = log.prove_growth(before.size)
    if not extends(before.size, held, now.size, now.root, proof):
        raise LogDamaged(
            f"files of the log {log.files.name} are damaged: they do not come to what its checkpoint says",
            "restore it from a copy",
        )
    if held != before.root:
        raise HistoryRewritten(
            f"the log {log.files.name} was rewritten: its first {before.size} entries are not those that were "
            "signed for before",
            "do not trust it; whoever holds its key has signed two histories",
            contradiction(before, held, proof),
        )


def contradiction(before: Checkpoint, held: Hash, proof: Sequence[Hash]) -> str:
    """What shows anybody that two checkpoints are of two histories.

    Args:
        before: the smaller one, or one of the same size.
        held: what the other one's first `before.size` entries come to.
        proof: that they do (RFC 9162, 2.1.4).
    """
    lines = [
        f"They differ within the first {before.size} entries. In the second one those come to",
        base64.b64encode(held).decode(),
        *(["as this consistency proof (RFC 9162, 2.1.4) shows:"] if proof else []),
        *(base64.b64encode(one).decode() for one in proof),
    ]
    return "".join(line + "\n" for line in lines)


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _unusable(path: Path, error: OSError) -> ProsoponError:
    return ProsoponError(f"{path} cannot be used: {error.strerror or error}", "make room, or check the folder")
