"""Rendered heads, and how they are cut anew each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_learning import heads, usual_landmarks

from prosopon.core.faces import Box
from prosopon.datasets import rendered_heads as source
from prosopon.datasets.rendered_heads import HEAD_PX, MARGIN_PX, PICTURE_PX, RenderedHeads, kept_box, rendered_heads


def test_the_kept_square_has_a_margin_of_its_own_pixels_all_around() -> None:
    box = kept_box(Box(100, 50, 356, 306))
    assert (box.left, box.top, box.right, box.bottom) == (84, 34, 372, 322)


def test_a_person_has_pictures_with_landmarks_inside() -> None:
    shot, rows = source.render_person(0, 1)
    assert shot.person == "head-0-0001"
    assert rows["picture"].shape == (source.PICTURES, PICTURE_PX, PICTURE_PX, 3)
    assert rows["landmarks"].shape == (source.PICTURES, 68, 2)
    middle = rows["landmarks"].mean((0, 1))
    assert np.abs(middle - PICTURE_PX / 2).max() < 0.2 * PICTURE_PX
    assert 0 <= rows["landmarks"].min() <= rows["landmarks"].max() <= PICTURE_PX
    assert not np.array_equal(rows["picture"][0], rows["picture"][1])


def test_portions_are_kept_and_others_are_held_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROSOPON_HOME", str(tmp_path))
    asked: list[tuple[int, int]] = []

    def quick(seed: int, number: int) -> tuple[source.Shot, source.Rows]:
        asked.append((seed, number))
        picture = np.full((1, PICTURE_PX, PICTURE_PX, 3), number, np.uint8)
        return source.Shot(str(number), str(number), "rendered"), {
            "picture": picture,
            "landmarks": usual_landmarks()[None],
        }

    monkeypatch.setattr(source, "render_person", quick)
    assert [len(store) for store in rendered_heads(RenderedHeads(26), processes=1)] == [24, 2]
    assert asked == [(0, number) for number in range(26)]
    rendered_heads(RenderedHeads(24), processes=1)
    assert len(asked) == 26
    rendered_heads(RenderedHeads(2, held_out=True), processes=1)
    assert asked[26:] == [(1_000_000, 0), (1_000_000, 1)]


def test_items_are_cut_anew_with_landmarks_that_move_along(tmp_path: Path) -> None:
    photos = heads(tmp_path / "heads", 2)
    assert len(photos) == 2
    first, again, other = (photos.item(0, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first["picture"].shape == (HEAD_PX, HEAD_PX, 3)
    assert first["picture"].dtype == np.uint8
    assert first["draw"].shape == ()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["picture"], other["picture"])
    spread = [photos.item(0, np.random.default_rng(seed))["landmarks"] for seed in range(20)]
    for points in spread:
        # Mirrored or not, the jaw runs from left to right and the left eye is left of the right one.
        assert points[0, 0] < points[8, 0] < points[16, 0]
        assert points[36, 0] < points[45, 0]
        assert np.abs(points - (usual_landmarks() - MARGIN_PX)).max() < 0.1 * HEAD_PX


def test_plain_items_are_the_heads_own_square(tmp_path: Path) -> None:
    photos = heads(tmp_path / "heads", 1)
    plain = photos.plain(0)
    kept = photos.stores[0].arrays["picture"][0]
    assert np.array_equal(plain["picture"], kept[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX])
    np.testing.assert_allclose(plain["landmarks"], usual_landmarks() - MARGIN_PX, atol=1e-3)
