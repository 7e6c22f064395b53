"""The rasteriser against plain geometry."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.studio.raster import rasterise

# Counter-clockwise as seen, with y down: up the left side last.
QUAD = np.array([[2.0, 2.0], [8.0, 2.0], [8.0, 7.0], [2.0, 7.0]])
QUAD_TRIANGLES = np.array([[0, 2, 1], [0, 3, 2]])


def test_a_rectangle_covers_exactly_its_pixels() -> None:
    hits = rasterise(QUAD, np.ones(4), QUAD_TRIANGLES, 10, 10)
    picture = np.zeros((10, 10), bool)
    picture.ravel()[hits.pixels] = True
    expected = np.zeros((10, 10), bool)
    expected[2:7, 2:8] = True
    assert np.array_equal(picture, expected)


def test_back_faces_are_culled() -> None:
    assert len(rasterise(QUAD, np.ones(4), QUAD_TRIANGLES[:, ::-1], 10, 10).pixels) == 0


def test_the_nearer_triangle_wins() -> None:
    both = np.concatenate([QUAD, QUAD])
    depth = np.array([5.0] * 4 + [3.0] * 4)
    hits = rasterise(both, depth, np.concatenate([QUAD_TRIANGLES, QUAD_TRIANGLES + 4]), 10, 10)
    assert (hits.triangles >= 2).all()


def test_values_are_interpolated_linearly() -> None:
    hits = rasterise(QUAD, np.ones(4), QUAD_TRIANGLES, 10, 10)
    blended = hits.blend(QUAD.astype(np.float32))
    assert np.allclose(blended[:, 0], hits.pixels % 10 + 0.5, atol=1e-4)
    assert np.allclose(blended[:, 1], hits.pixels // 10 + 0.5, atol=1e-4)
    assert np.allclose(hits.weights.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("shift", [-100.0, 100.0])
def test_what_lies_outside_the_picture_is_left_out(shift: float) -> None:
    assert len(rasterise(QUAD + shift, np.ones(4), QUAD_TRIANGLES, 10, 10).pixels) == 0


def test_what_reaches_over_the_edge_is_clipped() -> None:
    hits = rasterise(QUAD * 5 - 15, np.ones(4), QUAD_TRIANGLES, 10, 10)
    assert np.array_equal(hits.pixels, np.arange(100))


def test_a_mesh_of_small_triangles_has_no_cracks() -> None:
    rng = np.random.default_rng(0)
    side = 24
    xy = np.stack(np.meshgrid(np.linspace(-2, 34, side), np.linspace(-2, 34, side)), -1).reshape(-1, 2)
    xy += rng.uniform(-0.4, 0.4, xy.shape)
    row, column = (a.ravel() for a in np.meshgrid(np.arange(side - 1), np.arange(side - 1), indexing="ij"))
    a = row * side + column
    triangles = np.concatenate([np.stack([a, a + side, a + 1], 1), np.stack([a + 1, a + side, a + side + 1], 1)])
    assert len(rasterise(xy, np.ones(len(xy)), triangles, 32, 32).pixels) == 32 * 32
