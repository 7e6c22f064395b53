"""Watermarks by name, and what they tell of their bits."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from prosopon.arena.watermarking.method import random_mark
from prosopon.arena.watermarking.named import METHODS, open_method
from prosopon.arena.watermarking.unmarked import textures
from prosopon.core.errors import MissingError, UsageError
from prosopon.vouch.watermark import trustmark
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading


def test_ours_tells_the_bits_that_it_wrote() -> None:
    method = open_method("stdm")
    picture = textures(1, np.random.default_rng(0), side_px=256)[0]
    mark, other = (random_mark(np.random.default_rng(seed)) for seed in (1, 2))
    marked = method.embed(picture, mark)
    assert method.bit_accuracy(marked, mark) == 1
    assert 0.3 < (method.bit_accuracy(marked, other) or 0) < 0.7
    assert 0.3 < (method.bit_accuracy(picture, mark) or 0) < 0.7
    assert method.direct is not None
    assert method.direct(marked).p_value < 1e-12
    assert method.direct(picture).p_value > 1e-3


def test_marks_are_drawn_from_all() -> None:
    rng = np.random.default_rng(0)
    marks = [random_mark(rng) for _ in range(200)]
    assert len({mark.payload for mark in marks}) == 200 and {mark.kind for mark in marks} == set(range(16))
    assert random_mark(np.random.default_rng(7)) == random_mark(np.random.default_rng(7))
    assert isinstance(marks[0], Mark)


def test_unknown() -> None:
    with pytest.raises(UsageError, match="stdm"):
        open_method("dwt")
    assert next(iter(METHODS)) == "stdm"


def test_trustmark_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match="TrustMark"):
        open_method("trustmark")


def test_trustmark_is_asked_for_pictures_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    mark, asked = Mark(bytes(range(8))), []
    monkeypatch.setattr(trustmark, "check_installed", lambda: None)
    monkeypatch.setattr(trustmark, "marked", lambda clip, mark: clip)
    monkeypatch.setattr(trustmark, "read_clip", lambda clip: asked.append(clip.first()) or Reading(mark, 0.0008, 1))
    method = open_method("trustmark")
    picture = textures(1, np.random.default_rng(0), side_px=70)[0]
    assert np.array_equal(method.embed(picture, mark), picture) and method.marked is None
    assert method.read(picture).mark == mark and np.array_equal(asked[0], picture)
