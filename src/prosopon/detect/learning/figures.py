"""How well values tell fakes from real clips: AUC, equal error rate, calibration error. A fake is 1, real is 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BINS = 10

Values = NDArray[np.float64]
Labels = NDArray[np.bool_]


def auc(values: Values, fake: Labels) -> float:
    """The chance that a fake has a larger value than a real one, ties counting half; 0.5 is guessing.

    Args:
        values: `(N,)`, larger is more like a fake.
        fake: `(N,)`.

    Returns:
        0 to 1; NaN where all are of one kind.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - slow to import, and detectors that only judge need none

    n_fake, n_real = int(fake.sum()), int((~fake).sum())
    if not n_fake or not n_real:
        return float("nan")
    return (float(rankdata(values)[fake].sum()) - n_fake * (n_fake + 1) / 2) / (n_fake * n_real)


def eer(values: Values, fake: Labels) -> float:
    """The error rate where as large a share of real ones is accused as of fakes is missed, interpolated.

    The root of 1 - x - TPR(x) along the ROC curve, whose corners are joined by straight lines. NaN where all are of one
    kind.
    """
    n_fake, n_real = int(fake.sum()), int((~fake).sum())
    if not n_fake or not n_real:
        return float("nan")
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))
    hits = np.concatenate(([0.0], np.cumsum(fake[order])[ends] / n_fake))
    alarms = np.concatenate(([0.0], np.cumsum(~fake[order])[ends] / n_real))
    apart = 1 - alarms - hits  # falls from 1 to -1
    after = int(np.argmax(apart <= 0))
    share = apart[after - 1] / (apart[after - 1] - apart[after])
    return float(alarms[after - 1] + share * (alarms[after] - alarms[after - 1]))


def evened(fake: Labels, weights: Values | None = None) -> Values:
    """Weights `(N,)` with which fakes and real ones count the same, a half each; both kinds must be there.

    Args:
        fake: `(N,)`.
        weights: how much each counts among its kind; alike where None.
    """
    own = np.ones(len(fake)) if weights is None else weights
    return np.asarray(own * np.where(fake, 0.5 / own[fake].sum(), 0.5 / own[~fake].sum()))


def ece(probabilities: Values, fake: Labels, weights: Values | None = None) -> float:
    """Expected calibration error: how far the share of fakes is from what was said, over ten equal bins, 0 to 1.

    Fakes and real ones weigh the same in all, as if there were as many of one as of the other. NaN where all are of
    one kind.

    Args:
        probabilities: `(N,)` that each is a fake.
        fake: `(N,)`.
        weights: how much each counts among its kind; alike where None.
    """
    if not fake.any() or fake.all():
        return float("nan")
    weights = evened(fake, weights)
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    said = np.bincount(bins, weights * probabilities, _BINS)
    true = np.bincount(bins, weights * fake, _BINS)
    return float(np.abs(said - true).sum())


def effective_number(weights: Values) -> float:
    """As how many that count alike some that do not are worth: the square of the sum over the sum of squares (Kish)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0
