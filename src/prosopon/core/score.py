"""`Score`: what a detector answers. A fake is 1, a real clip is 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Score:
    """A detector's answer about one clip, or its abstention.

    Attributes:
        value: probability-like that the clip is fake, 0 to 1; None where the detector abstains.
        per_frame: `float32 (T,)` scores, NaN where a frame could not be judged.
        heat_map: `float32 (H, W)` in [0, 1], where the evidence lies, or None.
        threshold: the value from which the detector calls a clip fake.
        calibration: on what data the value and the threshold were set.
        reasons: evidence in plain English, strongest first.
        abstained_because: why there is no value; empty otherwise.
    """

    value: float | None
    per_frame: NDArray[np.float32] | None = None
    heat_map: NDArray[np.float32] | None = None
    threshold: float = 0.5
    calibration: str = "uncalibrated"
    reasons: tuple[str, ...] = ()
    abstained_because: str = ""

    @classmethod
    def abstain(cls, reason: str) -> Score:
        """No answer, and why."""
        return cls(value=None, abstained_because=reason)
