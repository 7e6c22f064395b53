"""Face pictures of DeepFaceLab: the data in a segment of the kind APP15 of a JPEG file, or in a chunk of a PNG file.

The program itself reads nothing behind the start of the pixels and, of several segments, lets the last one count; so
does this reader, but a bad one spoils the file wherever it stands. PNG pictures are of early versions (chunk `fcWp`)
and of a derivative (`jaNf`).
"""

from __future__ import annotations

from pathlib import Path

from prosopon.faces.imported import jpeg_segments, png_chunks
from prosopon.faces.imported.dfl_face import DflFace, face_of
from prosopon.faces.imported.refusals import Refused, explained

_CHUNKS = frozenset((b"fcWp", b"jaNf"))
_MOST_BYTES = 2**27


def read_dfl_jpeg(path: Path) -> DflFace:
    """The data in a face picture, `.jpg` or `.png`.

    Raises:
        MediaError: it is no such file, was refused, or is damaged; one line says what.
    """
    with explained(path):
        return dfl_face(picture_bytes(path))


def picture_bytes(path: Path) -> bytes:
    """A picture file as it is.

    Raises:
        Refused: it is larger than 128 MiB.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise Refused(f"it has more than {_MOST_BYTES:,} bytes")
    return path.read_bytes()


def dfl_face(data: bytes) -> DflFace:
    """The data in a face picture that was read already.

    Raises:
        Refused: they want more than to be data.
        ValueError: there are none, or they are damaged.
    """
    if is_png(data):
        found = png_chunks.chunks(data)
        held = [one.content for one in found if one.kind in _CHUNKS]
        width, height = png_chunks.size_of(found)
    else:
        walked = jpeg_segments.segments(data)
        held = jpeg_segments.private(walked)
        width, height = jpeg_segments.size_of(walked)
    if not held:
        raise ValueError("it has no data of DeepFaceLab")
    return [face_of(one, width, height) for one in held][-1]


def without_pickle(data: bytes) -> bytes:
    """The same picture, pixel by pixel, without the data.

    Raises:
        ValueError: it is damaged.
    """
    return png_chunks.without(data, _CHUNKS) if is_png(data) else jpeg_segments.without_private(data)


def is_png(data: bytes) -> bool:
    """Whether it begins like a PNG file."""
    return data.startswith(png_chunks.SIGNATURE)
