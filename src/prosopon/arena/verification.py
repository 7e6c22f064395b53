"""Are two pictures of one person? How well a likeness of faces answers that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


@dataclass(frozen=True)
class Verification:
    """How well a likeness tells pairs of one person from pairs of two.

    Attributes:
        auc: area under the ROC curve: the chance that a pair of one person is more alike than a pair of two; guessing
            has 0.5.
        eer: equal error rate: the share of pairs that are told wrongly where both kinds of error are as frequent.
        threshold: the likeness at which that is so.
        same, different: numbers of pairs.
    """

    auc: float
    eer: float
    threshold: float
    same: int
    different: int


def verify_pairs(likeness: NDArray[np.floating], same: NDArray[np.bool_]) -> Verification:
    """Judge a likeness of pairs.

    Args:
        likeness: `(N,)`, more is more alike.
        same: `(N,)` whether the pair shows one person.

    Raises:
        ValueError: all pairs are of one kind.
    """
    n_same, n_different = int(same.sum()), int((~same).sum())
    if not n_same or not n_different:
        raise ValueError("pairs of both kinds are needed")
    ranks = rankdata(likeness)
    auc = (float(ranks[same].sum()) - n_same * (n_same + 1) / 2) / (n_same * n_different)
    levels = np.unique(likeness)
    missed = np.searchsorted(np.sort(likeness[same]), levels, "left") / n_same
    taken = 1 - np.searchsorted(np.sort(likeness[~same]), levels, "left") / n_different
    at = int(np.abs(missed - taken).argmin())
    return Verification(auc, float(missed[at] + taken[at]) / 2, float(levels[at]), n_same, n_different)


@dataclass(frozen=True)
class Portrait:
    """One picture of somebody, for pairing.

    Attributes:
        person: who.
        take: file or clip that it is from.
        vectors: what is known of it, by name of the likeness; the cosine of two is their likeness.
    """

    person: str
    take: str
    vectors: dict[str, NDArray[np.floating]]


def verify_portraits(portraits: Sequence[Portrait]) -> dict[str, Verification]:
    """Judge every likeness on all pairs of pictures, but for those of one take, which are alike in all respects.

    Returns:
        Verdicts by name of the likeness.

    Raises:
        ValueError: no person has two takes, or there is only one person.
    """
    people = np.array([one.person for one in portraits])
    takes = np.array([f"{one.person}/{one.take}" for one in portraits])
    first, second = np.triu_indices(len(portraits), 1)
    kept = takes[first] != takes[second]
    first, second = first[kept], second[kept]
    same = people[first] == people[second]
    out = {}
    for name in portraits[0].vectors if portraits else ():
        vectors = np.stack([one.vectors[name] for one in portraits]).astype(np.float64)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        out[name] = verify_pairs((vectors[first] * vectors[second]).sum(1), same)
    return out
