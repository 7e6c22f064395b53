"""Appending to a log: one writer at a time, and whatever ends it, nothing that was promised is lost.

Tiles are written and synced first, the checkpoint last, each under a temporary name until it is whole. What a broken
append leaves beside the tree is not counted by any checkpoint, and written over by the next one.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.models.files import write_atomically
from prosopon.vouch.log import merkle
from prosopon.vouch.log.checkpoint import Checkpoint
from prosopon.vouch.log.merkle import EMPTY_ROOT, Hash, leaf_hash
from prosopon.vouch.log.note import Signer
from prosopon.vouch.log.reading import CHECKPOINT, Log
from prosopon.vouch.log.tiles import HEIGHT, LARGEST_ENTRY, WIDTH, Tile, TileFolder, folded, grown, packed, tile_at

_LOCK = ".lock"


class LogWriter:
    """A log that is locked for whoever appends to it; made by `LogWriter.open`."""

    def __init__(self, folder: Path, signer: Signer, checkpoint: Checkpoint) -> None:
        self._folder, self._signer = folder, signer
        self._checkpoint = checkpoint
        self._tiles = TileFolder(folder)

    @classmethod
    @contextmanager
    def open(cls, folder: Path, signer: Signer) -> Iterator[Self]:
        """Lock a log, or begin one; its origin is the name of the key.

        Raises:
            UsageError: another process is appending to it.
            ProsoponError: it is damaged, of another key, or cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / _LOCK).open("w")
        except OSError as error:
            raise _unwritable(folder, error) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(
                    f"somebody else is appending to the log {folder}", "wait until they are done"
                ) from None
            if (folder / CHECKPOINT).exists():
                checkpoint = Log.open(folder, signer.verifier).checkpoint
                yield cls(folder, signer, checkpoint)
            else:
                if (folder / "tile").exists():
                    _refuse_orphans(folder)
                writer = cls(folder, signer, Checkpoint(signer.name, 0, EMPTY_ROOT))
                writer._promise(writer._checkpoint)
                yield writer

    @property
    def checkpoint(self) -> Checkpoint:
        """How far the log goes."""
        return self._checkpoint

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
        old, size = self._checkpoint.size, self._checkpoint.size + len(entries)
        if size == old:
            return range(old, old)
        try:
            self._write(entries, old, size)
            root = merkle.root(size, lambda level, index: self._tiles.subtree(size, level, index))
            self._promise(Checkpoint(self._checkpoint.origin, size, root, self._checkpoint.extensions))
        except OSError as error:
            self._tiles = TileFolder(self._folder)
            raise _unwritable(self._folder, error) from None
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
            _write_synced(self._folder / tile.path, content)
            self._tiles.keep(tile, content)

    def _known(self, tile: Tile, old: int) -> int:
        """How much of a tile the log had before."""
        held = old >> (HEIGHT * (tile.level or 0))
        return max(0, min(WIDTH, held - tile.index * WIDTH))

    def _full(self, level: int, index: int, size: int) -> Hash:
        """The hash of a tile that is full."""
        return folded(self._tiles.hashes(tile_at(level, index, size)))

    def _promise(self, checkpoint: Checkpoint) -> None:
        _write_synced(self._folder / CHECKPOINT, checkpoint.signed(self._signer).encode())
        self._checkpoint = checkpoint

    def _forget_partials(self, old: int, size: int) -> None:
        """Partial versions of tiles that have become full, which readers find in the full one."""
        for tile in grown(old, size):
            if tile.width == WIDTH:
                folder = self._folder / tile.partials
                with suppress(OSError):
                    for one in folder.iterdir():
                        one.unlink()
                    folder.rmdir()


def _write_synced(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: _fill(temporary, content))


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


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
