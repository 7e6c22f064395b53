"""Driving keypoints drawn towards the landmarks of a face finder, which has seen more faces than our detector has.

Each keypoint that follows a group of landmarks has a place of its own beside them, which differs from face to face. So
it is not the places that are mixed but the changes since the reference frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from prosopon.core.faces import Box
from prosopon.faces.smooth import bridge
from prosopon.models.motion.keypoints import Keypoints

_SHARE_LIDS, _SHARE_LIPS, _SHARE_OTHERS = 0.75, 0.5, 0.25
"""How much of the landmarks' change is taken for lids, for lips, and for the others (measured, docs/animation.md)."""
_SEE_EXPRESSION = ("mediapipe",)
"""Back ends that see blinks and speech better than our detector does; of the built-in one this is not so (measured)."""
_LARGEST_GAP_S = 0.13
"""Between looks further apart than this a blink can begin and end: there the detector is left alone."""
_FADE_FRAMES = 5
"""Over so many frames the share comes and goes where looks begin and end."""


class Guidance:
    """What the landmarks of a clip say about its keypoints.

    Args:
        groups: the landmarks (of 68) whose mean each of the first K keypoints follows.
        landmarks: `(68, 2)` full-frame pixels by frame index, of the frames in which the face was looked for and found.
        box: square of the driving frames that the nets see, full-frame pixels.
        times: of all frames, seconds.
        reference: index of the frame whose state is taken to be the source's.
        back_end: name of the face finder.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[int]],
        landmarks: Mapping[int, NDArray[np.float32]],
        *,
        box: Box,
        times: Sequence[float],
        reference: int,
        back_end: str,
    ) -> None:
        middle = np.array(box.centre)
        means = {
            index: (np.stack([points[list(group)].mean(0) for group in groups]) - middle) / (box.width / 2)
            for index, points in landmarks.items()
        }
        places = bridge(means, len(times))
        self._changes = torch.as_tensor(places - places[reference]).float()
        shares = [_share(group, sees_expression=back_end in _SEE_EXPRESSION) for group in groups]
        trusted = _trusted(np.array(sorted(landmarks)), np.asarray(times, dtype=np.float64))
        self._shares = torch.as_tensor(trusted[:, None] * np.array(shares)).float()[..., None]

    def guided(self, keypoints: Keypoints, first: int, reference: Keypoints) -> Keypoints:
        """Keypoints of frames `first`, `first + 1` ..., drawn towards the landmarks.

        Args:
            keypoints: as the detector gave them.
            first: index of the first of these frames.
            reference: keypoints of the reference frame.
        """
        value = keypoints.value.clone()
        frames = slice(first, first + len(value))
        count = self._changes.shape[1]
        changed = value[:, :count] - reference.value[:, :count]
        value[:, :count] += self._shares[frames].to(value) * (self._changes[frames].to(value) - changed)
        return Keypoints(value, keypoints.jacobian)


def _share(group: Sequence[int], *, sees_expression: bool) -> float:
    """How much of a keypoint's change the landmarks decide."""
    if all(36 <= index < 48 for index in group):
        return _SHARE_LIDS if sees_expression else 0.0
    if all(index > 48 and index != 54 for index in group):  # without the corners of the mouth
        return _SHARE_LIPS if sees_expression else 0.0
    return _SHARE_OTHERS


def _trusted(looks: NDArray[np.intp], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for frames between looks that are close to each other, 0 for the others, with soft changes between."""
    trusted = np.zeros(len(times))
    trusted[looks] = 1
    for before, after in pairwise(looks):
        if after - before == 1 or times[after] - times[before] <= _LARGEST_GAP_S:
            trusted[before : after + 1] = 1
    soft: NDArray[np.float64] = np.minimum(trusted, uniform_filter1d(trusted, _FADE_FRAMES, mode="nearest"))
    return soft
