"""Crops and what is seen through them: exact places, edges, gradients."""

from __future__ import annotations

import numpy as np
import torch

from prosopon.arena.victims.crops import as_crops, as_pictures, seen_through, usual_landmarks
from prosopon.faces.head_box import head_box

STILL = np.array(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))


def test_frames_come_back() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (7, 7, 3), dtype=np.uint8)
    assert np.array_equal(as_pictures(as_crops([frame], 7, torch.device("cpu")), 7)[0], frame)
    assert as_pictures(torch.zeros(2, 3, 8, 8), 5)[1].shape == (5, 5, 3)


def test_seeing_through_nothing_changes_nothing_and_whole_shifts_are_exact() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 3, 6, 6)
    assert torch.allclose(seen_through(images, STILL, 6), images, atol=1e-5)
    right_and_down = STILL + np.array(((0, 0, 2.0), (0, 0, 1.0)))
    seen = seen_through(images, right_and_down, 6)
    assert torch.allclose(seen[..., :5, :4], images[..., 1:, 2:], atol=1e-5)
    assert torch.allclose(seen[..., :5, 5], images[..., 1:, 5], atol=1e-5)
    beyond = seen_through(images, right_and_down, 6, beyond="zeros")[..., 5, :]
    assert torch.allclose(beyond, torch.zeros(2, 3, 6), atol=1e-5)


def test_the_centre_of_the_first_pixel_is_at_a_half() -> None:
    ramp = (torch.arange(8.0) + 0.5).expand(1, 1, 8, 8)
    halved = seen_through(ramp, STILL * 2, 4)
    assert torch.allclose(halved[0, 0, 0], torch.tensor([1.0, 3.0, 5.0, 7.0]), atol=1e-5)
    tall = (torch.arange(8.0) + 0.5).expand(1, 1, 4, 8)
    assert torch.allclose(seen_through(tall, STILL, 4)[0, 0, 0], torch.tensor([0.5, 1.5, 2.5, 3.5]), atol=1e-5)


def test_gradients_fall_where_was_looked() -> None:
    images = torch.zeros(1, 1, 6, 6, requires_grad=True)
    seen_through(images, STILL + np.array(((0, 0, 1.0), (0, 0, 3.0))), 2).sum().backward()
    assert images.grad is not None
    expected = torch.zeros(6, 6)
    expected[3:5, 1:3] = 1
    assert torch.allclose(images.grad[0, 0], expected, atol=1e-5)


def test_the_usual_face_lies_as_heads_are_cut() -> None:
    points = usual_landmarks(200)
    box = head_box([points.astype(np.float32)])
    assert np.allclose(box, (0, 0, 200, 200), atol=1e-3)
