"""Measures of disturbance, against values counted by hand."""

from __future__ import annotations

import pytest
import torch

from prosopon.disrupt.pgd.effect import l1, l2, masked_l2, measure_effect


def picture(value: float, side: int = 4) -> torch.Tensor:
    return torch.full((1, 3, side, side), value)


def test_distances_are_per_picture() -> None:
    disturbed = torch.cat((picture(0.5), picture(-0.25)))
    zero = torch.zeros(2, 3, 4, 4)
    assert l1(disturbed, zero).tolist() == [0.5, 0.25]
    assert l2(disturbed, zero).tolist() == [0.25, 0.0625]


def test_only_the_edited_pixels_count_under_the_mask() -> None:
    """The edit changes one pixel by 0.2 in each colour (0.6 together), another by 0.16 (0.48: too little)."""
    images = picture(0.0)
    untouched = images.clone()
    untouched[..., 0, 0] = 0.2
    untouched[..., 1, 1] = 0.16
    disturbed = untouched.clone()
    disturbed[..., 0, 0] += 0.5
    disturbed[..., 1, 1] += 1.0
    assert masked_l2(disturbed, untouched, images) == [pytest.approx(0.25)]


def test_the_mask_adds_colours_whichever_way_they_go() -> None:
    images = picture(0.0)
    untouched = images.clone()
    untouched[0, :, 0, 0] = torch.tensor([0.3, -0.3, 0.0])
    assert masked_l2(untouched + 0.1, untouched, images) == [pytest.approx(0.01)]


def test_an_edit_that_did_nothing_has_no_masked_error() -> None:
    images = torch.cat((picture(0.0), picture(0.0)))
    untouched = torch.cat((picture(0.0), picture(0.9)))
    disturbed = untouched + 0.3
    assert masked_l2(disturbed, untouched, images) == [None, pytest.approx(0.09)]
    effect = measure_effect(disturbed, untouched, images)
    assert effect.masked_l2 == pytest.approx(0.09)
    assert effect.masked_disrupted == 1.0
    nothing = measure_effect(disturbed[:1], untouched[:1], images[:1])
    assert nothing.masked_l2 is None
    assert nothing.masked_disrupted is None
    assert nothing.disrupted == 1.0


def test_broken_is_more_than_five_hundredths() -> None:
    images = torch.zeros(4, 3, 2, 2)
    disturbed = torch.tensor([0.0, 0.22, 0.225, 1.0]).view(4, 1, 1, 1).expand(4, 3, 2, 2)
    effect = measure_effect(disturbed, images, images)
    assert effect.disrupted == 0.5
    assert effect.l1 == pytest.approx((0.22 + 0.225 + 1) / 4)
    assert effect.l2 == pytest.approx((0.22**2 + 0.225**2 + 1) / 4)


def test_half_precision_is_measured_in_single() -> None:
    disturbed = torch.full((1, 3, 64, 64), 1.0, dtype=torch.bfloat16)
    assert l1(disturbed, torch.zeros_like(disturbed)).item() == 1.0


def test_other_shapes_and_no_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="answers"):
        measure_effect(picture(0), picture(0, 5), picture(0))
    with pytest.raises(ValueError, match="answers"):
        measure_effect(*[torch.zeros(0, 3, 4, 4)] * 3)
