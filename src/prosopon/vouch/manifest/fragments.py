"""Fragmented MP4 (DASH, HLS): a beginning with the credential, and segments that each carry their place in its hashes.

The C2PA library looks at one segment after another and forgets what it found of the one before; nor does it ask
whether they are all there and in order. Both is added here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_MERKLE = b"merkle\0"
_LARGEST_PLACE = 64 << 10
_LOCATION = re.compile(rb"\x68location([\x00-\x17]|\x18.|\x19.{2}|\x1a.{4})", re.DOTALL)  # CBOR: a text, a number


def is_a_beginning(file: BinaryIO) -> bool:
    """Whether a file is the first part of a fragmented MP4 and holds no pictures itself."""
    kinds = {kind for kind, _, _ in _boxes(file)}
    return b"moov" in kinds and not kinds & {b"mdat", b"moof"}


def remark_on_order(paths: Sequence[Path]) -> tuple[bool, str]:
    """Whether segments follow each other as they were sealed, and a sentence that says which they are.

    Raises:
        OSError: one of them cannot be read.
    """
    places = [_place_of(path) for path in paths]
    known = [place for place in places if place is not None]
    if len(known) < len(places):
        return False, "A segment does not say which place it has in the video."
    if any(after != before + 1 for before, after in pairwise(known)):
        return False, "The segments are not in their order, or one is missing or there twice."
    which = f"Segment {known[0] + 1} was" if len(known) == 1 else f"Segments {known[0] + 1} to {known[-1] + 1} were"
    return True, f"{which} checked; nothing is known of others."


def _place_of(path: Path) -> int | None:
    with path.open("rb") as file:
        for kind, at, size in _boxes(file):
            if kind != b"uuid" or size > _LARGEST_PLACE:
                continue
            file.seek(at)
            content = file.read(size)
            if _C2PA_BOX in content[:32] and _MERKLE in content[:48]:
                found = _LOCATION.search(content)
                if found is not None:
                    return int.from_bytes(found[1][1:] or found[1])
    return None


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size of the boxes on top."""
    end = file.seek(0, 2)
    at = 0
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size = int.from_bytes(head[:4])
        if size == 1:
            size = int.from_bytes(head[8:16])
        elif size == 0:
            size = end - at
        if size < 8 or at + size > end:
            return
        yield head[4:8], at, size
        at += size
