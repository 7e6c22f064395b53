"""The grid of knots: bilinear to the last bit, centred unless it is asked not to be."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.grid import GridWarp, grid_map, mean_similarity, spread
from prosopon.datasets.warps.sampling import lattice
from prosopon.datasets.warps.similarity import similarity
from prosopon.faces.stance import apply, inverse


@pytest.mark.parametrize("size", [1, 2, 5, 64])
def test_planes_stay_planes(size: int) -> None:
    """Knots lie on the edges of the square, not on the outer pixels' centres."""
    line = np.linspace(0, 1, 5)
    plane = 3 * line + 2 * line[:, None] - 1
    places = lattice(size)
    np.testing.assert_allclose(spread(plane, size), 3 * places[..., 0] + 2 * places[..., 1] - 1, atol=1e-6)


def test_one_knot_is_a_tent() -> None:
    knots = np.zeros((3, 3))
    knots[1, 1] = 1
    tent = 1 - np.abs(np.array((-0.75, -0.25, 0.25, 0.75)))
    np.testing.assert_allclose(spread(knots, 4), tent * tent[:, None])


def test_without_movement_nothing_is_warped() -> None:
    rng = np.random.default_rng(0)
    np.testing.assert_allclose(GridWarp(sigma=0).draw(rng, 64), lattice(64), atol=1e-7)
    shifted = GridWarp(sigma=0, as_released=True).draw(rng, 64)
    np.testing.assert_allclose(shifted, lattice(64) + 0.5 / 64, atol=1e-7)


def test_movement_is_a_share_of_the_crop() -> None:
    warp = GridWarp()
    small, large = (warp.draw(np.random.default_rng(3), size) for size in (64, 256))
    assert small.dtype == np.float32
    assert small.shape == (64, 64, 2)
    # The middles of blocks of 4 x 4 pixels are the pixels of the small map; bilinear between them within a cell.
    means = (large - lattice(256)).reshape(64, 4, 64, 4, 2).mean((1, 3))
    np.testing.assert_allclose(means, small - lattice(64), atol=1e-6)
    assert not np.allclose(small, warp.draw(np.random.default_rng(4), 64))


def test_a_square_of_the_source() -> None:
    noise = np.random.default_rng(0).normal(0, 5, (2, 5, 5))
    read = grid_map(noise, 32, start=48, side=160, half_pixel=0.5)
    np.testing.assert_allclose(read, 48.5 + 160 * (lattice(32) + grid_map(noise / 160, 32) - lattice(32)), atol=1e-4)


def test_mean_similarity_of_knots_that_moved_alike() -> None:
    line = np.linspace(0, 100, 5)
    still = np.stack(np.meshgrid(line, line), axis=-1) + 20
    move = similarity(7, 1.1, (0.03, -0.02), 100)
    noise = (apply(move, still) - still).transpose(2, 0, 1)
    wanted = inverse(move)
    fitted = mean_similarity(noise, 50, start=20, side=100)
    np.testing.assert_allclose(apply(fitted, still), (apply(wanted, still) - 20) / 2, atol=1e-9)
    np.testing.assert_allclose(
        mean_similarity(np.zeros((2, 5, 5)), 64, start=48, side=160), ((0.4, 0, -19.2), (0, 0.4, -19.2)), atol=1e-12
    )


@pytest.mark.parametrize("wrong", [{"knots": 1}, {"sigma": -0.1}, {"sigma": np.nan}])
def test_settings_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        GridWarp(**wrong)
