"""Face pictures of faceswap: a copy of the alignment in a text of the PNG file, written as Python writes a dictionary.

The text has the keyword `faceswap` and is {"alignments": face, "source": {...}}. Names and calls are no literals:
`ast.literal_eval` reads values alone, and the text's length is limited.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from prosopon.faces.imported.checked import file_name, mapping, numbers, text, whole
from prosopon.faces.imported.dfl_picture import picture_bytes
from prosopon.faces.imported.faceswap import FaceswapFace, face_from
from prosopon.faces.imported.png_chunks import chunks, international_text, size_of
from prosopon.faces.imported.refusals import Refused, explained

_KEYWORD = b"faceswap"


@dataclass(frozen=True)
class FaceswapPicture:
    """One face picture.

    Attributes:
        width, height: of the picture, in pixels.
        face: where the face is in its frame.
        name: the file's name when it was made.
        index: the face's number within its frame.
        frame: file name of the frame.
        of_video: whether the frame was taken from a video.
        frame_size: width and height of the frame, where the file says.
    """

    width: int
    height: int
    face: FaceswapFace
    name: str
    index: int
    frame: str
    of_video: bool
    frame_size: tuple[int, int] | None = None


def read_faceswap_png(path: Path) -> FaceswapPicture:
    """The data in a face picture.

    Raises:
        MediaError: it is no such file, was refused, or is damaged; one line says what.
    """
    with explained(path):
        return faceswap_picture(picture_bytes(path))


def faceswap_picture(data: bytes) -> FaceswapPicture:
    """The data in a face picture that was read already.

    Raises:
        Refused: the text asks for more than to be data.
        ValueError: there are none, or they are damaged.
    """
    found = chunks(data)
    written = international_text(found, _KEYWORD)
    if written is None:
        raise ValueError("it has no data of faceswap")
    header = mapping(_literal(written), "text")
    source = mapping(header.get("source"), "source")
    size = source.get("source_frame_dims")
    sides = None if size is None else numbers(size, (2,), "size of the frame")
    width, height = size_of(found)
    return FaceswapPicture(
        width,
        height,
        face_from(header.get("alignments")),
        file_name(text(source.get("original_filename", ""), "name")),
        whole(source.get("face_index", 0), "number of the face"),
        file_name(text(source.get("source_filename"), "name of the frame")),
        bool(source.get("source_is_video", False)),
        None if sides is None else (int(sides[1]), int(sides[0])),
    )


def _literal(written: str) -> object:
    try:
        return ast.literal_eval(written)
    except (MemoryError, RecursionError) as error:
        raise Refused("its text nests deeper than data do") from error
    except (SyntaxError, TypeError, ValueError) as error:
        raise Refused("its text is no plain dictionary") from error
