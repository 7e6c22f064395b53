"""`Score`: what a detector answers about one person of a clip. A fake is 1, a real clip is 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from prosopon.core.calibration import Calibration
from prosopon.core.faces import Box


class Reason(StrEnum):
    """Why there is no answer, as codes that programs can tell apart."""

    NO_FACE = "no-face"
    FACE_TOO_SMALL = "face-too-small"
    TOO_SHORT = "too-short"
    TOO_COMPRESSED = "too-compressed"
    OUTSIDE_CALIBRATION = "outside-calibration"
    VERDICT_FLIPS = "verdict-flips"
    DETECTORS_DISAGREE = "detectors-disagree"
    NOT_CALIBRATED = "not-calibrated"
    NO_PICTURE = "no-picture"
    NO_SOUND = "no-sound"
    NO_SPEECH = "no-speech"
    NO_WEIGHTS = "no-weights"
    ONLY_MEASURED = "only-measured"
    FAILED = "failed"


@dataclass(frozen=True)
class Series:
    """Something that was measured over time, for a time line.

    Attributes:
        name: what it is, in plain English.
        unit: of the values; empty for shares and probabilities.
        times: `float64 (N,)` seconds on the clip's clock.
        values: `float32 (N,)`, NaN where it could not be measured.
    """

    name: str
    unit: str
    times: NDArray[np.float64]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class HeatMap:
    """Where in one frame the evidence lies. What drew it says where a net looked, not what was changed.

    Attributes:
        frame: index in the clip that was scored.
        box: the part of the frame that the values cover, full-frame pixels.
        values: `float32 (H, W)`: above 0 speaks for a fake, below 0 against it; at most 1 in size.
        drawn_by: how: `exact` for what is a sum over places, `Grad-CAM` elsewhere.
    """

    frame: int
    box: Box
    values: NDArray[np.float32]
    drawn_by: str


@dataclass(frozen=True)
class Score:
    """A detector's answer about one person, a measurement, or an abstention.

    Attributes:
        value: as the detector gives it, 0 (real) to 1 (fake), **not** calibrated; None where it abstains or only
            measures.
        per_frame: `float32 (T,)` of the clip's frames as `value` is, NaN where a frame could not be judged.
        heat_maps: where the evidence lies, of some frames.
        series: what it measured over time.
        measures: what it measured, by name with the unit in it.
        evidence: what speaks for or against a fake, in plain English, the strongest first.
        calibration: what a value is worth; None where nobody has calibrated these weights.
        abstained: why there is no answer; None where there is one.
        because: the same in plain English.
    """

    value: float | None
    per_frame: NDArray[np.float32] | None = None
    heat_maps: tuple[HeatMap, ...] = ()
    series: tuple[Series, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    calibration: Calibration | None = None
    abstained: Reason | None = None
    because: str = ""

    @classmethod
    def abstain(cls, reason: Reason, because: str) -> Self:
        """No answer, and why."""
        return cls(value=None, abstained=reason, because=because)

    @property
    def log10_lr(self) -> float | None:
        """How many powers of ten likelier the value is of a fake than of a real clip; None where that is not known."""
        if self.value is None or self.calibration is None:
            return None
        return self.calibration.log10_lr(self.value)
