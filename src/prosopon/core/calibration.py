"""`Calibration`: what a detector's value is worth, as a likelihood ratio, and for which material that was found out.

A likelihood ratio says how many times likelier a value is for fakes than for real clips. It is not the probability
that a clip is fake: that also depends on how many fakes there are among what one looks at (the prior).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

_EDGE = 1e-6
"""Values are kept so far from 0 and 1, where logits are infinite."""


@dataclass(frozen=True)
class Calibration:
    """A straight line from the logit of a value to its likelihood ratio (Platt 1999), with bounds.

    Attributes:
        slope, offset: of natural logarithms: `ln LR = slope * logit(value) + offset`, fitted with fakes and real clips
            of the same weight in all; an offset of 0 is temperature scaling.
        most_log10_lr: the largest ratio that so few people can show, in powers of ten; larger ones are cut.
        data: on what it was found out, in plain English.
        real, fakes, people: how many clips and different people that was.
        ece_before, ece_after: expected calibration error on people held out from both, 0 to 1.
        ranges: measures of the material (`face_px` ...) with the least and the largest that was seen: beyond them
            nothing is known.
    """

    slope: float
    offset: float
    most_log10_lr: float
    data: str
    real: int
    fakes: int
    people: int
    ece_before: float
    ece_after: float
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def log10_lr(self, value: float) -> float:
        """How many powers of ten likelier a value in [0, 1] is of a fake than of a real clip."""
        kept = min(max(value, _EDGE), 1 - _EDGE)
        ratio = (self.slope * math.log(kept / (1 - kept)) + self.offset) / math.log(10)
        return min(max(ratio, -self.most_log10_lr), self.most_log10_lr)

    def outside(self, measures: Mapping[str, float]) -> tuple[str, ...]:
        """Names of the measures that are beyond what was seen; those that it knows nothing of are passed over."""
        return tuple(
            name
            for name, value in measures.items()
            if name in self.ranges and not self.ranges[name][0] <= value <= self.ranges[name][1]
        )

    def as_json(self) -> dict[str, Any]:
        """As plain values, for the card beside the weights."""
        return asdict(self) | {"ranges": {name: list(pair) for name, pair in self.ranges.items()}}

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """From plain values.

        Raises:
            ValueError: something is missing or no number.
        """
        try:
            values = {name: table[name] for name in cls.__dataclass_fields__ if name not in ("ranges", "data")}
            ranges = {str(name): (float(low), float(high)) for name, (low, high) in table.get("ranges", {}).items()}
            whole = ("real", "fakes", "people")
            numbers = {name: int(value) if name in whole else float(value) for name, value in values.items()}
            return cls(**numbers, data=str(table["data"]), ranges=ranges)  # type: ignore[arg-type]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no calibration: {error}") from error


def posterior(log10_lr: float, prior: float) -> float:
    """The probability that a clip is fake where a share of `prior` (0 to 1) of all such clips are, by Bayes' rule."""
    log_odds = math.log(prior / (1 - prior)) + log10_lr * math.log(10)
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0
