from __future__ import annotations

import numpy as np
import pytest

from prosopon.create.swap.merge.edges import Edge, resized, shaped, within
from prosopon.create.swap.merge.settings import MergeSettings

SIDE = 512
"""On this grid edges are shaped; smaller masks are brought to it."""


def box(start: int = 128, stop: int = 384) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[start:stop, start:stop] = 1
    return mask


def extent(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.max(1) > 0.5), np.flatnonzero(mask.max(0) > 0.5)
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def test_nothing_asked_changes_nothing() -> None:
    assert shaped(box(), Edge()) is not None
    assert np.array_equal(shaped(box()[::4, ::4], Edge()), box()[::4, ::4])


def test_edges_move_by_what_was_asked() -> None:
    assert extent(shaped(box(), Edge(all_round=10 / SIDE)))[:2] == (138, 374)
    assert extent(shaped(box(), Edge(all_round=-10 / SIDE))) == (118, 394, 118, 394)


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("top", (148, 384, 128, 384)),
        ("bottom", (128, 364, 128, 384)),
        ("left", (128, 384, 148, 384)),
        ("right", (128, 384, 128, 364)),
    ],
)
def test_sides_move_alone(side: str, expected: tuple[int, int, int, int]) -> None:
    assert extent(shaped(box(), Edge(**{side: 20 / SIDE}))) == expected
    grown = shaped(box(), Edge(**{side: -20 / SIDE}))
    moved = [at - ((at - old) * 2) for at, old in zip(expected, (128, 384, 128, 384), strict=True)]
    assert list(extent(grown)) == moved


def test_a_mask_up_to_the_border_is_drawn_in_from_there() -> None:
    whole = np.ones((SIDE, SIDE), np.float32)
    assert extent(shaped(whole, Edge(all_round=51 / SIDE))) == (51, 461, 51, 461)
    assert extent(shaped(whole, Edge(top=0.1))) == (51, 512, 0, 512)


def test_a_soft_edge_has_fallen_to_nothing_where_the_crop_ends() -> None:
    soft = shaped(np.ones((SIDE, SIDE), np.float32), Edge(blur=0.1))
    border = np.concatenate((soft[0], soft[-1], soft[:, 0], soft[:, -1]))
    assert border.max() < 0.01
    assert soft[256, 256] == pytest.approx(1, abs=1e-5)
    assert 0.4 < soft[256, 26] < 0.6
    assert (np.diff(soft[256, :256]) >= -1e-6).all()


def test_small_masks_are_shaped_on_a_finer_grid() -> None:
    for size_px, finer in ((64, 256), (100, 256), (200, 400), (300, 512), (600, 600)):
        small = resized(box(), size_px)
        drawn_in = shaped(small, Edge(all_round=2 / SIDE))
        assert drawn_in.shape == (finer, finer)
        assert small.mean() - drawn_in.mean() == pytest.approx(2 * 4 * 256 / SIDE**2, rel=0.3)


def test_odd_masks() -> None:
    for mask in (np.zeros((SIDE, SIDE)), np.ones((1, 1)), np.zeros((1, 1)), np.ones((3, 3))):
        out = shaped(mask.astype(np.float32), Edge(0.5, 0.1, 0.2, -0.3, 0.1, 1.0))
        assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 1


def test_percent_become_shares() -> None:
    settings = MergeSettings(erode_percent=5, erode_left_percent=-3, blur_percent=10)
    assert Edge.of(settings) == Edge(0.05, 0, 0, -0.03, 0, 0.1)


def test_within_leaves_a_margin() -> None:
    assert extent(within(np.ones((20, 20), np.float32), 3)) == (3, 17, 3, 17)
    assert within(np.ones((20, 20), np.float32), 15).max() == 0


def test_sizes_change_about_the_middle() -> None:
    ramp = np.broadcast_to(np.arange(16, dtype=np.float32) + 0.5, (16, 16)).copy()
    larger = resized(ramp, 64)
    assert np.abs(larger[32, 8:-8] - (np.arange(64)[8:-8] + 0.5) / 4).max() < 1e-4
    assert resized(np.zeros((8, 8, 3), np.float32), 4).shape == (4, 4, 3)
