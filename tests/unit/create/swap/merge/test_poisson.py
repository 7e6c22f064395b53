from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from prosopon.create.swap.merge.membrane import membrane
from prosopon.create.swap.merge.poisson import cloned


def picture(seed: int, height: int = 60, width: int = 70) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)


def disc(height: int = 60, width: int = 70, y: float = 30, x: float = 35, radius: float = 20) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:height, :width]
    return np.hypot(rows - y, columns - x) < radius


def solved(values: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The same by a sparse matrix and elimination."""
    places = np.argwhere(inside)
    number = {tuple(place): index for index, place in enumerate(places)}
    entries, wanted = [], np.zeros((len(places), len(values)))
    for index, (y, x) in enumerate(places):
        n_neighbours = 0
        for step in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            near = (y + step[0], x + step[1])
            if 0 <= near[0] < inside.shape[0] and 0 <= near[1] < inside.shape[1]:
                n_neighbours += 1
                if near in number:
                    entries.append((index, number[near], -1.0))
                else:
                    wanted[index] += values[:, near[0], near[1]]
        entries.append((index, index, float(n_neighbours)))
    rows, columns, numbers = zip(*entries, strict=True)
    matrix = coo_matrix((numbers, (rows, columns)), shape=(len(places), len(places))).tocsc()
    full = values.astype(np.float64)
    full[:, inside] = spsolve(matrix, wanted).reshape(len(places), -1).T
    return full


@pytest.mark.parametrize(
    "inside",
    [
        disc(),
        disc(x=5),
        disc(y=0, x=0),
        disc(radius=1),
        disc() & ~disc(radius=8),
        np.random.default_rng(2).random((60, 70)) > 0.4,
        disc(61, 71),
        np.arange(60 * 70).reshape(60, 70) > 0,
    ],
    ids=["middle", "border", "corner", "pixel", "ring", "speckled", "odd", "all but one"],
)
def test_membranes_solve_laplaces_equation(inside: NDArray[np.bool_]) -> None:
    values = np.ascontiguousarray(np.moveaxis(picture(0, *inside.shape), -1, 0))
    found = membrane(values, inside)
    assert np.array_equal(found[:, ~inside], values[:, ~inside])
    assert np.abs(found - solved(values, inside)).max() < 3e-3


def test_large_membranes_are_near_enough() -> None:
    rows, columns = np.mgrid[:400, :380] / 400
    smooth = np.stack((np.sin(3 * rows) * columns, rows**2, 0.3 + 0 * rows)).astype(np.float32)
    values = smooth + np.random.default_rng(0).normal(0, 0.02, smooth.shape).astype(np.float32)
    inside = disc(400, 380, 200, 190, 170)
    ring = disc(400, 380, 200, 190, 168) ^ disc(400, 380, 200, 190, 170)
    found = membrane(values, inside)
    laplacian = 4 * found - sum(np.roll(found, s, a) for s in (1, -1) for a in (1, 2))
    assert np.abs(laplacian[:, inside & ~ring]).max() < 0.02
    assert np.abs(found[2] - 0.3)[disc(400, 380, 200, 190, 150)].max() < 0.01


def test_a_shift_of_light_vanishes() -> None:
    target = picture(0) * np.float32(0.5)
    clone = cloned(target + np.float32(0.3), target, disc())
    assert np.abs(clone - target).max() < 1e-3


def test_gradients_are_the_sources() -> None:
    source, target = picture(1), picture(2)
    clone = cloned(source, target, disc())
    laplacians = [4 * one - sum(np.roll(one, s, a) for s in (1, -1) for a in (0, 1)) for one in (clone, source)]
    assert np.abs(laplacians[0] - laplacians[1])[disc(radius=18)].max() < 0.01


def test_outside_nothing_changes() -> None:
    clone = cloned(picture(1), picture(2), disc())
    assert np.array_equal(clone[~disc()], picture(2)[~disc()])


def test_nothing_bleeds_in_from_the_border() -> None:
    """A face that leaves the picture: what lies along the border neither is known nor counts."""
    target = np.full((40, 60, 3), 0.5, np.float32)
    clone = cloned(np.full((40, 60, 3), 0.8, np.float32), target, disc(40, 60, 0, 30, 20))
    assert np.abs(clone - 0.5).max() < 1e-3


def test_odd_masks() -> None:
    source, target = picture(1), picture(2)
    assert np.array_equal(cloned(source, target, np.zeros((60, 70), bool)), target)
    assert np.array_equal(cloned(source, target, np.ones((60, 70), bool)), source)
    assert cloned(source[:1, :1], target[:1, :1], np.ones((1, 1), bool)).shape == (1, 1, 3)
    assert np.isfinite(cloned(source[:, :1], target[:, :1], disc()[:, 35:36])).all()
    with pytest.raises(ValueError, match="cannot clone"):
        cloned(source, target[1:], disc())


def test_the_same_every_time() -> None:
    assert np.array_equal(cloned(picture(1), picture(2), disc()), cloned(picture(1), picture(2), disc()))
