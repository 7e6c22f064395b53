"""Poses and expressions of two sets of faces compared: what is missing, and what is the person's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.errors import ProsoponError
from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.alignment import Aligned
from prosopon.faces.coverage import Described, cover, described, worst
from prosopon.faces.coverage_chart import coverage_chart
from prosopon.faces.gaps import combinations, extremes
from prosopon.faces.head68 import HEAD
from prosopon.faces.pose import rotation_of

LOWER_LIP = [55, 56, 57, 58, 59, 65, 66, 67]
UPPER_LIDS = [37, 38, 43, 44]


def one(
    frame: int,
    yaw: float = 0.0,
    pitch: float = 0.0,
    mouth_cm: float = 0.0,
    lids_cm: float = 0.0,
    person: NDArray[np.float64] | None = None,
    size: float = 8.0,
) -> Aligned:
    head = HEAD + (0 if person is None else person)
    head = head.copy()
    head[LOWER_LIP, 1] -= mouth_cm
    head[UPPER_LIDS, 1] -= lids_cm
    turned = head @ rotation_of(Pose(yaw, pitch)).T
    points = (turned[:, :2] * (size, -size) + (100 * size, 50)).astype(np.float32)
    return Aligned(frame, frame / 25, 0, Face(Box(0, 0, 1, 1), points, pose=Pose(yaw, pitch)))


def talking(n: int = 200, seed: int = 0, yaw: float = 10.0, pitch: float = 6.0, **more: object) -> list[Aligned]:
    rng = np.random.default_rng(seed)
    return [
        one(i, *(rng.uniform(-1, 1, 2) * (yaw, pitch)), mouth_cm=float(rng.uniform(0, 1)), **more)  # type: ignore[arg-type]
        for i in range(n)
    ]


def of(faces: Sequence[Aligned]) -> Described:
    return described(faces)


def test_a_set_covers_itself_and_who_does_the_same() -> None:
    source = of(talking())
    same = cover(source, source)
    assert same.distances.max() == 0
    assert same.nearest.tolist() == [*range(200)]
    assert not same.far.any()
    again = cover(source, of(talking(seed=1)))
    assert again.far.mean() < 0.02
    assert np.median(again.distances) == pytest.approx(np.median(again.own), rel=0.5)
    assert (extremes(again), combinations(again)) == ([], [])


def test_another_person_at_another_size_does_the_same() -> None:
    # Longer, with a broader jaw and narrower eyes: features, which are no expression.
    person = np.zeros((68, 3))
    person[:17, 0] = HEAD[:17, 0] * 0.15
    person[48:, 1] = -0.6
    person[[40, 41, 46, 47], 1] = 0.15
    target = of(talking(seed=2, person=person, size=31.0))
    coverage = cover(of(talking()), target)
    assert coverage.far.mean() < 0.02
    np.testing.assert_allclose(np.median(target.values[:, 2]), 1.0, atol=0.1)  # eyes: over what is usual


def test_what_the_target_alone_does_is_found_and_said() -> None:
    rng = np.random.default_rng(3)
    up = [one(200 + i, float(rng.uniform(-5, 5)), float(rng.uniform(25, 32))) for i in range(50)]
    coverage = cover(of(talking()), of([*talking(seed=1), *up]))
    assert coverage.far[:200].mean() < 0.02
    assert coverage.far[200:].all()
    assert coverage.differs_in[200:].argmax(1).tolist() == [1] * 50
    first = extremes(coverage)[0]
    assert first.words.startswith("the target looks up more than 1")
    assert first.words.endswith("degrees in 20 % of its frames; the source never does")
    assert (first.target_share, first.source_share) == (0.2, 0)
    assert combinations(coverage)[0].words.startswith("ahead, up: 20 % of the target's frames are far")
    assert {*worst(coverage, 2)} <= {*range(200, 250)}


@pytest.mark.parametrize(
    ("turned", "words"),
    [
        ({"yaw": 45.0}, "turns to the picture's right by more than 15 degrees"),
        ({"yaw": -45.0}, "turns to the picture's left by more than 15 degrees"),
        ({"pitch": -35.0}, "looks down more than 11 degrees"),
        ({"mouth_cm": 3.0}, "opens the mouth by more than 40 %"),
        ({"lids_cm": 0.5}, "closes the eyes to less than"),
    ],
)
def test_every_end_has_its_words(turned: dict[str, float], words: str) -> None:
    coverage = cover(of(talking()), of([*talking(seed=1), *(one(300 + i, **turned) for i in range(20))]))
    assert any(words in gap.words for gap in extremes(coverage)), [gap.words for gap in extremes(coverage)]


def test_who_always_looks_aside_is_told_so() -> None:
    aside = [one(i, float(yaw), 6.0 - i % 13, i % 11 / 10) for i, yaw in enumerate(np.linspace(20, 40, 100))]
    (gap,) = extremes(cover(of(aside), of(talking())))
    assert gap.words.startswith("the target turns to the picture's right by less than 15 degrees in 100 %")


def test_expressions_that_only_the_target_has_are_seen() -> None:
    brows = np.zeros((68, 3))
    brows[17:27, 1] = 1.2
    raised = [one(300 + i, mouth_cm=i / 20, person=brows) for i in range(20)]
    # Frowns come in the middle of the target's own talk, so that they are no feature of the person.
    coverage = cover(of(talking()), of([*talking(seed=1), *raised]))
    assert coverage.far[200:].mean() > 0.9
    assert (coverage.differs_in[200:].argmax(1) == 4).all()
    assert "mostly by the shape" in combinations(coverage)[0].words


def test_the_baseline_is_how_far_the_halves_are() -> None:
    first, second = talking(50), [one(50 + i, 40.0, 0.0, i / 50) for i in range(50)]
    coverage = cover(of([*first, *second]), of(talking(seed=1)))
    assert np.median(coverage.own) > 1.0
    assert coverage.near >= np.quantile(coverage.own, 0.95) - 1e-9


def test_the_farthest_faces_are_not_all_the_same_one() -> None:
    odd = [one(300 + i, 60.0) for i in range(10)] + [one(310, 0.0, -40.0)]
    coverage = cover(of(talking()), of([*talking(seed=1), *odd]))
    chosen = [coverage.target.faces[i].frame for i in worst(coverage, 2)]
    assert 310 in chosen
    assert any(300 <= frame < 310 for frame in chosen)


def test_faces_without_landmarks_or_pose_are_counted() -> None:
    unknown = [Aligned(i, 0.0, 0, Face(Box(0, 0, 1, 1))) for i in range(3)]
    found = of(
        [*talking(10), *unknown, Aligned(9, 0, 0, Face(Box(0, 0, 1, 1), np.zeros((68, 2), np.float32), pose=Pose()))]
    )
    assert (len(found.faces), found.n_unknown) == (10, 4)
    with pytest.raises(ProsoponError, match="only 0 of 3"):
        of(unknown)


def test_the_chart_shows_each_set_and_what_is_missing() -> None:
    coverage = cover(of(talking()), of([*talking(seed=1), *(one(300 + i, -25.0) for i in range(30))]))
    chart = coverage_chart(coverage)
    assert chart.dtype == np.uint8
    third = chart.shape[1] // 3
    red = (chart[..., 0].astype(int) > 1.5 * chart[..., 1]) & (chart[..., 0] > 80)
    assert red[:, 2 * third :].sum() > 300
    assert red[:, : 2 * third].sum() == 0
    nothing = coverage_chart(cover(of(talking()), of(talking())))
    assert not ((nothing[..., 0].astype(int) > 1.5 * nothing[..., 1]) & (nothing[..., 0] > 80)).any()
