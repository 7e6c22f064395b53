"""What can be measured on the picture of a face, to sort faces and to leave bad ones out."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import laplace

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.faces.openings import eye_openings, mouth_opening

# Rec. 601, the weights of the grey picture in JPEG and in most papers on focus.
_LUMA = np.array([0.299, 0.587, 0.114])


def sharpness(crop: Frame) -> float:
    """Variance of the Laplacian of the grey picture in [0, 1], times 1000; blurred pictures have little of it.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000. It depends on the size of the
    crop: compare faces only where all were cut to the same one. A face that was magnified to it is blurred, too, and
    so it counts.
    """
    return float(laplace(crop @ _LUMA / 255.0).var() * 1000)


def brightness(crop: Frame) -> float:
    """Mean luma of the picture, 0 black to 1 white."""
    return float((crop @ _LUMA).mean() / 255.0)


def measure(crop: Frame, face: Face) -> dict[str, float]:
    """All measures of a face by name, those that it allows.

    Args:
        crop: its picture `uint8 (S, S, 3)`, of one size for all faces that will be compared.
        face: where it is in the full frame.

    Returns:
        `size_px` (square root of the box's area), `sharpness`, `brightness`; with landmarks `eye_right`, `eye_left`
        (openings, right is the person's) and `mouth`.
    """
    found = {
        "size_px": float(np.sqrt(max(0.0, face.box.width * face.box.height))),
        "sharpness": sharpness(crop),
        "brightness": brightness(crop),
    }
    if face.landmarks is not None:
        right, left = eye_openings(face.landmarks)
        found |= {"eye_right": float(right), "eye_left": float(left), "mouth": float(mouth_opening(face.landmarks))}
    return {name: value for name, value in found.items() if np.isfinite(value)}
