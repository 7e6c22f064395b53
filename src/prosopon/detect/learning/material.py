"""What kind of material a face comes in: its size, sharpness, light and compression, to compare with what was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Face, Tracks
from prosopon.detect.learning.view import View
from prosopon.faces.head_box import face_size
from prosopon.faces.measures import brightness, fine_detail_db, motion_blur, sharpness

ENOUGH_PX = 140.0
"""Faces of this size and above count as this: whatever looks at them makes larger ones smaller."""
_MOST_FACES = 8
_VIEW = View(128, 1.3, upright=False)
_BLOCK = 8
"""Side of the blocks of JPEG, and of the transform of H.264's that show most."""
_LUMA = np.array((0.299, 0.587, 0.114), np.float32)


def material_measures(clip: Clip, tracks: Tracks) -> dict[str, float]:
    """Medians over some faces of the most prominent person; empty where nobody with landmarks is there.

    Args:
        clip: the frames.
        tracks: who is where in them.

    Returns:
        `face_px`: the face's size in pixels of the frame, at most `ENOUGH_PX`; `sharpness`, `fine_detail_db`,
        `motion_blur` and `brightness` of `faces.measures`, on faces cut to one size; `blockiness`, see there.
    """
    if tracks.main is None:
        return {}
    places = [index for index, face in sorted(tracks.main.faces.items()) if face.landmarks is not None]
    wanted = {places[i] for i in np.linspace(0, len(places) - 1, min(_MOST_FACES, len(places))).round().astype(int)}
    rows = [_measured(frame, tracks.main.faces[index]) for index, frame in enumerate(clip.frames()) if index in wanted]
    held = [row for row in rows if row is not None]
    if not held:
        return {}
    return {name: float(np.median([row[name] for row in held])) for name in held[0]}


def blockiness(frame: Frame, face: Face) -> float:
    """How much the grid of 8 pixels stands out that compression leaves: 1 where there is none.

    The second differences of luma across the face, along both axes, by their place in the grid: those at the place
    where they are largest over the mean of all. Where the grid begins is not known, because pictures get cropped.
    """
    box = face.box if face.landmarks is None else View(1, 1.0, upright=False).box(face)
    left, top = max(0, int(box.left)), max(0, int(box.top))
    piece = frame[top : max(top, int(box.bottom)), left : max(left, int(box.right))]
    if min(piece.shape[:2]) < 3 * _BLOCK:
        return 1.0
    grey = piece.astype(np.float32) @ _LUMA
    return max(_stands_out(grey), _stands_out(grey.T))


def _stands_out(grey: NDArray[np.float32]) -> float:
    """For borders between columns."""
    step = np.abs(grey[:, 1:] - grey[:, :-1])
    extra = np.maximum(step[:, 1:-1] - (step[:, :-2] + step[:, 2:]) / 2, 0).mean(0)
    places = np.arange(len(extra)) % _BLOCK
    means = np.array([extra[places == place].mean() for place in range(_BLOCK)])
    return float(means.max() / means.mean()) if means.mean() > 0 else 1.0


def _measured(frame: Frame, face: Face) -> dict[str, float] | None:
    assert face.landmarks is not None  # noqa: S101 - those without are not asked for
    try:
        crop = _VIEW.cut(frame, face)
    except ValueError:  # landmarks in one place
        return None
    measured = {
        "face_px": min(face_size(face.landmarks), ENOUGH_PX),
        "sharpness": sharpness(crop),
        "fine_detail_db": fine_detail_db(crop),
        "motion_blur": motion_blur(crop),
        "brightness": brightness(crop),
        "blockiness": blockiness(frame, face),
    }
    return measured if np.isfinite([*measured.values()]).all() else None
