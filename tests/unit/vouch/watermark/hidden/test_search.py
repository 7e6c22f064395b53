"""Where pictures lie in the lattice: what the search looks at, and what it says of where the marked one was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prosopon.vouch.watermark.hidden import search
from prosopon.vouch.watermark.hidden.canvas import canvas_size, cells, with_change
from prosopon.vouch.watermark.hidden.lattice import BITS, TILE
from prosopon.vouch.watermark.hidden.search import Candidate, Pose, on_tile, stages


def candidate(pose: Pose, begin: tuple[int, int] = (0, 0), **given: object) -> Candidate:
    held: dict[str, object] = {
        "logits": torch.ones(BITS, 8, 8), "first": begin, "certainty": 1.0, "laid": (128, 128),
    }  # fmt: skip
    return Candidate(pose, begin, **(held | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "canvas"), [((512, 512), (128, 128)), ((288, 360), (128, 160)), ((1920, 1080), (228, 128))]
)
def test_the_short_side_is_one_tile(size: tuple[int, int], canvas: tuple[int, int]) -> None:
    assert canvas_size(*size) == canvas
    rows, columns = cells(*canvas)
    assert (rows - 1) * 16 < canvas[0] <= rows * 16
    assert (columns - 1) * 16 < canvas[1] <= columns * 16


def test_only_the_change_is_resized() -> None:
    images = torch.rand((1, 3, 50, 70), generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    assert torch.allclose(with_change(images, torch.zeros(1, 3, 24, 34)), images, atol=1e-6)
    torch.testing.assert_close(with_change(images, torch.full((1, 3, 24, 34), 0.05)), images + 0.05)


def test_cuts_come_first_then_mirrors_then_turns() -> None:
    cut, mirrored, turned = stages()
    assert cut[0] == Pose()
    assert all(pose.turn_degrees == 0 and not pose.mirrored for pose in cut)
    assert {pose.turn_degrees for pose in turned} >= {-1.8, 1.8}
    assert all(pose.mirrored for pose in mirrored)
    assert min(pose.share for pose in cut) < 0.7


def test_corners_are_a_tile_away_at_most_and_the_nearest_comes_first() -> None:
    corners = [*candidate(Pose(0.9), (10, 0)).corners()]
    assert corners[0] == (-6, 0)
    assert len(corners) == len(set(corners)) == 64
    assert all(-128 < down <= 2 and -128 < along <= 2 for down, along in corners)
    assert all((down - 10) % 16 == 0 and along % 16 == 0 for down, along in corners)


def test_cells_are_put_on_the_tile_from_the_corner_on_and_copies_are_added() -> None:
    logits = torch.zeros(BITS, 3, 10)
    logits[0, 0, 1], logits[0, 0, 9] = 1.0, 2.0
    one = candidate(Pose(), logits=logits, first=(-16, -16))
    # The first cell lies a cell before the picture; the marked one began two cells above and one before it.
    tile = on_tile(one, (-32, -16))
    assert tile.shape == (BITS, TILE, TILE)
    assert float(tile[0, 1, 1]) == 3.0
    assert float(tile.sum()) == 3.0


def test_the_whole_picture_is_whole() -> None:
    assert candidate(Pose()).placement((0, 0), (256, 256)).is_whole


def test_what_was_cut_lies_outside() -> None:
    placement = candidate(Pose(0.75), laid=(96, 96)).placement((-16, -32), (192, 192))
    assert placement.array @ (0, 0, 1) == pytest.approx([-64, -32])
    assert placement.size_px == pytest.approx((256, 256))
    assert not placement.mirrored
    assert placement.rotation_deg == 0


def test_mirrored_ones_are_said_to_be() -> None:
    placement = candidate(Pose(1.0, 0.0, True)).placement((0, 0), (256, 256))
    assert placement.mirrored
    assert placement.array @ (0, 0, 1) == pytest.approx([256, 0])


def test_turning_back_agrees_with_the_placement() -> None:
    """A dot of the picture is seen on the canvas where the placement says."""
    degrees = 5.0
    image = torch.zeros(1, 3, 256, 256)
    image[..., 60:64, 200:204] = 1
    pose = Pose(1.0, degrees)
    canvas, there = search._laid(image, pose)
    weight = (canvas - 0.5).clamp(0)[0, 0] * there[0, 0]
    y, x = (
        float((weight.sum(axis) * (torch.arange(weight.shape[1 - axis]) + 0.5)).sum() / weight.sum()) for axis in (1, 0)
    )
    # From canvas to shares of the marked picture, and from there by the placement to the picture.
    share = np.array([(x - 16) / 128, (y - 16) / 128, 1.0])
    placement = candidate(pose).placement((0, 0), (256, 256))
    assert placement.array @ share == pytest.approx([202, 62], abs=1.5)
    assert abs(placement.rotation_deg) == pytest.approx(degrees, abs=0.01)
    assert placement.size_px[0] == pytest.approx(256, abs=0.01)
