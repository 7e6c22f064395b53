"""By how much each pixel of a head may change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prosopon.core.faces import Box
from prosopon.disrupt.heads.allowed import Mask, allowed_levels
from prosopon.disrupt.heads.view import Region
from prosopon.faces.aligned.mean_face import OWN

REGION = Region(16, 112, 32, 144)
BOX = Box(40.5, 20.5, 120.5, 100.5)
LANDMARKS = np.asarray(OWN - OWN.min(0)) / np.ptp(OWN) * 40 + (60, 45)


def allowed(mask: Mask, landmarks: np.ndarray | None = LANDMARKS, levels: int = 6) -> torch.Tensor:
    part = torch.rand(1, 3, 96, 112, generator=torch.Generator().manual_seed(0))
    return allowed_levels(part, REGION, BOX, landmarks, levels=levels, mask=mask)


@pytest.mark.parametrize("mask", ["all", "face", "texture"])
def test_levels_are_whole_and_none_outside_of_the_box(mask: Mask) -> None:
    levels = allowed(mask)
    assert levels.shape == (1, 1, 96, 112)
    assert torch.equal(levels, levels.round())
    assert levels.min() == 0 and levels.max() >= 6
    outside = torch.ones(96, 112, dtype=torch.bool)
    outside[21 - 16 : 100 - 16, 41 - 32 : 120 - 32] = False
    assert levels[0, 0][outside].max() == 0


def test_the_border_of_a_crop_is_soft_and_its_middle_whole() -> None:
    levels = allowed("all", levels=12)[0, 0]
    assert levels[40, 50] == 12
    assert 0 < levels[5, 50] < 12


def test_a_face_is_smaller_than_its_head_and_needs_landmarks() -> None:
    assert 0 < (allowed("face") > 0).sum() < (allowed("all") > 0).sum()
    assert torch.equal(allowed("face", None), allowed("all"))


def test_texture_moves_levels_about_and_keeps_their_mean() -> None:
    even, textured = allowed("all"), allowed("texture")
    assert textured.std() > 0 and textured.max() <= 12
    assert abs(float(textured.mean() / even.mean()) - 1) < 0.15
