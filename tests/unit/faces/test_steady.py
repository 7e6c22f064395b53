"""Landmarks smoothed for cutting: steadier, never late, never across a gap."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Box, Face, Track
from prosopon.faces.aligned.maps import apply
from prosopon.faces.framing import AlignedCrops, Place, SteadySquares
from prosopon.faces.head68 import HEAD
from prosopon.faces.steady import runs, steady_landmarks

MEAN = (HEAD[:, :2] * (6, -6) + (200, 150)).astype(np.float32)


def a_track(shifts: dict[int, float]) -> Track:
    faces = {}
    for index, shift in shifts.items():
        points = MEAN + np.float32(shift)
        low, high = points.min(0).tolist(), points.max(0).tolist()
        faces[index] = Face(Box(*low, *high), points)
    return Track(faces)


def test_runs_end_where_a_frame_is_missing() -> None:
    assert runs([4, 0, 1, 2, 7, 5]) == [[0, 1, 2], [4, 5], [7]]
    assert runs([0, 5, 10, 20], every=5) == [[0, 5, 10], [20]]
    assert runs([]) == []


def test_trembling_goes_and_steady_motion_stays() -> None:
    rng = np.random.default_rng(0)
    noise = {index: float(rng.normal()) for index in range(60)}
    smoothed = steady_landmarks(a_track(noise), 3.0)
    shifts = np.array([smoothed[index][0, 0] - MEAN[0, 0] for index in range(60)])
    assert np.diff(shifts).std() < 0.2 * np.diff([*noise.values()]).std()
    ramp = steady_landmarks(a_track({index: 2.0 * index for index in range(40)}), 3.0)
    for index in (0, 17, 39):
        np.testing.assert_allclose(ramp[index], MEAN + 2.0 * index, atol=1e-3)


def test_nothing_reaches_over_a_gap() -> None:
    jump = {**dict.fromkeys(range(10), 0.0), **dict.fromkeys(range(11, 20), 50.0)}
    smoothed = steady_landmarks(a_track(jump), 4.0)
    np.testing.assert_allclose(smoothed[9], MEAN, atol=1e-3)
    np.testing.assert_allclose(smoothed[11], MEAN + 50.0, atol=1e-3)
    assert 10 not in smoothed


def test_looks_that_are_farther_apart_are_smoothed_over_the_same_time() -> None:
    wave = {index: 10 * np.sin(index / 10) for index in range(0, 200, 5)}
    fine = steady_landmarks(a_track({index: 10 * np.sin(index / 10) for index in range(200)}), 10.0)
    coarse = steady_landmarks(a_track(wave), 10.0, every=5)
    inner = [index for index in coarse if 40 <= index < 160]
    np.testing.assert_allclose(
        [coarse[index][0, 0] for index in inner], [fine[index][0, 0] for index in inner], atol=0.15
    )


def test_no_smoothing_is_none() -> None:
    track = a_track({0: 0.0, 1: 3.0, 2: -1.0})
    for index, held in steady_landmarks(track, 0.0).items():
        np.testing.assert_array_equal(held, track.faces[index].landmarks)


def test_aligned_crops_have_the_eyes_where_they_always_are() -> None:
    track = a_track({0: 0.0, 1: 30.0})
    places = AlignedCrops("full", 128).places(track, 2, 1)
    seen = [apply(places[index].matrix, track.faces[index].landmarks) for index in (0, 1)]  # type: ignore[arg-type]
    np.testing.assert_allclose(seen[0], seen[1], atol=1e-3)
    assert 0 < seen[0].min() < seen[0].max() < 128 * 1.1
    steady = AlignedCrops("full", 128, sigma_frames=5.0).places(track, 2, 1)
    assert np.abs(steady[0].matrix - places[0].matrix).max() > 0.1


def test_faces_that_cannot_be_aligned_are_absent() -> None:
    track = a_track({0: 0.0, 1: 0.0, 2: 0.0})
    faces = dict(track.faces)
    faces[1] = Face(faces[1].box)
    faces[2] = Face(faces[2].box, np.full((68, 2), 3, np.float32))
    assert [*AlignedCrops("whole").places(Track(faces), 3, 1)] == [0]


def test_the_matrix_of_a_square_says_where_its_pixels_are_from() -> None:
    box = Box(10.5, 20.25, 110.5, 120.25)
    place = Place.upright(box, 50)
    np.testing.assert_allclose(apply(place.matrix, np.array((box.left, box.top))), (0, 0))
    np.testing.assert_allclose(apply(place.matrix, np.array((box.right, box.bottom))), (50, 50))


@pytest.mark.parametrize("every", [1, 3])
def test_squares_lie_around_every_face(every: int) -> None:
    track = a_track({0: 0.0, 3: 4.0, 9: 8.0})
    places = SteadySquares(64, 0.1).places(track, 10, every)
    assert sorted(places) == [0, 3, 9]
    for index, place in places.items():
        inside = apply(place.matrix, np.array(track.faces[index].box.centre))
        assert (np.abs(inside - 32) < 8).all()
