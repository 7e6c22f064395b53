"""Alignments of faceswap: `.fsa` (a pickle in a zlib stream), `.json` and `.p`, versions 1 to 2.4, read as data.

A file is {"__meta__": {"version": 2.4}, "__data__": {name of a frame: {"faces": [face, ...], "video_meta": {...}}}};
before version 2 it is the frames alone, and the oldest have a list of faces in place of the dictionary. Frames of a
video are named `<name>_<number>.<suffix>`, numbered from 1. Numbers are kept exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MediaError
from prosopon.core.faces import Box
from prosopon.faces.imported.checked import file_name, mapping, number, numbers, text, whole
from prosopon.faces.imported.refusals import Refused, explained
from prosopon.faces.imported.restricted_pickle import read_pickle
from prosopon.faces.imported.unpacked import unpack

_MOST_BYTES = 2**29
# Masks and thumbnails are compressed already and coordinates hardly can be: files unpack to a few times their size.
_MOST_UNPACKED, _SMALL = 50, 2**23
_MOST_MASK_PX = 4096
_PICKLE = b"\x80"  # how a pickle of protocol 2 or later begins; a zlib stream cannot


@dataclass(frozen=True)
class FaceswapMask:
    """A mask of a face.

    Attributes:
        size_px: side of the mask.
        matrix: `(2, 3)` as it is stored, the affine map that goes with the frame.
        centering: what the mask is centred on: legacy, face or head.
        packed: its pixels, compressed; see `pixels`.
    """

    size_px: int
    matrix: NDArray[np.float64]
    centering: str
    packed: bytes = field(repr=False)

    def pixels(self) -> NDArray[np.uint8]:
        """The mask, `uint8 (size_px, size_px)`, 255 where the face is.

        Raises:
            Refused: it unpacks to more than that.
            ValueError: it is damaged.
        """
        raw = unpack(self.packed, self.size_px**2)
        if len(raw) != self.size_px**2:
            raise ValueError(f"a mask of {self.size_px} x {self.size_px} pixels has {len(raw):,} bytes")
        return np.frombuffer(raw, np.uint8).reshape(self.size_px, self.size_px)


@dataclass(frozen=True)
class FaceswapFace:
    """One face of a frame.

    Attributes:
        box: where it was found, pixels of the frame.
        landmarks: `(N, 2)` pixels of the frame: 68 points of iBUG 300-W, 98 of WFLW, or 4 corners of the box.
        masks: by the name of who made them.
        identity: vectors that tell people apart, by the name of the net.
        thumbnail: a small picture of the face as a JPEG file.
    """

    box: Box
    landmarks: NDArray[np.float64]
    masks: Mapping[str, FaceswapMask] = field(default_factory=dict)
    identity: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    thumbnail: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class FaceswapFrame:
    """The faces of one frame.

    Attributes:
        name: file name of the frame.
        faces: by their number within the frame; faces that could not be read are missing.
        time_s: when it is shown, where the file says so in seconds.
        of_video: whether the frame was taken from a video, whose frames are numbered from 1.
    """

    name: str
    faces: Mapping[int, FaceswapFace]
    time_s: float | None = None
    of_video: bool = False


@dataclass(frozen=True)
class FaceswapAlignments:
    """A whole file.

    Attributes:
        version: of the format.
        frames: in the file's order.
        refused: one line for each face or frame that could not be read.
    """

    version: str
    frames: tuple[FaceswapFrame, ...]
    refused: tuple[str, ...] = ()


def read_faceswap(path: Path) -> FaceswapAlignments:
    """The alignments in a `.fsa`, `.json` or `.p` file; single faces that are damaged are left out and told.

    Raises:
        MediaError: it is no such file, was refused, or is damaged as a whole; one line says what.
    """
    with explained(path):
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise Refused(f"it has {size:,} bytes, more than {_MOST_BYTES:,}")
        raw = path.read_bytes()
        whole_file = mapping(_loaded(raw), "file")
        if "__data__" in whole_file:
            meta, data = (
                mapping(whole_file.get("__meta__", {}), "__meta__"),
                mapping(whole_file["__data__"], "__data__"),
            )
        else:
            meta, data = {}, {key: value for key, value in whole_file.items() if not str(key).startswith("__")}
        version = number(meta.get("version", 1.0), "version")
        if version >= 3:
            raise ValueError(f"it has version {version:g} of the format, later than 2")
    frames: list[FaceswapFrame] = []
    refused: list[str] = []
    for key, value in data.items():
        try:
            with explained(f"frame {str(key)[:80]} of {path.name}"):
                frames.append(_frame(file_name(text(key, "name")), value, path.name, refused))
        except MediaError as error:
            refused.append(error.what)
    return FaceswapAlignments(f"{version:g}", tuple(frames), tuple(refused))


def face_from(data: object) -> FaceswapFace:
    """One face as it stands in the file.

    Raises:
        Refused: something in it is larger than it can be.
        ValueError: something is missing or of another form.
    """
    face = mapping(data, "face")
    if face.get("r") not in (None, 0):
        raise ValueError(f"it was found in a frame turned by {face['r']} degrees, which was given up with version 2")
    x, y, width, height = (number(face.get(side), f"'{side}' of the box") for side in "xywh")
    points = face.get("landmarks_xy", face.get("landmarksXY"))
    if points is None:
        raise ValueError("it has no landmarks")
    return FaceswapFace(
        Box(x, y, x + width, y + height),
        numbers(points, (None, 2), "landmarks"),
        {text(name, "name of a mask"): _mask(one) for name, one in mapping(face.get("mask") or {}, "mask").items()},
        {
            text(name, "name of an identity"): numbers(one, (None,), "identity")
            for name, one in mapping(face.get("identity") or {}, "identity").items()
        },
        _thumbnail(face.get("thumb")),
    )


def _loaded(raw: bytes) -> object:
    """The content of a file: JSON where it begins like text, else a pickle, which versions after 1 compress."""
    if raw.lstrip()[:1] == b"{":
        try:
            return json.loads(raw.decode("utf-8"))
        except RecursionError as error:
            raise Refused("its lists lie too deep in each other") from error
    if raw[:1] == _PICKLE:
        return read_pickle(raw)
    return read_pickle(unpack(raw, min(_MOST_BYTES, _SMALL + _MOST_UNPACKED * len(raw))))


def _frame(name: str, value: object, file: str, refused: list[str]) -> FaceswapFrame:
    if isinstance(value, list):
        value = {"faces": value}
    entry = mapping(value, "entry")
    listed = entry.get("faces", [])
    if not isinstance(listed, list | tuple):
        raise ValueError("the faces are no list")  # noqa: TRY004 - one kind is explained
    faces: dict[int, FaceswapFace] = {}
    for index, one in enumerate(listed):
        try:
            with explained(f"face {index} of frame {name} of {file}"):
                faces[index] = face_from(one)
        except MediaError as error:
            refused.append(error.what)
    video = mapping(entry.get("video_meta") or {}, "video_meta")
    time = video.get("pts_time")
    # Later versions store whole ticks of a clock that the file does not name.
    seconds = number(time, "time") if isinstance(time, float) else None
    return FaceswapFrame(name, faces, seconds, bool(video) or name.lower().endswith(_VIDEOS))


_VIDEOS = (".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".vob", ".webm", ".wmv")


def _mask(data: object) -> FaceswapMask:
    mask = mapping(data, "mask")
    size = whole(mask.get("stored_size"), "size of a mask")
    packed = mask.get("mask")
    if not 0 < size <= _MOST_MASK_PX or not isinstance(packed, bytes):
        raise ValueError(f"a mask has the side {size}, or no pixels")
    return FaceswapMask(
        size,
        numbers(mask.get("affine_matrix"), (2, 3), "matrix of a mask"),
        text(mask.get("stored_centering") or "face", "centering of a mask"),
        packed,
    )


def _thumbnail(data: object) -> bytes | None:
    """A JPEG file, stored as an array or list of its bytes."""
    if data is None or isinstance(data, bytes):
        return data
    values = np.asarray(data) if isinstance(data, list | np.ndarray) else np.zeros(0)
    if values.dtype.kind not in "iu" or (values.size and not 0 <= int(values.min()) <= int(values.max()) <= 255):
        raise ValueError("the thumbnail is no list of bytes")
    return values.astype(np.uint8).tobytes()
