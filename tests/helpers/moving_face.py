"""A drawn face whose mouth and lids move as one says: landmarks, frames and sounds that go with them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Track, Tracks
from prosopon.faces.aligned.mean_face import OWN

SIZE_PX = 160
_FACE_PX = 90.0
_SKIN, _EYE, _LID = (190, 150, 130), (40, 40, 40), (120, 85, 75)
_INNER = {61: -1, 62: -1, 63: -1, 65: 1, 66: 1, 67: 1}
_OUTER = {50: -1, 51: -1, 52: -1, 56: 1, 57: 1, 58: 1}
_LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))


def landmarks(opening: float = 0.0, lids: float = 1.0) -> NDArray[np.float32]:
    """The 68 points in pixels.

    Args:
        opening: of the mouth, in faces.
        lids: 1 open, 0 closed.
    """
    points = OWN.copy()
    for table in (_INNER, _OUTER):
        for index, side in table.items():
            points[index, 1] += side * opening / 2
    points[8, 1] += opening / 2
    for high, low in _LIDS:
        points[high] = points[low] + lids * (points[high] - points[low])
    return (points * _FACE_PX + 35).astype(np.float32)


def speaking(openings: NDArray[np.float64], fps: float = 25.0) -> Tracks:
    """Somebody whose mouth opens so far in each frame."""
    faces = {index: Face.around(landmarks(float(opening))) for index, opening in enumerate(openings)}
    return Tracks((Track(faces),), len(openings), "drawn")


def blinking(lids: NDArray[np.float64], fps: int = 25) -> tuple[Clip, Tracks]:
    """A clip of somebody whose lids are open so far in each frame."""
    points = [landmarks(0.0, float(share)) for share in lids]
    frames = np.stack([drawn(marks, float(share)) for marks, share in zip(points, lids, strict=True)])
    tracks = Tracks((Track({i: Face.around(marks) for i, marks in enumerate(points)}),), len(lids), "drawn")
    return Clip.of_frames(frames, Fraction(fps), name="blinking"), tracks


def drawn(marks: NDArray[np.float32], lids: float) -> NDArray[np.uint8]:
    """A flat face: skin, and dark eyes as far as the lids are open, with a line where they meet."""
    frame = np.full((SIZE_PX, SIZE_PX, 3), _SKIN, np.uint8)
    ys, xs = np.mgrid[:SIZE_PX, :SIZE_PX] + 0.5
    for eye in (slice(36, 42), slice(42, 48)):
        x, y = marks[eye].mean(0)
        wide = float(np.ptp(marks[eye][:, 0])) / 2
        inside = ((xs - x) / wide) ** 2 + ((ys - y) / max(wide * 0.45 * lids, 0.6)) ** 2 < 1
        frame[inside] = _EYE if lids > 0.2 else _LID
    return frame


def syllables(seconds: float, seed: int, rate: float = 100.0) -> NDArray[np.float64]:
    """How open a mouth is that speaks, 0 to 1 at `rate` moments a second: about four syllables in each."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    at = np.arange(count) / rate
    out = np.zeros(count)
    now = 0.3
    while now < seconds - 0.3:
        length = rng.uniform(0.12, 0.3)
        out = np.maximum(out, rng.uniform(0.4, 1.0) * np.exp(-0.5 * ((at - now) / (length / 3)) ** 2))
        now += length + rng.uniform(0.0, 0.2)
    return out


def voiced(openings: NDArray[np.float64], sample_rate: int, seed: int, rate: float = 100.0) -> NDArray[np.float32]:
    """A buzz of a voice's pitch that is as loud as the mouth is open, brighter the wider it is: `(N,)` in [-1, 1]."""
    rng = np.random.default_rng(seed)
    count = round(len(openings) / rate * sample_rate)
    wide = np.interp(np.arange(count) / sample_rate, np.arange(len(openings)) / rate, openings)
    pulses = np.zeros(count)
    pulses[:: sample_rate // 120] = 1.0
    low = np.convolve(pulses, np.exp(-np.arange(200) / 40) * np.cos(np.arange(200) * 0.25))[:count]
    high = np.convolve(pulses, np.exp(-np.arange(200) / 25) * np.cos(np.arange(200) * 0.7))[:count]
    sound = wide * low + wide**2 * high + 1e-3 * rng.standard_normal(count)
    return np.asarray(0.3 * sound / np.abs(sound).max(), np.float32)
