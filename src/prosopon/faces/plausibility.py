"""How far 68 landmarks are from being those of a face: from the mean face flat in the picture, and from a mean head."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MediaError
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import INNER, OWN
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.pose68 import fit_head


def mean_face_distance(landmarks: NDArray[np.floating]) -> float:
    """Root mean square distance of the 51 inner landmarks from the mean face, which they are laid onto by a similarity.

    Measured: below 0.06 for faces that look ahead, up to 0.18 for heads turned by 75 degrees, 0.37 for random points.

    Args:
        landmarks: `(68, 2)` in any unit that is the same for x and y.

    Returns:
        In sides of the unit square of brows, eyes, nose and mouth; infinite where nothing but a reflection would do.
    """
    try:
        matrix = similarity(landmarks[INNER], OWN[INNER])
    except MediaError:
        return math.inf
    apart = apply(matrix, landmarks[INNER].astype(np.float64)) - OWN[INNER]
    return float(np.sqrt((apart**2).sum(-1).mean()))


def misfit(landmarks: NDArray[np.floating]) -> float:
    """How badly a mean head, however turned, fits the landmarks: `pose68.HeadFit.error`.

    Turns cost nothing here, so that it is much sharper than `mean_face_distance` on turned faces; but it does not see
    that a face stands upside down. Measured: 0.02 to 0.06 for faces, 0.14 where every point is off by a tenth of the
    face, above 1 for points at random.

    Args:
        landmarks: `(68, 2)` in any unit that is the same for x and y.

    Returns:
        A share of the head's height; infinite where no head fits at all.
    """
    if not np.isfinite(landmarks).all() or not np.ptp(landmarks, axis=0).any():
        return math.inf
    error = fit_head(landmarks).error
    return error if math.isfinite(error) else math.inf
