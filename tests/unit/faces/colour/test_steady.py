from __future__ import annotations

import numpy as np
import pytest

from prosopon.faces.colour.steady import ColourMap, steadied


def picture(seed: int = 0) -> np.ndarray:
    return (0.2 + 0.6 * np.random.default_rng(seed).random((24, 24, 3))).astype(np.float32)


def test_an_affine_change_is_read_off_exactly() -> None:
    matrix, shift = np.array(((0.9, 0.1, 0), (0, 0.8, 0.05), (0.02, 0, 1.1))), np.array((0.05, -0.02, 0.0))
    after = ColourMap(matrix, shift).of(picture())
    found = ColourMap.between(picture(), after)
    assert found is not None
    assert np.abs(found.matrix - matrix).max() < 5e-3
    assert np.abs(found.of(picture()) - after).max() < 2e-3


def test_flicker_shrinks_and_detail_stays() -> None:
    rng = np.random.default_rng(1)
    seen, state = [], None
    for _ in range(40):
        after = np.clip(picture() + np.float32(rng.normal(0, 0.05)), 0, 1)
        frame, state = steadied(picture(), after, state, 0.9)
        seen.append(frame)
    jumps = np.diff([frame.mean() for frame in seen])
    assert np.abs(jumps).mean() < 0.02
    assert np.abs((seen[-1] - seen[-1].mean((0, 1))) - (picture() - picture().mean((0, 1)))).max() < 0.02


def test_zero_leaves_the_frame_and_one_holds_the_first_map() -> None:
    brighter, darker = picture() + np.float32(0.1), picture() - np.float32(0.1)
    frame, state = steadied(picture(), brighter, None, 0.5)
    assert frame is brighter and state is not None
    assert np.array_equal(steadied(picture(), darker, state, 0.0)[0], darker)
    assert np.abs(steadied(picture(), darker, state, 1.0)[0] - brighter).max() < 1e-3


@pytest.mark.parametrize("one", [np.zeros((8, 8, 3)), np.full((1, 1, 3), 0.5), np.full((8, 8, 3), 0.3)])
def test_pictures_of_one_colour(one: np.ndarray) -> None:
    flat = one.astype(np.float32)
    state = ColourMap.between(flat, flat + np.float32(0.2))
    assert state is not None
    assert np.abs(state.matrix - np.eye(3)).max() < 1e-4
    assert np.abs(state.shift - 0.2).max() < 1e-4


def test_an_empty_mask_keeps_the_state() -> None:
    state = ColourMap(np.eye(3), np.zeros(3))
    frame, kept = steadied(picture(), picture(1), state, 0.5, np.zeros((24, 24)))
    assert kept is state
    assert np.array_equal(frame, picture(1))
