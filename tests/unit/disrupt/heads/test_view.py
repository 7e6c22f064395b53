"""Crops of heads with gradients, beside those that programs make."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_nets_of_heads import soft_picture

from prosopon.core.faces import Box
from prosopon.disrupt.heads.view import HeadView, Region, seen_region
from prosopon.faces.crop import cut
from prosopon.models.tensors import to_frames, to_tensor

BOXES = [
    Box(10.3, 7.9, 60.3, 57.9),  # inside
    Box(-20.25, -11.5, 50.75, 59.5),  # over the left and upper edges
    Box(40.0, 30.0, 140.5, 130.5),  # over the right and lower ones
    Box(-30.0, -30.0, 200.0, 200.0),  # around the whole picture
    Box(20.5, 20.5, 30.5, 30.5),  # small: it is enlarged
]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("side_px", [16, 33])
def test_a_view_is_the_crop_that_programs_make_up_to_rounding(box: Box, side_px: int) -> None:
    picture = soft_picture(101, 77)
    region = seen_region(box, 101, 77, [side_px])
    part = to_tensor(np.ascontiguousarray(picture[region.slices]))
    seen = to_frames(HeadView(box, region, (101, 77), side_px)(part))[0]
    wanted = cut(picture, box, side_px)
    assert np.abs(seen.astype(int) - wanted.astype(int)).max() <= 1


@pytest.mark.parametrize("box", BOXES)
def test_nothing_outside_of_the_region_is_seen(box: Box) -> None:
    picture = soft_picture(101, 77)
    region = seen_region(box, 101, 77, [16])
    spoilt = np.full_like(picture, 255)
    spoilt[region.slices] = picture[region.slices]
    assert np.array_equal(cut(spoilt, box, 16), cut(picture, box, 16))


def test_regions_begin_at_blocks_and_end_within_the_picture() -> None:
    assert seen_region(Box(20, 40, 30, 50), 101, 77, [10]) == Region(32, 64, 16, 32)
    assert seen_region(Box(60, 60, 300, 300), 101, 77, [10]) == Region(0, 77, 0, 101)
    outside = seen_region(Box(-300, -300, -200, -200), 101, 77, [10])
    assert outside.height >= 1 and outside.width >= 1


def test_gradients_reach_the_pixels_that_are_seen_and_no_others() -> None:
    box = Box(20, 20, 40, 40)
    region = seen_region(box, 64, 64, [10])
    part = torch.rand(1, 3, region.height, region.width, requires_grad=True)
    HeadView(box, region, (64, 64), 10)(part).sum().backward()
    assert part.grad is not None
    inside = part.grad[..., 20 - region.top : 40 - region.top, 20 - region.left : 40 - region.left]
    assert torch.allclose(inside.mean(), torch.tensor(0.25), atol=0.01)
    assert part.grad[..., 0, 0].abs().max() == 0
