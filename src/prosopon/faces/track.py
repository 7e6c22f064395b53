"""Who is who from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.finder import FaceFinder
from prosopon.faces.journal import Memory

_LONGEST_GAP_S = 0.5
"""Who is not seen for longer begins a new track: without a face embedding nobody can say that it is the same person."""
_FARTHEST = 1.0
"""Largest distance between a face and its track's last one, see `_distance`."""
_CUT_LEVEL = 0.04
"""Mean change of brightness between frames, 0 to 1, that cannot be motion alone."""
_CUT_RATIO = 8.0
"""How many times the usual change of the last frames it must be as well."""
_THUMBNAIL_PX = 32
_SAMPLED_PX = 128


@dataclass(eq=False)
class _Growing:
    """A track that may still go on."""

    faces: dict[int, Face]
    last: int

    def add(self, index: int, face: Face) -> None:
        self.faces[index] = face
        self.last = index

    @property
    def face(self) -> Face:
        return self.faces[self.last]


def track(
    clip: Clip,
    finder: FaceFinder,
    *,
    every: int = 1,
    memory: Memory | None = None,
    progress: Progress = SILENT,
) -> Tracks:
    """Find the faces of a clip and join them to people.

    A cut ends all tracks; so does a jump or an absence of half a second for one of them.

    Args:
        clip: any clip.
        finder: looks at single frames.
        every: look at every n-th frame only; the others are absent from the tracks.
        memory: frames that it knows are not searched again, the others are told to it.
        progress: hears of every frame.

    Returns:
        Tracks, the most prominent (frames x area) first; `n_frames` counts the frames that were looked at.
    """
    done: list[_Growing] = []
    active: list[_Growing] = []
    cuts = _Cuts()
    n_looked = 0
    progress.start("finding faces", len(clip))
    for index, frame in enumerate(clip.frames()):
        progress.advance()
        if cuts.is_cut(frame):
            done += active
            active = []
        if index % every:
            continue
        n_looked += 1
        alive = [
            one
            for one in active
            if clip.times[index] - clip.times[one.last] <= _LONGEST_GAP_S or index - one.last <= every
        ]
        done += [one for one in active if one not in alive]
        active = alive
        faces = None if memory is None else memory.recall(index)
        if faces is None:
            faces = finder.find(frame)
            if memory is not None:
                memory.keep(index, faces)
        for face, owner in _assign(faces, active):
            if owner is None:
                active.append(_Growing({index: face}, index))
            else:
                owner.add(index, face)
    tracks = [Track(one.faces) for one in done + active]
    tracks.sort(key=lambda one: len(one) * one.mean_area, reverse=True)
    return Tracks(tuple(tracks), n_looked, finder.name)


def _assign(faces: list[Face], active: list[_Growing]) -> list[tuple[Face, _Growing | None]]:
    """Each face with the track that it continues, or None: the assignment with the least total distance."""
    if not faces or not active:
        return [(face, None) for face in faces]
    distances = np.array([[_distance(face, one.face) for one in active] for face in faces])
    owners: dict[int, _Growing] = {}
    for row, column in zip(*linear_sum_assignment(distances), strict=True):
        if distances[row, column] <= _FARTHEST:
            owners[int(row)] = active[int(column)]
    return [(face, owners.get(i)) for i, face in enumerate(faces)]


def _distance(face: Face, other: Face) -> float:
    """How unlike two faces' places are: 0 the same, above 1 too far for one person between two frames.

    Half of it is 1 - IoU of the boxes; the other half the mean way of the landmarks in units of half the face's size,
    which tells faces apart whose boxes overlap.
    """
    apart = 1.0 - face.box.iou(other.box)
    if face.landmarks is None or other.landmarks is None:
        return 2.0 * apart if apart == 1.0 else apart
    size = float(np.sqrt(max(1.0, face.box.width * face.box.height)))
    way = float(np.linalg.norm(face.landmarks - other.landmarks, axis=1).mean()) / (0.5 * size)
    return 0.5 * apart + 0.5 * way


class _Cuts:
    """Tells cuts from motion by the change of a small grey picture."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._changes: list[float] = []

    def is_cut(self, frame: Frame) -> bool:
        """Whether this frame begins another shot than the frame before it."""
        now = _thumbnail(frame)
        before, self._before = self._before, now
        if before is None:
            return False
        change = float(np.abs(now - before).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        if change > _CUT_LEVEL and change > _CUT_RATIO * usual:
            self._changes = []
            return True
        self._changes = [*self._changes[-24:], change]
        return False


def _thumbnail(frame: Frame) -> NDArray[np.float32]:
    """A grey picture of about 32 x 32 block means in [0, 1]; large frames are sampled, not averaged, to be quick."""
    step = max(1, min(frame.shape[:2]) // _SAMPLED_PX)
    sampled = frame[::step, ::step]
    height, width = sampled.shape[:2]
    rows, columns = max(1, height // _THUMBNAIL_PX), max(1, width // _THUMBNAIL_PX)
    grey = sampled[: height // rows * rows, : width // columns * columns].mean(axis=2, dtype=np.float32) / 255.0
    blocks = grey.reshape(grey.shape[0] // rows, rows, grey.shape[1] // columns, columns)
    means: NDArray[np.float32] = blocks.mean(axis=(1, 3))
    return means
