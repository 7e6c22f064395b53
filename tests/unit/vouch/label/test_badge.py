"""The badge: in every frame, legible on whatever lies below it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from prosopon.core.clip import Clip, Frame
from prosopon.core.history import SourceType, Step, source_type_of
from prosopon.vouch.label.badge import BADGE_TEXT, badge, badge_box, badged

SIZES = [(1920, 1080), (720, 1280), (512, 512), (128, 128), (64, 50)]


def backgrounds(width: int, height: int) -> list[Frame]:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    flat = [np.full((height, width, 3), level, np.uint8) for level in (0, 128, 255)]
    return [*flat, noise]


def luminance(pixels: Frame) -> np.ndarray:
    """Relative luminance of WCAG 2, 0 to 1."""
    share = pixels / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def on_plate(frame: Frame) -> Frame:
    left, top, right, bottom = map(int, badge_box(frame.shape[1], frame.shape[0]))
    return frame[top:bottom, left:right]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_letters_stand_out_from_their_plate_on_any_background(width: int, height: int) -> None:
    plates = [on_plate(badge(frame)) for frame in backgrounds(width, height)]
    for plate in plates:
        np.testing.assert_array_equal(plate, plates[0])  # nothing of the background shines through
        bright = luminance(plate)
        inside = bright[2:-2, 2:-2]
        assert (inside.max() + 0.05) / (inside.min() + 0.05) > 7  # WCAG's strict limit for text
        assert 0.05 < (inside > 0.4).mean() < 0.5  # letters on a plate, not a blank one


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_is_in_a_corner_large_enough_to_read_and_touches_nothing_else(width: int, height: int) -> None:
    left, top, right, bottom = badge_box(width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert top >= height / 2
    assert right > 0.9 * width
    assert bottom > 0.9 * height
    assert bottom - top >= 12
    assert (right - left) / len(BADGE_TEXT) >= 5.5  # pixels a letter
    frame = backgrounds(width, height)[-1]
    before = frame.copy()
    marked = badge(frame)
    np.testing.assert_array_equal(frame, before)
    marked[int(top) : int(bottom), int(left) : int(right)] = before[int(top) : int(bottom), int(left) : int(right)]
    np.testing.assert_array_equal(marked, before)


def test_nine_letters_can_be_told_apart() -> None:
    plate = on_plate(badge(np.zeros((720, 1280, 3), np.uint8)))
    ink = (luminance(plate) > 0.2)[6:-6, 6:-6].any(axis=0)
    runs = np.count_nonzero(np.diff(ink.astype(int)) == 1) + int(ink[0])
    assert runs == len(BADGE_TEXT) == 9


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 5), (20, 20), (40, 300), (300, 12)])
def test_small_frames_keep_their_size_and_get_a_plate(width: int, height: int) -> None:
    marked = badge(np.full((height, width, 3), 200, np.uint8))
    assert marked.shape == (height, width, 3)
    assert (marked != 200).any()


def test_twice_is_as_once() -> None:
    once = badge(backgrounds(320, 240)[-1])
    np.testing.assert_array_equal(badge(once), once)


def test_a_clip_gets_it_in_every_frame_and_says_so() -> None:
    made = Step("create.x", source_type=SourceType.TRAINED)
    clip = Clip.of_frames([*backgrounds(160, 120)], Fraction(25), step=made)
    marked = badged(clip)
    for before, after in zip(clip.frames(), marked.frames(), strict=True):
        np.testing.assert_array_equal(after, badge(before))
    assert marked.times == clip.times
    assert [step.op for step in marked.history] == ["create.x", "vouch.badge"]
    assert marked.history[-1].params["text"] == "SYNTHETIC"
    assert source_type_of(marked.history) is SourceType.TRAINED
