"""Face swapping without learning: one picture bent onto the target's landmarks, in the target's colours, laid over it.

What a trained swap has to beat. The mouth's inside stays the target's, because no picture of a shut mouth knows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.arena.piecewise_affine import bent, corners
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Track
from prosopon.core.history import Relationship, SourceType, Step
from prosopon.datasets.face_set import FaceStore
from prosopon.faces.aligned.cut import Window, cut_aligned
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.aligned.hull import grown, landmark_mask, softened
from prosopon.faces.aligned.maps import scale_of
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.colour.transfer import transferred
from prosopon.faces.measures import sharpness
from prosopon.faces.openings import eye_opening, mouth_opening
from prosopon.faces.pose68 import pose68
from prosopon.faces.steady import steady_landmarks

NAME = "landmark warp"
_FRONTAL = 0.25
"""Share of the source's pictures, those turned least, among which is looked further."""
_JUDGED_PX = 128
"""Side of the crops whose sharpness is compared."""
_SIGMA_FRAMES = 1.0
"""How much the target's landmarks are smoothed over time: trembling goes, blinks stay."""
_SOFT = 0.015
"""How soft the mask's edge is, as a share of the face's size; it ends where the landmarks do."""
_LEAST_SHRINK = 1.1


@dataclass(frozen=True)
class Portrait:
    """One picture of a person.

    Attributes:
        picture: `uint8 (H, W, 3)`.
        landmarks: `float64 (68, 2)` in its pixels.
    """

    picture: Frame
    landmarks: NDArray[np.float64]

    def scaled(self, share: float) -> Portrait:
        """The same picture, smaller."""
        height, width = (max(1, round(side * share)) for side in self.picture.shape[:2])
        small = Image.fromarray(self.picture).resize((width, height), Image.Resampling.LANCZOS)
        factor = np.array((width / self.picture.shape[1], height / self.picture.shape[0]))
        return Portrait(np.asarray(small), self.landmarks * factor)


def best_portrait(store: FaceStore) -> Portrait:
    """The sharpest of the pictures of a person who looks ahead, eyes open, mouth shut.

    Of the quarter that is turned least, the half with the eyes farthest open, of that the half with the mouth most
    shut, of that the sharpest.
    """
    points = np.asarray(store.landmarks, np.float64)
    turns = np.array([np.hypot(pose.yaw, pose.pitch) for pose in map(pose68, points)])
    rows = np.argsort(turns, kind="stable")[: max(1, round(_FRONTAL * len(points)))]
    rows = rows[np.argsort(-eye_opening(points[rows]), kind="stable")][: -(-len(rows) // 2)]
    rows = rows[np.argsort(mouth_opening(points[rows]), kind="stable")][: -(-len(rows) // 2)]

    def sharp(row: int) -> float:
        return sharpness(cut_aligned(store.pictures[row], crop_matrix(points[row], "full", _JUDGED_PX), _JUDGED_PX))

    best = max(map(int, rows), key=sharp)
    return Portrait(np.asarray(store.pictures[best]), points[best])


def landmark_warp(target: Clip, person: Track, portrait: Portrait) -> Clip:
    """The target with a picture's face on one person's.

    Args:
        target: what is edited.
        person: whose face; frames in which it was not found stay as they are.
        portrait: whose face it gets.

    Raises:
        MissingError: the person has no landmarks.
    """
    points = steady_landmarks(person, _SIGMA_FRAMES)
    if not points:
        raise MissingError(f"no face was found in {target.name}", "give a video that shows a face clearly")
    fitting = fitted(portrait, points)

    def frames() -> Iterator[Frame]:
        for index, frame in enumerate(target.frames()):
            yield laid_over(frame, fitting, points[index]) if index in points else frame

    step = Step(
        "arena.landmark_warp", parents=(target.as_parent(Relationship.PARENT),), source_type=SourceType.COMPOSITE
    )
    return target.derive(step, frames)


def fitted(portrait: Portrait, points: Mapping[int, NDArray[np.floating]]) -> Portrait:
    """A portrait about as large as the faces that it shall be laid over, so that bending it does not alias."""
    shrink = 1 / float(np.median([scale_of(similarity(portrait.landmarks, onto)) for onto in points.values()]))
    return portrait.scaled(1 / shrink) if shrink > _LEAST_SHRINK else portrait


def laid_over(frame: Frame, portrait: Portrait, onto: NDArray[np.floating]) -> Frame:
    """One frame with a picture's face on the face at some landmarks.

    Args:
        frame: `uint8 (H, W, 3)`; pixels beyond the face stay as they are.
        portrait: whose face, about as large as that in the frame.
        onto: landmarks `(68, 2)` in pixels of the frame.
    """
    window = _window(onto, *frame.shape[:2])
    under = frame[window.slices].astype(np.float32)
    if not under.size:
        return frame
    face = bent(portrait.picture, portrait.landmarks, onto, window)
    local = onto.astype(np.float64) - (window.left, window.top)
    soft_px = _SOFT * float(np.sqrt(np.ptp(local, axis=0).prod()))
    hull = _hull(local, under.shape[:2])
    skin = hull * face.covered * ~face.in_mouth
    recoloured = _recoloured(face.patch, under, skin)
    # Shrunk by as much as it is softened: beyond the landmarks nothing was bent that could be shown.
    share = softened(grown(hull, -2.5 * soft_px), soft_px) * face.covered
    share *= 1 - softened(face.in_mouth.astype(np.float32), 0.4 * soft_px)
    out = frame.copy()
    blended = under + share[..., None] * (recoloured - under)
    out[window.slices] = np.where(share[..., None] > 0, np.round(blended), under).astype(np.uint8)
    return out


def _recoloured(
    patch: NDArray[np.float32], under: NDArray[np.float32], skin: NDArray[np.float32]
) -> NDArray[np.float32]:
    """A patch in the colours of what it lies over, both 0 to 255."""
    unit = np.float32(255)
    return transferred(patch / unit, under / unit, "rct", mask=skin, like_mask=skin) * unit


def _hull(landmarks: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The landmarks' mask on a window that need not be square."""
    rows, columns = shape[:2]
    return landmark_mask(landmarks, max(rows, columns))[:rows, :columns]


def _window(onto: NDArray[np.floating], height: int, width: int) -> Window:
    """Whole pixels around all corners, within the frame."""
    points = corners(onto)
    left, top = np.clip(np.floor(points.min(0)), 0, (width, height)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(points.max(0)), (left, top), (width, height)).astype(int).tolist()
    return Window(top, bottom, left, right)
