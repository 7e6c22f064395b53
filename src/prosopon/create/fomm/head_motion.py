"""Motion of a face as that of a head: how it turns, and apart from it what the face does.

Relative motion as published adds displacements in the picture to the source's points. That is right only where source
and driving are turned alike: with the source turned the other way, eyes move in depth that it does not have, and one
keypoint lost by the detector pulls the nose aside. Here the keypoints that follow groups of landmarks are lifted with
the mean head (`head_fit`): the driving's change of turn, size and place is applied to the source's head, and the
expression is added in the head's own frame, as far as a face can move. Local affine motion is carried over as
published: foreshortening it by the turn was measured to be worse (docs/animation.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from prosopon.core.faces import Pose
from prosopon.create.fomm.head_fit import Fits, fit, places_of, weights_of
from prosopon.create.fomm.transfer import transfer
from prosopon.faces.pose import angles, rotation_of
from prosopon.models.motion.keypoints import Keypoints

Floats = NDArray[np.float64]

FREE_TURN_DEG = (35.0, 30.0, 40.0)
"""Up to this yaw, pitch and roll from frontal the head turns as the driving's does ..."""
LARGEST_TURN_DEG = (50.0, 45.0, 60.0)
"""... beyond it less and less, never further than this: nothing has taught the nets what is seen there."""


def _reaches() -> Floats:
    """How far speech, blinks and frowns move each landmark from its usual place in the head, centimetres."""
    reach = np.full(68, 1.8)
    reach[17:27] = 1.2
    reach[27:36] = 0.5
    reach[36:48] = 1.4
    reach[[49, 50, 51, 52, 53, 61, 62, 63]] = 1.2
    reach[[55, 56, 57, 58, 59, 65, 66, 67]] = 2.4
    reach[6:11] = 3.6
    return reach


_REACH_CM = _reaches()


@dataclass(frozen=True)
class HeadMotion:
    """T frames of a driving head, relative to its reference frame.

    Attributes:
        moved: `(T, 6)` change of yaw, pitch and roll in degrees, of the logarithm of the size, and of the place (x
            right, y up, in [-1, 1]).
        bent: `(T, K, 3)` what each keypoint does beside, in centimetres of the head's own frame.
        local: `(T, K, 2, 2)` local affine motion of the driving, or None for a model without.
    """

    moved: Floats
    bent: Floats
    local: Floats | None


class HeadTransfer:
    """Carries a driving head's motion over to a source.

    Args:
        groups: the landmarks (of 68) whose mean each of the first keypoints follows; `head_fit.can_fit` holds.
        kp_source: of the source picture, one row.
        kp_initial: of the driving frame whose state is taken to be the source's, one row.
        adapt_scale: scale the change of place by how much larger the source's head is.
    """

    def __init__(
        self, groups: Sequence[Sequence[int]], kp_source: Keypoints, kp_initial: Keypoints, *, adapt_scale: bool
    ) -> None:
        self._source, self._initial = kp_source, kp_initial
        self._weights = weights_of(groups)
        self._reach = np.array([_REACH_CM[list(group)].max() for group in groups])
        mean = places_of(groups)
        self._count = len(mean)
        self._source_fit, self._source_head = self._own_head(_points(kp_source), mean)
        self._initial_fit, self._initial_head = self._own_head(_points(kp_initial), mean)
        self._source_angles = _angles(self._source_fit)[0]
        self._initial_angles = _angles(self._initial_fit)[0]
        ratio = float(self._source_fit.scale[0] / self._initial_fit.scale[0])
        self._ratio = ratio if adapt_scale else 1.0

    def split(self, kp_driving: Keypoints) -> HeadMotion:
        """What driving keypoints `(T, K, 2)` say of turn and expression."""
        points = _points(kp_driving)
        fits = fit(points[:, : self._count], self._initial_head[: self._count], self._weights)
        turned = (_angles(fits) - self._initial_angles + 180) % 360 - 180
        grown = np.log(fits.scale / self._initial_fit.scale)
        moved = np.concatenate((turned, grown[:, None], fits.offset - self._initial_fit.offset), axis=1)
        bent = fits.residual(points, self._initial_head)
        length = np.linalg.norm(bent[:, : self._count], axis=-1, keepdims=True)
        # What moves further than a face can was lost by the detector. The points without a place on the head are
        # left as they are: nobody knows how far they may go.
        allowed = saturated(length, self._reach[:, None] / 2, self._reach[:, None])
        bent[:, : self._count] *= allowed / np.maximum(length, 1e-9)
        local = None if kp_driving.jacobian is None else kp_driving.jacobian.detach().cpu().double().numpy()
        return HeadMotion(moved, bent, local)

    def join(self, motion: HeadMotion) -> Keypoints:
        """The keypoints that the generator shall follow."""
        turn = limited(self._source_angles, motion.moved[:, :3])
        fits = Fits(
            np.stack([rotation_of(Pose(*row)) for row in turn]),
            self._source_fit.scale * np.exp(motion.moved[:, 3]),
            self._source_fit.offset + self._ratio * motion.moved[:, 4:],
        )
        like = self._source.value
        value = torch.as_tensor(fits.project(self._source_head + motion.bent)).to(like)
        if motion.local is None:
            return Keypoints(value)
        driving = Keypoints(value, torch.as_tensor(motion.local).to(like))
        return Keypoints(value, transfer(self._source, driving, self._initial).jacobian)

    def _own_head(self, points: Floats, mean: Floats) -> tuple[Fits, Floats]:
        """How one person's head lies in one picture, and their own places on it, `(all K, 3)`."""
        fits = fit(points[:, : self._count], mean, self._weights)
        own = mean + fits.residual(points[:, : self._count], mean)[0]
        # Fitted again to the own head, so that frames are compared on the same terms.
        fits = fit(points[:, : self._count], own, self._weights)
        own = own + fits.residual(points[:, : self._count], own)[0]
        return fits, np.concatenate((own, _lifted(fits, own, points[0, self._count :])))


def saturated(value: Floats, free: Floats | float, largest: Floats | float) -> Floats:
    """A length that is left alone up to `free`, and beyond grows less and less towards `largest`."""
    room = np.maximum(np.asarray(largest) - free, 1e-9)
    soft: Floats = np.where(value <= free, value, free + room * np.tanh((value - free) / room))
    return soft


def limited(source_deg: Floats, change_deg: Floats) -> Floats:
    """Yaw, pitch and roll `(T, 3)` of a source head `(3,)` after a change, within what the nets can draw.

    A source that is turned further than that itself keeps its own turn.
    """
    wanted = source_deg + change_deg
    more = np.maximum(0.0, np.abs(source_deg) - FREE_TURN_DEG)
    within: Floats = np.sign(wanted) * saturated(np.abs(wanted), FREE_TURN_DEG + more, LARGEST_TURN_DEG + more)
    return within


def _lifted(fits: Fits, head: Floats, points: Floats) -> Floats:
    """Places on a head of other points `(N, 2)`, each as deep as the head's points around it: `(N, 3)`."""
    flat = (points * (1, -1) - fits.offset[0]) / fits.scale[0]
    turned = head @ fits.rotation[0].T
    near = 1 / (np.linalg.norm(flat[:, None] - turned[None, :, :2], axis=-1) + 1e-3) ** 4
    depth = near @ turned[:, 2] / near.sum(1)
    places: Floats = np.concatenate((flat, depth[:, None]), axis=1) @ fits.rotation[0]
    return places


def _angles(fits: Fits) -> Floats:
    poses = [angles(rotation) for rotation in fits.rotation]
    return np.array([(pose.yaw, pose.pitch, pose.roll) for pose in poses])


def _points(keypoints: Keypoints) -> Floats:
    points: Floats = keypoints.value.detach().cpu().double().numpy()
    return points
