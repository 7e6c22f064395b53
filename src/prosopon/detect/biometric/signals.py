"""The 20 signals of a face: 16 action units, how the head is turned, and how the mouth is open.

Agarwal, Farid, Gu, He, Nagano, Li, "Protecting World Leaders Against Deep Fakes", CVPR Workshops 2019, take action
units from OpenFace 2; ours come from MediaPipe's blendshapes where a finder gives those, else from landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Face, Track
from prosopon.detect.biometric.blendshapes import units_of
from prosopon.detect.biometric.head_frame import action_units, in_head_frame, mouth_height, mouth_width
from prosopon.faces.pose68 import fit_head

Kind = Literal["blendshapes", "landmarks"]
"""What action units are read from."""

UNITS = (
    "AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10",
    "AU12", "AU14", "AU15", "AU17", "AU20", "AU23", "AU25", "AU26",
)  # fmt: skip
NAMES = (*UNITS, "pitch", "roll", "mouth_h", "mouth_v")
"""All signals, in order: units (0 to 1, or centimetres), degrees, degrees, centimetres, centimetres."""
IN_WORDS = dict(
    zip(
        NAMES,
        (
            "inner brows raised", "outer brows raised", "brows lowered", "upper lids raised", "cheeks raised",
            "lids tightened", "nose wrinkled", "upper lip raised", "mouth corners pulled up", "dimples",
            "mouth corners pulled down", "chin raised", "lips stretched", "lips tightened", "lips parted",
            "jaw dropped", "head nodding", "head tilting", "mouth width", "mouth opening",
        ),
        strict=True,
    )
)  # fmt: skip
"""The signals for people."""


@dataclass(frozen=True)
class Signals:
    """What was read off one person.

    Attributes:
        times: `float64 (T,)` seconds, ascending.
        values: `float64 (T, 20)` in the order of `NAMES`; a row of NaN where the face was not found, or turned away.
        kind: what action units were read from.
    """

    times: NDArray[np.float64]
    values: NDArray[np.float64]
    kind: Kind

    @property
    def found(self) -> NDArray[np.bool_]:
        """`(T,)`: which frames have values."""
        return np.asarray(np.isfinite(self.values).all(1))


def kind_of(track: Track) -> Kind:
    """`blendshapes` where all faces of a track with landmarks have them, else `landmarks`."""
    faces = [face for face in track.faces.values() if face.landmarks is not None]
    return "blendshapes" if faces and all(units_of(face.blendshapes) is not None for face in faces) else "landmarks"


def signals_of(track: Track, times: Sequence[float], kind: Kind) -> Signals:
    """The signals of a person in a clip.

    Args:
        track: where the face is.
        times: of all frames of the clip, in seconds.
        kind: what to read action units from; faces that lack it are taken as not found.
    """
    values = np.full((len(times), len(NAMES)), np.nan)
    for index, face in track.faces.items():
        row = _row(face, kind)
        if row is not None:
            values[index] = row
    return Signals(np.asarray(times, np.float64), values, kind)


def _row(face: Face, kind: Kind) -> list[float] | None:
    if face.landmarks is None:
        return None
    head = fit_head(face.landmarks)
    points = in_head_frame(face.landmarks, head)
    if points is None:
        return None
    units = action_units(points)
    if kind == "blendshapes":
        shapes = units_of(face.blendshapes)
        if shapes is None:
            return None
        units |= shapes
    pose = face.pose or head.pose
    row = [*(units[name] for name in UNITS), pose.pitch, pose.roll, mouth_width(points), mouth_height(points)]
    return row if np.isfinite(row).all() else None
