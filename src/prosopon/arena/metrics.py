"""How far one picture is from another: of colours, of structure, of where a face's parts are.

Pictures are `uint8 (H, W, 3)` RGB of one size. The three on pixels are those of the image animation papers; the
average keypoint distance and missing keypoint rate follow Siarohin et al. (Monkey-Net, arXiv 1812.08861, section 4.1,
and their published tool), with whichever face finder is at hand in place of the original's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from prosopon.core.clip import Frame

EYES = slice(36, 48)
"""The eyes among the 68 landmarks of iBUG 300-W."""
MOUTH = slice(48, 68)
"""The mouth among them."""
KEYPOINT_PICTURE_PX = 256
"""Keypoint distances are in pixels of a picture of this side, as published, whatever was measured on."""

_WINDOW_PX = 11


def l1(picture: Frame, wanted: Frame) -> float:
    """Mean absolute difference of all values, 0 (the same) to 1.

    Raises:
        ValueError: the pictures differ in size or are not `uint8`.
    """
    _check(picture, wanted)
    return float(np.abs(picture.astype(np.int16) - wanted.astype(np.int16)).mean() / 255)


def psnr(picture: Frame, wanted: Frame) -> float:
    """Peak signal-to-noise ratio in dB, infinite for the same picture.

    Raises:
        ValueError: the pictures differ in size or are not `uint8`.
    """
    _check(picture, wanted)
    mean_square = float(np.square(picture.astype(np.float64) - wanted.astype(np.float64)).mean())
    return float("inf") if mean_square == 0 else float(10 * np.log10(255**2 / mean_square))


def ssim(picture: Frame, wanted: Frame) -> float:
    """Structural similarity, mean over colours, 1 for the same picture, down to -1.

    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE TIP 2004: Gaussian window of 1.5 pixels.

    Raises:
        ValueError: the pictures differ in size, are not `uint8`, or are smaller than the window of 11 pixels.
    """
    _check(picture, wanted)
    if min(picture.shape[:2]) < _WINDOW_PX:
        raise ValueError(f"structural similarity needs {_WINDOW_PX} pixels a side, not {picture.shape[:2]}")
    value = structural_similarity(  # type: ignore[no-untyped-call]
        picture,
        wanted,
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(value)


@dataclass(frozen=True)
class KeypointDistance:
    """Average keypoint distance (AKD) of two faces in pixels of a picture of 256.

    Attributes:
        whole: over all 68 landmarks.
        eyes: over landmarks 36 to 47.
        mouth: over landmarks 48 to 67.
    """

    whole: float
    eyes: float
    mouth: float


def keypoint_distance(
    landmarks: NDArray[np.float32], wanted: NDArray[np.float32], size_px: int
) -> KeypointDistance:  # fmt: skip
    """Mean absolute difference of the landmarks' coordinates.

    As in the published tool x and y are averaged alike; a Euclidean distance would be up to twice as large.

    Args:
        landmarks: `float (68, 2)` pixels.
        wanted: the same of the true picture.
        size_px: side of the square pictures that they were found in.

    Raises:
        ValueError: either is not `(68, 2)`.
    """
    if landmarks.shape != (68, 2) or wanted.shape != (68, 2):
        raise ValueError(f"landmarks must be (68, 2), not {landmarks.shape} and {wanted.shape}")
    apart = np.abs(landmarks.astype(np.float64) - wanted.astype(np.float64)) * (KEYPOINT_PICTURE_PX / size_px)
    return KeypointDistance(float(apart.mean()), float(apart[EYES].mean()), float(apart[MOUTH].mean()))


def _check(picture: Frame, wanted: Frame) -> None:
    if picture.shape != wanted.shape or picture.ndim != 3 or picture.dtype != np.uint8 or wanted.dtype != np.uint8:
        raise ValueError(
            f"pictures must be uint8 (H, W, 3) of one size, not {picture.dtype} {picture.shape} "
            f"and {wanted.dtype} {wanted.shape}"
        )
