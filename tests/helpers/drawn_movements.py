"""People who move in ways of their own: 20 signals mixed out of a few causes, each person by another matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from prosopon.core.faces import Face, Pose, Track, Tracks
from prosopon.detect.biometric.recording import RATE, Recording, recording_of
from prosopon.detect.biometric.signals import NAMES, Signals
from prosopon.faces.head68 import HEAD
from prosopon.faces.pose import rotation_of

_CAUSES = 5


def moves(person: int, seconds: float, seed: int = 0, *, offset: float = 0.0) -> Signals:
    """A clip of a person: causes that are drawn anew, mixed by the person's own matrix, with a little noise."""
    own = np.random.default_rng([77, person]).normal(size=(_CAUSES, len(NAMES)))
    rng = np.random.default_rng([seed, person])
    n = round(seconds * RATE)
    causes = gaussian_filter1d(rng.normal(size=(n, _CAUSES)), 3, axis=0)
    values = causes @ own + 0.02 * rng.normal(size=(n, len(NAMES))) + offset
    return Signals(np.arange(n) / RATE, values, "landmarks")


def recorded(person: int, clips: int, seconds: float = 3.0, *, seed: int = 0, name: str | None = None) -> Recording:
    """Several clips of a person, who sits a little elsewhere in each."""
    rng = np.random.default_rng([seed, person, 9])
    return recording_of(
        name or f"p{person}",
        [moves(person, seconds, 100 * seed + clip, offset=float(rng.normal(0, 2))) for clip in range(clips)],
    )


def face_of(
    pitch: float = 0.0,
    roll: float = 0.0,
    yaw: float = 0.0,
    *,
    lips: float = 0.0,
    brows: float = 0.0,
    corners: float = 0.0,
    scale: float = 12.0,
) -> Face:
    """The mean head seen from the front of a picture, with parts of it moved (centimetres) and turned (degrees)."""
    points = HEAD.copy()
    points[[65, 66, 67, 55, 56, 57, 58, 59], 1] -= lips
    points[17:27, 1] += brows
    points[48, 0] -= corners
    points[54, 0] += corners
    turned = points @ rotation_of(Pose(yaw, pitch, roll)).T
    seen = turned[:, :2] * scale * (1, -1) + (180, 140)
    return Face.around(np.asarray(seen, np.float32))


def talking(person: int, seconds: float, seed: int = 0) -> tuple[Tracks, tuple[float, ...]]:
    """Tracks of a face that nods, tilts, talks and frowns in a person's own way, and the times of the frames."""
    values = moves(person, seconds, seed).values[:, :5] * np.array((3.0, 3.0, 0.2, 0.2, 0.1))
    faces = {
        index: face_of(float(p), float(r), lips=float(abs(m)), brows=float(b), corners=float(c))
        for index, (p, r, m, b, c) in enumerate(values)
    }
    return Tracks((Track(faces),), len(faces), "drawn"), tuple(index / RATE for index in range(len(faces)))


def uncorrelated(seconds: float, seed: int = 0) -> NDArray[np.float64]:
    """White noise in all signals."""
    return np.random.default_rng(seed).normal(size=(round(seconds * RATE), len(NAMES)))
