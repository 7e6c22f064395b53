"""Where a log keeps its tree and its entries: static files by C2SP's tlog-tiles (c2sp.org/tlog-tiles).

A tile holds up to 256 hashes side by side: those of complete subtrees over 256**level leaves each. The last one of a
level may be partial; its width is part of its name, so that no file ever changes once a checkpoint counts it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prosopon.core.errors import ExitCode, ProsoponError
from prosopon.vouch.log.files import Files
from prosopon.vouch.log.merkle import HASH_BYTES, Hash, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile, entries in a full bundle."""
LARGEST_ENTRY = (1 << 16) - 1
"""Bytes of one entry."""
_LENGTH = struct.Struct(">H")
_ENTRIES = "entries"
_LARGEST_TILE = WIDTH * HASH_BYTES
_LARGEST_BUNDLE = WIDTH * (_LENGTH.size + LARGEST_ENTRY)


class LogDamaged(ProsoponError):  # noqa: N818 - it is what was found out, and no fault of the program
    """Files of a log do not come to what was signed, or are not there."""

    exit_code = ExitCode.BAD_ANSWER


@dataclass(frozen=True)
class Tile:
    """Name of one file.

    Attributes:
        level: hashes in it are of subtrees over `256**level` leaves; None: it holds entries.
        index: its place in that level.
        width: how many it holds, 1 to 256.
    """

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Relative to the log's folder."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = _ENTRIES if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @property
    def partials(self) -> str:
        """The folder of its partial versions, likewise."""
        return f"{Tile(self.level, self.index).path}.p"


def tile_at(level: int | None, index: int, size: int) -> Tile:
    """The tile as a log of `size` entries has it.

    Raises:
        ValueError: it has none there.
    """
    held = size >> (HEIGHT * (level or 0))
    width = min(WIDTH, held - index * WIDTH)
    if width <= 0 or index < 0:
        raise ValueError(f"a log of {size} has no tile {index} at level {level}")
    return Tile(level, index, width)


def grown(old: int, size: int) -> Iterator[Tile]:
    """All tiles that a log gets when it grows from `old` to `size` entries, those of entries first, then from below."""
    levels: list[int | None] = [None, *range((size.bit_length() + HEIGHT - 1) // HEIGHT)]
    for level in levels:
        shift = HEIGHT * (level or 0)
        before, after = old >> shift, size >> shift
        if after > before:
            for index in range(before // WIDTH, (after - 1) // WIDTH + 1):
                yield tile_at(level, index, size)


def packed(entries: Sequence[bytes]) -> bytes:
    """A bundle of entries.

    Raises:
        ValueError: one is too long.
    """
    if any(len(one) > LARGEST_ENTRY for one in entries):
        raise ValueError(f"an entry has more than {LARGEST_ENTRY} bytes")
    return b"".join(_LENGTH.pack(len(one)) + one for one in entries)


def unpacked(bundle: bytes) -> list[bytes]:
    """The inverse of `packed`.

    Raises:
        ValueError: it is cut off.
    """
    entries, at = [], 0
    while at < len(bundle):
        if at + _LENGTH.size > len(bundle):
            raise ValueError("a bundle ends within a length")
        (length,) = _LENGTH.unpack_from(bundle, at)
        at += _LENGTH.size + length
        if at > len(bundle):
            raise ValueError("a bundle ends within an entry")
        entries.append(bundle[at - length : at])
    return entries


class Tiles:
    """The tiles of a log, each read once.

    Args:
        files: of the log.
        kept: how many are remembered; the last ones are enough for appending, a few dozen for proofs.
        kept_bytes: and how many bytes of them; bundles of a stranger's log may be large.
    """

    def __init__(self, files: Files, kept: int = 64, kept_bytes: int = 1 << 25) -> None:
        self._files, self._most, self._most_bytes = files, kept, kept_bytes
        self._kept: dict[Tile, bytes] = {}
        self._kept_bytes = 0

    def read(self, tile: Tile) -> bytes:
        """What a tile holds; where a partial one is gone, the beginning of the full one.

        Raises:
            LogDamaged: it is not there, or damaged.
            ProsoponError: it cannot be read.
        """
        if tile in self._kept:
            return self._kept[tile]
        full = Tile(tile.level, tile.index)
        for one in dict.fromkeys((tile, full)):
            content = self._files.read(one.path, _LARGEST_TILE if tile.level is not None else _LARGEST_BUNDLE)
            if content is not None:
                whole = self._checked(tile, content)
                self.keep(tile, whole)
                return whole
        raise _broken(tile, "it is not there")

    def keep(self, tile: Tile, content: bytes) -> None:
        """Remember what a tile holds; the oldest is forgotten."""
        self._kept_bytes += len(content) - len(self._kept.pop(tile, b""))
        self._kept[tile] = content
        while len(self._kept) > 1 and (len(self._kept) > self._most or self._kept_bytes > self._most_bytes):
            self._kept_bytes -= len(self._kept.pop(next(iter(self._kept))))

    def hashes(self, tile: Tile) -> list[Hash]:
        """Those of a tile of hashes."""
        content = self.read(tile)
        return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]

    def entries(self, tile: Tile) -> list[bytes]:
        """Those of a bundle."""
        return unpacked(self.read(tile))

    def subtree(self, size: int, level: int, index: int) -> Hash:
        """The hash of a complete subtree of a log of `size` entries, see `merkle.Subtree`."""
        stored, above = divmod(level, HEIGHT)
        first = index << above
        content = self.read(tile_at(stored, first // WIDTH, size))
        starts = range(first % WIDTH * HASH_BYTES, (first % WIDTH + (1 << above)) * HASH_BYTES, HASH_BYTES)
        return folded([content[at : at + HASH_BYTES] for at in starts])

    @staticmethod
    def _checked(tile: Tile, content: bytes) -> bytes:
        if tile.level is None:
            try:
                entries = unpacked(content)
            except ValueError as error:
                raise _broken(tile, str(error)) from None
            if len(entries) < tile.width:
                raise _broken(tile, f"it holds {len(entries)} entries")
            return packed(entries[: tile.width])
        if len(content) < tile.width * HASH_BYTES or len(content) % HASH_BYTES:
            raise _broken(tile, f"it holds {len(content)} bytes")
        return content[: tile.width * HASH_BYTES]


def folded(hashes: Sequence[Hash]) -> Hash:
    """The hash over a power of two of neighbours."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _broken(tile: Tile, why: str) -> LogDamaged:
    return LogDamaged(f"the log's file {tile.path} cannot be used: {why}", "restore the log's folder from a copy")
