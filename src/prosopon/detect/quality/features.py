"""All 139 measures of a face's picture as one vector, with their names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.detect.quality import against_blur as blur
from prosopon.detect.quality import distortion, structure

AGAINST_BLUR = (
    "mse", "psnr", "ad", "sc", "nk", "md", "lmse", "nae", "snr", "ramd", "mas", "mams", "sme", "gme", "gpe",
    "ssim", "vif", "hlfi",
)  # fmt: skip
"""The 18 of Galbally, Marcel and Fierrez."""
_MOMENTS = ("mean", "spread", "skewness", "darkest", "brightest")
DISTORTION = (
    "reflection_share", "reflection_mean", "reflection_spread",
    *(f"{channel}_{moment}" for channel in ("hue", "saturation", "value") for moment in _MOMENTS),
    *(f"colour_{rank:03d}" for rank in range(1, 101)),
    "colours",
    "blurriness", "edge_width",
)  # fmt: skip
"""The 121 of Wen, Han and Jain."""
NAMES = (*AGAINST_BLUR, *DISTORTION)
SMALLEST_PX = 48
"""Smaller pictures have too few pixels for the largest windows."""


def features(picture: Frame) -> NDArray[np.float64]:
    """All measures of a picture, `float64 (139,)` in the order of `NAMES`, all finite.

    Args:
        picture: `uint8 (H, W, 3)` RGB, at its own resolution: enlarging or shrinking changes nearly all of them.

    Raises:
        ValueError: it is smaller than 48 pixels.
    """
    if min(picture.shape[:2]) < SMALLEST_PX:
        raise ValueError(f"a picture of {picture.shape[1]}x{picture.shape[0]} pixels is too small to be measured")
    plane = blur.luma(picture)
    copy = blur.blurred(plane)
    colours = picture.astype(np.float64)
    pale = blur.blurred(colours)
    pairs = (blur.mse, blur.psnr, blur.ad, blur.sc, blur.nk, blur.md, blur.lmse, blur.nae, blur.snr, blur.ramd)
    found = [
        *(measure(plane, copy) for measure in pairs),
        blur.mas(colours, pale),
        blur.mams(colours, pale),
        *(measure(plane, copy) for measure in (blur.sme, blur.gme, blur.gpe, structure.ssim, structure.vif)),
        structure.hlfi(plane),
        *distortion.reflections(picture),
        *distortion.colour_moments(picture),
        *distortion.colour_diversity(picture),
        distortion.blurriness(plane),
        distortion.edge_width(plane),
    ]
    return np.array(found)
