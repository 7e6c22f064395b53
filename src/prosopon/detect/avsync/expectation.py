"""`Expectation`: what agreement between mouth and sound to expect of people who say what is heard, and of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, logsumexp
from torch import Tensor

from prosopon.core.errors import CheckpointError
from prosopon.detect.avsync.matching import NONE, OFFSETS_S, Match

OTHER_WORDS = 0.5
"""Share of fakes whose lips do not say what is heard. Face swaps, and lips made from the sound, keep both together."""
_LEAST_SPREAD = 0.15
"""People differ by at least so much, however few were seen."""
_WEAK, _WEAK_MEAN, _WEAK_SPREAD = 0.15, 0.15, 0.15
"""Share of people who say what is heard, and whose lips tell next to nothing of it: whoever speaks another language,
mumbles, or is seen from the side. They bound what a lack of agreement can show."""
_CHANCE = (0.02, 0.3)
"""Variance of an agreement by chance in one second, at least and at most."""
_USUAL_S, _ANYWHERE = 0.08, 0.1
"""Standard deviation of the offsets that recordings have, and the share of those that have any."""


@dataclass(frozen=True)
class Expectation:
    """Normal distributions of `Match.agreements` at the right offset, and at any offset of somebody else's speech.

    Attributes:
        mean, spread: of people who say what is heard.
        other_mean, other_spread: where somebody says something else.
        moments: independent ones in a second: both distributions are wider for short clips.
    """

    mean: float
    spread: float
    other_mean: float
    other_spread: float
    moments: float

    def evidence(self, match: Match) -> float:
        """Natural logarithm of how many times likelier the agreements are if the sound is another one.

        The right offset is not known: all are weighed by how usual they are.
        """
        usual = np.exp(-0.5 * (OFFSETS_S / _USUAL_S) ** 2)
        weights = np.log((1 - _ANYWHERE) * usual / usual.sum() + _ANYWHERE / len(usual))
        by_chance = 1 / (self.moments * match.seconds)
        found = match.agreements

        def density(mean: float, spread: float) -> NDArray[np.float64]:
            variance = spread**2 + by_chance
            return np.asarray(-0.5 * (found - mean) ** 2 / variance - 0.5 * np.log(variance))

        usual_people = np.log(1 - _WEAK) + density(self.mean, self.spread)
        weak_people = np.log(_WEAK) + density(_WEAK_MEAN, _WEAK_SPREAD)
        own = np.logaddexp(usual_people, weak_people)
        return -float(logsumexp(weights + own - density(self.other_mean, self.other_spread)))

    def value(self, match: Match) -> float:
        """The evidence as a value, 0 (real) to 1 (fake), for fakes of which `OTHER_WORDS` say something else.

        The others keep lips and sound together, as real clips do: that both fit acquits nobody. The logit of the value
        is a likelihood ratio already.
        """
        ratio = np.logaddexp(np.log(OTHER_WORDS) + self.evidence(match), np.log(1 - OTHER_WORDS))
        return float(expit(ratio))

    @classmethod
    def fitted(cls, own: Sequence[Match], others: Sequence[Match]) -> Self:
        """By what was seen of people with their own sound, and with another one."""
        right = np.array([match.agreements[NONE] for match in own])
        wrong = np.array([match.agreements[NONE] for match in others])
        seconds = np.array([match.seconds for match in others])
        # Chance's part of the variance falls with time, people's does not.
        squares = (wrong - wrong.mean()) ** 2
        falling, staying = np.linalg.lstsq(np.column_stack((1 / seconds, np.ones(len(seconds)))), squares, rcond=None)[
            0
        ]
        return cls(
            mean=float(right.mean()),
            spread=max(float(right.std()), _LEAST_SPREAD),
            other_mean=float(wrong.mean()),
            other_spread=float(np.sqrt(max(staying, 0.05**2))),
            moments=float(1 / np.clip(falling, *_CHANCE)),
        )

    def state(self) -> dict[str, Tensor]:
        """As tensors by name."""
        return {"expectation": torch.tensor(astuple(self), dtype=torch.float32)}

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor], where: str) -> Self:
        """Back from tensors.

        Raises:
            CheckpointError: they are missing, or no such numbers.
        """
        held = state.get("expectation")
        if held is None or held.shape != (5,) or not bool((held[[1, 3, 4]] > 0).all()):
            raise CheckpointError(f"{where} does not say what agreement to expect", "fetch the weights again")
        return cls(*held.double().tolist())
