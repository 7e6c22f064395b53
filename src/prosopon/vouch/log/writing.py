"""Appending to a log: one writer at a time, and whatever ends it, nothing that was promised is lost.

Tiles are written and synced first, the checkpoint last, each under a temporary name until it is whole. What a broken
append leaves beside the tree is not counted by any checkpoint, and written over by the next one.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.models.files import write_atomically
from prosopon.vouch.log import merkle
from prosopon.vouch.log.checkpoint import Checkpoint
from prosopon.vouch.log.files import LocalFiles
from prosopon.vouch.log.merkle import EMPTY_ROOT, Hash, leaf_hash
from prosopon.vouch.log.note import Note, Signer
from prosopon.vouch.log.reading import CHECKPOINT, Log
from prosopon.vouch.log.tiles import HEIGHT, LARGEST_ENTRY, WIDTH, Tile, Tiles, folded, grown, packed, tile_at

_LOCK = ".lock"
_PAUSE_S = 0.02
_WRITING = "writing\n"
"""What the lock says while somebody writes, so that the next one knows of a writer that was killed."""
_UNFINISHED = re.compile(r"\.(?:checkpoint|\d{1,3})\.[a-z0-9_]{8}")


class LogWriter:
    """A log that is locked for whoever appends to it; made by `LogWriter.open`."""

    def __init__(self, folder: Path, signer: Signer, checkpoint: Checkpoint, note: Note | None) -> None:
        self._folder, self._signer = folder, signer
        self._checkpoint, self._note = checkpoint, note
        self._tiles = Tiles(LocalFiles(folder))
        self._is_unsure = False

    @classmethod
    @contextmanager
    def open(cls, folder: Path, signer: Signer, wait_s: float = 0.0) -> Iterator[Self]:
        """Lock a log, or begin one; its origin is the name of the key.

        Args:
            folder: of the log.
            signer: its key.
            wait_s: how long somebody else may be appending before we give up.

        Raises:
            UsageError: another process is appending to it.
            ProsoponError: it is damaged, of another key, or cannot be written.
        """
        with locked(folder, wait_s) as lock:
            if lock.read():
                _sweep(folder)
            _say(lock, _WRITING)
            if (folder / CHECKPOINT).exists():
                log = Log.open(folder, signer.verifier)
                yield cls(folder, signer, log.checkpoint, log.note)
                _say(lock, "")
            else:
                if (folder / "tile").exists():
                    _refuse_orphans(folder)
                writer = cls(folder, signer, Checkpoint(signer.name, 0, EMPTY_ROOT), None)
                try:
                    writer._promise(writer._checkpoint)
                except OSError as error:
                    raise _unwritable(folder, error) from None
                yield writer
                _say(lock, "")

    @property
    def checkpoint(self) -> Checkpoint:
        """How far the log goes."""
        return self._checkpoint

    def log(self) -> Log:
        """The log as it is now, for reading; what was just written need not be read again."""
        assert self._note is not None  # noqa: S101 - `open` has promised or read one
        return Log(LocalFiles(self._folder), self._checkpoint, self._note, self._tiles)

    def append(self, entries: Sequence[bytes]) -> range:
        """Add entries; when this returns they are on the disk and signed for.

        Args:
            entries: each up to 65,535 bytes.

        Returns:
            Their places.

        Raises:
            UsageError: one is too long.
            ProsoponError: they cannot be written; then none of them is in the log.
        """
        if any(len(one) > LARGEST_ENTRY for one in entries):
            raise UsageError(f"an entry of a log has at most {LARGEST_ENTRY} bytes", "log its hash instead")
        if self._is_unsure:
            raise ProsoponError(f"an earlier append to the log {self._folder} was broken off", "open the log again")
        old, size = self._checkpoint.size, self._checkpoint.size + len(entries)
        if size == old:
            return range(old, old)
        # Stopped at the wrong moment, the disk has a checkpoint that this object does not know of: to go on from the
        # older one would sign two histories.
        self._is_unsure = True
        try:
            self._write(entries, old, size)
            root = merkle.root(size, lambda level, index: self._tiles.subtree(size, level, index))
            self._promise(Checkpoint(self._checkpoint.origin, size, root, self._checkpoint.extensions))
        except OSError as error:
            self._tiles = Tiles(LocalFiles(self._folder))
            self._is_unsure = not self._is_promised()
            raise _unwritable(self._folder, error) from None
        self._is_unsure = False
        self._forget_partials(old, size)
        return range(old, size)

    def _write(self, entries: Sequence[bytes], old: int, size: int) -> None:
        for tile in grown(old, size):
            known = self._known(tile, old)
            first = tile.index * WIDTH + known
            count = tile.width - known
            if tile.level is None:
                new = packed(entries[first - old : first - old + count])
            elif tile.level == 0:
                new = b"".join(map(leaf_hash, entries[first - old : first - old + count]))
            else:
                new = b"".join(self._full(tile.level - 1, first + one, size) for one in range(count))
            before = self._tiles.read(Tile(tile.level, tile.index, known)) if known else b""
            content = before + new
            write_synced(self._folder / tile.path, content)
            self._tiles.keep(tile, content)

    def _known(self, tile: Tile, old: int) -> int:
        """How much of a tile the log had before."""
        held = old >> (HEIGHT * (tile.level or 0))
        return max(0, min(WIDTH, held - tile.index * WIDTH))

    def _full(self, level: int, index: int, size: int) -> Hash:
        """The hash of a tile that is full."""
        return folded(self._tiles.hashes(tile_at(level, index, size)))

    def _promise(self, checkpoint: Checkpoint) -> None:
        signed = checkpoint.signed(self._signer).encode()
        write_synced(self._folder / CHECKPOINT, signed)
        self._checkpoint, self._note = checkpoint, Note.parse(signed)

    def _is_promised(self) -> bool:
        """Whether the checkpoint on the disk is the one that we know of."""
        with suppress(ProsoponError):
            return Log.open(self._folder, self._signer.verifier).checkpoint == self._checkpoint
        return False

    def _forget_partials(self, old: int, size: int) -> None:
        """Partial versions of tiles that have become full, which readers find in the full one."""
        for tile in grown(old, size):
            if tile.width == WIDTH:
                folder = self._folder / tile.partials
                with suppress(OSError):
                    for one in folder.iterdir():
                        one.unlink()
                    folder.rmdir()


@contextmanager
def locked(folder: Path, wait_s: float = 0.0) -> Iterator[IO[str]]:
    """Nobody else writes to a log meanwhile; its folder is made where it is not there.

    Raises:
        UsageError: another process is appending to it all the while.
        ProsoponError: the folder cannot be written.
    """
    try:
        make_synced(folder)
        lock = (folder / _LOCK).open("a+", encoding="ascii")
    except OSError as error:
        raise _unwritable(folder, error) from None
    with lock:
        _take(lock, folder, wait_s)
        lock.seek(0)
        yield lock


def write_synced(path: Path, content: bytes) -> None:
    """Put a file in its place, whole and on the disk, its folders too.

    Raises:
        OSError: it cannot be written.
    """
    make_synced(path.parent)
    write_atomically(path, lambda temporary: _fill(temporary, content))


def make_synced(folder: Path) -> None:
    """Make a folder and those above it; whoever lists one finds it there even after a power cut.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    make_synced(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    with suppress(OSError):  # systems that cannot open folders need not
        handle = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _take(lock: IO[str], folder: Path, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise UsageError(
                    f"somebody else is appending to the log {folder}", "wait until they are done"
                ) from None
            time.sleep(_PAUSE_S)
        except OSError as error:
            raise _unwritable(folder, error) from None
        else:
            return


def _say(lock: IO[str], text: str) -> None:
    with suppress(OSError):  # it saves the next writer some work, no more
        lock.seek(0)
        lock.truncate()
        lock.write(text)
        lock.flush()


def _sweep(folder: Path) -> None:
    """Files that a killed writer was filling; they have names that no tile has."""
    with suppress(OSError):
        for path in folder.rglob(".*"):
            if _UNFINISHED.fullmatch(path.name):
                path.unlink(missing_ok=True)


def _refuse_orphans(folder: Path) -> None:
    """A log without its checkpoint is no new log: entries that were promised once would be written over."""
    raise ProsoponError(
        f"the log {folder} has entries and no checkpoint",
        "restore its checkpoint from a copy, or choose another folder",
    )


def _unwritable(folder: Path, error: OSError) -> ProsoponError:
    return ProsoponError(
        f"the log {folder} cannot be written: {error.strerror or error}", "make room, or check the folder"
    )
