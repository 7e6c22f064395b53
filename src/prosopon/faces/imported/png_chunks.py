"""The chunks of a PNG file (ISO/IEC 15948), walked without decoding any pixel."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from prosopon.faces.imported.refusals import Refused
from prosopon.faces.imported.unpacked import unpack

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_TEXT = 2**20


class Chunk(NamedTuple):
    """One chunk of the file.

    Attributes:
        kind: its four letters.
        start: where it begins in the file.
        end: where the next one begins.
        content: what it holds.
    """

    kind: bytes
    start: int
    end: int
    content: bytes


def chunks(data: bytes) -> tuple[Chunk, ...]:
    """All chunks.

    Raises:
        ValueError: it is no PNG file, damaged, or cut off.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("it does not begin like a PNG file")
    found: list[Chunk] = []
    at = len(SIGNATURE)
    while not found or found[-1].kind != b"IEND":
        if at + 12 > len(data):
            raise ValueError("it is cut off")
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk of it is longer than the file")
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
            raise ValueError(f"the checksum of its chunk {kind.decode('latin-1')} is wrong")
        found.append(Chunk(kind, at, end, data[at + 8 : end - 4]))
        at = end
    return tuple(found)


def size_of(found: tuple[Chunk, ...]) -> tuple[int, int]:
    """Width and height in pixels.

    Raises:
        ValueError: it does not begin with them.
    """
    if found[0].kind != b"IHDR" or len(found[0].content) != 13:
        raise ValueError("it does not say how large its picture is")
    return int.from_bytes(found[0].content[:4]), int.from_bytes(found[0].content[4:8])


def international_text(found: tuple[Chunk, ...], keyword: bytes) -> str | None:
    """The first text of the kind iTXt under a keyword; None where there is none.

    Raises:
        Refused: it is longer than a megabyte.
        ValueError: it is damaged.
    """
    for one in found:
        word, _, rest = one.content.partition(b"\0")
        if one.kind != b"iTXt" or word != keyword:
            continue
        # Two numbers say whether and how it is compressed; language and translated keyword end with a zero each.
        parts = rest[2:].split(b"\0", 2)
        if len(parts) != 3 or rest[0] > 1 or rest[1] != 0:
            raise ValueError("its text chunk has another form than the format says")
        raw = unpack(parts[2], _MOST_TEXT) if rest[0] else parts[2]
        if len(raw) > _MOST_TEXT:
            raise Refused(f"its text has {len(raw):,} bytes, more than {_MOST_TEXT:,}")
        return raw.decode("utf-8")
    return None


def without(data: bytes, kinds: frozenset[bytes]) -> bytes:
    """The same picture, pixel by pixel, without chunks of some kinds.

    Raises:
        ValueError: it is no PNG file, or damaged.
    """
    return SIGNATURE + b"".join(data[one.start : one.end] for one in chunks(data) if one.kind not in kinds)
