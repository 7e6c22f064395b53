"""How far one picture is from another where a mask says that it counts.

As in `metrics`, pictures are `uint8 (H, W, 3)` RGB of one size; the mask is `(H, W)` in [0, 1]. Where it is empty there
is nothing to measure: NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from prosopon.core.clip import Frame

Mask = NDArray[np.floating] | NDArray[np.bool_]


def masked_l1(picture: Frame, wanted: Frame, mask: Mask) -> float:
    """Mean absolute difference of the values that count, 0 (the same) to 1."""
    return _mean(np.abs(_apart(picture, wanted, mask)).mean(-1), mask) / 255


def masked_psnr(picture: Frame, wanted: Frame, mask: Mask) -> float:
    """Peak signal-to-noise ratio in dB of the values that count, infinite where they are the same."""
    mean_square = _mean(np.square(_apart(picture, wanted, mask)).mean(-1), mask)
    return float("inf") if mean_square == 0 else float(10 * np.log10(255**2 / mean_square))


def masked_ssim(picture: Frame, wanted: Frame, mask: Mask) -> float:
    """Structural similarity, mean over colours and the pixels that count, at most 1.

    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE TIP 2004: Gaussian window of 1.5 pixels, which sees
    five pixels beyond the mask.

    Raises:
        ValueError: the pictures are smaller than the window of 11 pixels.
    """
    _apart(picture, wanted, mask)
    _, similar = structural_similarity(  # type: ignore[no-untyped-call]
        picture,
        wanted,
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    return _mean(np.asarray(similar, np.float64).mean(-1), mask)


def _apart(picture: Frame, wanted: Frame, mask: Mask) -> NDArray[np.float64]:
    if picture.shape != wanted.shape or picture.dtype != np.uint8 or wanted.dtype != np.uint8:
        raise ValueError(f"two uint8 pictures of one size are needed, not {picture.shape} and {wanted.shape}")
    if mask.shape != picture.shape[:2]:
        raise ValueError(f"a mask {mask.shape} does not fit a picture {picture.shape}")
    return picture.astype(np.float64) - wanted.astype(np.float64)


def _mean(values: NDArray[np.float64], mask: Mask) -> float:
    weight = mask.astype(np.float64)
    total = float(weight.sum())
    return float((values * weight).sum() / total) if total > 0 else float("nan")
