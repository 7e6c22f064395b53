from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Pose
from prosopon.core.parts import Part
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.face_types import crop_matrix
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.parsed import parsed_mask
from prosopon.faces.parsing.part_map import FACE, PartMap
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render

EVERY_PART = PartMap(np.repeat(np.arange(len(Part), dtype=np.uint8), 8)[None].repeat(16, 0), np.eye(2, 3))
"""A column 8 pixels wide of each part."""


@pytest.mark.parametrize("part", Part)
def test_what_belongs_to_the_face(part: Part) -> None:
    matrix = np.array(((1.0, 0, -8.0 * part), (0, 1.0, -4.0)))
    face, with_hair = (parsed_mask(EVERY_PART, matrix, 8, with_hair=hair) for hair in (False, True))
    assert face.dtype == np.float32
    assert face == pytest.approx(float(part in FACE), abs=1e-4)
    assert with_hair == pytest.approx(float(part in FACE or part is Part.HAIR), abs=1e-4)


def test_the_map_is_seen_where_the_crop_shows_it() -> None:
    parts = np.zeros((32, 32), np.uint8)
    parts[8:24, 8:16] = Part.SKIN
    # The map lies in the frame at (100, 50), every pixel two of the frame wide; the crop shows the frame three times
    # as large.
    part_map = PartMap(parts, np.array(((2.0, 0, 100), (0, 2.0, 50))))
    mask = parsed_mask(part_map, np.array(((3.0, 0, -300), (0, 3.0, -150))), 192)
    rows, columns = np.nonzero(mask > 0.5)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (48, 144, 48, 96)
    assert mask.sum() == pytest.approx(96 * 48, rel=0.01)


def test_it_is_nothing_where_the_map_does_not_reach() -> None:
    part_map = PartMap(np.full((8, 8), Part.SKIN, np.uint8), np.eye(2, 3))
    mask = parsed_mask(part_map, np.array(((1.0, 0, 4), (0, 1.0, 4))), 16)
    assert mask[4:12, 4:12] == pytest.approx(1, abs=1e-4)
    assert mask[:3].max() == mask[13:].max() == mask[:, :3].max() == mask[:, 13:].max() == 0.0
    assert parsed_mask(part_map, np.array(((1.0, 0, 400), (0, 1.0, 4))), 16).max() == 0.0


def test_fine_maps_are_averaged() -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = Part.LIP
    mask = parsed_mask(PartMap(stripes, np.eye(2, 3)), np.array(((0.125, 0, 0), (0, 0.125, 0))), 8)
    assert mask[2:6, 2:6] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("pose", [Pose(), Pose(25, 5, -30)])
def test_a_rendered_face_is_found_and_a_hand_before_it_left_out(pose: Pose) -> None:
    shown = render(Identity(), Placement(pose), size_px=128)
    matrix = crop_matrix(shown.landmarks, "full", 96)
    mask = parsed_mask(PartMap(shown.parts, np.eye(2, 3)), matrix, 96)
    hull = landmark_mask(apply(matrix, shown.landmarks), 96, "components")
    assert mask[hull == 1].mean() > 0.97
    covered = shown.parts.copy()
    x, y = shown.landmarks[33].round().astype(int)
    covered[y : y + 12, x - 10 : x + 10] = Part.CLOTHES
    behind = parsed_mask(PartMap(covered, np.eye(2, 3)), matrix, 96)
    painted = cut_aligned(np.repeat((covered == Part.CLOTHES)[..., None], 3, 2).astype(np.uint8) * 255, matrix, 96)
    assert behind[painted[..., 0] > 250].max() < 0.1
    assert mask[(painted[..., 0] > 250) & (hull == 1)].min() > 0.9


@pytest.mark.parametrize("size", [0, -4])
def test_sizes_are_positive(size: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        parsed_mask(EVERY_PART, np.eye(2, 3), size)
