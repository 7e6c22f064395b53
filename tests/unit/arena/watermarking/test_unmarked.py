"""Trials without a mark: fair coins pass, unfair ones are seen."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from painted_watermark import PAINTED, PICTURES_ONLY, embed

from prosopon.arena.watermarking.unmarked import (
    chance_in,
    largest_of_normal,
    look_where_none_is,
    searched,
    textures,
    variants,
)
from prosopon.vouch.watermark.mark import Mark

SOURCES = np.arange(3000) % 300


def coins(rng: np.random.Generator, share: float = 0.5) -> NDArray[np.bool_]:
    return rng.random((3000, 196)) < share


def test_fair_coins_pass() -> None:
    rng = np.random.default_rng(0)
    found = chance_in(coins(rng), SOURCES, rng.random(3000))
    assert found.pictures == 3000 and found.bits == 196 and found.pairs > 2_900_000
    assert found.largest_bias < 1.5 * found.expected_bias
    assert abs(found.nearest - found.expected_nearest) <= 3
    for tail in found.tails:
        assert abs(tail.seen - tail.expected) < 6 * np.sqrt(tail.expected) + 1
    assert [tail.limit for tail in found.p_tails] == [0.1, 0.01, 0.001]
    for tail in found.p_tails:
        assert tail.seen < tail.expected + 5 * np.sqrt(tail.expected)
    json.dumps(found.as_json())


def test_bits_that_prefer_a_value_are_seen() -> None:
    rng = np.random.default_rng(0)
    words = coins(rng)
    words[:, 7] = rng.random(3000) < 0.7
    found = chance_in(words, SOURCES, rng.random(3000))
    assert found.largest_bias > 3 * found.expected_bias


def test_words_that_are_alike_are_seen() -> None:
    rng = np.random.default_rng(0)
    common = rng.random(196) < 0.5
    words = np.where(rng.random((3000, 196)) < 0.2, common, coins(rng))
    found = chance_in(words, SOURCES, rng.random(3000))
    assert found.nearest < found.expected_nearest
    assert found.tails[-1].seen > 3 * found.tails[-1].expected


def test_words_of_one_picture_are_not_compared() -> None:
    rng = np.random.default_rng(0)
    words = np.repeat(coins(rng)[:2], 50, axis=0)
    found = chance_in(words, np.repeat([0, 1], 50), np.ones(100))
    assert found.pairs == 2500 and found.nearest > 50
    with pytest.raises(ValueError):
        chance_in(words, np.zeros(100, int), np.ones(100))


def test_the_largest_of_many() -> None:
    rng = np.random.default_rng(0)
    largest = np.abs(rng.normal(size=(4000, 196))).max(1)
    assert np.mean(largest < largest_of_normal(196)) == pytest.approx(0.95, abs=0.015)


def test_variants_are_many_and_follow_from_the_seed() -> None:
    pictures = textures(4, np.random.default_rng(0), side_px=96)
    one, again = (list(variants(pictures, 9, np.random.default_rng(3), side_px=64)) for _ in range(2))
    assert [source for source, _ in one] == [0, 1, 2, 3, 0, 1, 2, 3, 0]
    for (_, picture), (_, same) in zip(one, again, strict=True):
        assert np.array_equal(picture, same) and min(picture.shape[:2]) == 64 and picture.dtype == np.uint8


def test_tiny_pictures_have_variants() -> None:
    dot = np.zeros((1, 3, 3), np.uint8)
    ((_, picture),) = variants([dot], 1, np.random.default_rng(0), side_px=16)
    assert min(picture.shape[:2]) >= 1


def test_whoever_finds_something_is_counted() -> None:
    picture = np.full((128, 128, 3), 128, np.uint8)
    shown = [(0, picture), (1, embed(picture, Mark(bytes(8)))), (2, picture)]
    found = searched(PAINTED.read, iter(shown), 3)
    assert (found.pictures, found.found, found.hypotheses, found.smallest_p) == (3, 1, 3, 1e-9)
    assert len(found.as_json()["deciles_of_p"]) == 11


def test_both_experiments() -> None:
    chance, search = look_where_none_is(PAINTED, textures(2, np.random.default_rng(1)), 60, searches=5)
    assert chance is not None and chance.pictures == 60 and search.pictures == 5 and search.found == 0
    assert chance.plain_p == 1e-9  # the stand-in takes all black for a mark: that is what this is there to see
    chance, search = look_where_none_is(PICTURES_ONLY, textures(2, np.random.default_rng(1)), 60, searches=5)
    assert chance is None and search.pictures == 5
