"""The pilot is seen where it is, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from marked_pictures import cropped, photo, turned

from prosopon.core.clip import Frame
from prosopon.vouch.watermark.luma import added, luma
from prosopon.vouch.watermark.pilot import pattern
from prosopon.vouch.watermark.places import LEAST_CLARITY
from prosopon.vouch.watermark.sighting import WORKING_SIDE_PX, Sighting, sightings, whitened

CORNERS = np.array([[0.1, 0.1, 1.0], [0.9, 0.1, 1.0], [0.1, 0.9, 1.0], [0.9, 0.9, 1.0]]).T


def with_pilot() -> Frame:
    frame = photo()
    return added(frame, np.rint(pattern(*frame.shape[:2])).astype(np.int16))


def seen(frame: Frame) -> Sighting:
    return sightings(whitened(luma(frame)), 3)[0]


def error_px(found: Sighting, matrix: list[list[float]]) -> float:
    """Largest error in the corners, in pixels of a picture of 256."""
    return float(np.abs(256 * ((found.matrix - np.array(matrix)) @ CORNERS)).max())


def test_the_whole_picture() -> None:
    found = seen(with_pilot())
    assert error_px(found, [[1, 0, 0], [0, 1, 0]]) < 1.0
    assert found.clarity > 1.5 * LEAST_CLARITY


def test_a_crop() -> None:
    found = seen(cropped(with_pilot(), 0.15, 1.0, 0.0))
    scale = 1 / 0.85
    assert error_px(found, [[scale, 0, 1 - scale], [0, scale, 0]]) < 2.5


@pytest.mark.parametrize("degrees", [-4.0, 2.5])
def test_a_turn(degrees: float) -> None:
    found = seen(turned(with_pilot(), degrees))
    height, width = photo().shape[:2]
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    linear = np.array([[cos, -sin * height / width], [sin * width / height, cos]])
    shift = 0.5 - linear @ [0.5, 0.5]
    assert error_px(found, np.c_[linear, shift].tolist()) < 2.5


def test_a_mirror_image() -> None:
    found = seen(with_pilot()[:, ::-1])
    assert error_px(found, [[-1, 0, 1], [0, 1, 0]]) < 1.0


def test_nothing_is_clear_where_there_is_none() -> None:
    assert seen(photo()).clarity < 7.0


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_has_no_sightings(value: int) -> None:
    assert sightings(whitened(np.full((90, 130), value, np.float32)), 3) == []


def test_whitening_keeps_small_planes_and_reduces_large_ones() -> None:
    rng = np.random.default_rng(0)
    assert whitened(rng.random((70, 64), np.float32)).shape == (70, 64)
    large = whitened((255 * rng.random((1000, 500))).astype(np.float32))
    assert large.shape == (WORKING_SIDE_PX, WORKING_SIDE_PX // 2)
    assert np.isfinite(large).all()
