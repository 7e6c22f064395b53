"""`Piece`: a run of neighbouring frames of one person, cut out around the face in the frames' own pixels.

Detectors that look at some frames get them as arenas keep them, a canvas around the face, since that is what they were
calibrated on. What degradations do is done before, in the frames' own pixels, as it would be to the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face, Track, Tracks
from prosopon.datasets.arena.arena import CANVAS_PX
from prosopon.datasets.arena.canvas import Canvas, scale_for
from prosopon.faces.excerpt import spread

_MARGIN_PX = 8
"""More than the canvas needs, so that filters at its border see what was there."""


@dataclass(frozen=True)
class Piece:
    """Some consecutive frames around a face that stays inside.

    Attributes:
        frames: `uint8 (T, S, S, 3)`, pixels of the clip; mirrored beyond its border.
        landmarks: `float32 (T, 68, 2)` in pixels of the piece.
        times: of the frames, on the clip's clock in seconds.
        corner: (x, y) of the piece's upper left in pixels of the clip.
    """

    frames: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    times: tuple[float, ...]
    corner: tuple[float, float]

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.times)


def pieces_of(clip: Clip, people: Sequence[Track], runs: int, run: int) -> list[tuple[Piece, ...]]:
    """The pieces of several people, in one pass over the clip.

    Args:
        clip: with frames.
        people: each with landmarks in at least one frame; neighbouring frames, for runs.
        runs, run: at most so many pieces each, of so many frames.
    """
    growing = [_Growing.of(person, runs, run) for person in people]
    last = max((index for one in growing for index in one.wanted), default=-1)
    frames = clip.frames()
    for index, frame in enumerate(frames):
        if index > last:
            break
        for one in growing:
            one.see(index, frame)
    close = getattr(frames, "close", None)
    if close is not None:
        close()
    return [tuple(one.pieces(clip)) for one in growing]


def shown(pieces: Sequence[Piece], fps: Fraction | None, name: str) -> tuple[Clip, Tracks]:
    """Pieces as detectors get them: canvases of `CANVAS_PX`, the face in their middle, and who is in them."""
    faces = [points for piece in pieces for points in piece.landmarks]
    scale = scale_for(faces)
    frames: list[Frame] = []
    found: dict[int, Face] = {}
    for piece in pieces:
        canvas = Canvas.around([*piece.landmarks], scale)
        for frame, points in zip(piece.frames, piece.landmarks, strict=True):
            found[len(frames)] = Face.around(canvas.points(points))
            frames.append(canvas.cut(frame))
    times = tuple(time for piece in pieces for time in piece.times)
    clip = Clip(CANVAS_PX, CANVAS_PX, lambda: iter(frames), times, fps, name=name)
    return clip, Tracks((Track(found),), len(frames), "pieces")


def fewer(pieces: Sequence[Piece], n: int) -> tuple[Piece, ...]:
    """At most `n` of them, spread evenly."""
    if len(pieces) <= n:
        return tuple(pieces)
    middles = (np.arange(n) + 0.5) * len(pieces) / n
    return tuple(pieces[int(at)] for at in middles)


@dataclass(frozen=True)
class _Growing:
    """A person whose pieces are being cut."""

    faces: Mapping[int, Face]
    runs: tuple[tuple[int, ...], ...]
    places: Mapping[int, tuple[int, int, int]]
    """By frame: left, top and side of the piece."""
    seen: dict[int, Frame]

    @property
    def wanted(self) -> Iterator[int]:
        """Frames, ascending."""
        return (index for run in self.runs for index in run)

    @classmethod
    def of(cls, person: Track, runs: int, run: int) -> _Growing:
        faces = {index: face for index, face in person.faces.items() if face.landmarks is not None}
        wanted = spread(sorted(faces), runs, run) if faces else ()
        parted = _parted(wanted, run)
        scale = scale_for([_points(faces[index]) for index in wanted]) if wanted else 1.0
        places = {}
        for part in parted:
            canvas = Canvas.around([_points(faces[index]) for index in part], scale)
            side = int(np.ceil(CANVAS_PX / scale)) + 2 * _MARGIN_PX
            for index in part:
                places[index] = (int(canvas.left) - _MARGIN_PX, int(canvas.top) - _MARGIN_PX, side)
        return cls(faces, parted, places, {})

    def see(self, index: int, frame: Frame) -> None:
        """Cut out what is wanted of a frame."""
        if index in self.places:
            left, top, side = self.places[index]
            rows, columns = _mirrored(top, side, frame.shape[0]), _mirrored(left, side, frame.shape[1])
            self.seen[index] = frame[rows[:, None], columns[None, :]]

    def pieces(self, clip: Clip) -> Iterator[Piece]:
        """What was cut; frames that could not be read are missing."""
        for run in self.runs:
            held = [index for index in run if index in self.seen]
            if held:
                left, top, _ = self.places[held[0]]
                corner = np.array((left, top), np.float32)
                yield Piece(
                    np.stack([self.seen[index] for index in held]),
                    np.stack([_points(self.faces[index]) - corner for index in held]),
                    tuple(clip.times[index] for index in held),
                    (float(left), float(top)),
                )


def _parted(wanted: Sequence[int], run: int) -> tuple[tuple[int, ...], ...]:
    """Runs of neighbours, none longer than `run`."""
    parts: list[list[int]] = []
    for before, index in pairwise((-2, *wanted)):
        if index == before + 1 and len(parts[-1]) < run:
            parts[-1].append(index)
        else:
            parts.append([index])
    return tuple(map(tuple, parts))


def _points(face: Face) -> NDArray[np.float32]:
    assert face.landmarks is not None  # noqa: S101 - those without were left out
    return face.landmarks


def _mirrored(start: int, length: int, size: int) -> NDArray[np.int_]:
    """Indices that run on beyond a border, turned back there as often as need be."""
    index = np.arange(start, start + length)
    if size == 1:
        return np.zeros_like(index)
    around = np.mod(index, 2 * (size - 1))
    return np.where(around < size, around, 2 * (size - 1) - around)
