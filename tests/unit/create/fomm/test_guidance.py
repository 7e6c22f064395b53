"""Keypoints drawn towards a face finder's landmarks: their changes count, not their places."""

from __future__ import annotations

import numpy as np
import torch

from prosopon.core.faces import Box
from prosopon.create.fomm.guidance import Guidance
from prosopon.models.motion.keypoints import Keypoints

GROUPS = ((37, 38), (61, 62, 63), (30,))
BOX = Box(0, 0, 200, 200)


def guidance(shift_px: dict[int, float], count: int, back_end: str = "mediapipe", fps: float = 25) -> Guidance:
    landmarks = {i: np.full((68, 2), 100 + shift, np.float32) for i, shift in shift_px.items()}
    times = [index / fps for index in range(count)]
    return Guidance(GROUPS, landmarks, box=BOX, times=times, reference=0, back_end=back_end)


def still(count: int) -> Keypoints:
    return Keypoints(torch.tensor([[[0.1, 0.2], [-0.3, 0.4], [0.0, 0.0], [0.9, 0.9]]]).repeat(count, 1, 1))


def test_the_reference_stays_and_others_move_by_a_share() -> None:
    points = still(5)
    guided = guidance({0: 0, 2: 10, 4: 10}, 5).guided(points, 0, points[:1]).value
    assert torch.equal(guided[0], points.value[0])
    moved = (guided - points.value)[4, :, 0]
    # 10 pixels of 200 are 0.1; lids follow the most, the nose less, what follows no landmark not at all.
    assert 0 < moved[2] < moved[1] < moved[0] < 0.1
    assert moved[3] == 0
    assert 0 < guided[1, 0, 0] - 0.1 < guided[2, 0, 0] - 0.1  # between looks in between


def test_chunks_take_their_own_frames() -> None:
    points = still(6)
    guide = guidance({i: float(i) for i in range(6)}, 6)
    whole = guide.guided(points, 0, points[:1]).value
    assert torch.equal(guide.guided(points[4:], 4, points[:1]).value, whole[4:])


def test_the_built_in_finder_decides_nothing_about_expression() -> None:
    points = still(3)
    moved = guidance({0: 0, 1: 10, 2: 10}, 3, "builtin").guided(points, 0, points[:1]).value - points.value
    assert (moved[:, :2] == 0).all()
    assert (moved[2, 2] > 0).all()


def test_long_gaps_are_left_to_the_detector() -> None:
    points = still(30)
    moved = guidance({0: 0, 29: 10}, 30).guided(points, 0, points[:1]).value - points.value
    assert moved[3:27].abs().max() == 0
