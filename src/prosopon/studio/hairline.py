"""Where hair grows on the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from prosopon.studio.person import HairStyle, Identity
from prosopon.studio.template import S_BACK

Floats = NDArray[np.float64]


def receded(identity: Identity) -> float:
    """How far hair has gone back with age, 0 to 1."""
    return float(identity.balding * np.clip((identity.age - 0.1) / 0.6, 0, 1))


def hairline(identity: Identity, s: Floats) -> Floats:
    """Lowest t with hair at each s (where hair does not fall)."""
    gone = receded(identity)
    # First the corners, then the front, then the crown.
    high = 8.5 + 0.8 * identity.hairline + 2.6 * gone + 8.0 * max(0.0, gone - 0.55)
    corner = 8.4 + 1.5 * max(identity.hairline, -0.4) + 5.2 * gone + 5.0 * max(0.0, gone - 0.55)
    temple = 2.6 * gone
    side = 2.6 if identity.hair_style is HairStyle.TIED_BACK else 1.0
    return np.interp(
        np.abs(s),
        (0, 2.5, 5.0, 7.2, 8.6, 9.6, 10.6, 11.6, 12.6, 15.5, 17.0, 20.0, 25.2),
        (high, high + 0.1, corner, 6.8 + temple, 5.4 + 0.5 * temple, 4.6, side, side + 0.2, 4.0, 2.8, -3.0, -6.8, -7.2),
    )


def inside_hairline(identity: Identity, plane: Floats) -> Floats:
    """Signed distance in the plane `(N,)` to the hairline, positive where hair grows."""
    s = np.linspace(-S_BACK, S_BACK, 1200)
    line = np.stack([s, hairline(identity, s)], 1)
    distance, _ = cKDTree(line).query(plane)
    signed: Floats = np.where(plane[:, 1] >= hairline(identity, plane[:, 0]), distance, -distance)
    return signed
