"""One resampling: exact where it can be, the edge beyond the edge, blocks averaged where a picture shrinks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.datasets.warps.sampling import block_px, composed, lattice, map_of, sample, window
from prosopon.faces.stance import apply, inverse

TURNED = np.array(((0.8, -0.3, 3.0), (0.25, 0.9, -5.0)))


def a_picture(height: int = 23, width: int = 31, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def still(height: int, width: int) -> NDArray[np.float32]:
    """The map that leaves a picture as it is."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.stack((x, y), axis=-1).astype(np.float32)


def bilinear(picture: NDArray[np.floating], read: NDArray[np.floating]) -> NDArray[np.float64]:
    """By the definition, pixel by pixel."""
    height, width = picture.shape[:2]
    out = np.empty((*read.shape[:2], picture.shape[2]))
    for row, column in np.ndindex(*read.shape[:2]):
        x, y = read[row, column].astype(np.float64) - 0.5
        left, top = int(np.floor(x)), int(np.floor(y))
        total = np.zeros(picture.shape[2])
        for dy, dx in np.ndindex(2, 2):
            weight = (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
            total += weight * picture[np.clip(top + dy, 0, height - 1), np.clip(left + dx, 0, width - 1)]
        out[row, column] = total
    return out


@pytest.mark.parametrize("cubic", [False, True])
def test_a_map_that_moves_nothing_changes_nothing(cubic: bool) -> None:
    picture = a_picture()
    assert np.array_equal(sample(picture, still(23, 31), cubic=cubic), picture)
    floats = picture.astype(np.float32) / 255
    same = sample(floats, still(23, 31), cubic=cubic)
    assert same.dtype == np.float32
    np.testing.assert_allclose(same, floats, atol=2e-5)


def test_mirroring_is_exact() -> None:
    picture = a_picture()
    assert np.array_equal(sample(picture, still(23, 31)[:, ::-1]), picture[:, ::-1])


def test_bilinear_by_definition() -> None:
    """Also where the map leaves the picture on all sides."""
    picture = a_picture().astype(np.float32)
    read = np.random.default_rng(1).uniform(-6, 37, (20, 25, 2)).astype(np.float32)
    np.testing.assert_allclose(sample(picture, read, antialias=False), bilinear(picture, read), atol=2e-2)


def test_between_two_pixels_is_their_mean_and_is_rounded() -> None:
    picture = np.array([[[10], [21]]], np.uint8)
    assert sample(picture, np.array([[[1.0, 0.5]]], np.float32)).item() == 16


def test_far_beyond_the_edge_the_edge_is_repeated() -> None:
    picture = a_picture()
    read = np.array([[(-1e6, -1e6), (1e6, -1e6)], [(-1e6, 1e6), (1e6, 1e6)]], np.float32)
    corners = sample(picture, read, antialias=False)
    assert np.array_equal(corners, picture[[[0, 0], [-1, -1]], [[0, -1], [0, -1]]])
    assert sample(picture, read + np.float32(5e6)).shape == (2, 2, 3)


def test_cubic_values_of_bytes_stay_bytes() -> None:
    """An overshoot is cut off, and does not wrap around."""
    picture = np.zeros((8, 8, 1), np.uint8)
    picture[:, 4:] = 255
    read = lattice(32) * np.float32(8)
    smooth = sample(picture, read, cubic=True)[16, :, 0]
    assert smooth[:12].max() < 40
    assert smooth[20:].min() > 215
    floats = sample(picture.astype(np.float32) / 255, read, cubic=True)
    assert floats.min() < -0.01
    assert floats.max() > 1.01


def test_blocks_are_averaged_where_the_picture_shrinks() -> None:
    picture = a_picture(16, 16).astype(np.float32)
    means = picture.reshape(8, 2, 8, 2, 3).mean((1, 3))
    np.testing.assert_allclose(sample(picture, lattice(8) * np.float32(16)), means, atol=1e-3)
    chess = np.indices((64, 64)).sum(0)[..., None].astype(np.uint8) % 2 * 255
    # Shifted by a quarter block, so that without averaging single squares would show.
    read = lattice(16) * np.float32(64) + np.float32(0.5)
    assert np.abs(sample(chess, read).astype(int) - 127.5).max() <= 1
    assert np.ptp(sample(chess, read, antialias=False)) == 0
    assert sample(chess, read, antialias=False).max() in (0, 255)


def test_what_is_averaged_does_not_depend_on_the_window() -> None:
    picture = a_picture(64, 64)
    matrix = np.array(((0.3, 0.0, -3.0), (0.0, 0.3, -4.0)))
    whole = sample(picture, map_of(matrix, 12))
    part = sample(picture, map_of(matrix, 12)[3:, 5:])
    assert np.array_equal(whole[3:, 5:], part)


def test_blocks_larger_than_the_picture() -> None:
    picture = a_picture(3, 5)
    tiny = sample(picture, np.array([[(-500, -500), (500, -500)], [(-500, 500), (500, 500)]], np.float32))
    assert tiny.shape == (2, 2, 3)
    assert np.abs(tiny - picture.mean((0, 1))).max() < 1.0


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1)])
def test_pictures_and_results_of_one_pixel(shape: tuple[int, int]) -> None:
    picture = a_picture(*shape)
    assert np.array_equal(sample(picture, still(*shape)), picture)
    assert sample(a_picture(), np.full((*shape, 2), 4.5, np.float32)).shape == (*shape, 3)


def test_masks_go_along() -> None:
    both = a_picture(20, 20, 4)
    read = map_of(TURNED, 20)
    together = sample(both, read)
    assert np.array_equal(together[..., :3], sample(both[..., :3], read))
    assert np.array_equal(together[..., 3:], sample(both[..., 3:], read))


@pytest.mark.filterwarnings("error")
def test_pictures_that_cannot_be_written_to_or_lie_strangely_in_memory() -> None:
    picture = a_picture(20, 20)
    read = map_of(TURNED, 16)
    wanted = sample(picture, read)
    locked = picture.copy()
    locked.flags.writeable = False
    assert np.array_equal(sample(locked, read), wanted)
    assert np.array_equal(sample(picture[::-1, ::-1][::-1, ::-1], read), wanted)
    assert np.array_equal(sample(np.asfortranarray(picture), read.astype(np.float64)), wanted)


@pytest.mark.parametrize(
    ("picture", "read"),
    [
        (a_picture()[..., 0], still(4, 4)),
        (np.empty((0, 4, 3), np.uint8), still(4, 4)),
        (a_picture(), still(4, 4)[..., 0]),
        (a_picture(), np.empty((0, 4, 2), np.float32)),
        (a_picture(), np.full((4, 4, 2), np.nan, np.float32)),
        (a_picture(), np.where(np.arange(32).reshape(4, 4, 2) == 9, np.inf, 1.0).astype(np.float32)),
    ],
)
def test_what_makes_no_sense_is_refused(picture: NDArray[np.uint8], read: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"shape|finite"):
        sample(picture, read)


def test_maps_of_matrices() -> None:
    read = map_of(TURNED, 9)
    np.testing.assert_allclose(apply(TURNED, read), lattice(9) * 9, atol=1e-5)
    moved = composed(inverse(TURNED), apply(TURNED, read))
    np.testing.assert_allclose(moved, read, atol=1e-5)
    assert moved.dtype == np.float32
    with pytest.raises(ValueError, match="way back"):
        map_of(np.array(((1.0, 2.0, 0.0), (2.0, 4.0, 0.0))), 8)


def test_one_resampling_does_not_blur_like_two() -> None:
    """There and back again: composed, nothing has happened; one after the other, much is lost."""
    picture = a_picture(64, 64)
    turn = np.array(((0.8, 0.6, 0.0), (-0.6, 0.8, 25.0)))
    once = sample(picture, composed(turn, map_of(turn, 64)))
    twice = sample(sample(picture, map_of(inverse(turn), 64)), map_of(turn, 64))
    inside = slice(24, 40)
    assert np.abs(once.astype(int) - picture).max() <= 1
    assert twice[inside, inside].std() < 0.7 * picture[inside, inside].std()


@pytest.mark.parametrize(("shrink", "block"), [(0.2, 1), (1, 1), (1.45, 1), (1.55, 2), (2.5, 3), (6.4, 6)])
def test_blocks(shrink: float, block: int) -> None:
    angle = np.radians(30)
    turn = np.array(((np.cos(angle), np.sin(angle), 4.0), (-np.sin(angle), np.cos(angle), 0.0))) / shrink
    assert block_px(map_of(turn, 8)) == block
    assert block_px(map_of(turn, 8)[:, ::-1]) == block
    assert block_px(map_of(turn, 8)[:1]) == 1


def test_windows() -> None:
    read = np.array([[(10.5, 20.5)]], np.float32)
    rows, columns = window(read, 100, 100)
    assert set(range(18, 23)) <= set(range(rows.start, rows.stop))
    assert set(range(8, 13)) <= set(range(columns.start, columns.stop))
    assert rows.stop - rows.start < 12
    rows, columns = window(read, 100, 100, step=4)
    assert rows.start % 4 == columns.start % 4 == 0
    assert window(read - 1000, 100, 100) == (slice(0, 1), slice(0, 1))
    assert window(read + 1000, 100, 100) == (slice(99, 100), slice(99, 100))
