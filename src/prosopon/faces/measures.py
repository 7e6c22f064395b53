"""What can be measured on the picture of a face, to sort faces and to leave bad ones out."""

from __future__ import annotations

import math

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import laplace

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.faces.openings import eye_openings, mouth_opening
from prosopon.faces.plausibility import mean_face_distance

# Rec. 601, the weights of the grey picture in JPEG and in most papers on focus.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_BLACK = 8
"""All three channels below this: what no light has reached, or what was never filmed."""
_COARSE, _FINE = (0.02, 0.1), (0.2, 0.45)
"""Bands of frequencies in cycles a pixel."""


def sharpness(crop: Frame) -> float:
    """Variance of the Laplacian of the grey picture in [0, 1], times 1000; blurred pictures have little of it.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000. It depends on the size of the
    crop: compare faces only where all were cut to the same one. A face that was magnified to it is blurred, too, and
    so it counts.
    """
    return _sharpness(laplace(_grey(crop)))


def motion_blur(crop: Frame) -> float:
    """How much less detail a picture has along one direction than across it, 0 to 1: a camera or a head that moved.

    Detail is the gradient of the Laplacian, its mean squares by direction the eigenvalues of a structure tensor
    (Förstner and Gülch 1987); 1 minus the root of the smaller over the larger one. Measured on portraits: 0.11 (up to
    0.2) sharp, 0.2 to 0.5 where 3 of 256 pixels were smeared, above 0.49 with 6; a Gaussian blur lowers it.
    """
    return _motion_blur(laplace(_grey(crop)))


def fine_detail_db(crop: Frame) -> float:
    """Power of fine details (0.2 to 0.45 cycles a pixel) over that of coarse ones (0.02 to 0.1), in decibels.

    Unlike the variance of the Laplacian it does not depend on how much contrast the picture has.
    """
    return _fine_detail_db(_grey(crop))


def brightness(crop: Frame) -> float:
    """Mean luma of the picture, 0 black to 1 white."""
    return float(_grey(crop).mean())


def black(crop: Frame) -> float:
    """Share of pixels that are black, 0 to 1."""
    return float((crop < _BLACK).all(axis=-1).mean())


def colour(crop: Frame) -> dict[str, float]:
    """The mean colour: `green` and `orange` (the chroma of YCoCg, -0.5 to 0.5) and `hue_deg` (-180 to 180, 0 red).

    The hue is that of the mean, so that colourless pixels do not count (Hanbury, "Circular statistics applied to colour
    images", 2003).
    """
    red, green, blue = (crop.reshape(-1, 3).mean(0) / 255.0).tolist()
    hue = math.degrees(math.atan2(math.sqrt(3) / 2 * (green - blue), red - (green + blue) / 2))
    return {"green": green / 2 - (red + blue) / 4, "orange": (red - blue) / 2, "hue_deg": hue}


def measure(crop: Frame, face: Face) -> dict[str, float]:
    """All measures of a face by name, those that it allows.

    Args:
        crop: its picture `uint8 (S, S, 3)`, of one size for all faces that will be compared.
        face: where it is in the full frame.

    Returns:
        `size_px` (square root of the box's area), `sharpness`, `motion_blur`, `fine_detail_db`, `brightness`, `black`,
        `green`, `orange`, `hue_deg`; with landmarks `eye_right`, `eye_left` (openings, right is the person's), `mouth`
        and `distance` (from the mean face).
    """
    grey = _grey(crop)
    edges = laplace(grey)
    found = {
        "size_px": float(np.sqrt(max(0.0, face.box.width * face.box.height))),
        "sharpness": _sharpness(edges),
        "motion_blur": _motion_blur(edges),
        "fine_detail_db": _fine_detail_db(grey),
        "brightness": float(grey.mean()),
        "black": black(crop),
        **colour(crop),
    }
    if face.landmarks is not None:
        right, left = eye_openings(face.landmarks)
        found |= {"eye_right": float(right), "eye_left": float(left), "mouth": float(mouth_opening(face.landmarks))}
        found["distance"] = mean_face_distance(face.landmarks)
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _grey(crop: Frame) -> NDArray[np.float32]:
    grey: NDArray[np.float32] = (crop.astype(np.float32) @ _LUMA) / np.float32(255)
    return grey


def _sharpness(edges: NDArray[np.float32]) -> float:
    return float(edges.var(dtype=np.float64) * 1000)


def _motion_blur(edges: NDArray[np.float32]) -> float:
    along_x = (edges[1:-1, 2:] - edges[1:-1, :-2]).ravel().astype(np.float64)
    along_y = (edges[2:, 1:-1] - edges[:-2, 1:-1]).ravel().astype(np.float64)
    xx, xy, yy = float(along_x @ along_x), float(along_x @ along_y), float(along_y @ along_y)
    # Eigenvalues of the tensor ((xx, xy), (xy, yy)).
    middle, apart = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    if middle <= 0:
        return 0.0
    return 1.0 - math.sqrt(max(0.0, middle - apart) / (middle + apart))


def _fine_detail_db(grey: NDArray[np.float32]) -> float:
    height, width = grey.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    power = np.abs(scipy.fft.rfft2((grey - grey.mean()) * window)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(height), np.fft.rfftfreq(width), indexing="ij"))
    fine, coarse = (
        float(power[(frequency >= low) & (frequency < high)].sum(dtype=np.float64)) for low, high in (_FINE, _COARSE)
    )
    if coarse <= 0:
        return math.nan
    return 10 * math.log10(max(fine / coarse, 1e-12))
