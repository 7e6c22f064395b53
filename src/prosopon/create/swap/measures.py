"""What says whether a swap is good: whose face it is taken for, whether it does what the target did, and flicker.

All of it beside what the untouched target scores, without which no number means anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import INNER, OWN
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.finder import FaceFinder
from prosopon.faces.identity import Embedder, unit_mean

_EYES = (36, 45)
"""Outer corners: their distance is the unit of expression errors."""


@dataclass(frozen=True)
class Likeness:
    """Whose face it is taken for: mean cosines of embeddings with the two people's, -1 to 1."""

    source: float
    target: float


@dataclass(frozen=True)
class Movement:
    """Whether a face does what another did.

    Attributes:
        expression: root mean square difference of how the inner landmarks move about their own mean, in per cent of
            the distance of the outer corners of the eyes. Whose face it is does not count, only what it does.
        expression_still: the same for a face that does not move at all.
        pose_deg: mean difference of yaw, pitch and roll, in degrees, about their means.
        found: share of the faces that the finder saw in both.
    """

    expression: float
    expression_still: float
    pose_deg: float
    found: float


def likeness(
    pictures: Sequence[Frame],
    faces: Sequence[Face],
    source: NDArray[np.float32],
    target: NDArray[np.float32],
    embedder: Embedder,
) -> Likeness:
    """Whose faces some pictures show.

    Args:
        pictures: each with a face.
        faces: where it is, with landmarks.
        source, target: mean embeddings of the two people.
        embedder: makes embeddings.
    """
    found = [embedder.embed(picture, face) for picture, face in zip(pictures, faces, strict=True)]
    return Likeness(*(float(np.mean([one @ other for one in found])) for other in (source, target)))


def person(pictures: Sequence[Frame], faces: Sequence[Face], embedder: Embedder) -> NDArray[np.float32]:
    """The mean embedding of one person's pictures."""
    return unit_mean([embedder.embed(picture, face) for picture, face in zip(pictures, faces, strict=True)])


def movement(made: Sequence[Face | None], driving: Sequence[Face | None]) -> Movement:
    """Whether faces do what others did, frame by frame; those that were not found in both are left out."""
    both = [
        (one, other)
        for one, other in zip(made, driving, strict=True)
        if one is not None and other is not None and one.landmarks is not None and other.landmarks is not None
    ]
    share = len(both) / max(1, len(made))
    if len(both) < 2:
        return Movement(np.nan, np.nan, np.nan, share)
    ours, theirs = (about_mean(np.stack([pair[i].landmarks for pair in both])) for i in (0, 1))  # type: ignore[misc]
    turns = [
        [[f.pose.yaw, f.pose.pitch, f.pose.roll] if f.pose is not None else [np.nan] * 3 for f in pair] for pair in both
    ]
    poses = np.array(turns, float)
    poses = poses - poses.mean(0)
    return Movement(
        expression=_rms(ours - theirs),
        expression_still=_rms(theirs),
        pose_deg=float(np.abs(poses[:, 0] - poses[:, 1]).mean()),
        found=share,
    )


def about_mean(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """How the inner landmarks `(T, 68, 2)` of one face move about their mean, laid onto the mean face.

    Returns:
        `(T, 51, 2)` in per cent of the distance of the outer corners of the eyes.
    """
    laid = np.stack([apply(similarity(points[INNER], OWN[INNER]), points)[INNER] for points in landmarks])
    unit = float(np.linalg.norm(OWN[_EYES[0]] - OWN[_EYES[1]]))
    moves: NDArray[np.float64] = (laid - laid.mean(0)) * (100 / unit)
    return moves


def flicker(pictures: Sequence[Frame], masks: Sequence[NDArray[np.floating]], before: Sequence[Frame]) -> float:
    """How much faces change from frame to frame beside what the target itself does, in grey levels.

    Args:
        pictures: of neighbouring frames, aligned to the face, `uint8 (S, S, 3)`.
        masks: where the face is in each, `(S, S)` in [0, 1].
        before: the same pictures of the untouched target.
    """
    if len(pictures) < 2:
        return float("nan")
    changes = []
    for i in range(len(pictures) - 1):
        ours, theirs = (
            np.asarray(clip[i + 1], np.float32) - np.asarray(clip[i], np.float32) for clip in (pictures, before)
        )
        weight = np.minimum(masks[i], masks[i + 1])[..., None]
        changes.append(float((np.abs(ours - theirs) * weight).sum() / max(1e-6, 3 * weight.sum())))
    return float(np.mean(changes))


def largest_face(finder: FaceFinder, picture: Frame) -> Face | None:
    """The largest face of a picture; None where there is none."""
    return next(iter(finder.find(picture)), None)


def _rms(apart: NDArray[np.float64]) -> float:
    """Root mean square length of vectors `(..., 2)`."""
    return float(np.sqrt((apart**2).sum(-1).mean()))
