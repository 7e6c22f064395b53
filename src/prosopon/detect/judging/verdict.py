"""`Verdict`: the scale of what is said in the end, what its words mean, and what follows at other base rates."""

from __future__ import annotations

import math
from enum import StrEnum
from types import MappingProxyType

from prosopon.core.calibration import posterior


class Verdict(StrEnum):
    """What is said of a file, or of one person in it."""

    DECLARED = "synthetic-declared"
    """Somebody who made or signed it says that it is synthetic."""
    INCONCLUSIVE = "inconclusive"
    """Nothing can be said, and the reasons say why."""
    NO_EVIDENCE = "no-evidence"
    """The detectors found nothing; that does not show that it is genuine."""
    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"

    @property
    def is_evidence(self) -> bool:
        """Whether the detectors speak for a fake."""
        return self in _LEAST


_LEAST = MappingProxyType({Verdict.STRONG: 100.0, Verdict.MODERATE: 10.0, Verdict.WEAK: 2.0})
"""The smallest likelihood ratio of each word, the strongest first."""

LEAST_LOG10_LR = math.log10(_LEAST[Verdict.WEAK])
"""From here on there is evidence, in powers of ten."""

PRIORS = (0.01, 0.1, 0.5)
"""Shares of fakes for which is said what follows."""

PRIOR_OF_LIMITS = 0.5
"""The share of fakes under which limits such as `--fail-above` are understood."""


def verdict_of(log10_lr: float) -> Verdict:
    """The word for a likelihood ratio, in powers of ten."""
    for verdict, least in _LEAST.items():
        if log10_lr >= math.log10(least) - 1e-9:
            return verdict
    return Verdict.NO_EVIDENCE


def posteriors(log10_lr: float | None) -> dict[str, float | None]:
    """By the share of fakes among such files (`"0.01"` ...): the probability that this is one; None where unknown."""
    return {f"{prior:g}": None if log10_lr is None else posterior(log10_lr, prior) for prior in PRIORS}


_MEANINGS = MappingProxyType(
    {
        Verdict.DECLARED: "It is declared to be synthetic; the detectors' answers are only told beside that.",
        Verdict.INCONCLUSIVE: "Nothing can be said either way, for the reasons given.",
        Verdict.NO_EVIDENCE: "The detectors found nothing that is much likelier for fakes than for real clips.",
        Verdict.WEAK: "Weak evidence for a fake: a hint to look further, and nothing to publish.",
        Verdict.MODERATE: "Moderate evidence for a fake: it wants a second, independent source.",
        Verdict.STRONG: "Strong evidence for a fake, of the kinds that the detectors know.",
    }
)

_LIMITS = MappingProxyType(
    {
        Verdict.DECLARED: "Who declares something may err or lie; the answers about the credential say what it is "
        "worth.",
        Verdict.INCONCLUSIVE: "It may be genuine, and it may be a fake.",
        Verdict.NO_EVIDENCE: "That does not show that it is genuine: fakes of kinds that no detector here knows leave "
        "nothing that they would see. Faces that were generated as a whole, as by StyleGAN, are among them.",
    }
)
_LIMIT_OF_EVIDENCE = (
    "That is no proof: real clips are mistaken for fakes, most of all such that are unlike those the detectors were "
    "calibrated on. It does not say who made it, or why, and how likely a fake it is depends on how many fakes there "
    "are among what one looks at."
)


def meaning(verdict: Verdict) -> str:
    """One sentence: what the word says."""
    return _MEANINGS[verdict]


def limit(verdict: Verdict) -> str:
    """What it does not prove."""
    return _LIMITS.get(verdict, _LIMIT_OF_EVIDENCE)


def times(log10_lr: float, fakes: str = "fakes", real: str = "real clips") -> str:
    """A likelihood ratio in words: `about 23 times likelier for fakes than for real clips`."""
    if abs(log10_lr) < math.log10(1.1):
        return f"about as likely for {fakes} as for {real}"
    ratio = 10 ** abs(log10_lr)
    said = f"{ratio:.1f}" if ratio < 10 else f"{float(f'{ratio:.2g}'):.0f}"
    likelier, than = (fakes, real) if log10_lr > 0 else (real, fakes)
    return f"about {said} times likelier for {likelier} than for {than}"


def of_hundred(prior: float) -> str:
    """A base rate in words: `if 1 of 100 such files is a fake`."""
    n = round(100 * prior)
    return f"if {n} of 100 such files {'is a fake' if n == 1 else 'are fakes'}"


def at_prior(log10_lr: float, prior: float) -> str:
    """What follows at a base rate, always said with it: `19 of 100 that look like this are fakes`."""
    share = 100 * posterior(log10_lr, prior)
    if share < 0.5:
        return "fewer than 1 of 100 that measure like this are fakes"
    if share > 99.5:
        return "more than 99 of 100 that measure like this are fakes"
    n = round(share)
    return f"{n} of 100 that measure like this {'is a fake' if n == 1 else 'are fakes'}"
