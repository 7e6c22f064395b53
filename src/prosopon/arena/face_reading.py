"""How well a face reader reads: parts, pose and expression of rendered people, and who is who."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.verification import Portrait, Verification, verify_portraits
from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.core.faces import Box, Face
from prosopon.core.parts import Part
from prosopon.core.progress import SILENT, Progress
from prosopon.faces.builtin.prepared import person_of
from prosopon.faces.finder import FaceFinder
from prosopon.faces.likeness import normalised
from prosopon.faces.parsing.landmarks import KNOWN, LandmarkParser
from prosopon.faces.parsing.overlap import Overlap
from prosopon.faces.parsing.part_map import FACE, PartMap
from prosopon.faces.pose68 import pose68
from prosopon.faces.reader.net import N_PARTS, ReaderNet
from prosopon.faces.reader.reader import FaceReader
from prosopon.faces.reader.rows import EXPRESSIONS
from prosopon.media.read import read
from prosopon.media.search import find_media
from prosopon.train.randomness import seed_all
from prosopon.train.store import ArrayStore

LIKENESSES = {
    "reader": "the reader's embedding",
    "reader, face alone": "the same, with all but the face painted over: hair, clothes and background cannot help",
    "untrained net": "baseline: the same net with random weights",
    "colours": "baseline: mean and spread of the face's colours",
    "shape": "baseline: the 68 landmarks without place and size",
}
_HIDDEN = np.array((128, 128, 128), np.uint8)


@dataclass(frozen=True)
class PartScore:
    """How well one part is found.

    Attributes:
        part: which.
        iou: intersection over union with the truth over all pictures, 0 to 1.
        by_landmarks: the same of what is drawn by the true landmarks alone; None where they cannot tell.
    """

    part: Part
    iou: float
    by_landmarks: float | None


@dataclass(frozen=True)
class RenderedScores:
    """Measured on rendered people, of whom everything is known.

    Attributes:
        pictures: how many.
        parts: by part.
        expression: mean absolute error of each coefficient, beside that of always saying the mean.
        pose_deg: mean absolute error of (yaw, pitch) in degrees.
        pose_by_landmarks_deg: the same of the mean head laid onto the true landmarks.
        people: who is who, by likeness.
    """

    pictures: int
    parts: tuple[PartScore, ...]
    expression: dict[str, tuple[float, float]]
    pose_deg: tuple[float, float]
    pose_by_landmarks_deg: tuple[float, float]
    people: dict[str, Verification]

    @property
    def mean_iou(self) -> float:
        """Mean over the parts."""
        return float(np.mean([one.iou for one in self.parts]))


def measure_rendered(
    reader: FaceReader, stores: Sequence[ArrayStore], *, progress: Progress = SILENT
) -> RenderedScores:
    """Read pictures of rendered people and compare with the truth.

    Args:
        reader: who reads.
        stores: rendered people (`app.rendered_reader`) whom it has not learnt from.
        progress: hears of every picture.
    """
    by_landmarks, likenesses = LandmarkParser(), _Likenesses(reader)
    by_reader, by_polygons = Overlap(), Overlap()
    told: list[NDArray[np.float64]] = []
    true: list[NDArray[np.float64]] = []
    drawn: list[tuple[float, float]] = []
    portraits: list[Portrait] = []
    progress.start("reading rendered people", sum(map(len, stores)))
    for store in stores:
        for shot in store.shots:
            for at in range(shot.start, shot.stop):
                frame, parts = store.arrays["picture"][at], store.arrays["parts"][at]
                landmarks = np.array(store.arrays["landmarks"][at])
                face = Face(Box(0, 0, frame.shape[1], frame.shape[0]), landmarks)
                one = reader.read(frame, face)
                _count(reader.parse(frame, face), parts, by_reader)
                _count(by_landmarks.parse(frame, face), parts, by_polygons)
                told.append(np.concatenate(([one.yaw_deg, one.pitch_deg], one.expression)))
                true.append(np.concatenate((store.arrays["pose"][at], store.arrays["expression"][at])))
                pose = pose68(landmarks)
                drawn.append((pose.yaw, pose.pitch))
                portraits.append(Portrait(shot.person, str(at), likenesses(frame, face)))
                progress.advance()
    progress.finish()
    wrong = np.abs(np.stack(told) - np.stack(true)).mean(0)
    spread = np.abs(np.stack(true) - np.stack(true).mean(0)).mean(0)
    pose = np.abs(np.array(drawn) - np.stack(true)[:, :2]).mean(0)
    return RenderedScores(
        len(told),
        tuple(
            PartScore(
                part,
                float(by_reader.iou[part]),
                float(by_polygons.iou[part]) if part in KNOWN else None,
            )
            for part in Part
            if part < N_PARTS
        ),
        {name: (float(wrong[2 + i]), float(spread[2 + i])) for i, name in enumerate(EXPRESSIONS)},
        (float(wrong[0]), float(wrong[1])),
        (float(pose[0]), float(pose[1])),
        verify_portraits(portraits),
    )


def _count(told: PartMap, truth: NDArray[np.uint8], overlap: Overlap) -> None:
    """Adds one picture; what lies outside of the map does not count."""
    height, width = truth.shape
    seen = told.mask([*Part], height, width) > 0.5
    overlap.add(told.in_frame(height, width), np.where(truth == Part.IRIS, np.uint8(Part.EYE), truth), seen)


def measure_people(
    reader: FaceReader, folders: Sequence[Path], finder: FaceFinder, *, frames: int = 6, progress: Progress = SILENT
) -> tuple[dict[str, Verification], int, int]:
    """Who is who among people of pictures and videos whom the reader has not learnt from.

    Args:
        reader: who reads.
        folders: a sub-folder for each person, else every file is a person of its own.
        finder: finds the faces; the largest of each frame counts.
        frames: looked at of each video.
        progress: hears of every file.

    Returns:
        Verdicts by likeness (see `LIKENESSES`), the number of people and of pictures.

    Raises:
        ValueError: no person has two files, or there is only one person.
        MissingError: a folder is not there.
    """
    likenesses = _Likenesses(reader)
    portraits: list[Portrait] = []
    files = find_media(folders)
    progress.start("reading people", len(files))
    for file in files:
        for frame in _some_frames(file.path, frames, progress):
            faces = [face for face in finder.find(frame) if face.landmarks is not None]
            if faces:
                portraits.append(Portrait(person_of(file), file.path.name, likenesses(frame, faces[0])))
        progress.advance()
    progress.finish()
    return verify_portraits(portraits), len({one.person for one in portraits}), len(portraits)


def _some_frames(path: Path, count: int, progress: Progress) -> Iterator[Frame]:
    try:
        clip = read(path)
        wanted = set(np.linspace(0, len(clip) - 1, min(count, max(1, len(clip)))).astype(int).tolist())
        yield from (frame for index, frame in enumerate(clip.frames()) if index in wanted)
    except MediaError as error:
        progress.note(f"{path.name} is left out: {error.what}")


class _Likenesses:
    """All likenesses that are compared."""

    def __init__(self, reader: FaceReader) -> None:
        self._reader = reader
        seed_all(0)
        self._untrained = FaceReader(ReaderNet())
        self._parser = LandmarkParser()

    def __call__(self, frame: Frame, face: Face) -> dict[str, NDArray[np.floating]]:
        assert face.landmarks is not None  # noqa: S101 - the callers have checked
        shown = self._parser.parse(frame, face).mask(FACE, *frame.shape[:2]) > 0.5
        alone = np.where(shown[..., None], frame, _HIDDEN)
        colours = frame[shown].astype(np.float64) if shown.any() else np.zeros((1, 3))
        return {
            "reader": self._reader.embed(frame, face),
            "reader, face alone": self._reader.embed(alone, face),
            "untrained net": _centred(self._untrained.embed(frame, face)),
            "colours": _centred(np.concatenate((colours.mean(0), colours.std(0)))),
            "shape": normalised(face.landmarks).ravel(),
        }


def _centred(vector: NDArray[np.floating]) -> NDArray[np.floating]:
    """Without its mean, so that a cosine tells more than that all values are positive."""
    centred: NDArray[np.floating] = vector - vector.mean()
    return centred
