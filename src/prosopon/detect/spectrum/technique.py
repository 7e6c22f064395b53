"""`Spectrum`: how the power of a face is spread over frequencies, and a classifier that judges it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip, Frame
from prosopon.core.faces import Tracks
from prosopon.core.score import Series
from prosopon.detect.learning.native import native_crops
from prosopon.detect.learning.shallow.detector import FeatureDetector
from prosopon.detect.spectrum.azimuthal import FREQUENCIES, azimuthal, grey
from prosopon.detect.spectrum.features import CURVE, GRID, PEAKS, SMALLEST_PX, features
from prosopon.detect.spectrum.peaks import strongest

_PLAIN_DB = 15.0
"""A peak that stands out so far is neither noise nor the slope of a soft picture's spectrum, which reach 12."""
_HIGH = 0.35
"""Cycles a pixel from which a frequency is called high."""


class Spectrum(FeatureDetector):
    """The azimuthal spectrum (Durall et al.), peaks of upsampling and the cosine transform (Frank et al.)."""

    technique: ClassVar[str] = "spectrum"
    shipped: ClassVar[str | None] = "spectrum.studio"
    least_px: ClassVar[float] = float(SMALLEST_PX)
    groups: ClassVar[Mapping[str, slice]] = MappingProxyType(
        {
            "power by frequency": CURVE,
            "peaks where upsampling leaves them": PEAKS,
            "power by frequency and direction": GRID,
        }
    )

    @classmethod
    def features(cls, crop: Frame) -> NDArray[np.float64]:
        """All 364 of a face `uint8 (S, S, 3)` at its own resolution; see `features`."""
        return features(crop)

    @classmethod
    def curve(cls, clip: Clip, tracks: Tracks) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """The spectrum of a clip's most prominent face, for a drawing; None where nobody is large enough.

        Returns:
            Frequencies in cycles a pixel and the mean power there in decibels, both `(BINS,)`; 0 dB is the level of
            0.05 to 0.15 cycles a pixel.
        """
        places = {} if tracks.main is None else tracks.main.faces
        crops = (crop for _, crop in native_crops(clip, places, cls.side))
        curves = [azimuthal(grey(crop)) for crop in crops if min(crop.shape[:2]) >= SMALLEST_PX]
        return (FREQUENCIES, np.mean(curves, axis=0)) if curves else None

    def series(self, times: NDArray[np.float64], rows: Mapping[int, NDArray[np.float64]]) -> tuple[Series, ...]:
        """The level of high frequencies and the strongest peak, frame by frame."""
        high = np.full(len(times), np.nan, np.float32)
        peak = np.full(len(times), np.nan, np.float32)
        for index, row in rows.items():
            high[index] = _high(row)
            peak[index] = row[PEAKS].max()
        return (
            Series("level of high frequencies", "dB", times, high),
            Series("strongest peak of upsampling", "dB", times, peak),
        )

    def measures(self, features: NDArray[np.float64]) -> dict[str, float]:
        """The level of high frequencies, and where the strongest peak lies and how far it stands out."""
        mean = features.mean(0)
        peak = strongest(mean[PEAKS])
        return {
            "high_frequencies_db": _high(mean),
            "peak_db": peak.above_db,
            "peak_y_cycles_per_px": peak.y,
            "peak_x_cycles_per_px": peak.x,
        }

    def evidence(self, features: NDArray[np.float64]) -> tuple[str, ...]:
        """What the classifier goes by, and a peak that can be told without one."""
        said = super().evidence(features)
        peak = strongest(features.mean(0)[PEAKS])
        if peak.above_db < _PLAIN_DB:
            return said
        where = f"{peak.y:g} and {peak.x:g} cycles a pixel down and across"
        return (f"a grid of pixels stands {peak.above_db:.0f} dB out of the spectrum, at {where}", *said)


def _high(row: NDArray[np.float64]) -> float:
    return float(row[CURVE][FREQUENCIES >= _HIGH].mean())
