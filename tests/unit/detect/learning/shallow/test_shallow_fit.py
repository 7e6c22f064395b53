"""Classifiers fitted: they are scikit-learn's, chosen on people held out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC

from prosopon.core.errors import UsageError
from prosopon.detect.learning.figures import auc
from prosopon.detect.learning.shallow.fit import Kind, chosen, clip_values, fitted
from prosopon.detect.learning.shallow.samples import Samples


def drawn(n_people: int = 8, shift: float = 1.0, seed: int = 0) -> Samples:
    """Two clips of each person, a real one and a fake, 6 frames each: people differ more than fakes from real ones."""
    rng = np.random.default_rng(seed)
    rows, fake, clips, people = [], [], [], []
    for person in range(n_people):
        own = rng.normal(0, 3, 10) * (np.arange(10) >= 2)
        for kind in (0, 1):
            move = np.where(np.arange(10) < 2, shift * kind, 0)
            rows += [own + move + rng.normal(0, 0.5, 10) for _ in range(6)]
            fake += [kind] * 6
            clips += [2 * person + kind] * 6
            people += [person] * 6
    return Samples(np.array(rows), np.array(fake, bool), np.array(clips), np.array(people))


@pytest.mark.parametrize("kind", [Kind("lda"), Kind("logistic"), Kind("svm", cost=10.0)])
def test_every_kind_learns_what_others_people_show(kind: Kind) -> None:
    model = fitted(kind, drawn())
    assert auc(*clip_values(model, drawn(seed=7))) > 0.85
    assert model.decision(drawn().features).std() == pytest.approx(2)


def test_a_machine_is_that_of_scikit_learn() -> None:
    samples = drawn()
    model = fitted(Kind("svm", kept=1.0, cost=2.0), samples)
    inner = model.inner(samples.features)
    theirs = SVC(C=2.0, gamma=model.gamma, class_weight="balanced").fit(inner, samples.fake).decision_function(inner)
    assert model.decision(samples.features) == pytest.approx(2 / theirs.std() * theirs, abs=1e-6)


def test_the_best_on_people_held_out_is_taken_and_all_are_told() -> None:
    # A kernel so narrow that it knows each sample by heart is no use on other people.
    narrow, wide = Kind("svm", cost=100.0, width=300.0), Kind("lda")
    found = chosen(drawn(), (narrow, wide))
    assert found.kind is wide
    assert [kind for kind, _ in found.tried] == [narrow, wide]
    assert found.tried[1][1] > found.tried[0][1] + 0.1
    assert found.as_json()["tried"][1]["auc_held_out_people"] == round(found.tried[1][1], 4)


def test_nothing_to_be_learnt_gives_chance() -> None:
    found = chosen(drawn(16, shift=0.0), (Kind("lda"),))
    assert 0.2 < found.tried[0][1] < 0.8


def test_features_that_never_change_do_no_harm() -> None:
    samples = drawn()
    samples.features[:, 5] = 7.0
    model = fitted(Kind("lda"), samples)
    assert np.isfinite(model.decision(samples.features + 1)).all()


@pytest.mark.parametrize("n_people", [0, 1])
def test_too_few_people_are_refused(n_people: int) -> None:
    some = drawn(2)
    with pytest.raises(UsageError, match=f"{n_people} people"):
        chosen(some.where(some.people < n_people))


def test_thinning_keeps_both_kinds_evenly() -> None:
    samples = drawn(10)
    few = samples.where(samples.fake | (samples.people < 3))  # 60 fake, 18 real
    assert len(few) == 78
    thin = few.thinned(40, 0)
    assert int(thin.fake.sum()) == 22 and int((~thin.fake).sum()) == 18
    even = few.thinned(20, 0)
    assert int(even.fake.sum()) == 10 and len(even) == 20
    assert len(few.thinned(1000, 0)) == 78
