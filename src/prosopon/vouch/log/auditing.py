"""Looking over a whole log: every entry against its leaf, every tile against the one above, all against the root."""

from __future__ import annotations

from dataclasses import dataclass

from prosopon.core.progress import SILENT, Progress
from prosopon.vouch.log.merkle import HASH_BYTES
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.tiles import HEIGHT, WIDTH, LogDamaged, folded, tile_at


@dataclass(frozen=True)
class Audit:
    """What was looked over.

    Attributes:
        entries: whose hashes are those of the leaves.
        tiles: of hashes, that come to the ones above them.
    """

    entries: int
    tiles: int


def audit(log: Log, progress: Progress = SILENT) -> Audit:
    """Read all of a log once, a few tiles in memory at a time; `Log.open` has checked signature and root.

    Raises:
        LogDamaged: something is not what was signed.
        ProsoponError: something cannot be read.
    """
    size, tiles = log.size, 0
    levels = (size.bit_length() + HEIGHT - 1) // HEIGHT
    progress.start("checking the log", -(-size // WIDTH))
    for level in range(levels):
        held = size >> (HEIGHT * level)
        for index in range(-(-held // WIDTH)):
            tile = tile_at(level, index, size)
            hashes = log.tiles.hashes(tile)
            tiles += 1
            if level == 0:
                log.bundle(index)
                progress.advance()
            if tile.width == WIDTH:
                above = log.tiles.read(tile_at(level + 1, index // WIDTH, size))
                at = index % WIDTH * HASH_BYTES
                if folded(hashes) != above[at : at + HASH_BYTES]:
                    raise LogDamaged(f"the log's file {tile.path} is not what was signed", "restore it from a copy")
    if log.root_at(size) != log.checkpoint.root:
        raise LogDamaged("the log's files do not come to what its checkpoint says", "restore them from a copy")
    progress.finish()
    return Audit(size, tiles)
