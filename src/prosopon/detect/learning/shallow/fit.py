"""Fits a `ShallowModel`: several kinds are tried on people held out, the best is fitted on everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.core.progress import SILENT, Progress
from prosopon.detect.learning.figures import auc
from prosopon.detect.learning.shallow.model import FARTHEST, ShallowModel
from prosopon.detect.learning.shallow.samples import Samples

_FOLDS = 5
_MOST = 4000
"""Samples that a machine is fitted on: the time grows with the square of their number, and so do its vectors."""
_TINY = 1e-9


@dataclass(frozen=True)
class Kind:
    """A way to tell fakes from real ones.

    Attributes:
        name: `lda` (linear discriminant analysis with Ledoit and Wolf's shrinkage), `logistic` (regression with L2) or
            `svm` (support vectors, Gaussian kernel).
        kept: share of the variance that the principal components keep.
        cost: of samples on the wrong side, C of logistic regression and SVM.
        width: of the kernel: gamma is this / (mean variance of a component x their number).
    """

    name: Literal["lda", "logistic", "svm"]
    kept: float = 0.99
    cost: float = 1.0
    width: float = 1.0


KINDS = (
    Kind("lda", 0.95),
    Kind("lda", 0.999),
    Kind("logistic", 0.99, 0.01),
    Kind("logistic", 0.999, 0.1),
    *(Kind("svm", 0.99, cost, width) for cost in (1.0, 10.0) for width in (0.3, 1.0)),
)
"""What is tried where nothing else is said."""


@dataclass(frozen=True)
class Chosen:
    """What was fitted.

    Attributes:
        model: the classifier.
        kind: the kind that was best on people held out.
        tried: of each kind the AUC of clips of people held out, in order.
    """

    model: ShallowModel
    kind: Kind
    tried: tuple[tuple[Kind, float], ...]

    def as_json(self) -> dict[str, Any]:
        """What a card says about it."""
        return {
            "kind": asdict(self.kind),
            "tried": [{**asdict(kind), "auc_held_out_people": round(value, 4)} for kind, value in self.tried],
        }


def chosen(samples: Samples, kinds: Sequence[Kind] = KINDS, seed: int = 0, progress: Progress = SILENT) -> Chosen:
    """Try kinds of classifiers in cross-validation over people, and fit the best one on all samples.

    A clip's value is the mean of its samples' decisions, as detectors take it.

    Raises:
        UsageError: there are fewer than two people, or only real ones, or only fakes.
    """
    people = np.unique(samples.people)
    if len(people) < 2 or not samples.fake.any() or samples.fake.all():
        raise UsageError(
            f"{len(people)} people, {int(samples.fake.sum())} fake and {int((~samples.fake).sum())} real faces: "
            "nothing can be learnt from that",
            "give two people or more, with fakes and originals",
        )
    folds = _folds(people, samples, seed)
    progress.start("choosing a classifier", len(kinds))
    tried = []
    for kind in kinds:
        tried.append((kind, float(np.nanmean([_tried(kind, samples, held_out, seed) for held_out in folds]))))
        progress.advance()
    best = max(tried, key=lambda one: -1.0 if np.isnan(one[1]) else one[1])[0]
    return Chosen(fitted(best, samples, seed), best, tuple(tried))


def fitted(kind: Kind, samples: Samples, seed: int = 0) -> ShallowModel:
    """A classifier of one kind, fitted on samples in which real and fake ones weigh the same in all.

    Decisions are scaled so that the samples' own have a standard deviation of 2: of the size of logits.
    """
    samples = samples.thinned(_MOST, seed)
    mean, spread, basis = _turned(samples.features, kind.kept)
    flat = ShallowModel(mean, spread, basis, np.zeros(basis.shape[1]), 0.0)
    inner = flat.inner(samples.features)
    model = _svm(flat, inner, samples.fake, kind) if kind.name == "svm" else _line(flat, inner, samples.fake, kind)
    return model.scaled(2.0 / max(float(model.decision(samples.features).std()), _TINY))


def clip_values(model: ShallowModel, samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mean decision of every clip, and whether it is fake."""
    clips, first, number = np.unique(samples.clips, return_index=True, return_inverse=True)
    sums = np.bincount(number, model.decision(samples.features), len(clips))
    return sums / np.bincount(number, minlength=len(clips)), samples.fake[first]


def _folds(people: NDArray[np.int64], samples: Samples, seed: int) -> list[NDArray[np.bool_]]:
    """Which samples are held out, a share of the people at a time."""
    order = np.random.default_rng(seed).permutation(people)
    n = min(_FOLDS, len(people))
    return [np.isin(samples.people, order[number::n]) for number in range(n)]


def _tried(kind: Kind, samples: Samples, held_out: NDArray[np.bool_], seed: int) -> float:
    learnt = samples.where(~held_out)
    if not learnt.fake.any() or learnt.fake.all():
        return float("nan")
    return auc(*clip_values(fitted(kind, learnt, seed), samples.where(held_out)))


def _turned(
    features: NDArray[np.float64], kept: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean, spread, and as many principal components as keep that share of the variance."""
    mean, spread = features.mean(0), features.std(0)
    spread = np.where(spread > _TINY * (1 + np.abs(mean)), spread, 1.0)  # what never changes says nothing
    standard = np.clip((features - mean) / spread, -FARTHEST, FARTHEST)
    _, sizes, rows = np.linalg.svd(standard - standard.mean(0), full_matrices=False)
    power = np.cumsum(sizes**2)
    n = int(np.searchsorted(power, kept * power[-1])) + 1 if power[-1] > _TINY else 1
    return mean, spread, rows[: min(n, len(rows))].T.copy()


def _line(flat: ShallowModel, inner: NDArray[np.float64], fake: NDArray[np.bool_], kind: Kind) -> ShallowModel:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: PLC0415 - slow to import
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    if kind.name == "lda":
        line = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=(0.5, 0.5)).fit(inner, fake)
    else:
        line = LogisticRegression(C=kind.cost, class_weight="balanced", max_iter=2000).fit(inner, fake)
    return replace(flat, weights=np.asarray(line.coef_[0], np.float64), bias=float(line.intercept_[0]))


def _svm(flat: ShallowModel, inner: NDArray[np.float64], fake: NDArray[np.bool_], kind: Kind) -> ShallowModel:
    from sklearn.svm import SVC  # noqa: PLC0415 - slow to import

    gamma = kind.width / max(float(inner.var()) * inner.shape[1], _TINY)
    machine = SVC(C=kind.cost, gamma=gamma, class_weight="balanced", cache_size=500).fit(inner, fake)
    return replace(
        flat,
        weights=np.asarray(machine.dual_coef_[0], np.float64),
        bias=float(machine.intercept_[0]),
        vectors=np.asarray(machine.support_vectors_, np.float64),
        gamma=gamma,
    )
