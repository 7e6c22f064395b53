"""A log as those read it who do not write it: its checkpoint, its entries, and proofs about both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from prosopon.core.errors import MissingError, ProsoponError, UsageError
from prosopon.vouch.log import merkle
from prosopon.vouch.log.checkpoint import Checkpoint, opened
from prosopon.vouch.log.merkle import Hash
from prosopon.vouch.log.note import Note, Verifier
from prosopon.vouch.log.tiles import WIDTH, TileFolder, tile_at

CHECKPOINT = "checkpoint"
"""Name of the file that says how far the log goes."""


@dataclass(frozen=True)
class Log:
    """A log as it was when it was opened.

    Attributes:
        folder: where its files are.
        checkpoint: its state.
        note: the same as it was signed and witnessed.
        tiles: its files.
    """

    folder: Path
    checkpoint: Checkpoint
    note: Note
    tiles: TileFolder

    @classmethod
    def open(cls, folder: Path, key: Verifier, origin: str | None = None) -> Self:
        """Read the checkpoint and check its signature, and that the tree comes to what was signed.

        Args:
            folder: of the log.
            key: of the log.
            origin: which log; the key's name where None.

        Raises:
            MissingError: there is no log.
            ProsoponError: it is not signed with this key, damaged, or not what was signed.
        """
        try:
            raw = (folder / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            raise MissingError(f"there is no log in {folder}", "make one: prosopon log add FILE") from None
        except OSError as error:
            raise ProsoponError(f"the log {folder} cannot be read: {error.strerror or error}") from None
        checkpoint, note = opened(raw, key, origin)
        log = cls(folder, checkpoint, note, TileFolder(folder))
        if merkle.root(checkpoint.size, log._subtree) != checkpoint.root:
            raise ProsoponError(
                f"the files of the log {folder} do not come to what its checkpoint says",
                "something in it was changed or lost: restore it from a copy",
            )
        return log

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.checkpoint.size

    def entry(self, index: int) -> bytes:
        """One entry, checked against the tree's leaf, which `open` has checked no further than the root.

        Raises:
            UsageError: there is no such entry.
            ProsoponError: it is damaged.
        """
        self._check(index)
        found = self.tiles.entries(tile_at(None, index // WIDTH, self.size))[index % WIDTH]
        if not merkle.includes(merkle.leaf_hash(found), index, self.size, self.prove(index), self.checkpoint.root):
            raise ProsoponError(f"entry {index} of the log is not what was signed", "restore the log from a copy")
        return found

    def prove(self, index: int) -> list[Hash]:
        """What proves that an entry is in it; see `merkle.includes`.

        Raises:
            UsageError: there is no such entry.
            ProsoponError: files of the log are damaged.
        """
        self._check(index)
        return merkle.inclusion_proof(index, self.size, self._subtree)

    def prove_growth(self, old: int) -> list[Hash]:
        """What proves that it begins with what it was when it had `old` entries; see `merkle.extends`.

        Raises:
            UsageError: it never had so many.
            ProsoponError: files of the log are damaged.
        """
        if not 0 <= old <= self.size:
            raise UsageError(f"the log has {self.size} entries, not {old}", "it was larger before: entries are missing")
        return merkle.consistency_proof(old, self.size, self._subtree)

    @property
    def _subtree(self) -> merkle.Subtree:
        return partial(self.tiles.subtree, self.checkpoint.size)

    def _check(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise UsageError(f"the log has no entry {index}", f"it has {self.size}, from 0 on")
