"""Clips of a drawn face that is found without fail: its frame's number is written in the corner of each frame."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.swap_people import Footage, Known
from prosopon.arena.swap_quality import Judge
from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Box, Face, Pose, Track, Tracks
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.mean_face import OWN

SIDE, N_FRAMES = 120, 8
SOURCE, TARGET = (220.0, 60.0, 60.0), (60.0, 60.0, 220.0)
HIDDEN = 255
"""Frames whose number says so show no face."""


def points_of(index: int) -> NDArray[np.float32]:
    """A face that drifts to the right, opens its mouth and blinks."""
    points = OWN * 44 + (36 + 0.5 * index, 40)
    points[[65, 66, 67]] += (0, 1.5 * (index % 4))
    points[[37, 38, 43, 44]] += (0, 0.8 * (index % 3))
    return points.astype(np.float32)


def face_at(index: int) -> Face:
    points = points_of(index)
    return Face(Box(*points.min(0).tolist(), *points.max(0).tolist()), points, pose=Pose(yaw=float(index)))


def coloured(frame: Frame, index: int, colour: tuple[float, float, float]) -> Frame:
    """The same frame with a face of another colour; no pixel beyond the face is touched."""
    mask = landmark_mask(points_of(index).astype(np.float64), SIDE)[..., None]
    grain = np.random.default_rng(7).normal(0, 12, (SIDE, SIDE, 1))
    return np.where(mask > 0.5, np.clip(np.array(colour) + grain, 0, 255), frame).astype(np.uint8)


def frame_of(index: int) -> Frame:
    frame = np.full((SIDE, SIDE, 3), 30, np.uint8)
    frame[::7] = 90
    frame = coloured(frame, index, TARGET)
    frame[0, 0] = index
    return frame


def clip() -> Clip:
    return Clip.of_frames([frame_of(index) for index in range(N_FRAMES)], Fraction(25), name="film")


def footage() -> Footage:
    person = Track({index: face_at(index) for index in range(N_FRAMES)})
    return Footage("film", clip(), Tracks((person,), N_FRAMES, "drawn"), person)


def remade(change: Callable[[Frame, int], Frame]) -> Clip:
    """The clip with every frame changed."""
    frames = [change(frame.copy(), index) for index, frame in enumerate(clip().frames())]
    return Clip.of_frames(frames, Fraction(25), name="made")


def swapped(share: float = 1.0) -> Clip:
    """The clip with a face that is the source's by a share."""
    colour = tuple(t + share * (s - t) for s, t in zip(SOURCE, TARGET, strict=True))
    return remade(lambda frame, index: coloured(frame, index, colour))  # type: ignore[arg-type]


class NumberFinder:
    """Finds the face of the frame whose number is in the corner, with another face beside it."""

    name = "drawn"

    def find(self, frame: Frame) -> list[Face]:
        if frame[0, 0, 0] == HIDDEN:
            return []
        elsewhere = Face(Box(0, 0, 200, 20), points_of(0) - np.float32(90))
        return [elsewhere, face_at(int(frame[0, 0, 0]))]


class MeanColour:
    """Embeds a face as the direction of the mean colour at its landmarks."""

    same_person = 0.9

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        assert face.landmarks is not None
        x, y = np.floor(face.landmarks[27:31]).astype(int).T
        vector = frame[y, x].astype(np.float32).mean(0)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def unit(colour: tuple[float, float, float]) -> NDArray[np.float32]:
    vector = np.array(colour, np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def judge() -> Judge:
    known = Known(MeanColour(), unit(SOURCE), unit(TARGET))
    return Judge(NumberFinder(), known, known)
