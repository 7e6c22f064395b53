"""`Subject`: an original ready to be used: its frames in memory, and the one face that is in them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.making.originals import Original
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.datasets.degradations import H264, Chain, Noisy
from prosopon.faces.builtin.nobody import NAMES, picture_without_faces
from prosopon.faces.excerpt import RUN, runs_in, spread
from prosopon.faces.finder import FaceFinder
from prosopon.faces.head_box import face_size, still_box
from prosopon.faces.reader.surroundings import before, draw_surroundings
from prosopon.media.read import read
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light
from prosopon.studio.render import render

SMALLEST_PX = 48
"""Faces that are smaller are left out."""
_REACH, _REACH_PX = 5.0, 640.0
"""So many face sizes, or pixels if that is more, are kept around the face: what lies farther off is never seen."""
_JUMP = 0.6
"""A face that moves by more of its size from one frame to the next is another one."""
_RENDERED_PX = (256, 321)
"""Sides of rendered pictures: faces are then as large as those of somebody who sits before a camera."""
_FPS = 25


@dataclass(frozen=True)
class Subject:
    """One original.

    Attributes:
        original: what it was taken from.
        frames: `uint8 (T, H, W, 3)`.
        landmarks: of the face in each, `float32 (T, 68, 2)` in pixels of the frame.
        times: `float64 (T,)` seconds.
        fps: None for a still.
        sha256: of the file; None for somebody rendered.
        back_end: who found the face.
    """

    original: Original
    frames: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    times: NDArray[np.float64]
    fps: Fraction | None
    sha256: str | None
    back_end: str

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def runs(self) -> tuple[slice, ...]:
        """The runs of neighbouring frames."""
        return runs_in(self.times.tolist(), self.fps)

    def clip(self, part: slice = slice(None)) -> Clip:
        """The frames, or a part of them, as a clip."""
        frames = self.frames[part]
        height, width = frames.shape[1:3]
        times = tuple(self.times[part].tolist())
        return Clip(width, height, lambda: iter(frames), times, self.fps, name=self.original.name)

    def tracks(self, part: slice = slice(None)) -> Tracks:
        """The one person in it, whom every frame shows."""
        faces = {index: Face.around(points) for index, points in enumerate(self.landmarks[part])}
        return Tracks((Track(faces),), len(faces), self.back_end)

    def one(self, index: int) -> Clip:
        """One frame as a still."""
        return Clip.still(self.frames[index], name=self.original.name)

    def face(self, index: int) -> Tracks:
        """Who is in that still."""
        return Tracks((Track({0: Face.around(self.landmarks[index])}),), 1, self.back_end)


def subject_of(original: Original, finder: FaceFinder) -> Subject:
    """Read or render an original, and find the face in it.

    Raises:
        MissingError: there is no face, it is too small, or it is not one and the same throughout; says which.
        MediaError: the file cannot be read.
    """
    fps: Fraction | None
    sha256: str | None
    if original.path is None:
        frames, times = _rendered(original)
        fps, sha256 = Fraction(_FPS), None
    else:
        clip = read(original.path)
        frames, times = _read(clip, original)
        fps, sha256 = clip.fps if len(clip) > 1 else None, clip.sha256
    found = [(index, face_in(frame, finder)) for index, frame in enumerate(frames)]
    seen = {index: points for index, points in found if points is not None}
    if len(seen) * 2 <= len(frames):
        raise MissingError("no face is found in most of it")
    if np.median([face_size(points) for points in seen.values()]) < SMALLEST_PX:
        raise MissingError(f"the face is smaller than {SMALLEST_PX} pixels")
    kept = sorted(seen)
    points = np.stack([seen[index] for index in kept])
    when = [times[index] for index in kept]
    if any(_jumps(points[run]) for run in runs_in(when, fps)):
        raise MissingError("it does not show one and the same face throughout")
    return _around_face(
        Subject(
            original,
            np.stack([frames[index] for index in kept]),
            points,
            np.asarray(when, np.float64),
            fps,
            sha256,
            finder.name,
        )
    )


def face_in(frame: Frame, finder: FaceFinder) -> NDArray[np.float32] | None:
    """Landmarks of the largest face of a frame, `(68, 2)`; None where there is none."""
    return next((face.landmarks for face in finder.find(frame) if face.landmarks is not None), None)


def save_subject(subject: Subject, path: Path) -> None:
    """Write it down for other processes; the original itself is not written."""
    with path.open("wb") as file:
        np.savez(
            file,
            frames=subject.frames,
            landmarks=subject.landmarks,
            times=subject.times,
            about=np.array(["" if subject.fps is None else str(subject.fps), subject.sha256 or "", subject.back_end]),
        )


def load_subject(original: Original, path: Path) -> Subject:
    """What was written down of an original."""
    with np.load(path) as held:
        fps, sha256, back_end = held["about"].tolist()
        return Subject(
            original,
            held["frames"],
            held["landmarks"],
            held["times"],
            Fraction(fps) if fps else None,
            sha256 or None,
            back_end,
        )


def _read(clip: Clip, original: Original) -> tuple[list[Frame], list[float]]:
    """Runs of frames out of a file, or out of one part of it."""
    part, parts = original.part
    first, last = len(clip) * part // parts, len(clip) * (part + 1) // parts
    wanted = spread(range(first, last), original.runs, RUN)
    left = set(wanted)
    frames = []
    for index, frame in enumerate(clip.frames()):
        if index in left:
            frames.append(frame)
        if index >= wanted[-1]:
            break
    return frames, [clip.times[index] for index in wanted[: len(frames)]]


def _rendered(original: Original) -> tuple[list[Frame], list[float]]:
    """Somebody who does not exist, before some background, as a camera and a codec would have left them.

    Rendered pictures have no grain. As they are, what a generator smooths in footage would look untouched in them.
    """
    assert original.seed is not None  # noqa: S101 - an original is a file or has a seed
    rng = np.random.default_rng(original.seed)
    identity, light = Identity.random(rng), Light.random(rng)
    seconds = 3.0
    performance = Performance.random(
        rng, seconds, talking=float(rng.uniform(0.4, 1.0)), liveliness=float(rng.uniform(0.5, 1.2))
    )
    side = int(rng.integers(*_RENDERED_PX)) // 2 * 2
    picture = picture_without_faces(NAMES[int(rng.integers(len(NAMES)))])
    behind = draw_surroundings(picture, side, rng) if rng.random() < 0.7 else None
    frames = RUN * original.runs
    first = int(rng.integers(int(seconds * _FPS) - frames + 1))
    times = [(first + index) / _FPS for index in range(frames)]
    shown = [render(identity, *performance.at(time_s), light, side) for time_s in times]
    images = np.stack([one.image if behind is None else before(one.image, one.parts, behind) for one in shown])
    camera = Chain((Noisy(float(rng.uniform(1.0, 4.0)), int(rng.integers(2**31))), H264(int(rng.integers(16, 26)))))
    return list(camera(images)), times


def _jumps(points: NDArray[np.float32]) -> bool:
    """Whether a face is somewhere else from one frame of a run `(T, 68, 2)` to the next."""
    if len(points) < 2:
        return False
    ways = np.linalg.norm(np.diff(points.mean(1), axis=0), axis=1)
    return bool(ways.max() > _JUMP * face_size(points[0]))


def _around_face(subject: Subject) -> Subject:
    """The same with frames that reach no farther around the face than is ever seen."""
    size = float(np.median([face_size(points) for points in subject.landmarks]))
    box = still_box(subject.landmarks, max(_REACH, _REACH_PX / size))
    height, width = subject.frames.shape[1:3]
    left, top = max(0, int(box.left)), max(0, int(box.top))
    right, bottom = min(width, int(box.right) + 1), min(height, int(box.bottom) + 1)
    if (left, top, right, bottom) == (0, 0, width, height):
        return subject
    return Subject(
        subject.original,
        np.ascontiguousarray(subject.frames[:, top:bottom, left:right]),
        subject.landmarks - np.array((left, top), np.float32),
        subject.times,
        subject.fps,
        subject.sha256,
        subject.back_end,
    )
