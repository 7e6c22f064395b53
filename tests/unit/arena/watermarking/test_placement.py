"""Where content goes: every way's map puts the picture back, and changes nothing that came in."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from prosopon.arena.metrics import psnr
from prosopon.arena.watermarking import placement
from prosopon.arena.watermarking.picture_ways import PICTURE_WAYS, QUICK
from prosopon.arena.watermarking.placement import put_back
from prosopon.core.clip import Frame

WIDTH, HEIGHT = 150, 110


def smooth() -> Frame:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [np.sin(x / 9 + y / 23), np.cos(x / 17 - y / 11), np.sin(x / 31 + y / 13)]
    return (np.stack(waves, -1) * 80 + 128).astype(np.uint8)


@pytest.mark.parametrize("name", PICTURE_WAYS)
def test_content_is_found_where_the_map_says(name: str) -> None:
    picture = smooth()
    before = picture.copy()
    for seed in range(3):
        changed, where = PICTURE_WAYS[name].change(picture, np.random.default_rng(seed))
        assert changed.dtype == np.uint8 and changed.ndim == 3 and where.shape == (2, 3)
        back = put_back(changed, where, WIDTH, HEIGHT)
        assert back.shape == picture.shape
        middle = (slice(HEIGHT // 3, 2 * HEIGHT // 3), slice(WIDTH // 3, 2 * WIDTH // 3))
        lights = [np.asarray(Image.fromarray(one[middle]).convert("L"), float).ravel() for one in (back, picture)]
        likeness = np.corrcoef(*lights)[0, 1]
        assert likeness > 0.97, name
        if PICTURE_WAYS[name].group in ("crop", "moved", "size"):
            assert psnr(np.ascontiguousarray(back[middle]), np.ascontiguousarray(picture[middle])) > 25
    assert np.array_equal(picture, before)


def test_the_same_chance_gives_the_same() -> None:
    for name in ("crop 10 %", "shift", "rotate 3", "noise 4", "screenshot"):
        one, another = (PICTURE_WAYS[name].change(smooth(), np.random.default_rng(5))[0] for _ in range(2))
        others = [PICTURE_WAYS[name].change(smooth(), np.random.default_rng(seed))[0] for seed in range(6, 12)]
        assert np.array_equal(one, another)
        assert not all(np.array_equal(one, other) for other in others)


def test_sizes() -> None:
    rng = np.random.default_rng(0)
    shape = {name: PICTURE_WAYS[name].change(smooth(), rng)[0].shape[:2] for name in PICTURE_WAYS}
    assert shape["half"] == (55, 75) and shape["half, back"] == (HEIGHT, WIDTH)
    assert shape["crop 20 %"] == (88, 120) and shape["crop 10 %, back"] == (HEIGHT, WIDTH)
    assert shape["rotate 3"] == (HEIGHT, WIDTH) and shape["rotate 3, trimmed"] < (HEIGHT, WIDTH)


def test_trimmed_corners_have_nothing_black() -> None:
    white = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for degrees in (1, 3, 5):
        turned = PICTURE_WAYS[f"rotate {degrees}"].change(white, np.random.default_rng(1))[0]
        trimmed = PICTURE_WAYS[f"rotate {degrees}, trimmed"].change(white, np.random.default_rng(1))[0]
        assert turned.min() == 0 and trimmed[1:-1, 1:-1].min() == 255


def test_a_turn_goes_up_on_the_right() -> None:
    where = placement.turned(90, 10, 10)
    assert where @ (9, 5, 1) == pytest.approx((5, 1))


def test_one_map_after_another() -> None:
    both = placement.after(placement.shifted(-3, 2), placement.scaled(2, 0.5))
    assert both @ (10, 10, 1) == pytest.approx((14, 6))
    assert placement.mirrored(10) @ (0, 4, 1) == pytest.approx((10, 4))


def test_one_pixel_survives_every_way() -> None:
    dot = np.full((1, 1, 3), 200, np.uint8)
    for way in PICTURE_WAYS.values():
        changed, where = way.change(dot, np.random.default_rng(0))
        assert min(changed.shape) >= 1 and np.isfinite(where).all()


def test_the_quick_ones_are_there() -> None:
    assert set(QUICK) <= set(PICTURE_WAYS)
