"""Self-blended images: what is the same outside the mask, where the mask lies, and what a pair has in common."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import Delaunay

from prosopon.detect.blending.pairs import SelfBlends
from prosopon.detect.blending.recolouring import ColourRanges, Recolouring, sharpened, shrunk
from prosopon.detect.blending.region import REGIONS, bent, outline_of, soft_mask
from prosopon.detect.blending.selfblend import SelfBlending, blend, self_blended
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.mean_face import OWN

_SIDE = 200
_SEEDS = range(24)


def _face() -> tuple[np.ndarray, np.ndarray]:
    """A grainy picture with some structure, and where its landmarks are."""
    rng = np.random.default_rng(5)
    landmarks = (OWN * 110 + (45, 45)).astype(np.float32)
    picture = 120 + 40 * np.sin(np.arange(_SIDE) / 9)[:, None, None] + rng.normal(0, 12, (_SIDE, _SIDE, 3))
    return picture.clip(0, 255).astype(np.uint8), landmarks


def test_nothing_changes_outside_the_mask_and_something_within() -> None:
    picture, landmarks = _face()
    changed = 0
    for seed in _SEEDS:
        pair = self_blended(picture, landmarks, np.random.default_rng(seed))
        outside = pair.mask == 0
        assert np.array_equal(pair.real[outside], pair.fake[outside])
        assert outside.mean() > 0.3
        changed += not np.array_equal(pair.real, pair.fake)
        border = np.concatenate((pair.mask[0], pair.mask[-1], pair.mask[:, 0], pair.mask[:, -1]))
        assert not border.any()
    assert changed >= len(_SEEDS) - 2


@pytest.mark.parametrize("region", [*REGIONS])
def test_masks_lie_in_their_region(region: str) -> None:
    picture, landmarks = _face()
    still = SelfBlending(regions={region: 1.0}, move_x=0, move_y=0, scale=(1, 1), bend=0, ratios=(1.0,))
    for seed in range(8):
        mask = self_blended(picture, landmarks, np.random.default_rng(seed), still).mask
        assert mask.max() == pytest.approx(1, abs=0.02)
        # What the second blur carries over the edge is little, and near.
        hull = _hull(region, landmarks)
        assert mask[hull == 0].sum() < 0.25 * mask.sum()
        rows, columns = np.nonzero(mask > 0.5)
        low, high = _bounds(region, landmarks)
        assert rows.min() > low[1] - 8
        assert rows.max() < high[1] + 8
        assert columns.min() > low[0] - 8
        assert columns.max() < high[0] + 8


def _hull(region: str, landmarks: np.ndarray) -> np.ndarray:
    if region == "head":  # how far up it goes is left to chance: as far as it may
        landmarks = landmarks.copy()
        landmarks[17:27, 1] -= 30
    points = landmarks[list(REGIONS[region])]
    if region in ("mouth", "eyes"):
        points = points.mean(0) + 1.4 * (points - points.mean(0))
    grid = np.stack(np.meshgrid(np.arange(_SIDE) + 0.5, np.arange(_SIDE) + 0.5), -1).reshape(-1, 2)
    return np.asarray(Delaunay(points).find_simplex(grid) >= 0).reshape(_SIDE, _SIDE)


def _bounds(region: str, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points = landmarks[list(REGIONS[region])]
    middle, half = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0) / 2
    more = {"mouth": 1.4, "eyes": 1.15, "head": 1.5}.get(region, 1.0)
    return middle - more * half, middle + more * half


def test_faces_without_an_area_are_left_as_they_are() -> None:
    picture, _ = _face()
    nowhere = np.full((68, 2), 100, np.float32)
    pair = self_blended(picture, nowhere, np.random.default_rng(0))
    assert not pair.mask.any()
    assert np.array_equal(pair.real, pair.fake)


def test_the_same_chance_gives_the_same_pair() -> None:
    picture, landmarks = _face()
    first, again, other = (self_blended(picture, landmarks, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.fake, again.fake)
    assert not np.array_equal(first.fake, other.fake)


def test_either_copy_is_the_one_that_is_changed() -> None:
    picture, landmarks = _face()
    touched = [
        not np.array_equal(self_blended(picture, landmarks, np.random.default_rng(seed)).real, picture)
        for seed in _SEEDS
    ]
    assert 0.2 < np.mean(touched) < 0.8


def test_both_of_a_pair_go_through_the_same_changes_afterwards() -> None:
    picture, landmarks = _face()
    # Nothing is taken of the source: what differs now would be what was done to one of them only.
    blends = SelfBlends(
        None, 0.0, 1.4, SelfBlending(ratios=(0.0,)), common=ColourRanges(shift_chance=1, light_chance=1)
    )
    for seed in _SEEDS:
        real, fake, points, _ = blends(picture[None], landmarks[None], np.random.default_rng(seed))
        assert np.array_equal(real, fake)
        assert real.shape[1] == real.shape[2] == round(1.4 * np.ptp(landmarks, axis=0).max())
        assert points.min() > 0
    assert not np.array_equal(real[0], picture[: real.shape[1], : real.shape[2]])


def test_landmarks_go_with_the_crop() -> None:
    picture, landmarks = _face()
    x, y = np.rint(landmarks[30]).astype(int)
    picture[y - 1 : y + 2, x - 1 : x + 2] = (255, 0, 0)
    quiet = ColourRanges(shift_chance=0, hsv_chance=0, light_chance=0)
    blends = SelfBlends(None, 0.0, 1.4, SelfBlending(ratios=(0.0,), colours=quiet, shrink=(1.01, 1.02)), quiet)
    real, _, points, _ = blends(picture[None], landmarks[None], np.random.default_rng(1))
    there = np.rint(points[0, 30]).astype(int)
    assert real[0][there[1], there[0], 0] > 180
    assert real[0][there[1], there[0], 1] < 90


def test_blending_is_what_the_mask_says() -> None:
    source, target = np.full((4, 4, 3), 200, np.uint8), np.full((4, 4, 3), 100, np.uint8)
    mask = np.zeros((4, 4), np.float32)
    mask[1, 2], mask[2, 2] = 1, 0.25
    mixed = blend(source, target, mask)
    assert mixed[1, 2].tolist() == [200] * 3
    assert mixed[2, 2].tolist() == [125] * 3
    assert (mixed == 100).sum() == 14 * 3


def test_recolouring_leaves_greys_grey_and_nothing_is_nothing() -> None:
    grey = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, 2))
    turned = np.asarray(Recolouring(hue_deg=40, saturation=1.5).apply(grey)).astype(int)
    assert np.abs(turned - np.asarray(grey)).max() <= 1
    picture = Image.fromarray(_face()[0])
    assert np.array_equal(np.asarray(Recolouring().apply(picture)), _face()[0])
    red = Image.new("RGB", (2, 2), (200, 40, 40))
    assert np.asarray(Recolouring(saturation=0.0).apply(red))[0, 0].tolist() == [88, 88, 88]
    assert np.asarray(Recolouring(shift=(10, 0, -10)).apply(red))[0, 0].tolist() == [210, 40, 30]


def test_shrinking_takes_detail_and_sharpening_adds_it() -> None:
    picture = Image.fromarray(_face()[0])
    detail = [
        float(np.abs(np.diff(np.asarray(one).astype(float), axis=1)).mean())
        for one in (shrunk(picture, 2, smooth=True), picture, sharpened(picture, 0.4, 1.0))
    ]
    assert detail[0] < 0.5 * detail[1] < detail[1] < 0.8 * detail[2]


def test_outlines_bend_a_little_and_masks_are_soft() -> None:
    _, landmarks = _face()
    rng = np.random.default_rng(0)
    outline = outline_of(landmarks, "face", rng)
    assert outline is not None
    straight, curved = bent(outline, _SIDE, 0.0, rng), bent(outline, _SIDE, 2.0, rng)
    assert 0.5 < np.abs(straight - curved).max() < 9
    mask = soft_mask(outline, _SIDE, rng)
    assert ((mask > 0.1) & (mask < 0.9)).sum() > 300
    inside = landmark_mask(landmarks.astype(np.float64), _SIDE, "components") > 0.99
    assert mask[inside].mean() > 0.8
