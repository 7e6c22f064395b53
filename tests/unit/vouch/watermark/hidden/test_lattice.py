"""The lattice of cells: words go in and come out, and what is cut away is spread."""

from __future__ import annotations

import numpy as np

from prosopon.vouch.watermark.code import LENGTH, encode
from prosopon.vouch.watermark.decoding import decode
from prosopon.vouch.watermark.hidden.lattice import BITS, TILE, from_tile, tiled, to_tile
from prosopon.vouch.watermark.mark import Mark

MARK = Mark.of_hex("0123456789abcdef", 2)


def heard(bits: np.ndarray) -> np.ndarray:
    """Logits of a reader that is sure."""
    return np.where(bits > 0, 3.0, -3.0)


def test_a_word_comes_out_as_it_went_in() -> None:
    word = encode(MARK)
    tile = to_tile(word)
    assert tile.shape == (BITS, TILE, TILE)
    assert tile.dtype == np.uint8
    soft = from_tile(heard(tile))
    assert soft.shape == (LENGTH,)
    np.testing.assert_array_equal(soft < 0, word > 0)


def test_cells_that_are_not_there_stay_unknown_and_the_mark_is_still_read() -> None:
    logits = heard(to_tile(encode(MARK)))
    logits[:, :2] = 0
    logits[:, :, 6:] = 0
    soft = from_tile(logits)
    # 36 of 64 cells are left; the bit that carries nothing may be among them.
    assert np.count_nonzero(soft) in (4 * 36, 4 * 36 - 1)
    decoded = decode(soft, np.arange(LENGTH))
    assert decoded is not None
    assert decoded.mark == MARK
    assert decoded.log_p < np.log(1e-12)


def test_what_looks_alike_everywhere_is_no_word() -> None:
    for value in (-1.0, 1.0):
        decoded = decode(from_tile(np.full((BITS, TILE, TILE), value)), np.arange(LENGTH))
        assert decoded is None or decoded.log_p > np.log(1e-6)


def test_flips_are_about_half_and_neighbours_are_not_neighbours() -> None:
    nothing = to_tile(np.zeros(LENGTH, np.uint8))
    assert 0.4 < nothing.mean() < 0.6
    one = np.zeros(LENGTH, np.uint8)
    one[100:104] = 1
    cells = np.argwhere((to_tile(one) ^ nothing).any(0))
    assert len(cells) >= 3
    assert np.ptp(cells, axis=0).max() > 2


def test_the_tile_repeats_from_the_upper_left_corner() -> None:
    tile = to_tile(encode(MARK))
    wide = tiled(tile, 9, 15)
    assert wide.shape == (BITS, 9, 15)
    np.testing.assert_array_equal(wide[:, :8, :8], tile)
    np.testing.assert_array_equal(wide[:, :8, 8:], tile[:, :, :7])
    np.testing.assert_array_equal(wide[:, 8], wide[:, 0])
