"""`ImageQuality`: 139 measures of a face's picture, and a support vector machine or a line that judges them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.detect.learning.shallow.detector import FeatureDetector
from prosopon.detect.quality.features import AGAINST_BLUR, NAMES, SMALLEST_PX, features

_SHOWN = ("ssim", "vif", "snr", "hlfi", "blurriness", "edge_width")
"""Measures that are told besides the answer: those that people can make something of."""


def _places() -> Mapping[str, slice]:
    """Neighbouring measures as one thing to people, in order."""
    ends = {
        "what a light blur takes away": len(AGAINST_BLUR),
        "reflections": NAMES.index("hue_mean"),
        "how colours are distributed": NAMES.index("colour_001"),
        "how many colours there are": NAMES.index("blurriness"),
        "how wide and soft edges are": len(NAMES),
    }
    starts = [0, *ends.values()]
    return MappingProxyType({name: slice(start, end) for (name, end), start in zip(ends.items(), starts, strict=False)})


class ImageQuality(FeatureDetector):
    """Image-quality measures and a classifier of them; see `FeatureDetector`."""

    technique: ClassVar[str] = "quality"
    shipped: ClassVar[str | None] = "quality.studio"
    least_px: ClassVar[float] = float(SMALLEST_PX)
    groups: ClassVar[Mapping[str, slice]] = _places()

    @classmethod
    def features(cls, crop: Frame) -> NDArray[np.float64]:
        """All 139 measures of a face `uint8 (S, S, 3)` at its own resolution, in the order of `features.NAMES`."""
        return features(crop)

    def measures(self, features: NDArray[np.float64]) -> dict[str, float]:
        """Means of a few that people can make something of."""
        mean = features.mean(0)
        return {name: float(mean[NAMES.index(name)]) for name in _SHOWN}
