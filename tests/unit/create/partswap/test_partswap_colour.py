"""Skin of one colour brought to another."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab

from prosopon.create.partswap.colour import SkinTone, recoloured

DARK, LIGHT = (120, 80, 60), (206, 158, 132)


def skin(colour: tuple[int, int, int], seed: int, spread: float = 6.0) -> NDArray[np.uint8]:
    """A patch of skin whose light varies from place to place."""
    rng = np.random.default_rng(seed)
    light = rng.normal(0, spread, (40, 40, 1)) + rng.normal(0, 2, (40, 40, 3))
    return np.clip(np.array(colour) + light, 0, 255).astype(np.uint8)


def lab(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    values: NDArray[np.float64] = rgb2lab(picture / 255.0).reshape(-1, 3)
    return values


def tone(picture: NDArray[np.uint8]) -> SkinTone:
    found = SkinTone.of(picture.reshape(-1, 3))
    assert found is not None
    return found


@pytest.mark.parametrize(("own", "other"), [(DARK, LIGHT), (LIGHT, DARK)])
def test_the_mean_becomes_the_others(own: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    picture, wanted = skin(own, 0), skin(other, 1)
    made = recoloured(picture, tone(picture), tone(wanted))
    assert np.abs(lab(picture).mean(0) - lab(wanted).mean(0)).max() > 20
    assert np.abs(lab(made).mean(0) - lab(wanted).mean(0)).max() < 1


@pytest.mark.parametrize(("other", "white"), [(LIGHT, 100), ((150, 104, 80), 100), (DARK, 95), ((60, 38, 30), 60)])
def test_black_stays_and_white_unless_it_is_much_darker(other: tuple[int, int, int], white: float) -> None:
    picture = skin((180, 130, 105), 0)
    ends = np.array([[(0, 0, 0), (60, 60, 60), (255, 255, 255)]], np.uint8)
    made = lab(recoloured(ends, tone(picture), tone(skin(other, 1))))[:, 0]
    assert made[0] == pytest.approx(0, abs=1)
    assert (made[1] > lab(ends)[1, 0]) == (other == LIGHT)
    assert made[2] == pytest.approx(100, abs=1) if white == 100 else made[2] < white


def test_hues_that_are_not_like_skin_stay() -> None:
    picture, reddened = skin((150, 104, 80), 0), skin((175, 90, 80), 1)
    blue = np.full((4, 4, 3), (40, 70, 190), np.uint8)
    moved = np.abs(lab(recoloured(picture, tone(picture), tone(reddened)))[:, 1:].mean(0) - lab(picture)[:, 1:].mean(0))
    stayed = np.abs(lab(recoloured(blue, tone(picture), tone(reddened)))[:, 1:].mean(0) - lab(blue)[:, 1:].mean(0))
    assert moved.max() > 8
    assert stayed.max() < 2


def test_a_picture_of_the_same_tone_stays() -> None:
    picture = skin(LIGHT, 0)
    assert np.abs(recoloured(picture, tone(picture), tone(picture)).astype(int) - picture).max() <= 1
    assert np.abs(recoloured(picture, tone(picture), tone(picture[:20])).astype(int) - picture).max() <= 3


def test_a_few_pixels_are_no_skin() -> None:
    assert SkinTone.of(np.zeros((49, 3), np.uint8)) is None
    assert SkinTone.of(np.zeros((0, 3), np.uint8)) is None
    assert SkinTone.of(np.zeros((50, 3), np.uint8)) is not None
