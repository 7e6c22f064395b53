"""Faces of other programs as our own alignment.

Landmarks are kept as they are: the nets that place them (FAN in both programs) count from the corner of the picture, as
we do. Matrices come from OpenCV, which counts from the first pixel's centre; they are moved by half a pixel.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Box, Face
from prosopon.faces.alignment import Aligned, Alignment, Source, about_sources, in_order
from prosopon.faces.imported.dfl_face import DflFace
from prosopon.faces.imported.faceswap import FaceswapFace, FaceswapFrame
from prosopon.faces.imported.faceswap_png import FaceswapPicture
from prosopon.faces.stance import apply, inverse

# Which of the 98 points of WFLW (Wu et al. 2018) the 68 of iBUG 300-W are: jaw, brows, nose, eyes, mouth.
_OF_98 = np.array(
    (
        *(*range(0, 33, 2), *range(33, 38), *range(42, 47), *range(51, 60)),
        *(60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75, *range(76, 96)),
    )
)
_LEAST_AREA = 1e-6


@dataclass(frozen=True)
class ImportedFace:
    """One face as it goes into an alignment.

    Attributes:
        frame: file name of the frame that it is in.
        index: its number within the frame; several faces of one number keep their order.
        face: where it is, pixels of the frame.
        crop: its picture, relative to the alignment file.
        matrix: `(2, 3)`, from pixels of the frame to pixels of the picture, the first pixel's centre at (0.5, 0.5).
        masks: masks of the picture by their kind, relative to the alignment file.
        time_s: when the frame is shown, where that is known.
        of_video: whether the frame was taken from a video and its number begins with 1.
        frame_size: width and height of the frame in pixels, where they are known.
    """

    frame: str
    index: int
    face: Face
    crop: str | None = None
    matrix: NDArray[np.float64] | None = None
    masks: Mapping[str, str] = field(default_factory=dict)
    time_s: float | None = None
    of_video: bool = False
    frame_size: tuple[int, int] | None = None


def of_dfl(face: DflFace, name: str, *, index: int = 0) -> ImportedFace:
    """A face of DeepFaceLab, without its picture.

    Landmarks in the frame are those that are stored, or those in the picture laid back. Where nothing leads from the
    picture to a frame, the picture is its own frame.

    Args:
        face: the face.
        name: of its picture's file.
        index: its place in the set.

    Raises:
        ValueError: its matrix cannot be inverted.
    """
    matrix, landmarks = face.matrix, face.source_landmarks
    if matrix is not None:
        if abs(np.linalg.det(matrix[:, :2])) < _LEAST_AREA:
            raise ValueError("its matrix makes a line of the face")
        if landmarks is None:
            landmarks = apply(inverse(matrix), face.landmarks)
        matrix = _from_corners(matrix)
    is_frame = landmarks is None or face.source_file is None
    points = face.landmarks if landmarks is None else landmarks
    return ImportedFace(
        face.source_file or name,
        index,
        Face(_box(face.source_rect, points), points.astype(np.float32)),
        matrix=matrix,
        frame_size=(face.width, face.height) if is_frame and matrix is None else None,
    )


def of_faceswap(frame: FaceswapFrame) -> tuple[ImportedFace, ...]:
    """All faces of a frame of faceswap."""
    return tuple(
        ImportedFace(frame.name, index, _placed(face), time_s=frame.time_s, of_video=frame.of_video)
        for index, face in sorted(frame.faces.items())
    )


def of_faceswap_picture(picture: FaceswapPicture) -> ImportedFace:
    """A face picture of faceswap, without the picture."""
    return ImportedFace(
        picture.frame,
        picture.index,
        _placed(picture.face),
        of_video=picture.of_video,
        frame_size=picture.frame_size,
    )


def as_alignment(
    faces: Sequence[ImportedFace],
    about: Mapping[str, Any],
    *,
    file: str,
    frames: Sequence[str] = (),
    frame_size: tuple[int, int] | None = None,
    fps: Fraction = Fraction(25),
) -> Alignment:
    """Our own alignment of imported faces.

    A frame's index is its place among `frames` where these hold all of them; else the number that its name ends
    with (less one for frames of a video, which are numbered from 1); else its place among all names. Names that differ
    otherwise and end with the same number are of different sources. Nobody is followed: tracks are the faces' order
    within their frames.

    Args:
        faces: the faces.
        about: what the first line says besides the sources.
        file: what was imported.
        frames: file names of all frames in order.
        frame_size: width and height of those in pixels.
        fps: frames a second, for frames whose time is not known.
    """
    names = {one.frame: one.of_video for one in faces}
    placed = places(names, frames)
    where = _numbered(names, file) if placed is None else {name: (file, place) for name, place in placed.items()}
    numbers = {name: n for n, name in enumerate(sorted({source for source, _ in where.values()}, key=natural))}
    timed = all(one.time_s is not None for one in faces)
    sizes: dict[str, set[tuple[int, int] | None]] = {name: set() for name in numbers}
    for one in faces:
        sizes[where[one.frame][0]].add(one.frame_size)
    sources = []
    for name, found in sizes.items():
        width, height = frame_size or (found.pop() if len(found) == 1 else None) or (None, None)
        n_frames = len(frames) if frames and len(numbers) == 1 else None
        sources.append(Source(name, None, width, height, n_frames, None if timed else str(fps)))
    aligned = [
        Aligned(
            where[one.frame][1],
            float(where[one.frame][1] / fps) if one.time_s is None else one.time_s,
            track,
            one.face,
            crop=one.crop,
            source=numbers[where[one.frame][0]],
            matrix=one.matrix,
            masks=one.masks,
        )
        for one, track in zip(faces, _tracks(faces, where, numbers), strict=True)
    ]
    return Alignment({**about_sources(sources), **about}, in_order(aligned))


def places(names: Collection[str], frames: Sequence[str]) -> dict[str, int] | None:
    """The place of each name among the frames, whatever the suffix if that makes no difference; None if one is missing.

    Args:
        names: names of frames.
        frames: names of all frames in order.
    """
    found = {name: place for place, name in enumerate(frames)}
    if not found.keys() >= set(names):
        stems = {PurePath(name).stem: place for place, name in enumerate(frames)}
        if len(stems) < len(frames) or len({PurePath(name).stem for name in names}) < len(set(names)):
            return None
        found = {name: stems[PurePath(name).stem] for name in names if PurePath(name).stem in stems}
    return {name: found[name] for name in names} if found.keys() >= set(names) else None


def _tracks(
    faces: Sequence[ImportedFace], where: Mapping[str, tuple[str, int]], numbers: Mapping[str, int]
) -> list[int]:
    """The place of every face within its frame; numbers go on through all sources."""
    seen: Counter[tuple[str, int]] = Counter()
    tracks = [0] * len(faces)
    for i in sorted(range(len(faces)), key=lambda i: faces[i].index):
        tracks[i] = seen[where[faces[i].frame]]
        seen[where[faces[i].frame]] += 1
    most = [0] * len(numbers)
    for (name, _), n in seen.items():
        most[numbers[name]] = max(most[numbers[name]], n)
    begins = [0, *accumulate(most)]
    return [track + begins[numbers[where[one.frame][0]]] for track, one in zip(tracks, faces, strict=True)]


def _numbered(names: Mapping[str, bool], file: str) -> dict[str, tuple[str, int]]:
    """Source and index of frames by their names alone; `names` says of each whether it is of a video."""
    parts = {name: _parts(name) for name in names}
    by_place = {name: (file, place) for place, name in enumerate(sorted(names, key=natural))}
    if any(number is None for _, number, _ in parts.values()):
        return by_place
    clips = {name: f"{stem.rstrip('_-. ')}{suffix}" if stem else file for name, (stem, _, suffix) in parts.items()}
    several = len({number for _, number, _ in parts.values()}) < len(names)
    if not several and (len(set(clips.values())) > 1 or not all(names.values())):
        clips = dict.fromkeys(names, file)
    found = {name: (clips[name], max(0, int(parts[name][1] or 0) - names[name])) for name in names}
    # 7.png and 007.png, or frames 0 and 1 of a video
    return found if len(set(found.values())) == len(names) else by_place


def _parts(name: str) -> tuple[str, int | None, str]:
    """A file name as what stands before the number that it ends with, that number, and the suffix."""
    path = PurePath(name)
    match = re.fullmatch(r"(.*\D|)(\d{1,9})", path.stem, re.ASCII | re.DOTALL)
    return (path.stem, None, path.suffix) if match is None else (match[1], int(match[2]), path.suffix)


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sort key of names in which numbers count as numbers."""
    pieces = re.split(r"(\d{1,18})", name.lower(), flags=re.ASCII)
    return [(int(piece), "") if piece.isascii() and piece.isdecimal() else (-1, piece) for piece in pieces], name


def _placed(face: FaceswapFace) -> Face:
    """Box and landmarks; where there are neither 68 nor 98 points, the box alone."""
    points: NDArray[np.float64] | None = face.landmarks
    if points is not None and len(points) == 98:
        points = points[_OF_98]
    elif points is not None and len(points) != 68:
        points = None
    return Face(_box(face.box, face.landmarks), None if points is None else points.astype(np.float32))


def _box(box: Box | None, points: NDArray[np.float64]) -> Box:
    """The box that was found; around the points where there is none, as after work by hand."""
    if box is not None and box.width > 0 and box.height > 0:
        return box
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return Box(left, top, right, bottom)


def _from_corners(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """A matrix between pixels' centres counted from 0, as one between points counted from the pictures' corners."""
    half = np.array((0.5, 0.5))
    return np.column_stack((matrix[:, :2], matrix[:, 2] + half - matrix[:, :2] @ half))
