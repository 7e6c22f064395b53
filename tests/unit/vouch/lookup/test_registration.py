"""A suspect is found in its original wherever it was cut from it, and strangers are not."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_scenes import cropped, graded, jpeg, resized, scene, swapped
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.vouch.lookup.registration import register, warped

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def turned(frame: Frame, degrees: float, cut: int) -> Frame:
    return cropped(np.array(Image.fromarray(frame).rotate(degrees, Image.Resampling.BICUBIC)), cut, cut, cut, cut)


@pytest.mark.parametrize(
    ("suspect", "place"),
    [
        (scene(), (1.0, 0, 0)),
        (jpeg(resized(scene(), 0.5), 60), (2.0, 0, 0)),
        (resized(scene(), 1.7), (1 / 1.7, 0, 0)),
        (jpeg(cropped(scene(), 14, 9, 4, 12)), (1.0, 14, 9)),
        (resized(cropped(scene(), 60, 20, 10, 40), 0.8), (1.25, 60, 20)),
        (graded(cropped(scene(), 12, 6, 0, 0)), (1.0, 12, 6)),
        (jpeg(cropped(swapped(), 10, 5, 5, 5)), (1.0, 10, 5)),
        (255 - (255 - scene()) // 3, (1.0, 0, 0)),
    ],
)
def test_the_place_is_found_to_a_fraction_of_a_pixel(suspect: Frame, place: tuple[float, float, float]) -> None:
    found = register(suspect, scene())
    assert found is not None
    scale, left, top = place
    corners = CORNERS * (suspect.shape[1], suspect.shape[0])
    assert np.abs(found.apply(corners) - (corners * scale + (left, top))).max() < 0.7
    assert found.scale == pytest.approx(scale, rel=0.01)
    assert found.fit > 0.7


def test_turned_a_little() -> None:
    found = register(turned(scene(), 5, 20), scene())
    assert found is not None
    assert found.fit > 0.9
    middle = np.array([140.0, 100.0])
    assert np.abs(found.apply(middle) - (160, 120)).max() < 1
    assert np.degrees(np.arctan2(found.matrix[1, 0], found.matrix[0, 0])) == pytest.approx(5, abs=0.2)


def test_a_larger_original_and_a_thumbnail() -> None:
    original = scene(width=1280, height=960)
    suspect = cropped(scene(), 10, 10)
    for frame, scale in ((original, 4.0), (resized(scene(), 0.5), 0.5)):
        found = register(suspect, frame)
        assert found is not None
        assert (
            np.abs(found.apply(np.array([[0.0, 0.0], [310.0, 230.0]])) - scale * np.array([[10, 10], [320, 240]])).max()
            < scale
        )


@pytest.mark.parametrize("seed", range(1, 6))
def test_strangers_have_no_place(seed: int) -> None:
    assert register(scene(seed), scene()) is None


@pytest.mark.parametrize(
    "frame",
    [
        np.full((200, 200, 3), 128, np.uint8),
        np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8),
        np.zeros((8, 300, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
)
def test_plain_noisy_and_tiny_pictures_have_none(frame: Frame) -> None:
    assert register(frame, scene()) is None
    assert register(scene(), frame) is None


def test_the_same_every_time() -> None:
    first, second = (register(cropped(scene(), 60, 20, 10, 40), scene()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.matrix, second.matrix)


def test_the_inverse_leads_back() -> None:
    found = register(cropped(scene(), 14, 9), scene())
    assert found is not None
    points = np.array([[3.0, 4.0], [200.5, 100.0]])
    assert np.allclose(found.inverse.apply(found.apply(points)), points)


def test_warping_shows_what_is_there_and_says_what_is_not() -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    moved, inside = warped(picture, np.array([[1.0, 0, 1], [0, 1, 0], [0, 0, 1]]), (4, 4))
    assert np.array_equal(moved[:, :3], picture[:, 1:])
    assert inside.tolist() == [[True, True, True, False]] * 4
