"""Faces cut out of pictures and footage once, with the teacher's landmarks, for the built-in nets to learn from.

A store (`train.store`) has the columns `pictures` `uint8 (N, 320, 320, 3)`, squares around faces that show their
surroundings too; `landmarks` `float32 (N, 68, 2)` in pixels of the square, NaN where there is no face; and `inside`
`float32 (N, 4)`, the part (left, top, right, bottom) of the square that the picture really covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.faces import Box, Face
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.crop import cut
from prosopon.faces.finder import FaceFinder
from prosopon.faces.stance import Stance
from prosopon.media.read import read
from prosopon.media.search import Found, find_media
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

PICTURE_PX = 320
SIDE = 2.4
"""Side of a stored square in units of the face's size."""
_SMALLEST_FACE_PX = 48


@dataclass(frozen=True)
class Cutting:
    """One row of a store."""

    picture: Frame
    landmarks: NDArray[np.float32] | None
    inside: tuple[float, float, float, float]


class FaceStore(ArrayStore):
    """Faces, or pictures without any, each with its surroundings."""

    columns: ClassVar[Mapping[str, Column]] = {
        "pictures": Column("|u1", (PICTURE_PX, PICTURE_PX, 3)),
        "landmarks": Column("<f4", (68, 2)),
        "inside": Column("<f4", (4,)),
    }

    @property
    def pictures(self) -> NDArray[np.uint8]:
        """Squares, `(N, 320, 320, 3)`."""
        return self.arrays["pictures"]

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """In pixels of the square, `(N, 68, 2)`; NaN where there is no face."""
        return self.arrays["landmarks"]

    @property
    def inside(self) -> NDArray[np.float32]:
        """What of the square the picture covers: left, top, right, bottom, `(N, 4)`."""
        return self.arrays["inside"]


def cut_face(frame: Frame, landmarks: NDArray[np.float32]) -> Cutting:
    """A face with its surroundings, as a store keeps it.

    Args:
        frame: `uint8 (H, W, 3)`.
        landmarks: `(68, 2)` in its pixels.
    """
    return _cutting(frame, Stance.of(landmarks).box(SIDE), landmarks)


def cut_nobody(frame: Frame) -> Cutting:
    """The largest square in the middle of a picture without faces."""
    height, width = frame.shape[:2]
    half = min(height, width) / 2
    return _cutting(frame, Box(width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half), None)


def _cutting(frame: Frame, box: Box, landmarks: NDArray[np.float32] | None) -> Cutting:
    scale = PICTURE_PX / box.width
    height, width = frame.shape[:2]
    left, top = max(0.0, -box.left * scale), max(0.0, -box.top * scale)
    right, bottom = (min(float(PICTURE_PX), side * scale) for side in (width - box.left, height - box.top))
    points = None if landmarks is None else ((landmarks - (box.left, box.top)) * scale).astype(np.float32)
    return Cutting(cut(frame, box, PICTURE_PX), points, (left, top, right, bottom))


def write_cuttings(folder: Path, shots: Iterable[tuple[Shot, Sequence[Cutting]]]) -> FaceStore:
    """Fill a folder with a store.

    Raises:
        ProsoponError: there is not one row.
    """
    rows = ((shot, _rows(cuttings)) for shot, cuttings in shots)
    write_store(folder, FaceStore.columns, rows, advice=f"give faces of {_SMALLEST_FACE_PX} pixels or more")
    return FaceStore.open(folder)


def _rows(cuttings: Sequence[Cutting]) -> Rows:
    nowhere = np.full((68, 2), np.nan, np.float32)
    return {
        "pictures": np.stack([one.picture for one in cuttings]),
        "landmarks": np.stack([nowhere if one.landmarks is None else one.landmarks for one in cuttings]),
        "inside": np.array([one.inside for one in cuttings], np.float32),
    }


def kept_cuttings(origin: Any, shots: Callable[[], Iterable[tuple[Shot, Sequence[Cutting]]]]) -> FaceStore:
    """The store that follows from `origin`: the one that was written before, else the one that `shots` fills now.

    Args:
        origin: all that decides the content, JSON-able.
        shots: makes the rows; called only where they are not there.
    """
    facts = ["faces", [*FaceStore.columns], PICTURE_PX, SIDE, origin]
    return FaceStore.open(kept(facts, lambda folder: write_cuttings(folder, shots())))


def prepare(
    folders: Sequence[Path], teacher: Callable[[], FaceFinder] | None, *, every: int, progress: Progress = SILENT
) -> FaceStore:
    """Cut the faces out of all that lies in `folders`, or take what was cut of the same files before.

    Args:
        folders: each with files, or with a sub-folder for each person.
        teacher: opens the finder whose landmarks are learnt; None: the pictures show nobody.
        every: keep every n-th frame of videos.
        progress: hears of every file.

    Raises:
        MissingError: a folder is not there, or the teacher is not installed.
        ProsoponError: there is nothing in any of it.
    """
    files = find_media(folders)
    seen = [(file.path.name, person_of(file), file.path.stat().st_size, file.path.stat().st_mtime_ns) for file in files]
    return kept_cuttings([every, teacher is None, seen], lambda: _shots(files, teacher, every, progress))


def person_of(file: Found) -> str:
    """Who a file shows: named by its sub-folder, else by itself."""
    return file.folder or file.path.name


def _shots(
    files: Sequence[Found], teacher: Callable[[], FaceFinder] | None, every: int, progress: Progress
) -> Iterator[tuple[Shot, list[Cutting]]]:
    finder = None if teacher is None else teacher()
    progress.start("cutting faces out", len(files))
    for file in files:
        progress.advance()
        try:
            clip = read(file.path)
        except MediaError as error:
            progress.note(f"{file.path.name} is left out: {error.what}")
            continue
        if not len(clip):
            continue
        kind = "nobody" if finder is None else "still" if clip.is_still else "footage"
        cuttings = [*_cuttings(clip, finder, every)]
        if cuttings:
            yield Shot(file.path.name, person_of(file), kind), cuttings
        else:
            progress.note(f"{file.path.name}: no clear face, left out")
    progress.finish()


def _cuttings(clip: Clip, finder: FaceFinder | None, every: int) -> Iterator[Cutting]:
    for index, frame in enumerate(clip.frames()):
        if index % every:
            continue
        if finder is None:
            yield cut_nobody(frame)
            continue
        yield from teachable(frame, finder.find(frame))


def teachable(frame: Frame, faces: Sequence[Face]) -> Iterator[Cutting]:
    """Faces that are large enough and alone in their surroundings: what a square shows beside is taken for no face."""
    for face in faces:
        if face.landmarks is None or Stance.of(face.landmarks).size < _SMALLEST_FACE_PX:
            continue
        x, y = face.box.centre
        reach = max(face.box.width, face.box.height) * SIDE
        others = [other.box.centre for other in faces if other is not face]
        if all(max(abs(x - other_x), abs(y - other_y)) > reach for other_x, other_y in others):
            yield cut_face(frame, face.landmarks)
