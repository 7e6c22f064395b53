"""Damage to files, at random from a seed: what disks, networks, editors and forgers do to bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Region = tuple[int, int]
"""First byte, and the one after the last."""

Damage = Callable[[bytes, Region, np.random.Generator], bytes]


def flip_bits(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """One to eight bits."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 9))):
        changed[_at(region, rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def set_bytes(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """One to sixteen bytes in a row."""
    at = _at(region, rng)
    size = min(int(rng.integers(1, 17)), region[1] - at)
    return content[:at] + rng.bytes(size) + content[at + size :]


def zero_block(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """A block becomes zeros."""
    first, last = _block(region, rng)
    return content[:first] + bytes(last - first) + content[last:]


def truncate(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """The end is missing."""
    return content[: _at(region, rng)]


def remove_block(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """A block is missing."""
    first, last = _block(region, rng)
    return content[:first] + content[last:]


def insert_block(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """Noise is put in."""
    at = _at(region, rng)
    return content[:at] + rng.bytes(int(rng.integers(1, 400))) + content[at:]


def double_block(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """A block stands there twice."""
    first, last = _block(region, rng)
    return content[:last] + content[first:last] + content[last:]


def swap_blocks(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """Two neighbouring blocks change places."""
    a, b, c = sorted(_at(region, rng) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def copy_block(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """A block is written over by another of the same file."""
    first, last = _block(region, rng)
    source = int(rng.integers(0, max(1, len(content) - (last - first))))
    return content[:first] + content[source : source + last - first] + content[last:]


def swap_boxes(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """Two boxes (JUMBF, BMFF) that follow each other change places; without any, bits are flipped."""
    found = _neighbours(content, region)
    if not found:
        return flip_bits(content, region, rng)
    a, b, c = found[int(rng.integers(len(found)))]
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def drop_box(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """A box is missing; without any, a block is."""
    found = _neighbours(content, region)
    if not found:
        return remove_block(content, region, rng)
    a, b, _ = found[int(rng.integers(len(found)))]
    return content[:a] + content[b:]


def retype_text(content: bytes, region: Region, rng: np.random.Generator) -> bytes:
    """A letter in a word becomes another: what somebody does who wants a claim to say something else."""
    letters = [i for i in range(*region) if 97 <= content[i] <= 122 and 97 <= content[i - 1] <= 122]
    if not letters:
        return flip_bits(content, region, rng)
    changed = bytearray(content)
    changed[letters[int(rng.integers(len(letters)))]] = int(rng.integers(97, 123))
    return bytes(changed)


EVERY: Sequence[Damage] = (
    flip_bits,
    set_bytes,
    zero_block,
    truncate,
    remove_block,
    insert_block,
    double_block,
    swap_blocks,
    copy_block,
    swap_boxes,
    drop_box,
    retype_text,
)


def _at(region: Region, rng: np.random.Generator) -> int:
    return int(rng.integers(region[0], max(region[1], region[0] + 1)))


def _block(region: Region, rng: np.random.Generator) -> Region:
    first = _at(region, rng)
    most = max(2, (region[1] - region[0]) // 3)
    return first, min(region[1], first + int(rng.integers(1, most)))


def _neighbours(content: bytes, region: Region) -> list[tuple[int, int, int]]:
    """Start, middle and end of two boxes in a row, by what looks like their headers."""
    found = []
    names = (b"jumb", b"jumd", b"cbor", b"json", b"bfdb", b"bidb", b"moov", b"mdat", b"trak", b"free", b"uuid", b"ftyp")
    for at in range(max(region[0], 0), min(region[1], len(content) - 8)):
        if content[at + 4 : at + 8] not in names:
            continue
        middle = at + int.from_bytes(content[at : at + 4])
        end = middle + int.from_bytes(content[middle : middle + 4])
        if at + 8 <= middle and middle + 8 <= end <= len(content) and content[middle + 4 : middle + 8] in names:
            found.append((at, middle, end))
    return found
