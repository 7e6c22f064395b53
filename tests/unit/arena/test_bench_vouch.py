"""The timing of vouching: what it reports, and that one part that cannot be done disturbs no other."""

from __future__ import annotations

import io
import json
from itertools import pairwise

import numpy as np
import pytest

from prosopon.app.console import Console
from prosopon.app.verbs import bench_vouch as verb
from prosopon.app.verbs.bench_vouch import BenchVouch
from prosopon.arena import bench_vouch, timing
from prosopon.arena.bench_vouch import PARTS, Bench, Rate, moving, time_vouching
from prosopon.core.errors import MissingError, UsageError


def two(bench: Bench) -> list[Rate]:
    taken = bench.times({"slow": lambda: "anything", "quick": lambda: None})
    (bench.folder / "written").touch()
    return [Rate("slow", 1 / taken["slow"], "files", "quick", taken["slow"] / taken["quick"], aim=10, about="it")]


def broken(bench: Bench) -> list[Rate]:
    raise MissingError("there is no pen", "buy one")


def test_medians_ratios_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each has its turn; the first round warms up; one of the three that count is disturbed.
    seconds = iter([99.0, 99.0, 0.5, 0.25, 50.0, 60.0, 0.5, 0.25])
    monkeypatch.setattr(timing, "seconds_of", lambda work, device: (work(), next(seconds))[1])
    speed = time_vouching({"broken": broken, "two": two}, rounds=3)
    assert speed.missing == {"broken": "there is no pen"} and [*speed.rates] == ["two"]
    (rate,) = speed.rates["two"]
    assert (rate.per_second, rate.ms, rate.ratio) == (2, 500, 2)
    told = json.loads(json.dumps(speed.as_json()))
    assert told["rates"]["two"][0]["ms"] == 500 and told["missing"] == {"broken": "there is no pen"}


def test_the_verb_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_vouch, "PARTS", {"two": two, "broken": broken})
    out, err = io.StringIO(), io.StringIO()
    assert verb.run(BenchVouch(rounds=1), Console(out=out, err=err)) == 0
    assert "slow" in out.getvalue() and "10: met" in out.getvalue() and "there is no pen" in err.getvalue()
    with pytest.raises(UsageError, match="no part called 'three'"):
        verb.run(BenchVouch(parts=("three",)), Console(out=out, err=err))


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"frames": 3}, {"entries": 0}, {"threads": 0}])
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        BenchVouch(**wrong)


def test_the_clip_moves_and_is_the_same_every_time() -> None:
    clip = moving(64, 20)
    frames = list(clip.frames())
    assert len(frames) == 20 and frames[0].shape == (64, 64, 3)
    assert all(np.any(one != other) for one, other in pairwise(frames))
    assert np.array_equal(frames[3], list(moving(64, 20).frames())[3])


def test_every_part_can_be_timed_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_vouch, "PICTURE_PX", 96)
    speed = time_vouching(rounds=1, frames=8, entries=300)
    assert speed.missing == {} and set(speed.rates) == set(PARTS)
    names = [rate.name for rates in speed.rates.values() for rate in rates]
    assert len(set(names)) == len(names)
    for rates in speed.rates.values():
        for rate in rates:
            assert rate.per_second > 0 and rate.unit
