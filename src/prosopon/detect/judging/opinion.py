"""`Opinion`: what one detector said about one person, and whether that counts."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from prosopon.core.calibration import Calibration
from prosopon.core.clip import Clip
from prosopon.core.faces import Tracks
from prosopon.core.score import Reason, Score
from prosopon.detect.judging.reasons import Why
from prosopon.detect.judging.roster import Expert
from prosopon.detect.learning.material import ENOUGH_PX

_SLACK = 0.1
_BETTER_BELOW = frozenset({"blockiness"})
_IN_WORDS = MappingProxyType(
    {
        "face_px": "size of the face in pixels",
        "fine_detail_db": "fine detail in dB",
        "motion_blur": "blur of movement",
        "blockiness": "traces of compression",
    }
)
"""Measures of the material for people; others are called what they are called."""


@dataclass(frozen=True)
class Opinion:
    """An answer, a measurement or an abstention.

    Attributes:
        expert: who was asked.
        score: what was said.
        times: of the frames that it was shown, on the clip's clock in seconds.
        outside: measures of the material that are beyond what it was calibrated on, with what was seen.
        seconds: how long it took.
    """

    expert: Expert
    score: Score
    times: tuple[float, ...] = ()
    outside: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def log10_lr(self) -> float | None:
        """What it is worth as evidence, in powers of ten; None where it is not worth any."""
        if not self.expert.judges or self.outside:
            return None
        return self.score.log10_lr

    @property
    def why_not(self) -> Why | None:
        """Why it does not count; None where it does."""
        score = self.score
        if score.abstained is not None:
            return Why.of(score.abstained, score.because)
        if not self.expert.judges:
            return None
        if score.calibration is None:
            return Why.of(Reason.NOT_CALIBRATED)
        if self.outside:
            told = "; ".join(f"{_IN_WORDS.get(name, name)} {seen}" for name, seen in self.outside.items())
            return Why.of(Reason.OUTSIDE_CALIBRATION, f"unlike the material of calibration: {told}")
        return None

    def as_json(self) -> dict[str, Any]:
        """As plain values, heat maps and series left out."""
        why = self.why_not
        return {
            "value": self.score.value,
            "log10_lr": self.log10_lr,
            "judges": self.expert.judges,
            "abstained": None if self.score.abstained is None else self.score.abstained.value,
            "counts": self.log10_lr is not None,
            "because": "" if why is None else why.because,
            "measures": dict(self.score.measures),
            "evidence": list(self.score.evidence),
            "outside_calibration": list(self.outside),
            "calibrated_on": None if self.score.calibration is None else self.score.calibration.data,
            "seconds": round(self.seconds, 3),
        }


def ask(expert: Expert, clip: Clip, tracks: Tracks, material: Mapping[str, float] | None = None) -> Opinion:
    """Ask a detector; whatever it raises, or answers that is none, is an abstention.

    Args:
        expert: who.
        clip: all of it, or an excerpt.
        tracks: of the person.
        material: measures of the material, to compare with its calibration; None: they are not compared.
    """
    start = time.monotonic()
    try:
        score = _checked(expert.detector.score(clip, tracks), len(clip))
    except Exception as error:  # a broken detector of others spoils only itself
        told = f"{type(error).__name__}: {' '.join(str(error).split()) or 'no message'}"
        score = Score.abstain(Reason.FAILED, f"it failed: {told}")
    outside: Mapping[str, str] = {}
    if material is not None and score.value is not None and score.calibration is not None:
        outside = beyond(score.calibration, material)
    return Opinion(expert, score, clip.times, outside, time.monotonic() - start)


def beyond(calibration: Calibration, material: Mapping[str, float]) -> dict[str, str]:
    """The measures that are clearly beyond what a detector was calibrated on: `83 (97 or more in calibration)` by name.

    Its ranges leave out the last of a hundred clips at either end: a tenth of a range more is let pass, at the lower
    end no more than a tenth of where that is, since there are measures that nearly reach 0. So is material that is less
    compressed than any that was seen.
    """
    found = {}
    for name in calibration.outside(material):
        low, high = calibration.ranges[name]
        above, below = _SLACK * (high - low), _SLACK * min(high - low, abs(low))
        if material[name] > high + above or (material[name] < low - below and name not in _BETTER_BELOW):
            seen = f"{low:.3g} or more" if name == "face_px" and high >= ENOUGH_PX else f"{low:.3g} to {high:.3g}"
            found[name] = f"{material[name]:.3g} ({seen} in calibration)"
    return found


def not_asked(expert: Expert, why: Why) -> Opinion:
    """The opinion of a detector that there was no use in asking."""
    return Opinion(expert, Score.abstain(Reason(why.code), why.because))


def _checked(score: Score, n_frames: int) -> Score:
    """A score whose numbers are what the protocol says.

    Raises:
        ValueError: its value is no number from 0 to 1.
    """
    value = score.value
    if value is not None and not (math.isfinite(value) and 0 <= value <= 1):
        raise ValueError(f"the value {value} is not between 0 and 1")
    if score.per_frame is not None and np.shape(score.per_frame) != (n_frames,):
        return replace(score, per_frame=None)
    return score
