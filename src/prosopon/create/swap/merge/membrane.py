"""A membrane: values along an edge taken into the inside as smoothly as can be, exactly and in milliseconds.

It obeys Laplace's equation inside, on the grid of pixels. Conjugate gradients solve it, and a multigrid cycle is their
preconditioner: alone it would suffer from edges that coarse grids cannot follow, and alone they would take hundreds of
steps. A cell of a coarser grid is solved for only if all four neighbours of its pixel are inside, so that no correction
reaches across the edge. Far from the edge nothing is fine-grained, so that a large membrane is solved at half its
resolution and only smoothed at its own.

Grids are held as four quarters `(4, C, h / 2, w / 2)`, by odd and even rows and columns. All neighbours of a cell are
then in two other quarters, in whole blocks of memory, and the first quarter is the next coarser grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]
"""Values `(C, h, w)`."""
Quarters = NDArray[np.float32]
"""The same `(4, C, h', w')`: cells (even row, even column), (even, odd), (odd, even), (odd, odd)."""

_ENOUGH = 1e-6
"""The energy of the error is reduced to this share, which leaves about a tenth of a grey level of it."""
_MOST_STEPS = 12
_SWEEPS, _COARSEST_SWEEPS = 2, 30
_COARSEST_PX = 4
_LARGE_PX, _LARGE_SWEEPS = 320, 4


@dataclass(frozen=True)
class _Grid:
    """One resolution.

    Attributes:
        inside: 1 where the membrane is sought, else 0, `float32 (4, 1, h', w')`.
        n_neighbours: how many neighbours of a cell are in the picture, likewise.
        share: `inside` over `n_neighbours`.
    """

    inside: Quarters
    n_neighbours: Quarters
    share: Quarters

    @classmethod
    def of(cls, inside: NDArray[np.bool_]) -> _Grid:
        held = _quartered(inside[None].astype(np.float32))
        everywhere = _quartered(np.ones((1, *inside.shape), np.float32))
        n_neighbours = np.stack([_around(everywhere, quarter) for quarter in range(4)])
        return cls(held, n_neighbours, np.divide(held, np.maximum(n_neighbours, 1), dtype=np.float32))


def membrane(values: Planes, inside: NDArray[np.bool_]) -> Planes:
    """Values continued into a region.

    Args:
        values: `float32 (C, h, w)`; only those beside the region matter.
        inside: `(h, w)`, the region.

    Returns:
        `float32 (C, h, w)`: outside the values, inside harmonic. At the border of the grid nothing flows. Where nothing
        is outside, zero.
    """
    ring = _beside(inside) & ~inside
    if not ring.any():
        return np.where(inside, np.float32(0), values)
    if max(inside.shape) > _LARGE_PX:
        return _from_half(values, inside)
    grids = _grids(inside)
    solution = _quartered(np.where(inside, _filled(values, ring), values))
    residual = -_applied(solution, grids[0])
    direction = _cycle(residual, grids)
    energy = _products(residual, direction)
    enough = _ENOUGH * energy
    for _ in range(_MOST_STEPS):
        moved = _applied(direction, grids[0])
        length = _ratio(energy, _products(direction, moved))
        solution += length * direction
        residual -= length * moved
        correction = _cycle(residual, grids)
        before, energy = energy, _products(residual, correction)
        if (energy <= enough).all():
            break
        direction = correction + _ratio(energy, before) * direction
    return _joined(solution, *inside.shape)


def _from_half(values: Planes, inside: NDArray[np.bool_]) -> Planes:
    """The membrane of blocks of pixels, drawn to full size and smoothed there with the edge's own values."""
    known = (~inside).astype(np.float32)[None]
    total, count = _blocks(values * known), _blocks(known)
    coarse = membrane((total / np.maximum(count, 1)).astype(np.float32), count[0] == 0)
    height, width = inside.shape
    across = _between(_between(coarse, 1), 2)[:, :height, :width]
    solution, grid = _quartered(np.where(inside, across, values)), _Grid.of(inside)
    change = np.zeros_like(solution)
    _sweep(change, -_applied(solution, grid), grid, _LARGE_SWEEPS)
    return _joined(solution + change, height, width)


def _grids(inside: NDArray[np.bool_]) -> list[_Grid]:
    grids = [_Grid.of(inside)]
    while min(inside.shape) > _COARSEST_PX and inside.any():
        around = np.pad(inside, 1, constant_values=True)
        within = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
        inside = (inside & within)[::2, ::2]
        grids.append(_Grid.of(inside))
    return grids


def _cycle(wanted: Quarters, grids: Sequence[_Grid]) -> Quarters:
    """About the solution of `_applied(solution) = wanted`: down through all grids and up again, once."""
    grid, solution = grids[0], np.zeros_like(wanted)
    if len(grids) == 1:
        _sweep(solution, wanted, grid, _COARSEST_SWEEPS)
        _sweep(solution, wanted, grid, _COARSEST_SWEEPS, backwards=True)
        return solution
    _sweep(solution, wanted, grid, _SWEEPS)
    left = _gathered((wanted - _applied(solution, grid)) * grid.inside)
    height, width = left.shape[1:]
    below = _cycle(_quartered(left) * grids[1].inside, grids[1:])
    solution += grid.inside * _spread(_joined(below, height, width))
    # The way back in reverse order: conjugate gradients need a symmetric preconditioner.
    _sweep(solution, wanted, grid, _SWEEPS, backwards=True)
    return solution


def _sweep(solution: Quarters, wanted: Quarters, grid: _Grid, sweeps: int, *, backwards: bool = False) -> None:
    """Gauss-Seidel in the order of a chessboard; `solution` is zero outside, and is changed."""
    order = (2, 1, 3, 0) if backwards else (0, 3, 1, 2)
    for _ in range(sweeps):
        for quarter in order:
            total = _around(solution, quarter)
            total += wanted[quarter]
            np.multiply(total, grid.share[quarter], out=solution[quarter])


def _applied(values: Quarters, grid: _Grid) -> Quarters:
    """Minus the Laplacian inside, zero outside."""
    applied = grid.n_neighbours * values
    for quarter in range(4):
        applied[quarter] -= _around(values, quarter)
    applied *= grid.inside
    return applied


def _around(values: Quarters, quarter: int) -> Planes:
    """The sum of the four neighbours of each cell of one quarter; beyond the border is nothing."""
    beside, above = values[quarter ^ 1], values[quarter ^ 2]
    total: Planes = beside + above
    if quarter & 1:
        total[..., :-1] += beside[..., 1:]
    else:
        total[..., 1:] += beside[..., :-1]
    if quarter & 2:
        total[:, :-1] += above[:, 1:]
    else:
        total[:, 1:] += above[:, :-1]
    return total


def _spread(coarse: Planes) -> Quarters:
    """A coarse grid drawn to twice its size: its cells, and between them their means."""
    beside = _means(coarse, 2)
    return np.stack((coarse, beside, _means(coarse, 1), _means(beside, 1)))


def _gathered(fine: Quarters) -> Planes:
    """The transpose of `_spread`."""
    even, odd = (fine[column] + _shares(fine[2 + column], 1) for column in (0, 1))
    gathered: Planes = even + _shares(odd, 2)
    return gathered


def _means(cells: Planes, axis: int) -> Planes:
    """The mean of each cell and the next one along an axis; of the last one, itself."""
    means = np.moveaxis(cells.copy(), axis, -1)
    means[..., :-1] += means[..., 1:]
    means[..., :-1] /= 2
    return np.moveaxis(means, -1, axis)


def _shares(means: Planes, axis: int) -> Planes:
    """The transpose of `_means`."""
    cells = np.moveaxis(means.copy(), axis, -1)
    cells[..., :-1] /= 2
    cells[..., 1:] += np.moveaxis(means, axis, -1)[..., :-1] / 2
    return np.moveaxis(cells, -1, axis)


def _quartered(values: Planes) -> Quarters:
    """Even and odd rows and columns apart; one more row and column of nothing where their number is odd."""
    padded = np.pad(values, ((0, 0), (0, values.shape[1] % 2), (0, values.shape[2] % 2)))
    return np.stack([padded[:, row::2, column::2] for row in (0, 1) for column in (0, 1)])


def _joined(quarters: Quarters, height: int, width: int) -> Planes:
    """The inverse of `_quartered`."""
    _, channels, rows, columns = quarters.shape
    joined = quarters.reshape(2, 2, channels, rows, columns).transpose(2, 3, 0, 4, 1)
    return joined.reshape(channels, 2 * rows, 2 * columns)[:, :height, :width]


def _between(values: Planes, axis: int) -> Planes:
    """Twice as many cells along an axis, linear between the middles of the old ones."""
    coarse = np.moveaxis(values, axis, -1)
    fine = np.repeat(coarse, 2, axis=-1)
    quarter = (coarse[..., 1:] - coarse[..., :-1]) / 4
    fine[..., 1:-1:2] += quarter
    fine[..., 2::2] -= quarter
    return np.moveaxis(fine, -1, axis)


def _filled(values: Planes, known: NDArray[np.bool_]) -> Planes:
    """A first guess: what is known, averaged over ever larger blocks until every cell has something."""
    if known.all():
        return values
    if max(known.shape) == 1:
        return np.zeros_like(values)
    weight = known.astype(np.float32)[None]
    total, count = _blocks(values * weight), _blocks(weight)
    coarse = _filled((total / np.maximum(count, 1)).astype(np.float32), count[0] > 0)
    height, width = known.shape
    return np.where(known, values, _between(_between(coarse, 1), 2)[:, :height, :width])


def _blocks(values: Planes) -> Planes:
    """Sums over two by two cells."""
    blocks: Planes = _quartered(values).sum(0)
    return blocks


def _beside(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    beside = np.zeros_like(inside)
    beside[1:] |= inside[:-1]
    beside[:-1] |= inside[1:]
    beside[:, 1:] |= inside[:, :-1]
    beside[:, :-1] |= inside[:, 1:]
    return beside


def _products(one: Quarters, other: Quarters) -> NDArray[np.float32]:
    """The inner product of each channel, `(C,)`."""
    products: NDArray[np.float32] = np.einsum("qchw,qchw->c", one, other)
    return products


def _ratio(one: NDArray[np.float32], other: NDArray[np.float32]) -> Planes:
    return np.divide(one, np.maximum(other, 1e-30), dtype=np.float32)[:, None, None]
