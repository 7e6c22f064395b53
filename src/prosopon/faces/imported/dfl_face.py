"""`DflFace`: what DeepFaceLab stores inside each picture of a face, checked.

It is a pickled dictionary. Words, numbers and shapes are checked here; unknown keys are left alone. Numbers are kept
exactly: matrix and rectangle are in the convention of OpenCV, in which the first pixel's centre is at (0, 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.faces import Box
from prosopon.faces.imported.checked import file_name, mapping, number, numbers, text
from prosopon.faces.imported.restricted_pickle import PickleLimits, read_pickle

FACE_TYPES = (
    *("half_face", "midfull_face", "full_face", "full_face_no_align"),
    *("whole_face", "head", "head_no_align", "mark_only"),
)
"""How much of the head the picture shows, the least first."""
_UNSAID = "full_face"
_LIMITS = PickleLimits(n_bytes=2**24)
_MOST_PIXELS = 2**24


@dataclass(frozen=True)
class Polygon:
    """An area that somebody has drawn.

    Attributes:
        include: whether it belongs to the face; otherwise it hides the face.
        points: `(N, 2)` pixels of the picture.
    """

    include: bool
    points: NDArray[np.float64]


@dataclass(frozen=True)
class DflFace:
    """One face picture of DeepFaceLab.

    Attributes:
        width, height: of the picture, in pixels.
        face_type: one of `FACE_TYPES`.
        landmarks: the 68 points of iBUG 300-W in the picture, `(68, 2)` pixels.
        source_file: name of the frame that it was cut from, without folders.
        source_rect: where the face was found in the frame, pixels.
        source_landmarks: the 68 points in the frame, `(68, 2)` pixels.
        matrix: `(2, 3)`, from pixels of the frame to pixels of the picture.
        polygons: areas drawn by hand.
        mask: a mask of the face as a PNG or JPEG file; see `pixels_of`.
        eyebrows_expand: how far masks made of the landmarks reach above the eyebrows, a factor.
    """

    width: int
    height: int
    face_type: str
    landmarks: NDArray[np.float64]
    source_file: str | None = None
    source_rect: Box | None = None
    source_landmarks: NDArray[np.float64] | None = None
    matrix: NDArray[np.float64] | None = None
    polygons: tuple[Polygon, ...] = ()
    mask: bytes | None = None
    eyebrows_expand: float = 1.0


def face_of(pickled: bytes, width: int, height: int) -> DflFace:
    """What the pickle inside a picture says.

    Args:
        pickled: the content of the segment or chunk.
        width, height: of the picture, in pixels.

    Raises:
        Refused: it wants more than to be data.
        ValueError: it is damaged, or something in it has another form.
    """
    data = mapping(read_pickle(pickled, limits=_LIMITS), "data of the face")
    face_type = text(data.get("face_type") or _UNSAID, "face type")
    if face_type not in FACE_TYPES:
        raise ValueError(f"the face type is '{face_type[:40]}'")
    if data.get("landmarks") is None:
        raise ValueError("it has no landmarks")
    source_file, expand = data.get("source_filename"), data.get("eyebrows_expand_mod")
    rect = _numbers(data, "source_rect", (4,))
    return DflFace(
        width,
        height,
        face_type,
        numbers(data["landmarks"], (68, 2), "landmarks"),
        source_file=(file_name(text(source_file, "name of the frame")) or None) if source_file is not None else None,
        source_rect=None if rect is None else Box(*rect.tolist()),
        source_landmarks=_numbers(data, "source_landmarks", (68, 2)),
        matrix=_numbers(data, "image_to_face_mat", (2, 3)),
        polygons=_polygons(data.get("seg_ie_polys", data.get("ie_polys"))),
        mask=_encoded(data.get("xseg_mask", data.get("fanseg_mask"))),
        eyebrows_expand=1.0 if expand is None else number(expand, "eyebrows_expand_mod"),
    )


def pixels_of(mask: bytes) -> NDArray[np.uint8]:
    """The mask of a face, `uint8 (H, W)`, 255 where the face is.

    Raises:
        ValueError: it is no PNG or JPEG picture, damaged, or of more than 16 million pixels.
    """
    try:
        with Image.open(BytesIO(mask), formats=["PNG", "JPEG"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise ValueError(f"the mask has {picture.width} x {picture.height} pixels")  # noqa: TRY301
            return np.array(picture.convert("L"), np.uint8)
    except ValueError:
        raise
    except Exception as error:  # on damaged bytes decoders raise nearly anything
        raise ValueError(f"the mask cannot be decoded: {error}") from error


def _numbers(data: Mapping[Any, Any], key: str, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    return None if data.get(key) is None else numbers(data[key], shape, key)


def _polygons(data: object) -> tuple[Polygon, ...]:
    """Polygons as {"polys": [{"type": 1, "pts": [...]}, ...]} or, in old files, as [(1, [...]), ...]."""
    if data is None:
        return ()
    listed = data.get("polys") if isinstance(data, dict) else data
    if not isinstance(listed, list | tuple):
        raise ValueError("the polygons are no list")  # noqa: TRY004 - callers catch one kind
    found: list[Polygon] = []
    for one in listed:
        kind, points = (one.get("type"), one.get("pts")) if isinstance(one, dict) else one
        if number(kind, "kind of a polygon") not in (0, 1):
            raise ValueError(f"the kind of a polygon is {kind}")
        if points is not None and len(points):
            found.append(Polygon(kind == 1, numbers(points, (None, 2), "points of a polygon")))
    return tuple(found)


def _encoded(data: object) -> bytes | None:
    """An encoded picture, stored as bytes or as an array of them, one a row."""
    if data is None or isinstance(data, bytes):
        return data
    if isinstance(data, np.ndarray) and data.dtype == np.uint8:
        return data.tobytes()
    raise ValueError("the mask is no encoded picture")
