"""Part maps: laid into frames, as masks, as shares; and over pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.errors import MissingError, UsageError
from prosopon.core.faces import Box
from prosopon.core.parts import PALETTE, Part
from prosopon.faces.crop import cut
from prosopon.faces.draw import draw_legend, draw_parts
from prosopon.faces.parsing.parser import chosen, open_parser
from prosopon.faces.parsing.part_map import PartMap
from prosopon.faces.stance import Stance, view


def scaled(scale: float, x: float, y: float) -> NDArray[np.float64]:
    return np.array(((scale, 0.0, x), (0.0, scale, y)))


@pytest.fixture
def halves() -> PartMap:
    """Left skin, right hair, 8 x 8, every pixel two of the frame wide, its corner at (10, 4)."""
    parts = np.full((8, 8), Part.SKIN, np.uint8)
    parts[:, 4:] = Part.HAIR
    return PartMap(parts, scaled(2.0, 10, 4))


def test_the_map_lies_where_its_matrix_says(halves: PartMap) -> None:
    seen = halves.in_frame(30, 40)
    assert seen.dtype == np.uint8
    expected = np.zeros((30, 40), np.uint8)
    expected[4:20, 10:18], expected[4:20, 18:26] = Part.SKIN, Part.HAIR
    assert np.array_equal(seen, expected)


def test_a_box_shows_what_cutting_the_frame_shows(halves: PartMap) -> None:
    whole = halves.in_frame(30, 40)
    assert np.array_equal(halves.in_box(Box(10, 4, 26, 20), 16), whole[4:20, 10:26])
    # The same crop of a picture in the parts' colours, but for the pixels that mix two parts.
    box = Box(7.3, 1.1, 29.3, 23.1)
    painted = cut(np.array(PALETTE, np.uint8)[whole], box, 44)
    off = np.abs(painted.astype(int) - np.array(PALETTE)[halves.in_box(box, 44)]).max(-1) > 40
    assert off.mean() < 0.1


def test_a_turned_map_comes_back_as_it_was() -> None:
    rng = np.random.default_rng(0)
    frame = np.kron(rng.integers(0, len(Part), (8, 10)), np.ones((20, 20))).astype(np.uint8)
    matrix = Stance(100, 80, 60, 33.0).matrix(1.0, 120)
    seen = view(np.repeat(frame[..., None], 3, axis=2), matrix, 120, 120)[..., 0]
    inside = PartMap(seen, matrix).in_frame(160, 200)
    rows, columns = np.nonzero(inside)
    # View mixes neighbours at the edges of blocks.
    assert (inside[rows, columns] == frame[rows, columns]).mean() > 0.85


def test_a_mask_is_soft_at_the_edges_and_zero_outside(halves: PartMap) -> None:
    mask = halves.mask({Part.SKIN}, 30, 40)
    assert mask.dtype == np.float32
    assert mask[10, 13] == 1.0
    assert mask[10, 24] == 0.0
    assert 0.0 < mask[10, 17] < 1.0
    assert mask[:, :8].max() == mask[25:].max() == 0.0
    assert np.abs(halves.mask({Part.SKIN, Part.HAIR}, 30, 40).sum() - 256) < 40
    assert halves.mask(set(), 30, 40).max() == 0.0


def test_a_feather_widens_the_edge(halves: PartMap) -> None:
    hard, soft = (halves.mask({Part.HAIR}, 30, 40, feather_px=px) for px in (0.0, 2.0))
    between = [(mask > 0.05).sum() - (mask > 0.95).sum() for mask in (hard, soft)]
    assert between[1] > 2 * between[0]
    assert np.isclose(hard.sum(), soft.sum(), rtol=0.02)


def test_fine_maps_are_averaged_where_the_frame_is_coarse() -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = Part.LIP
    mask = PartMap(stripes, scaled(0.125, 1, 1)).mask({Part.LIP}, 10, 10)
    assert np.allclose(mask[3:7, 3:7], 0.5, atol=0.02)


def test_shares_are_of_the_face_and_only_of_what_is_known() -> None:
    parts = np.zeros((10, 10), np.uint8)
    parts[:4], parts[4], parts[5:9] = Part.SKIN, Part.NOSE, Part.HAIR
    whole = PartMap(parts, scaled(1, 0, 0)).shares()
    assert (whole[Part.SKIN], whole[Part.NOSE], whole[Part.HAIR], whole[Part.EAR]) == (0.8, 0.2, 0.8, 0.0)
    assert Part.BACKGROUND not in whole
    assert [*PartMap(parts, scaled(1, 0, 0), frozenset((Part.SKIN, Part.NOSE))).shares()] == [Part.SKIN, Part.NOSE]
    assert PartMap(np.zeros((4, 4), np.uint8), scaled(1, 0, 0)).shares() == {}


def test_parts_are_drawn_over_a_picture_but_not_the_background() -> None:
    picture = np.full((4, 4, 3), 100, np.uint8)
    parts = np.zeros((4, 4), np.uint8)
    parts[0] = Part.LIP
    drawn = draw_parts(picture, parts, 1.0)
    assert (drawn[1:] == 100).all()
    assert (drawn[0] == PALETTE[Part.LIP]).all()
    assert (draw_parts(picture, parts, 0.0) == 100).all()


def test_the_legend_shows_each_colour() -> None:
    legend = draw_legend([Part.LIP, Part.SKIN], 160)
    assert legend.shape == (160, 160, 3)
    for part in (Part.LIP, Part.SKIN):
        assert (legend == PALETTE[part]).all(-1).sum() > 20
    assert not (legend == PALETTE[Part.HAIR]).all(-1).any()


def test_back_ends_are_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prosopon.faces.parsing.parser.catalogue", dict)
    assert chosen() == "landmarks"
    assert open_parser("auto").name == "landmarks"
    with pytest.raises(MissingError, match="--parser landmarks"):
        open_parser("builtin")
    monkeypatch.setattr("prosopon.faces.parsing.parser.catalogue", lambda: {"faces.reader": None})
    assert chosen() == "builtin"
    wrong: Any = "magic"
    with pytest.raises(UsageError, match="use one of"):
        open_parser(wrong)
