"""Who is who: AUC and equal error rate against cases with known answers."""

import numpy as np
import pytest

from prosopon.arena.verification import Portrait, verify_pairs, verify_portraits


def test_perfect_reversed_and_useless():
    same = np.array([True] * 50 + [False] * 80)
    likeness = np.concatenate((np.linspace(0.6, 1, 50), np.linspace(-1, 0.5, 80)))
    best = verify_pairs(likeness, same)
    assert best.auc == 1.0
    assert best.eer == 0.0
    assert 0.5 < best.threshold <= 0.6
    assert (best.same, best.different) == (50, 80)
    assert verify_pairs(-likeness, same).auc == 0.0
    useless = verify_pairs(np.ones(130), same)
    assert useless.auc == 0.5
    assert useless.eer == pytest.approx(0.5)


def test_auc_is_the_share_of_ordered_pairs():
    rng = np.random.default_rng(0)
    same = rng.random(200) < 0.4
    likeness = rng.normal(size=200) + 0.8 * same
    ordered = (likeness[same][:, None] > likeness[~same][None]).mean()
    verdict = verify_pairs(likeness, same)
    assert verdict.auc == pytest.approx(ordered)
    missed, taken = (likeness[same] < verdict.threshold).mean(), (likeness[~same] >= verdict.threshold).mean()
    assert abs(missed - taken) < 0.02
    assert verdict.eer == pytest.approx((missed + taken) / 2)


def test_one_kind_of_pair_is_no_test():
    with pytest.raises(ValueError, match="both kinds"):
        verify_pairs(np.ones(3), np.ones(3, bool))


def test_pictures_of_one_take_are_not_paired():
    vector = np.array((1.0, 0.0))
    portraits = [
        Portrait("a", "1", {"x": vector}),
        Portrait("a", "1", {"x": vector}),
        Portrait("a", "2", {"x": vector}),
    ]
    portraits.append(Portrait("b", "1", {"x": np.array((0.0, 1.0))}))
    verdict = verify_portraits(portraits)["x"]
    assert (verdict.same, verdict.different) == (2, 3)
    assert verdict.auc == 1.0
