"""Where changes are allowed: faces, and where noise hides."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prosopon.core.errors import MediaError, UsageError
from prosopon.disrupt.budget.masks import Masked, face_mask
from prosopon.disrupt.budget.projection import L2
from prosopon.disrupt.budget.visibility import epsilon_map, just_noticeable
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import OWN

FACE = apply(crop_matrix(OWN * 100, "full", 128), OWN * 100)


def test_a_sharp_mask_is_the_hull_wherever_the_face_is() -> None:
    hull = torch.from_numpy(landmark_mask(FACE, 128))
    torch.testing.assert_close(face_mask([FACE], 128, 128, softness=0)[0, 0], hull)
    moved = face_mask([FACE + np.array((40, -25))], 150, 200, softness=0)
    assert moved.shape == (1, 1, 150, 200)
    torch.testing.assert_close(moved[0, 0, :103, 40:168], hull[25:])
    assert float(moved[0, 0, 103:].sum()) == 0


def test_large_faces_are_the_small_ones_enlarged() -> None:
    small = face_mask([FACE], 128, 128)[0, 0]
    large = face_mask([FACE * 10], 1280, 1280)[0, 0]
    means = large.view(128, 10, 128, 10).mean((1, 3))
    assert float((means - small).abs().max()) < 0.05
    assert float((means - small).abs().mean()) < 0.004


def test_the_edge_is_soft_and_the_far_field_exactly_zero() -> None:
    sharp, soft = (face_mask([FACE], 200, 180, softness=softness)[0, 0] for softness in (0.0, 0.05))
    assert float((soft[1:] - soft[:-1]).abs().max()) < 0.15 < float((sharp[1:] - sharp[:-1]).abs().max())
    assert float(soft.sum()) == pytest.approx(float(sharp.sum()), rel=0.03)
    assert float(soft.min()) == 0
    assert float(soft.max()) <= 1
    assert not bool(soft[150:].any())


def test_several_faces_and_none() -> None:
    both = face_mask([FACE, FACE * 0.5 + (120, 0)], 130, 260)
    one, other = (face_mask([face], 130, 260) for face in (FACE, FACE * 0.5 + (120, 0)))
    assert torch.equal(both, torch.maximum(one, other))
    assert float(face_mask([], 7, 5).sum()) == 0


def test_faces_out_of_the_picture_tiny_huge_or_pointlike_give_no_trouble() -> None:
    for landmarks, most in ((FACE + 1e7, 0), (FACE * 0, 0.1), (FACE * 1e-3 + 20, 2), ((FACE - 60) * 1e6 + 20, 1600)):
        mask = face_mask([landmarks], 40, 40)
        assert bool(torch.isfinite(mask).all())
        assert 0 <= float(mask.sum()) <= most
    assert float(face_mask([(FACE - FACE[27]) * 1e4 + 20], 40, 40).min()) > 0.99
    assert face_mask([FACE], 1, 1).shape == (1, 1, 1, 1)


def test_bad_landmarks_and_edges_are_refused() -> None:
    with pytest.raises(MediaError, match="no number"):
        face_mask([np.where(np.arange(136).reshape(68, 2) == 5, np.nan, FACE)], 10, 10)
    with pytest.raises(UsageError, match="edge"):
        face_mask([FACE], 10, 10, softness=0.3)
    with pytest.raises(ValueError, match="68"):
        face_mask([FACE[:60]], 10, 10)


def test_under_a_mask_nothing_else_changes_and_the_budget_is_for_the_rest() -> None:
    images = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25
    mask = torch.zeros(1, 1, 6, 8)
    mask[..., :4] = 0.3
    out = Masked(L2(0.2), mask).project(images, images + 0.1)
    assert torch.equal(out[..., 4:], images[..., 4:])
    assert float((out - images).square().sum().sqrt()) == pytest.approx(0.2, rel=1e-4)


@pytest.mark.parametrize(
    ("level", "wanted"), [(0, 20.0), (127, 3.0), (255, 6.0), (31.75, 11.5)], ids=["black", "grey", "white", "dark"]
)
def test_even_pictures_follow_the_published_curve(level: float, wanted: float) -> None:
    map_ = just_noticeable(torch.full((1, 3, 4, 5), level / 255))
    assert map_.shape == (1, 1, 4, 5)
    torch.testing.assert_close(map_ * 255, torch.full((1, 1, 4, 5), wanted), rtol=0, atol=1e-3)


def test_beside_an_edge_more_is_hidden_by_what_the_equations_say() -> None:
    levels = torch.full((1, 3, 9, 9), 60.0)
    levels[..., 5:] = 220.0
    map_ = just_noticeable(levels / 255)[0, 0, 4] * 255
    # At the last dark column: three neighbours a row of five are bright one column on, two columns on five more.
    background = (60 * (32 - 13) + 220 * 13) / 32
    # Only half of the weights of the upright difference reach over the edge here, all of those with three and eight.
    slope = (1 + 3 + 8 + 3 + 1) * 160 / 16
    assert float(map_[4]) == pytest.approx(slope * (0.0001 * background + 0.115) + 0.5 - 0.01 * background, abs=1e-3)
    assert float(map_[1]) == pytest.approx(17 * (1 - (60 / 127) ** 0.5) + 3, abs=1e-3)
    turned = just_noticeable(levels.transpose(2, 3) / 255)[0, 0, :, 4] * 255
    torch.testing.assert_close(turned, map_)


def textured() -> torch.Tensor:
    images = torch.full((2, 3, 24, 30), 0.5)
    images[..., 15:] += 0.8 * (torch.rand(2, 1, 24, 15, generator=torch.Generator().manual_seed(0)) - 0.5)
    return images


def test_epsilon_follows_and_keeps_its_mean() -> None:
    even = epsilon_map(textured(), 0.03, strength=0)
    torch.testing.assert_close(even, torch.full((2, 1, 24, 30), 0.03))
    map_ = epsilon_map(textured(), 0.03)
    torch.testing.assert_close(map_.mean((1, 2, 3)), torch.full((2,), 0.03))
    assert float(map_[..., 17:].mean()) > 1.15 * float(map_[..., :13].mean())
    stronger = epsilon_map(textured(), 0.03, strength=2)
    assert float(stronger[..., 17:].mean()) > float(map_[..., 17:].mean())


def test_epsilon_under_a_mask_keeps_its_mean_there() -> None:
    mask = torch.zeros(1, 1, 24, 30)
    mask[..., :20] = 1
    mask[..., 18:20] = 0.5
    map_ = epsilon_map(textured(), 0.03, mask)
    assert not bool(map_[..., 20:].any())
    torch.testing.assert_close(map_.sum((1, 2, 3)), (0.03 * mask.sum()).expand(2))
    assert float(epsilon_map(textured(), 0.03, torch.zeros(1, 1, 24, 30)).abs().max()) == 0


def test_visibility_of_odd_pictures_and_layouts() -> None:
    for size in ((1, 1), (1, 9), (3, 2)):
        assert bool(torch.isfinite(just_noticeable(torch.rand(1, 3, *size))).all())
    images = textured()
    other = just_noticeable(images.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(other, just_noticeable(images), rtol=0, atol=1e-6)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(just_noticeable(images), just_noticeable(images))
        half = just_noticeable(images)
    torch.testing.assert_close(half, just_noticeable(images), rtol=0, atol=1e-6)
