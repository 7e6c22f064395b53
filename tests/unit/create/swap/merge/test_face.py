from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.errors import MissingError
from prosopon.create.swap.merge.face import Merged, Motion, merge_face
from prosopon.create.swap.merge.masks import FaceMasks
from prosopon.create.swap.merge.settings import Blend, MaskMode, MergeSettings
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.colour.modes import ColourMode

SIDE = 64
HEIGHT, WIDTH = 120, 150
PLAIN = MergeSettings(mask="full", colour="none", blur_percent=0)
TURNED = np.array(((0.8, 0.3, -30.0), (-0.3, 0.8, 2.0)))


def frame(seed: int = 0) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(30, 220, (15, 19, 3))
    rows, columns = np.arange(HEIGHT) // 8, np.arange(WIDTH) // 8
    return coarse[rows[:, None], columns].astype(np.uint8)


def predicted(seed: int = 1) -> NDArray[np.float32]:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    phase = np.random.default_rng(seed).random(3) * 6
    return (0.5 + 0.3 * np.sin(5 * x[..., None] + 4 * y[..., None] + phase)).astype(np.float32)


def masks() -> FaceMasks:
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    soft = np.clip((0.8 - np.hypot(x / 32 - 1, y / 32 - 1)) * 5, 0, 1).astype(np.float32)
    return FaceMasks(soft, soft, soft, soft, soft)


def merge(settings: MergeSettings, matrix: NDArray[np.float64] = TURNED, **more: object) -> Merged:
    picture = more.pop("picture", None)
    return merge_face(
        frame() if picture is None else picture,  # type: ignore[arg-type]
        predicted(), masks(), matrix, settings, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def unchanged_outside(merged: Merged, picture: NDArray[np.uint8]) -> bool:
    outside = merged.mask == 0
    return bool(outside.any()) and np.array_equal(merged.frame[outside], picture[outside])


@pytest.mark.parametrize("blend", get_args(Blend))
@pytest.mark.parametrize("mask", get_args(MaskMode))
def test_where_the_mask_is_nothing_the_frame_stays_bit_for_bit(blend: Blend, mask: MaskMode) -> None:
    merged = merge(MergeSettings(mask=mask, blend=blend))
    assert merged.frame.dtype == np.uint8 and merged.frame.shape == (HEIGHT, WIDTH, 3)
    assert merged.mask.dtype == np.float32 and merged.mask.shape == (HEIGHT, WIDTH)
    assert merged.mask.min() >= 0 and merged.mask.max() <= 1
    assert unchanged_outside(merged, frame())
    assert not np.array_equal(merged.frame, frame())


@pytest.mark.parametrize("colour", get_args(ColourMode))
def test_every_colour_transfer(colour: ColourMode) -> None:
    merged = merge(MergeSettings(colour=colour))
    assert unchanged_outside(merged, frame())
    own = merge(MergeSettings(colour="none"))
    assert np.array_equal(own.mask, merged.mask)
    if colour != "none":
        seen = merged.mask > 0.9
        apart = [np.abs(one.frame[seen].mean(0) - frame()[seen].mean(0)).max() for one in (merged, own)]
        assert apart[0] < apart[1]


@pytest.mark.parametrize("blend", ["overlay", "seamless"])
def test_the_frames_own_crop_put_back_is_the_frame(blend: Blend) -> None:
    matrix = np.array(((1.0, 0, -40.0), (0, 1.0, -30.0)))
    crop = cut_aligned(frame(), matrix, SIDE).astype(np.float32) / 255
    merged = merge_face(frame(), crop, masks(), matrix, replace(PLAIN, mask="predicted", blend=blend))
    assert np.abs(merged.frame.astype(int) - frame()).max() <= (1 if blend == "seamless" else 0)


def test_whole_pixels_are_laid_in_exactly() -> None:
    matrix = np.array(((1.0, 0, -20.0), (0, 1.0, -10.0)))
    merged = merge(PLAIN, matrix)
    assert np.array_equal(merged.frame[10:74, 20:84], np.rint(predicted() * 255).astype(np.uint8))
    assert merged.mask[10:74, 20:84].min() == 1
    assert merged.mask.sum() == pytest.approx(SIDE * SIDE)


def test_raw_shows_the_crop_whatever_else_is_asked() -> None:
    matrix = np.array(((1.0, 0, -20.0), (0, 1.0, -10.0)))
    raw = MergeSettings(blend="raw", erode_percent=20, sharpen_percent=100, palette_percent=100)
    assert np.array_equal(merge(raw, matrix).frame, merge(PLAIN, matrix).frame)


def test_seamless_takes_on_the_light_around() -> None:
    settings = MergeSettings(mask="predicted", colour="none", blend="seamless")
    grey = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    flat = np.full((SIDE, SIDE, 3), 0.9, np.float32)
    merged = merge_face(grey, flat, masks(), TURNED, settings)
    assert np.abs(merged.frame.astype(int) - 90).max() <= 1


@pytest.mark.parametrize("offset", [(-120.0, 0.0), (40.0, 40.0), (0.0, 50.0), (-110.0, -80.0)])
@pytest.mark.parametrize("blend", get_args(Blend))
def test_faces_that_leave_the_frame(offset: tuple[float, float], blend: Blend) -> None:
    matrix = np.array(((1.0, 0, offset[0]), (0, 1.0, offset[1])))
    merged = merge(MergeSettings(blend=blend), matrix)
    assert unchanged_outside(merged, frame())


def test_a_face_beyond_the_frame_changes_nothing() -> None:
    merged = merge(MergeSettings(), np.array(((1.0, 0, 900.0), (0, 1.0, 0.0))))
    assert np.array_equal(merged.frame, frame())
    assert merged.mask.max() == 0


def test_an_empty_mask_changes_nothing_and_keeps_the_colour() -> None:
    first = merge(MergeSettings())
    empty = FaceMasks(*(np.zeros((SIDE, SIDE), np.float32),) * 5)
    merged = merge_face(frame(), predicted(), empty, TURNED, MergeSettings(), previous=first.colour)
    assert np.array_equal(merged.frame, frame())
    assert merged.colour is first.colour


def test_colours_follow_slowly() -> None:
    dark, light = (frame() // 2).astype(np.uint8), np.clip(frame() + 30, 0, 255).astype(np.uint8)
    settings = MergeSettings(colour_steadiness=0.9)
    before = merge(settings, picture=dark)
    jump = merge(settings, picture=light)
    slow = merge(settings, picture=light, previous=before.colour)
    seen = before.mask > 0.9
    levels = [float(one.frame[seen].mean()) for one in (before, slow, jump)]
    assert levels[0] < levels[1] < levels[0] + 0.3 * (levels[2] - levels[0])


def test_larger_and_smaller_faces() -> None:
    areas = [merge(replace(PLAIN, face_scale_percent=percent)).mask.sum() for percent in (-20.0, 0.0, 20.0)]
    assert areas[0] / areas[1] == pytest.approx(0.64, abs=0.02)
    assert areas[2] / areas[1] == pytest.approx(1.44, abs=0.03)
    middles = []
    for percent in (-20.0, 20.0):
        mask = merge(replace(PLAIN, face_scale_percent=percent)).mask
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        middles.append(((mask * x).sum() / mask.sum(), (mask * y).sum() / mask.sum()))
    assert np.abs(np.subtract(*middles)).max() < 0.1


@pytest.mark.parametrize(
    "change",
    [
        {"sharpen_percent": 200.0},
        {"sharpen_percent": -100.0, "sharpen": "box"},
        {"motion_blur_percent": 100.0},
        {"denoise_percent": 150.0},
        {"degrade_percent": 80.0},
        {"palette_percent": 100.0},
        {"super_resolution_percent": 100.0},
    ],
    ids=str,
)
def test_finishing_touches_only_the_face(change: dict[str, object]) -> None:
    noisy = np.clip(predicted() + np.random.default_rng(4).normal(0, 0.1, (SIDE, SIDE, 3)), 0, 1).astype(np.float32)
    more = {"motion": Motion(8.0, 3.0), "enlarge": lambda patch: np.repeat(np.repeat(patch, 4, 0), 4, 1)}
    plain = merge_face(frame(), noisy, masks(), TURNED, MergeSettings(), **more)  # type: ignore[arg-type]
    touched = merge_face(frame(), noisy, masks(), TURNED, replace(MergeSettings(), **change), **more)  # type: ignore[arg-type]
    assert unchanged_outside(touched, frame())
    assert np.array_equal(touched.mask, plain.mask)
    assert not np.array_equal(touched.frame, plain.frame)


def test_enhancers_are_taken_as_far_as_asked() -> None:
    def white(patch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ones((4 * len(patch), 4 * len(patch), 3), np.float32)

    settings = replace(PLAIN, super_resolution_percent=50)
    matrix = np.array(((1.0, 0, -20.0), (0, 1.0, -10.0)))
    merged = merge(settings, matrix, enlarge=white)
    expected = 0.5 + 0.5 * predicted()
    assert np.abs(merged.frame[14:70, 24:80] / 255 - expected[4:-4, 4:-4]).max() < 0.01


def test_motion_is_turned_into_the_crop() -> None:
    """A stripe along the motion in the frame keeps its edges, whatever the crop's turn."""
    stripes = np.zeros((SIDE, SIDE, 3), np.float32)
    stripes[:, 28:36] = 1
    quarter = np.array(((0.0, 1.0, -30.0), (-1.0, 0.0, 110.0)))
    settings = replace(PLAIN, motion_blur_percent=100)
    along, across = (
        merge_face(frame(), stripes, masks(), quarter, settings, motion=way) for way in (Motion(9, 0), Motion(0, 9))
    )
    plain = merge_face(frame(), stripes, masks(), quarter, PLAIN)
    assert np.abs(along.frame.astype(int) - plain.frame).max() <= 1
    assert np.abs(across.frame.astype(int) - plain.frame).max() > 50


def test_several_faces_one_after_the_other() -> None:
    left, right = (np.array(((1.2, 0, offset), (0, 1.2, -20.0))) for offset in (0.0, -110.0))
    first = merge(MergeSettings(), left)
    both = merge(MergeSettings(), right, picture=first.frame)
    only_left = (first.mask > 0) & (both.mask == 0)
    assert np.array_equal(both.frame[only_left], first.frame[only_left])


def test_the_same_every_time_and_nothing_is_written_to() -> None:
    picture, face = frame(), predicted()
    picture.flags.writeable = face.flags.writeable = False
    runs = [merge_face(picture, face, masks(), TURNED, MergeSettings(colour="sot", blend="seamless")) for _ in range(2)]
    assert np.array_equal(runs[0].frame, runs[1].frame)
    assert np.array_equal(runs[0].mask, runs[1].mask)


def test_a_prediction_that_is_no_number_spoils_nothing_else() -> None:
    broken = np.full((SIDE, SIDE, 3), np.nan, np.float32)
    merged = merge_face(frame(), broken, masks(), TURNED, MergeSettings())
    assert unchanged_outside(merged, frame())


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="predicted face"):
        merge_face(frame(), np.zeros((SIDE, 3, 3), np.float32), masks(), TURNED, MergeSettings())
    with pytest.raises(ValueError, match="way back"):
        merge(MergeSettings(), np.zeros((2, 3)))
    with pytest.raises(MissingError, match="mask"):
        merge_face(frame(), predicted(), FaceMasks(), TURNED, MergeSettings())


def test_one_pixel() -> None:
    tiny = np.full((1, 1, 3), 7, np.uint8)
    face = np.full((1, 1, 3), 1.0, np.float32)
    ones = FaceMasks(*(np.ones((1, 1), np.float32),) * 5)
    merged = merge_face(tiny, face, ones, np.eye(2, 3), PLAIN)
    assert merged.frame.tolist() == [[[255, 255, 255]]]
