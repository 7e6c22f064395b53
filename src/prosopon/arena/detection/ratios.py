"""What detectors said of clips of known truth, as one table of likelihood ratios, for fitting how they become one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prosopon.arena.detection.answers import Answer
from prosopon.arena.detection.probabilities import balanced
from prosopon.arena.detection.videos import Video
from prosopon.detect.learning.figures import effective_number
from prosopon.detect.learning.pairs import SHARES

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """What detectors said of clips of known truth.

    Attributes:
        names: of the K detectors.
        ratios: `(N, K)` in powers of ten, NaN where one abstained.
        labels: `(N,)`, 1 for fakes.
        people: whoever is in each clip.
        weights: `(N,)`, how much each counts among its kind.
    """

    names: tuple[str, ...]
    ratios: Floats
    labels: NDArray[np.int_]
    people: tuple[tuple[str, ...], ...]
    weights: Floats

    @classmethod
    def of(cls, videos: Sequence[Video], answers: Sequence[Answer], held_out: Collection[str] = ()) -> Table:
        """From answers, in the order of the videos; clips of which nobody said anything that counts are left out.

        Args:
            videos: of known truth.
            answers: about them.
            held_out: generators whose fakes play no part.
        """
        names = sorted({name for one in answers for name, said in one.detectors.items() if said.judges and said.counts})
        rows, heard = [], []
        for video, answer in zip(videos, answers, strict=True):
            said = [answer.detectors.get(name) for name in names]
            row = [math.nan if one is None or not one.counts else float(one.log10_lr or 0.0) for one in said]
            if video.generator not in held_out and not all(map(math.isnan, row)):
                rows.append(row)
                heard.append(video)
        return cls(
            tuple(names),
            np.array(rows, np.float64).reshape(-1, len(names)),
            np.array([video.label for video in heard], np.int_),
            tuple(video.people or (video.key,) for video in heard),
            weights_of(heard),
        )

    def of_rows(self, pick: NDArray[np.bool_]) -> Table:
        """Some of the clips."""
        people = tuple(who for who, there in zip(self.people, pick, strict=True) if there)
        return replace(
            self, ratios=self.ratios[pick], labels=self.labels[pick], people=people, weights=self.weights[pick]
        )

    @property
    def everybody(self) -> tuple[str, ...]:
        """Whoever is in some clip."""
        return tuple(sorted({one for who in self.people for one in who}))

    @property
    def even(self) -> Floats:
        """`(N,)` weights by which fakes and real ones count the same in all."""
        return balanced(self.labels, self.weights)

    @property
    def worth(self) -> float:
        """As how many people that count alike those of the real clips are worth."""
        of_person: dict[str, float] = {}
        for who, label, weight in zip(self.people, self.labels, self.weights, strict=True):
            if label == 0:
                of_person[who[0]] = of_person.get(who[0], 0.0) + float(weight)
        return effective_number(np.array([*of_person.values()]))

    @property
    def has_both(self) -> bool:
        """Whether there are fakes and real ones."""
        return bool((self.labels == 0).any() and (self.labels == 1).any())


def weights_of(videos: Sequence[Video]) -> Floats:
    """How much each clip counts among its kind: no material and nobody for more than it stands for, as in calibrations.

    Every kind of material has its share, in it each person as much as any other, and all clips of a person alike.
    """
    rows = [(video.label, video.domain, (video.people or (video.key,))[0]) for video in videos]
    clips = Counter(rows)
    people = Counter((label, domain) for label, domain, _ in clips)
    usual = 1 / max(1, len({domain for _, domain, _ in rows}))
    return np.array([SHARES.get(row[1], usual) / people[row[:2]] / clips[row] for row in rows], np.float64)
