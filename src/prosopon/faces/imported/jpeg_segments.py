"""The segments of a JPEG file before its pixels (ISO/IEC 10918-1, annex B), walked without decoding anything."""

from __future__ import annotations

from typing import NamedTuple

_SOI, _SOS, _APP15 = 0xD8, 0xDA, 0xEF
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Segment(NamedTuple):
    """One segment of the file.

    Attributes:
        marker: its second byte.
        start: where it begins in the file, marker and fill bytes included.
        end: where the next one begins.
        content: what it holds, without marker and length.
    """

    marker: int
    start: int
    end: int
    content: bytes


def segments(data: bytes) -> tuple[Segment, ...]:
    """All segments up to the one after which the pixels follow.

    Raises:
        ValueError: it is no JPEG file, damaged, or cut off.
    """
    if data[:2] != bytes((0xFF, _SOI)):
        raise ValueError("it does not begin like a JPEG file")
    found: list[Segment] = []
    at = 2
    while True:
        start = at
        if at >= len(data) or data[at] != 0xFF:
            raise ValueError("it has no segment of a JPEG file where one must be")
        while at < len(data) and data[at] == 0xFF:  # any number of fill bytes may stand before a marker
            at += 1
        if at + 3 > len(data):
            raise ValueError("it is cut off")
        marker = data[at]
        at += 1
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[at : at + 2])
        if length < 2 or at + length > len(data):
            raise ValueError("a segment of it is longer than the file")
        found.append(Segment(marker, start, at + length, data[at + 2 : at + length]))
        at += length
        if marker == _SOS:
            return tuple(found)


def size_of(found: tuple[Segment, ...]) -> tuple[int, int]:
    """Width and height in pixels.

    Raises:
        ValueError: no segment says.
    """
    for one in found:
        if one.marker in _FRAME_HEADERS and len(one.content) >= 6:
            return int.from_bytes(one.content[3:5]), int.from_bytes(one.content[1:3])
    raise ValueError("it does not say how large its picture is")


def private(found: tuple[Segment, ...]) -> list[bytes]:
    """What its segments of the kind APP15 hold, in order; most files have none."""
    return [one.content for one in found if one.marker == _APP15]


def without_private(data: bytes) -> bytes:
    """The same picture, pixel by pixel, without segments of the kind APP15.

    Raises:
        ValueError: it is no JPEG file, or damaged.
    """
    kept, at = b"", 0
    for one in segments(data):
        if one.marker == _APP15:
            kept += data[at : one.start]
            at = one.end
    return kept + data[at:]
