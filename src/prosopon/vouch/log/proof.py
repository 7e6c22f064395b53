"""A proof that something is in a log, in one file that needs no network: C2SP's tlog-proof (c2sp.org/tlog-proof).

Place, path through the tree, and the signed checkpoint are the standard's. What was logged is our addition, in the
line that the standard leaves to programs: nobody has to believe it, since it must come to the leaf that is proved.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Self

from prosopon.core.errors import ExitCode, ProsoponError
from prosopon.vouch.log.checkpoint import Checkpoint, opened
from prosopon.vouch.log.entry import SALT_BYTES, Entry, salted
from prosopon.vouch.log.merkle import HASH_BYTES, Hash, includes, leaf_hash
from prosopon.vouch.log.note import Note, Verifier

SUFFIX = ".tlog-proof"
"""What the standard asks file names to end with."""
LARGEST = 1 << 20
"""Bytes of a proof."""
_HEAD = "c2sp.org/tlog-proof@v1"
_LONGEST_PATH = 63
_LARGEST_INDEX = 1 << 63


class ProofFails(ProsoponError):  # noqa: N818 - it is what was found out, and no fault of the program
    """A proof does not show what it claims to show."""

    exit_code = ExitCode.BAD_ANSWER


@dataclass(frozen=True)
class Logged:
    """What was logged, beside a proof of it.

    Attributes:
        entry: the bytes of the log's entry.
        salt: what the file's hash was mixed with, where the entry hides it.
    """

    entry: bytes
    salt: bytes | None = None

    def as_bytes(self) -> bytes:
        """One JSON object."""
        told = {"entry": base64.b64encode(self.entry).decode()}
        if self.salt is not None:
            told["salt"] = self.salt.hex()
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The inverse of `as_bytes`.

        Raises:
            ProofFails: it is something else.
        """
        try:
            told: Any = json.loads(raw)
            found = cls(
                base64.b64decode(told["entry"], validate=True), bytes.fromhex(told["salt"]) if "salt" in told else None
            )
        except (ValueError, RecursionError, TypeError, KeyError):
            raise ProofFails("the proof does not say what was logged", "ask for one that was made here") from None
        if found.as_bytes() != raw or (found.salt is not None and len(found.salt) != SALT_BYTES):
            raise ProofFails("what the proof says about what was logged is not in its one form")
        return found

    def names(self, asset_sha256: str) -> bool:
        """Whether the entry is about the file with this hash."""
        asset = Entry.parse(self.entry).asset
        return asset == (asset_sha256 if self.salt is None else salted(asset_sha256, self.salt))


@dataclass(frozen=True)
class Proof:
    """A proof as it was read; nothing of it has been checked.

    Attributes:
        index: place of the entry.
        path: hashes from the leaf's sibling to the root's child.
        checkpoint: the signed note that it leads to.
        extra: what a program added; nobody signs for it.
    """

    index: int
    path: tuple[Hash, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def as_bytes(self) -> bytes:
        """The file."""
        extra = [] if self.extra is None else [f"extra {base64.b64encode(self.extra).decode()}"]
        lines = [_HEAD, *extra, f"index {self.index}", *(base64.b64encode(one).decode() for one in self.path), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The inverse of `as_bytes`; whatever would be written otherwise is no proof.

        Raises:
            ProofFails: it is none.
        """
        if len(raw) > LARGEST:
            raise ProofFails("this is no proof: it is larger than 1 MiB", "give what prosopon log prove has written")
        above, blank, checkpoint = raw.partition(b"\n\n")
        try:
            lines = above.decode("ascii").split("\n")
            _after(_HEAD, lines.pop(0))
            extra = _after("extra ", lines.pop(0)) if lines[0].startswith("extra ") else None
            index = int(_after("index ", lines.pop(0)))
            found = cls(
                index, tuple(map(_decoded, lines)), checkpoint, None if extra is None else _decoded(extra)
            )  # fmt: skip
        except (ValueError, IndexError):
            raise ProofFails("this is no proof of a log", "give what prosopon log prove has written") from None
        possible = 0 <= index < _LARGEST_INDEX and len(found.path) <= _LONGEST_PATH
        if not blank or not possible or any(len(one) != HASH_BYTES for one in found.path) or found.as_bytes() != raw:
            raise ProofFails("this proof of a log is damaged", "ask for it again")
        return found

    def check(self, entry: bytes, key: Verifier, origin: str | None = None) -> tuple[Checkpoint, Note]:
        """Accept a proof only if it shows that an entry is in the log that a key signs for.

        Args:
            entry: what was logged.
            key: of the log.
            origin: which log; the key's name where None.

        Returns:
            The state of the log that counts the entry, and the note with its witnesses' signatures.

        Raises:
            ProofFails: it does not.
        """
        try:
            checkpoint, note = opened(self.checkpoint, key, origin)
        except ProsoponError as error:
            raise ProofFails(error.what, error.hint) from None
        if not includes(leaf_hash(entry), self.index, checkpoint.size, self.path, checkpoint.root):
            raise ProofFails(
                f"the proof does not lead from the entry to the log's checkpoint of {checkpoint.size} entries",
                "it is damaged, or of another entry",
            )
        return checkpoint, note


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise ValueError(line)
    return line.removeprefix(word)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
