"""A face bent to another's landmarks: each is read where it was, nothing folds; and which faces are the nearest."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.landmarks import (
    LandmarkWarp,
    landmark_map,
    nearest,
    released_map,
    triangulated,
    within,
)
from prosopon.datasets.warps.sampling import lattice
from prosopon.studio.person import Identity
from prosopon.studio.render import render


def a_face(seed: int, scale: float = 1.0) -> NDArray[np.float64]:
    """Landmarks of somebody in a crop whose side is 1."""
    points = render(Identity.random(np.random.default_rng(seed)), size_px=96).landmarks.astype(np.float64) / 96
    return (points - points.mean(0)) * scale + 0.5


def read_at(places: NDArray[np.float64], read: NDArray[np.float32]) -> NDArray[np.float64]:
    """A map of a unit square at some places, to a pixel."""
    size = len(read)
    columns, rows = np.clip((places * size).astype(int), 0, size - 1).T
    centres = (np.stack((columns, rows), axis=-1) + 0.5) / size
    return read[rows, columns] + places - centres


def test_landmarks_are_read_where_they_were() -> None:
    source, target = a_face(1), a_face(2, 1.2)
    read = landmark_map(source, target, 512)
    apart = np.linalg.norm(read_at(target, read) - source, axis=-1) * 512
    # Of the jaw some are left out on purpose; near a landmark the map is steep on one side and flat on the other.
    assert np.median(apart) < 0.5
    assert np.quantile(apart[17:], 0.9) < 1.0
    moved = np.linalg.norm(target - source, axis=-1) * 512
    assert np.median(moved) > 5


def test_exactly_at_a_landmark() -> None:
    """A landmark on a pixel's centre is read to the last bit; corners and the middles of the edges stay."""
    size = 64
    centres = lattice(size)
    source = np.array([(20.3, 25.1), (40.7, 22.2), (31.9, 47.0)]) / size
    targets = centres[(24, 25, 44), (18, 43, 30)]
    anchors = centres[(0, 0, -1, -1), (0, -1, -1, 0)]
    read = triangulated(source, targets, anchors, centres)
    np.testing.assert_allclose(read[(24, 25, 44), (18, 43, 30)], source, atol=1e-6)
    np.testing.assert_allclose(read[(0, 0, -1, -1), (0, -1, -1, 0)], anchors, atol=1e-6)


def test_a_face_bent_to_itself_stays() -> None:
    np.testing.assert_allclose(landmark_map(a_face(1), a_face(1), 64), lattice(64), atol=1e-6)


def test_x_is_x_and_y_is_y() -> None:
    """A face whose target lies to the right of it is read to the left."""
    face = a_face(1, 0.5)
    moved = landmark_map(face, face + np.array((0.06, 0.0)), 64) - lattice(64)
    assert moved[32, 32, 0] == pytest.approx(-0.06, abs=1e-5)
    assert np.abs(moved[..., 1]).max() < 1e-5


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.6])
def test_nothing_far_away_is_read(scale: float) -> None:
    """Also where landmarks lie beyond the crop: its edge is not pulled in."""
    read = landmark_map(a_face(3, scale), a_face(4, scale), 64)
    assert np.isfinite(read).all()
    assert read.min() > 0
    assert read.max() < 1
    edge = np.concatenate((read[0, :, 1], read[:, 0, 0], 1 - read[-1, :, 1], 1 - read[:, -1, 0]))
    assert edge.max() < 0.03


def test_a_jaw_within_the_features_does_not_fold_the_face() -> None:
    """A head turned far: the jaw's near side is seen within the other's features, and is left out."""
    source, target = a_face(1), a_face(1)
    target[:6] = target[30] + (target[:6] - target[:6].mean(0)) * 0.2
    np.testing.assert_allclose(landmark_map(source, target, 64), lattice(64), atol=0.02)
    kept = triangulated(source, target, np.array(((0, 0), (0, 1), (1, 1), (1, 0.0))), lattice(64))
    assert np.abs(kept - lattice(64)).max() > 0.1


def test_draws() -> None:
    warp, own, other = LandmarkWarp(), a_face(1), a_face(2)
    first, again = (warp.draw(np.random.default_rng(7), 64, own, other) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, warp.draw(np.random.default_rng(8), 64, own, other))
    np.testing.assert_array_equal(
        LandmarkWarp(noise=0).draw(np.random.default_rng(7), 64, own, other), landmark_map(own, other, 64)
    )
    noisy = np.stack([warp.draw(np.random.default_rng(i), 64, own, own) - lattice(64) for i in range(50)])
    assert 0.3 * 2 / 256 < noisy[:, 20:44, 20:44].std() < 2 / 256


@pytest.mark.parametrize("wrong", [np.full((68, 2), np.nan), np.zeros((5, 2))])
def test_unknown_landmarks(wrong: NDArray[np.float64]) -> None:
    for pair in ((wrong, a_face(1)), (a_face(1), wrong)):
        with pytest.raises(ValueError, match=r"68|shape"):
            landmark_map(*pair, 16)


def test_landmarks_that_all_lie_in_one_place() -> None:
    assert np.isfinite(landmark_map(a_face(1), np.full((68, 2), 0.5), 16)).all()


def test_within() -> None:
    square = np.array(((0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5)))
    points = np.array((((0.2, 0.9), (1.2, 0.5)), ((0.0, 0.5), (1.0, 1.0))))
    assert within(points, square).tolist() == [[True, False], [True, True]]
    assert not within(points, np.zeros((5, 2))).any()


def test_nearest_by_definition() -> None:
    rng = np.random.default_rng(0)
    asked, others = rng.random((9, 68, 2)), rng.random((31, 68, 2))
    distance = ((asked[:, None] - others) ** 2).sum(-1).mean(-1)
    assert np.array_equal(nearest(asked, others, 4), distance.argsort(-1)[:, :4])
    assert np.array_equal(nearest(asked[3], others, 4), distance[3].argsort()[:4])
    assert nearest(asked, others).shape == (9, 10)
    assert nearest(asked, others[:3]).shape == (9, 3)
    assert nearest(asked[:0], others).shape == (0, 10)


def test_nearest_far_from_the_origin() -> None:
    """The sum of squares must not swallow the differences."""
    others = np.full((5, 68, 2), 1e6) + np.arange(5)[:, None, None] * 1e-3
    assert nearest(others[2] + 1e-4, others, 3).tolist() == [2, 3, 1]


def test_nearest_leaves_out_faces_without_landmarks() -> None:
    others = np.stack([a_face(i) for i in range(4)])
    others[1] = np.nan
    assert nearest(a_face(1), others, 9).tolist() != []
    assert 1 not in nearest(a_face(1), others, 9)
    with pytest.raises(ValueError, match="no face"):
        nearest(a_face(1), others[1:2])
    with pytest.raises(ValueError, match="no face"):
        nearest(a_face(1), others[:0])
    with pytest.raises(ValueError, match="no neighbours"):
        nearest(others, a_face(1)[None])


def test_the_released_map_counts_half_a_pixel_more() -> None:
    face = a_face(1) * 64
    np.testing.assert_allclose(released_map(face, face, 64), lattice(64) * 64, atol=1e-4)


@pytest.mark.parametrize("noise", [-1.0, np.nan])
def test_settings_that_make_no_sense(noise: float) -> None:
    with pytest.raises(UsageError):
        LandmarkWarp(noise)
