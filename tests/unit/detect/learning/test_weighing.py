"""Weights of clips in a calibration, and what they do to it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_arena import small_arena

from prosopon.datasets.arena.arena import Arena
from prosopon.detect.learning.calibrate import Answers, calibration_of, platt
from prosopon.detect.learning.figures import ece, effective_number
from prosopon.detect.learning.weighing import clip_weights


@pytest.fixture
def arena(tmp_path: Path) -> Arena:
    """Two people of footage and three rendered ones."""
    people = tuple((name, "calibrate") for name in ("ann", "bob", "r1", "r2", "r3"))
    made = small_arena(tmp_path, people=people)  # type: ignore[arg-type]
    clips = tuple(
        replace(clip, material="rendered" if clip.original.startswith("r") else "footage") for clip in made.clips
    )
    return replace(made, clips=clips)


def test_people_count_alike_and_rendered_ones_no_more_than_the_others_together(arena: Arena) -> None:
    clips = [clip for clip in arena.clips if clip.generator != "swap" or clip.original == "ann"]
    weights = clip_weights(arena, clips)
    for fake in (True, False):
        of: defaultdict[str, float] = defaultdict(float)
        for clip, weight in zip(clips, weights.tolist(), strict=True):
            of[clip.original] += weight if clip.is_fake == fake else 0.0
        assert of["ann"] == pytest.approx(0.25), "one clip more than bob's makes no difference"
        assert of["bob"] == pytest.approx(0.25)
        assert of["r1"] == of["r3"] == pytest.approx(0.5 / 3)
    assert weights.sum() == pytest.approx(2)


def test_rendered_people_alone_count_as_any_others(arena: Arena) -> None:
    weights = clip_weights(arena, arena.where(material="rendered", generators=("original",)))
    assert weights.tolist() == pytest.approx([1 / 3] * 3)
    one = arena.where(generators=("original",))[:3]  # fewer rendered people than others
    assert clip_weights(arena, one).tolist() == pytest.approx([1 / 3] * 3)


def test_a_weight_of_two_is_as_good_as_coming_twice() -> None:
    rng = np.random.default_rng(0)
    values, fake = rng.uniform(0.05, 0.95, 600), np.arange(600) % 3 == 0
    values[fake] = values[fake] * 0.6 + 0.4
    weights = rng.integers(1, 4, 600)
    again = np.repeat(np.arange(600), weights)
    assert ece(values, fake, weights.astype(float)) == pytest.approx(ece(values[again], fake[again]))
    line = platt(values, fake, weights.astype(float))
    assert line == pytest.approx(platt(values[again], fake[again]), rel=0.1)
    assert line != pytest.approx(platt(values, fake), rel=1e-6)


def test_people_who_count_less_cannot_make_ratios_large() -> None:
    """A hundred people of a material that counts 10 %, and two of one that counts 90 %."""
    fake = np.tile([False, True], 102)
    people = tuple(f"{number // 2}" for number in range(204))
    values = np.where(fake, 0.9, 0.1) + np.linspace(-0.05, 0.05, 204)
    weights = np.where(np.arange(204) < 4, 0.45, 0.001)
    alike = calibration_of(Answers(values, fake, people, ({},) * 204), "drawn")
    weighed = calibration_of(Answers(values, fake, people, ({},) * 204, weights), "drawn")
    assert alike.most_log10_lr == pytest.approx(math.log10(103))
    assert weighed.most_log10_lr < math.log10(4)
    assert weighed.people == 102


def test_effective_number() -> None:
    assert effective_number(np.ones(7)) == pytest.approx(7)
    assert effective_number(np.array([1.0, 0.0, 0.0])) == pytest.approx(1)
    assert effective_number(np.zeros(3)) == 0
