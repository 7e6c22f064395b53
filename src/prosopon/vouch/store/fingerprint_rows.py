"""Fingerprints of many things in one file, and those of them that are near to a given one: all are compared.

At 100,000 rows that takes a few milliseconds, so there is no tree that would have to be kept right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.lookup.key_frames import KeyFrame
from prosopon.vouch.lookup.pdq import Fingerprint
from prosopon.vouch.store.rows import RowFile, is_whole

FORM = np.dtype(
    [
        ("bits", "u1", 32),
        ("item", "u1", 16),
        ("time_s", "<f8"),
        ("quality", "u1"),
        ("unused", "u1", 3),
        ("crc", "<u4"),
    ]
)
"""A row: the hash, whose it is, and when it is seen there. 64 bytes."""
_WORDS = 4
"""The hash as numbers of 64 bits."""


@dataclass(frozen=True)
class Near:
    """A row that is near to what was asked for.

    Attributes:
        item: whose, as 32 hexadecimal digits.
        time_s: when it is seen there.
        distance: in bits of 256.
        asked: which of the fingerprints asked for.
    """

    item: str
    time_s: float
    distance: int
    asked: int


def fingerprint_file(path: Path) -> RowFile:
    """The file of rows at a path."""
    return RowFile(path, "fingerprints", FORM)


def rows_of(item: str, frames: Sequence[KeyFrame]) -> NDArray[np.void]:
    """Rows for the key frames of one thing.

    Args:
        item: whose, at least 32 hexadecimal digits, of which the first 32 count.
        frames: as many as rows.
    """
    rows = np.zeros(len(frames), FORM)
    rows["item"] = item_bytes(item)
    for row, frame in enumerate(frames):
        rows["bits"][row] = frame.fingerprint.bits
        rows["time_s"][row] = frame.time_s
        rows["quality"][row] = frame.fingerprint.quality
    return rows


def item_bytes(item: str) -> NDArray[np.uint8]:
    """The first 32 hexadecimal digits as `uint8 (16,)`."""
    return np.frombuffer(bytes.fromhex(item[:32]), np.uint8)


def without(rows: NDArray[np.void], item: str) -> NDArray[np.void]:
    """Rows that are not about a thing."""
    return np.array(rows[(rows["item"] != item_bytes(item)).any(axis=1)])


def nearest(rows: NDArray[np.void], asked: Sequence[Fingerprint], most: int, least_quality: int = 0) -> list[Near]:
    """Rows within a distance, the nearest first.

    Args:
        rows: of the form `FORM`, mapped or in memory.
        asked: fingerprints; each is compared with every row.
        most: largest distance in bits.
        least_quality: rows of plainer pictures are left out.
    """
    if not len(rows):
        return []
    words = np.ascontiguousarray(rows.view(np.uint64).reshape(len(rows), -1)[:, :_WORDS].T)
    kept = rows["quality"] >= least_quality
    found: list[tuple[int, int, int]] = []
    for number, one in enumerate(asked):
        distances = np.zeros(len(rows), np.uint16)
        for word, wanted in zip(words, one.bits.view(np.uint64), strict=True):
            distances += np.bitwise_count(word ^ wanted)
        hits = np.flatnonzero((distances <= most) & kept)
        found += [(int(distances[hit]), int(hit), number) for hit in hits]
    return list(_whole(rows, sorted(found)))


def _whole(rows: NDArray[np.void], found: Sequence[tuple[int, int, int]]) -> Iterator[Near]:
    for distance, row, number in found:
        if is_whole(rows[row]):
            item = rows["item"][row].tobytes().hex()
            yield Near(item, float(rows["time_s"][row]), distance, number)
