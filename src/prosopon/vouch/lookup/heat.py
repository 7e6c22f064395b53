"""A comparison as a picture: the suspect in grey, and over it in colour where and how much it differs."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from prosopon.core.clip import Frame
from prosopon.vouch.lookup.registration import Grey
from prosopon.vouch.lookup.report import Compared

_COLD, _HOT = np.array([255, 196, 0], np.float32), np.array([226, 26, 28], np.float32)
_STRONGEST = 20.0
"""Multiples of the expected error from here on have the hottest colour."""
_EDGE = np.array([255, 255, 255], np.float32)


def heat_over(compared: Compared) -> Frame:
    """The picture that was compared, `uint8 (H, W, 3)`, of the same size.

    Regions are yellow where they barely count and red where the error is twenty times what re-encoding explains,
    with a white line around them; what the original does not show at all is dark.
    """
    height, width = compared.frame.shape[:2]
    found = compared.difference
    mask = _enlarged(found.mask.astype(np.float32), width, height)
    outside = _enlarged((found.map <= 0).astype(np.float32), width, height) > 0.5
    share = np.log(np.maximum(_enlarged(found.map, width, height), 1.0)) / np.log(_STRONGEST)
    hot = np.clip(share, 0, 1)[..., None]
    grey = compared.frame.mean(axis=-1, keepdims=True, dtype=np.float32)
    grey = np.where(outside[..., None], 0.4, 1.0) * (32 + 0.75 * grey)
    inside = mask > 0.5
    cover = np.where(inside, 0.65, 0.0)[..., None]
    picture = (1 - cover) * grey + cover * ((1 - hot) * _COLD + hot * _HOT)
    line = max(1, round(max(height, width) / 300))
    edge = inside & ~ndimage.binary_erosion(inside, iterations=line)
    return np.where(edge[..., None], _EDGE, picture).clip(0, 255).astype(np.uint8)


def _enlarged(values: Grey, width: int, height: int) -> Grey:
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR), np.float32)
