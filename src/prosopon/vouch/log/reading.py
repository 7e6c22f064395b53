"""A log as those read it who do not write it: its checkpoint, its entries, and proofs about both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from prosopon.core.errors import MissingError, UsageError
from prosopon.vouch.log import merkle
from prosopon.vouch.log.checkpoint import Checkpoint, opened
from prosopon.vouch.log.files import Files, LocalFiles
from prosopon.vouch.log.merkle import Hash
from prosopon.vouch.log.note import LARGEST, Note, Verifier
from prosopon.vouch.log.tiles import WIDTH, LogDamaged, Tiles, tile_at

CHECKPOINT = "checkpoint"
"""Name of the file that says how far the log goes."""


@dataclass(frozen=True)
class Log:
    """A log as it was when it was opened.

    Attributes:
        files: where it is.
        checkpoint: its state.
        note: the same as it was signed and witnessed.
        tiles: its files.
    """

    files: Files
    checkpoint: Checkpoint
    note: Note
    tiles: Tiles

    @classmethod
    def open(cls, place: Files | Path, key: Verifier, origin: str | None = None) -> Self:
        """Read the checkpoint and check its signature, and that the tree comes to what was signed.

        Args:
            place: of the log; a path is its folder.
            key: of the log.
            origin: which log; the key's name where None.

        Raises:
            MissingError: there is no log.
            CheckpointRefused: it is not signed with this key, or of another log.
            LogDamaged: it is not what was signed.
            ProsoponError: it cannot be read.
        """
        files = LocalFiles(place) if isinstance(place, Path) else place
        raw = files.read(CHECKPOINT, LARGEST)
        if raw is None:
            raise MissingError(f"there is no log in {files.name}", "make one: prosopon log add FILE")
        checkpoint, note = opened(raw, key, origin)
        log = cls(files, checkpoint, note, Tiles(files))
        if log.root_at(checkpoint.size) != checkpoint.root:
            raise LogDamaged(
                f"the files of the log {files.name} do not come to what its checkpoint says",
                "something in it was changed or lost: restore it from a copy",
            )
        return log

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.checkpoint.size

    @property
    def note_bytes(self) -> bytes:
        """The checkpoint as it is handed on."""
        return self.note.joined(()).encode()

    def entry(self, index: int) -> bytes:
        """One entry, checked against the tree's leaf, which `open` has checked no further than the root.

        Raises:
            UsageError: there is no such entry.
            LogDamaged: it is damaged.
        """
        self._check(index)
        found = self.tiles.entries(tile_at(None, index // WIDTH, self.size))[index % WIDTH]
        if not merkle.includes(merkle.leaf_hash(found), index, self.size, self.prove(index), self.checkpoint.root):
            raise LogDamaged(f"entry {index} of the log is not what was signed", "restore the log from a copy")
        return found

    def bundle(self, index: int) -> list[bytes]:
        """The entries `256 * index` to `256 * index + 255`, as far as there are any, each checked against its leaf.

        Raises:
            UsageError: there are none.
            LogDamaged: they are damaged.
        """
        self._check(index * WIDTH)
        found = self.tiles.entries(tile_at(None, index, self.size))
        if [*map(merkle.leaf_hash, found)] != self.tiles.hashes(tile_at(0, index, self.size)):
            raise LogDamaged(
                f"entries of the log from {index * WIDTH} on are not what was signed", "restore the log from a copy"
            )
        return found

    def root_at(self, size: int) -> Hash:
        """What the tree came to when the log had `size` entries.

        Raises:
            UsageError: it never had so many.
            LogDamaged: files of the log are damaged.
        """
        self._check_size(size)
        return merkle.root(size, self._subtree)

    def prove(self, index: int, size: int | None = None) -> list[Hash]:
        """What proves that an entry is in it; see `merkle.includes`.

        Args:
            index: of the entry.
            size: of an earlier state to prove it in; the newest where None.

        Raises:
            UsageError: there is no such entry, or no such state that counts it.
            LogDamaged: files of the log are damaged.
        """
        self._check(index)
        size = self.size if size is None else size
        self._check_size(size)
        if index >= size:
            raise UsageError(f"entry {index} came after the log had {size} entries", "ask for a later state")
        return merkle.inclusion_proof(index, size, self._subtree)

    def prove_growth(self, old: int) -> list[Hash]:
        """What proves that it begins with what it was when it had `old` entries; see `merkle.extends`.

        Raises:
            UsageError: it never had so many.
            LogDamaged: files of the log are damaged.
        """
        self._check_size(old)
        return merkle.consistency_proof(old, self.size, self._subtree)

    @property
    def _subtree(self) -> merkle.Subtree:
        return partial(self.tiles.subtree, self.checkpoint.size)

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise UsageError(f"the log has {self.size} entries, not {size}", "it may be an older copy")

    def _check(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise UsageError(f"the log has no entry {index}", f"it has {self.size}, from 0 on")
