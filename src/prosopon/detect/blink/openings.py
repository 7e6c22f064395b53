"""How far eyes are open over time, as a share of what is usual for them: from landmarks, blendshapes, or a net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import percentile_filter

from prosopon.core.faces import Face
from prosopon.faces.openings import eye_openings

_OPEN_PERCENTILE = 80
"""Eyes are open most of the time."""
_AROUND_S = 4.0
"""What is usual changes with the turn of the head: it is looked for so long around each moment."""
_SHAPES = ("eyeBlinkLeft", "eyeBlinkRight")
_SHAPE_CLOSED = 0.7
"""MediaPipe's blink scores reach about this in a blink; they are no shares."""


@dataclass(frozen=True)
class Openings:
    """A series of one person.

    Attributes:
        times: `(T,)` seconds of the frames.
        shares: `(T,)`: 1 is as open as usual, 0 closed; NaN where the person was not seen.
        source: what it was read from, in plain English.
    """

    times: NDArray[np.float64]
    shares: NDArray[np.float64]
    source: str

    @property
    def step_s(self) -> float:
        """Usual time from one frame to the next; 0 for fewer than two."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.0

    @property
    def seen_s(self) -> float:
        """How long the person was seen, in seconds."""
        return float(np.isfinite(self.shares).sum() * self.step_s)


def from_landmarks(faces: Mapping[int, Face], times: Sequence[float]) -> Openings:
    """The mean eye aspect ratio of both eyes over what is usual (Soukupová and Čech 2016)."""
    raw = np.full(len(times), np.nan)
    for index, face in faces.items():
        if face.landmarks is not None and 0 <= index < len(raw):
            raw[index] = eye_openings(np.asarray(face.landmarks, np.float64)).mean()
    at = np.asarray(times, np.float64)
    return Openings(at, raw / usual(raw, at), "the landmarks of the lids")


def from_blendshapes(faces: Mapping[int, Face], times: Sequence[float]) -> Openings | None:
    """The mean of both blink scores, turned round; None where the face finder has none."""
    raw = np.full(len(times), np.nan)
    for index, face in faces.items():
        if all(name in face.blendshapes for name in _SHAPES) and 0 <= index < len(raw):
            raw[index] = 1 - np.mean([face.blendshapes[name] for name in _SHAPES]) / _SHAPE_CLOSED
    if not np.isfinite(raw).any():
        return None
    at = np.asarray(times, np.float64)
    return Openings(at, raw / np.maximum(usual(raw, at), 0.3), "the blink scores of the face finder")


def usual(raw: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """How open the eyes usually are around each moment, `(T,)`; NaN where nobody was seen at all."""
    seen = np.isfinite(raw)
    if not seen.any():
        return np.full(len(raw), np.nan)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    width = max(1, round(2 * _AROUND_S / step) | 1)
    held = raw[seen]
    found = np.full(len(raw), np.nan)
    found[seen] = percentile_filter(held, _OPEN_PERCENTILE, min(width, 2 * len(held) + 1), mode="reflect")
    return np.asarray(np.maximum(found, 1e-6))
