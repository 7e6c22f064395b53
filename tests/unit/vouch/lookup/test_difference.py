"""Another face is shown where it is, and nothing is shown where a copy was only treated badly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from drawn_scenes import FACE, cropped, face_mask, graded, jpeg, resized, scene, swapped
from PIL import Image, ImageEnhance, ImageFilter

from prosopon.core.clip import Frame
from prosopon.vouch.lookup.difference import DifferenceMap, DifferenceSettings, difference
from prosopon.vouch.lookup.registration import register

WAYS: dict[str, Callable[[Frame], Frame]] = {
    "as it is": lambda frame: frame,
    "jpeg 75": jpeg,
    "jpeg 30": lambda frame: jpeg(frame, 30),
    "half, jpeg 75": lambda frame: jpeg(resized(frame, 0.5)),
    "larger": lambda frame: resized(frame, 1.6),
    "cropped": lambda frame: jpeg(cropped(frame, 12, 7, 4, 5)),
    "graded": lambda frame: jpeg(graded(frame)),
    "darker": lambda frame: jpeg((frame * 0.6).astype(np.uint8)),
    "grey": lambda frame: jpeg(np.array(Image.fromarray(frame).convert("L").convert("RGB"))),
    "colourful": lambda frame: jpeg(np.array(ImageEnhance.Color(Image.fromarray(frame)).enhance(1.5))),
    "blurred": lambda frame: np.array(Image.fromarray(frame).filter(ImageFilter.GaussianBlur(1.5))),
    "sharpened": lambda frame: np.array(Image.fromarray(frame).filter(ImageFilter.UnsharpMask(2, 60, 0))),
    "noisy": lambda frame: np.clip(frame + np.random.default_rng(0).normal(0, 6, frame.shape), 0, 255).astype(np.uint8),
    "all at once": lambda frame: jpeg(resized(graded(cropped(frame, 8, 5, 4, 6)), 0.6)),
}


def compared(suspect: Frame, original: Frame, **settings: float) -> DifferenceMap:
    place = register(suspect, original)
    assert place is not None
    return difference(suspect, original, place, replace(DifferenceSettings(), **settings))


@pytest.mark.parametrize("way", [*WAYS])
def test_a_copy_is_the_same(way: str) -> None:
    found = compared(WAYS[way](scene()), scene())
    assert found.regions == ()
    assert found.share == 0
    assert not found.mask.any()


@pytest.mark.parametrize("way", [*WAYS])
@pytest.mark.parametrize("face", [1, 2])
def test_another_face_is_found_where_it_is(way: str, face: int) -> None:
    suspect = WAYS[way](swapped(face=face))
    found = compared(suspect, scene())
    assert found.regions
    place = register(suspect, scene())
    assert place is not None
    left, top, right, bottom = FACE
    astray = 0.0
    for region in found.regions:
        corners = place.apply(np.array([[region.left, region.top], [region.right, region.bottom]]))
        if not ((corners[0] > (left - 14, top - 14)).all() and (corners[1] < (right + 14, bottom + 14)).all()):
            astray += region.share
    # An unsharp mask draws halos of its own: a stray spot of less than half a per cent may come of it, no more.
    assert astray <= (0.005 if way == "sharpened" else 0.0)
    assert 0.01 < found.share < 1.5 * face_mask().mean() + 0.02


def test_against_a_thumbnail() -> None:
    original = scene(width=960, height=720)
    suspect = jpeg(swapped(width=960, height=720))
    small = jpeg(resized(original, 512 / 960))
    assert compared(jpeg(original), small).regions == ()
    assert compared(suspect, small).regions


def test_the_suspect_may_be_sharper_than_what_is_kept() -> None:
    blurred = np.array(Image.fromarray(scene()).filter(ImageFilter.GaussianBlur(1.2)))
    assert compared(scene(), blurred).regions == ()
    assert compared(swapped(), blurred).regions


def test_regions_are_in_pixels_of_the_suspect_and_the_largest_comes_first() -> None:
    suspect = scene()
    suspect[200:220, 20:40] = (255, 0, 200)
    suspect[10:50, 250:300] = (0, 255, 60)
    found = compared(suspect, scene())
    assert len(found.regions) == 2
    first, second = found.regions
    assert first.share > second.share
    assert np.abs(np.array([first.left, first.top, first.right, first.bottom]) - (250, 10, 300, 50)).max() < 10
    assert np.abs(np.array([second.left, second.top, second.right, second.bottom]) - (20, 200, 40, 220)).max() < 10
    assert found.share == pytest.approx(found.mask.mean())
    assert 40 * 50 / 76800 * 0.7 < first.share < 40 * 50 / 76800 * 2
    assert compared(suspect, scene(), least_share=0.015).regions[0] == first
    assert len(compared(suspect, scene(), least_share=0.015).regions) == 1


def test_what_the_original_does_not_show_is_not_judged() -> None:
    suspect = np.full((240, 400, 3), 0, np.uint8)
    suspect[:, 40:360] = scene()
    found = compared(suspect, scene())
    assert found.outside == pytest.approx(0.2, abs=0.04)
    assert found.regions == ()
    assert (found.map[:, :30] == 0).all()


def test_the_harder_the_treatment_the_higher_the_level() -> None:
    levels = [compared(jpeg(scene(), quality), scene()).level for quality in (95, 60, 20)]
    assert levels == sorted(levels)


def test_same_every_time() -> None:
    first, second = (compared(jpeg(swapped()), scene()) for _ in range(2))
    assert np.array_equal(first.map, second.map)
    assert first.regions == second.regions
