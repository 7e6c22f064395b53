"""Mean faces that crops are aligned to: our own of 68 points, and the published ones that other tools use.

All lie in the unit square of brows, eyes, nose and mouth: x to the right, y down, the middle of the face at 0.5. Crops
by our own and by a published mean face differ by about a hundredth of their side; the published ones are there for
face sets and models that were made with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.procrustes import made_symmetric, mean_shape
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.sixty_eight import MIRROR

MeanFace = Literal["own", "published"]

_HALF = {
    0: (-0.0743, 0.2358), 1: (-0.0689, 0.3792), 2: (-0.0427, 0.5763), 3: (-0.0190, 0.7150), 4: (0.0236, 0.8504),
    5: (0.1019, 0.9973), 6: (0.2120, 1.0937), 7: (0.3136, 1.1650), 8: (0.5000, 1.2034), 17: (0.0410, 0.0903),
    18: (0.0822, 0.0514), 19: (0.1604, 0.0207), 20: (0.2631, 0.0227), 21: (0.3805, 0.0501), 27: (0.5000, 0.2149),
    28: (0.5000, 0.3116), 29: (0.5000, 0.3960), 30: (0.5000, 0.5014), 31: (0.3726, 0.5875), 32: (0.4417, 0.6087),
    33: (0.5000, 0.6116), 36: (0.1388, 0.2143), 37: (0.1902, 0.1893), 38: (0.2739, 0.1864), 39: (0.3497, 0.2352),
    40: (0.2802, 0.2515), 41: (0.1982, 0.2463), 48: (0.3085, 0.7992), 49: (0.3810, 0.7503), 50: (0.4373, 0.7371),
    51: (0.5000, 0.7451), 55: (0.6472, 0.8527), 56: (0.5625, 0.8952), 57: (0.5000, 0.9033), 60: (0.3254, 0.7993),
    61: (0.4447, 0.7935), 62: (0.5000, 0.7966), 65: (0.5555, 0.8128), 66: (0.5000, 0.8166),
}  # fmt: skip
"""One of each pair of mirrored points, and those in the middle. What `averaged_face` makes of sixteen people, rounded:
the eight speakers of GRID (Cooke et al. 2006, CC BY 4.0) that the tests have footage of, with landmarks by MediaPipe's
Face Landmarker, and eight people of the studio with its exact landmarks."""

# The mean face that dfaker/df, faceswap and DeepFaceLab have had in common since 2018, as df (MPL-2.0) writes it.
_PUBLISHED = (
    (0.000213256, 0.106454), (0.0752622, 0.038915), (0.18113, 0.0187482), (0.29077, 0.0344891),
    (0.393397, 0.0773906), (0.586856, 0.0773906), (0.689483, 0.0344891), (0.799124, 0.0187482), (0.904991, 0.038915),
    (0.98004, 0.106454), (0.490127, 0.203352), (0.490127, 0.307009), (0.490127, 0.409805), (0.490127, 0.515625),
    (0.36688, 0.587326), (0.426036, 0.609345), (0.490127, 0.628106), (0.554217, 0.609345), (0.613373, 0.587326),
    (0.121737, 0.216423), (0.187122, 0.178758), (0.265825, 0.179852), (0.334606, 0.231733), (0.260918, 0.245099),
    (0.182743, 0.244077), (0.645647, 0.231733), (0.714428, 0.179852), (0.793132, 0.178758), (0.858516, 0.216423),
    (0.79751, 0.244077), (0.719335, 0.245099), (0.254149, 0.780233), (0.340985, 0.745405), (0.428858, 0.727388),
    (0.490127, 0.742578), (0.551395, 0.727388), (0.639268, 0.745405), (0.726104, 0.780233), (0.642159, 0.864805),
    (0.556721, 0.902192), (0.490127, 0.909281), (0.423532, 0.902192), (0.338094, 0.864805), (0.290379, 0.784792),
    (0.428096, 0.778746), (0.490127, 0.785343), (0.552157, 0.778746), (0.689874, 0.784792), (0.553364, 0.824182),
    (0.490127, 0.831803), (0.42689, 0.824182),
)  # fmt: skip
_OFF_CENTRE = 0.009873
"""How far left of 0.5 the middle of the published mean face is."""


def _whole() -> NDArray[np.float64]:
    points = np.full((68, 2), np.nan)
    for index, (x, y) in _HALF.items():
        points[index] = x, y
        points[MIRROR[index]] = 1.0 - x, y
    return points


OWN: NDArray[np.float64] = _whole()
"""Our own mean face, `(68, 2)` in iBUG order, exactly symmetric about x = 0.5."""

PUBLISHED: NDArray[np.float64] = np.array(_PUBLISHED)
"""The published mean face, `(51, 2)`: points 17 to 67. Its middle is at x = 0.490127."""

PUBLISHED_CENTRED: NDArray[np.float64] = np.round(PUBLISHED + np.array((_OFF_CENTRE, 0.0)), 6)
"""The same moved to the middle, as today's faceswap (GPL-3.0) has it, to all of its digits; `(51, 2)`."""

DEEPFACELAB_POINTS: NDArray[np.intp] = np.array((*range(17, 49), 54), dtype=np.intp)
"""The 33 of the 68 points that DeepFaceLab aligns by: brows, nose, eyes and the corners of the mouth, so that a mouth
that opens does not move the crop."""

INNER: NDArray[np.intp] = np.arange(17, 68, dtype=np.intp)
"""The 51 of the 68 points that the others align by: everything but the jaw."""


def averaged_face(people: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """A mean face of our own making, `(68, 2)`: how `OWN` was made.

    The generalised Procrustes mean, made symmetric, and then laid onto the published unit square by scale and shift
    alone, so that crops by either have the same size and place on average.

    Args:
        people: landmarks `(68, 2)`, about frontal, one shape for each person, so that everybody counts the same.
    """
    mean = made_symmetric(mean_shape(people), MIRROR)
    placed = apply(similarity(mean[INNER], PUBLISHED_CENTRED), mean)
    # The published table is symmetric to its last digit but one only.
    return (placed + (1.0, 0.0) + placed[MIRROR] * (-1.0, 1.0)) / 2
