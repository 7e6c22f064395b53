"""Shares of a few trials with what they leave open: exact confidence intervals after Clopper and Pearson."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scipy.stats import beta

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Proportion:
    """So many of so many.

    Attributes:
        hits: trials in which it happened.
        of: all trials.
    """

    hits: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.of:
            raise ValueError(f"there are no {self.hits} of {self.of}")

    @property
    def share(self) -> float | None:
        """0 to 1; None where nothing was tried."""
        return self.hits / self.of if self.of else None

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Two-sided, never too narrow (Clopper and Pearson 1934); 0 to 1 where nothing was tried.

        Where all or none of the trials hit, each bound keeps its half of the error: 26 of 26 are 87 % or more.
        """
        rest = (1 - confidence) / 2
        missed = self.of - self.hits
        low = float(beta.ppf(rest, self.hits, missed + 1)) if self.hits else 0.0
        high = float(beta.ppf(1 - rest, self.hits + 1, missed)) if missed else 1.0
        return low, high

    @property
    def told(self) -> str:
        """For tables: the share in per cent with its interval."""
        if self.share is None:
            return "-"
        low, high = self.interval()
        return f"{100 * self.share:.0f} % ({100 * low:.1f} to {100 * high:.1f})"

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {"hits": self.hits, "of": self.of, "share": self.share, "interval_95": [*self.interval()]}
