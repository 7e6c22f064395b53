"""The grid of cells: its edge stays, its inner knots move as far as they may, and along x and y independently."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.cells import CellWarp, knot_noise, truncated_normal
from prosopon.datasets.warps.sampling import lattice


def test_the_edge_stays() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        moved = CellWarp(cells=(2,)).draw(rng, 256) - lattice(256)
        edge = np.concatenate((moved[0], moved[-1], moved[:, 0], moved[:, -1]))
        assert np.abs(edge).max() < 0.24 / 2 / 128
        assert np.abs(moved).max() <= 0.24 / 2


@pytest.mark.parametrize(("as_released", "limit"), [(False, 0.24), (True, 0.48)])
def test_knots(as_released: bool, limit: float) -> None:
    ones = np.ones((2, 3, 3))
    noise = knot_noise(ones, 0.24, as_released=as_released)
    assert noise.shape == (2, 5, 5)
    np.testing.assert_allclose(noise[:, 1:-1, 1:-1], limit)
    noise[:, 1:-1, 1:-1] = 0
    assert not noise.any()


def test_the_shared_memory_of_the_released_program() -> None:
    inner = np.random.default_rng(0).uniform(-1, 1, (2, 7, 7))
    ours, released = knot_noise(inner, 1.0), knot_noise(inner, 1.0, as_released=True)
    np.testing.assert_array_equal(ours[:, 1:-1, 1:-1], inner)
    np.testing.assert_allclose(released[0, 1:-1, 1:-1], inner[0] + inner[1].T)
    np.testing.assert_array_equal(released[1], released[0].T)


def test_x_and_y_are_independent() -> None:
    rng = np.random.default_rng(0)
    moved = np.stack([CellWarp(cells=(4,)).draw(rng, 16) - lattice(16) for _ in range(600)])
    x, y = moved[..., 0], moved[..., 1]
    for other in (y, y.transpose(0, 2, 1)):
        assert abs((x * other).mean() / (x.std() * other.std())) < 0.05
    assert x.std() == pytest.approx(y.std(), rel=0.05)
    assert abs(x.mean()) < 0.05 * x.std()


def test_all_sizes_of_cells_are_drawn() -> None:
    """More cells, less movement: the three come one as often as the other."""
    rng = np.random.default_rng(0)
    largest = [np.abs(CellWarp(cells=(2, 64)).draw(rng, 64) - lattice(64)).max() for _ in range(400)]
    small = np.array(largest) <= 0.24 / 64
    assert 0.4 < small.mean() < 0.6


def test_truncated_normal_numbers() -> None:
    values = truncated_normal(np.random.default_rng(0), (200, 200))
    assert np.abs(values).max() <= 1
    assert np.abs(values).max() > 0.99
    assert values.std() == pytest.approx(0.3818, abs=0.005)
    assert values.mean() == pytest.approx(0, abs=0.01)
    np.testing.assert_array_equal(values, truncated_normal(np.random.default_rng(0), (200, 200)))


@pytest.mark.parametrize("wrong", [{"cells": ()}, {"cells": (4, 1)}, {"jitter": -1.0}, {"jitter": np.nan}])
def test_settings_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        CellWarp(**wrong)
