"""Measuring parts: made-up clips whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from prosopon.arena.part_segmentation import SIZE_PX, Sample, fixed_grid, measure_parts, part_centres

SIDE = 64


def clip(name: str, seed: int, n_frames: int = 12) -> Sample:
    """A red and a green disc before blue, wherever they like; landmarks hang on the discs' places."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX]
    frames, points, masks = [], [], []
    for _ in range(n_frames):
        places = rng.uniform(70, 186, (2, 2))
        frame = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
        frame[..., 2] = 255
        inside = [(x - a) ** 2 + (y - b) ** 2 < 30**2 for a, b in places]
        frame[inside[0]] = (255, 0, 0)
        frame[inside[1] & ~inside[0]] = (0, 255, 0)
        frames.append(frame)
        points.append(np.concatenate((np.tile(places[0], (34, 1)), np.tile(places[1], (34, 1)))))
        masks.append(inside[0] | inside[1])
    return Sample(name, np.stack(frames), np.stack(points), np.stack(masks))


def by_colour(pictures: Tensor) -> Tensor:
    """Background, red, green."""
    small = torch.nn.functional.interpolate(pictures, size=(SIDE, SIDE), mode="area")
    return small[:, [2, 0, 1]]


def nothing(pictures: Tensor) -> Tensor:
    return torch.cat((torch.ones(len(pictures), 1, SIDE, SIDE), torch.zeros(len(pictures), 2, SIDE, SIDE)), dim=1)


def test_parts_that_are_right_beat_every_baseline() -> None:
    scores = measure_parts([clip("a", 1), clip("b", 2)], by_colour)
    assert scores.landmarks is not None
    assert scores.foreground is not None
    assert scores.landmarks.baseline is not None
    assert scores.foreground.baseline is not None
    assert scores.consistency.grid is not None
    assert scores.landmarks.value < 0.2 * scores.landmarks.baseline  # discs may overlap
    assert scores.landmarks.grid == pytest.approx(scores.landmarks.baseline)  # a grid's centres say nothing
    assert scores.foreground.value > 0.95
    assert scores.foreground.baseline < 0.6
    assert scores.consistency.value > 0.85 > scores.consistency.grid
    assert (scores.fitted, scores.tested) == (12, 12)
    assert scores.clips == ("a", "b")


def test_no_parts_are_no_better_than_the_mean() -> None:
    scores = measure_parts([clip("a", 1), clip("b", 2)], nothing)
    assert scores.landmarks is not None
    assert scores.foreground is not None
    assert scores.landmarks.value == pytest.approx(scores.landmarks.baseline)
    assert scores.foreground.value == 0
    assert scores.shares == (1, 0, 0)


def test_what_is_unknown_is_left_out() -> None:
    first, second = clip("a", 1), clip("b", 2)
    first.landmarks[3] = np.nan
    second.masks = None
    scores = measure_parts([first, second], by_colour)
    assert scores.landmarks is not None
    assert np.isfinite(scores.landmarks.value)
    assert scores.foreground is None


def test_one_clip_is_not_enough() -> None:
    with pytest.raises(ValueError, match="two clips"):
        measure_parts([clip("a", 1)], by_colour)


def test_centres_are_in_pixels_of_256() -> None:
    segments = torch.zeros(1, 2, SIDE, SIDE)
    segments[0, 1, 15, 47] = 1
    x, y = part_centres(segments)[0]
    assert (x, y) == pytest.approx((47.5 * 4 - 0.5, 15.5 * 4 - 0.5), abs=0.5)


@pytest.mark.parametrize("parts", [5, 10, 12])
def test_the_grid_has_as_many_parts(parts: int) -> None:
    grid = fixed_grid(parts, SIDE, SIDE)
    assert grid.shape == (1, parts + 1, SIDE, SIDE)
    assert torch.equal(grid.sum(1), torch.ones(1, SIDE, SIDE))
    assert (grid.sum((0, 2, 3)) > 0).all()
