"""Performances and films: smooth, bounded, deterministic, with a history."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from fractions import Fraction

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.core.history import SourceType, source_type_of
from prosopon.studio.film import film, still
from prosopon.studio.performance import NAMES, Performance
from prosopon.studio.person import Expression, Identity


def _table(performance: Performance, times: np.ndarray) -> np.ndarray:
    rows = []
    for time_s in times:
        placement, expression = performance.at(float(time_s))
        rows.append([*asdict(placement.pose).values(), placement.x, placement.y, placement.scale,
                     *asdict(expression).values()])  # fmt: skip
    return np.array(rows)


@pytest.fixture(params=[*NAMES, "random"])
def performance(request: pytest.FixtureRequest) -> Performance:
    if request.param == "random":
        return Performance.random(np.random.default_rng(5), 10.0)
    return Performance.named(request.param, 10.0, seed=5)


def test_movement_stays_within_its_bounds(performance: Performance) -> None:
    table = _table(performance, np.arange(0, 10, 0.02))
    assert (np.abs(table[:, :3]) <= (35, 20, 20)).all()
    assert (np.abs(table[:, 3:5]) < 0.15).all()
    expressions = table[:, 6:]
    assert (np.abs(expressions) <= 1 + 1e-9).all()
    assert np.isfinite(table).all()


def test_movement_is_smooth(performance: Performance) -> None:
    table = _table(performance, np.arange(0, 10, 0.01))
    speed = np.abs(np.diff(table, axis=0)) / 0.01
    assert (speed[:, :3] < 130).all(), "degrees a second"
    names = [f.name for f in fields(Expression)]
    blink = [6 + names.index(n) for n in ("blink_left", "blink_right")]
    others = [k for k in range(6, table.shape[1]) if k not in blink]
    assert (speed[:, others] < 15).all()
    assert (speed[:, blink] < 20).all(), "a lid takes about 0.1 s to close"


def test_the_same_seed_gives_the_same_performance_and_another_a_different_one() -> None:
    times = np.arange(0, 2, 0.1)
    one, same, other = (_table(Performance.random(np.random.default_rng(s), 2.0), times) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


def test_a_random_performance_blinks_talks_and_turns() -> None:
    table = _table(Performance.random(np.random.default_rng(3), 20.0, talking=1.0), np.arange(0, 20, 0.02))
    columns = {f.name: table[:, 6 + k] for k, f in enumerate(fields(Expression))}
    assert columns["blink_left"].max() > 0.95
    assert (columns["blink_left"] > 0.5).mean() < 0.15
    assert columns["jaw_open"].max() > 0.3
    assert np.ptp(table[:, 0]) > 10


def test_a_silent_performance_keeps_the_jaw_shut() -> None:
    table = _table(Performance.random(np.random.default_rng(3), 5.0, talking=0.0), np.arange(0, 5, 0.05))
    assert not table[:, 6 + [f.name for f in fields(Expression)].index("jaw_open")].any()


def test_turning_shows_both_sides() -> None:
    yaw = _table(Performance.named("turning", 8.0), np.arange(0, 8, 0.1))[:, 0]
    assert yaw.min() < -30
    assert yaw.max() > 30


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="talking"):
        Performance.named("dancing")


def test_a_film_is_lazy_repeatable_and_says_what_it_is() -> None:
    person = Identity.random(np.random.default_rng(1))
    clip = film(person, Performance.named("demo", 0.2, seed=1), Fraction(30000, 1001), size_px=33, seed=1)
    assert len(clip) == 6
    assert (clip.width, clip.height) == (33, 33)
    assert clip.fps == Fraction(30000, 1001)
    assert clip.times[1] == pytest.approx(1001 / 30000)
    first, second = list(clip.frames()), list(clip.frames())
    assert np.array_equal(first, second)
    assert not np.array_equal(first[0], first[-1])
    (step,) = clip.history
    assert step.op == "studio.render"
    assert step.seed == 1
    assert source_type_of(clip.history) is SourceType.ALGORITHMIC
    assert json.loads(json.dumps(step.params))["size_px"] == 33


def test_a_still_is_one_picture() -> None:
    clip = still(Identity(), size_px=32, seed=7)
    assert clip.is_still
    assert clip.first().shape == (32, 32, 3)
    assert clip.history[0].source_type is SourceType.ALGORITHMIC


@pytest.mark.parametrize(("duration", "fps"), [(1.0, 0), (1.0, -5), (0.001, 25)])
def test_films_without_frames_are_refused(duration: float, fps: int) -> None:
    with pytest.raises(UsageError):
        film(Identity(), Performance.named("talking", duration), fps)
