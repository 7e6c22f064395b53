"""Frame in, frame out: the same pictures as for a video, and what is remembered between frames."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
import torch

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box
from prosopon.core.history import Parent, Relationship, SourceType, source_type_of
from prosopon.core.progress import SILENT
from prosopon.create.fomm.following import Follower, Sight
from prosopon.create.fomm.live import LiveAnimator, calibration_frames, part_of_source, still_for_live
from prosopon.create.fomm.options import AnimateOptions, MotionOptions
from prosopon.create.fomm.technique import FirstOrderMotion


@pytest.fixture(scope="module")
def model() -> FirstOrderMotion:
    return FirstOrderMotion.tiny()


def picture(seed: int, width: int = 48, height: int = 40) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


class Scripted(Follower):
    """Sees what it was told, frame by frame."""

    def __init__(self, sights: Sequence[Sight | None]) -> None:
        self.sights = iter(sights)

    def look(self, frame: Frame, at_s: float) -> Sight | None:
        return next(self.sights)


def seen(*, is_seen: bool = True, is_new: bool = False) -> Sight:
    return Sight(Box(0, 0, 40, 40), is_seen, is_new)


def live(
    model: FirstOrderMotion, follower: Follower, options: MotionOptions | None = None, *, source: Frame | None = None
) -> LiveAnimator:
    options = options or MotionOptions()
    still, options = still_for_live(Clip.still(picture(0) if source is None else source, name="me.png"), options)
    part = part_of_source(still, options, None, SILENT)
    return LiveAnimator(model.animator(), still, part, follower, options, net_size_px=32, any_size=True)


@pytest.mark.parametrize("paste", [True, False])
@pytest.mark.parametrize("motion", ["relative", "absolute"])
def test_it_gives_what_animating_the_same_video_gives(model: FirstOrderMotion, motion: str, paste: bool) -> None:
    options = {"motion": motion, "crop": "4,4,32,32", "driving_crop": "whole", "paste": paste, "size": 32}
    driving = Clip.of_frames([picture(seed) for seed in (1, 2, 3)], Fraction(25))
    expected = model.create(
        {}, source=Clip.still(picture(0)), driving=driving,
        options=AnimateOptions(**options, best_frame=False, batch=1),  # type: ignore[arg-type]
    )  # fmt: skip
    animator = live(model, Follower(None, "whole"), MotionOptions(**options))  # type: ignore[arg-type]
    for frame, at_s, wanted in zip(driving.frames(), driving.times, expected.frames(), strict=True):
        patch = animator.see(frame, at_s)
        assert patch is not None
        np.testing.assert_allclose(animator.whole(patch).astype(int), wanted.astype(int), atol=1)


def test_nothing_until_somebody_is_seen_and_the_last_picture_while_they_are_away(model: FirstOrderMotion) -> None:
    animator = live(model, Scripted([None, None, seen(is_new=True), seen(), seen(is_seen=False), seen()]))
    given = [animator.see(picture(10 + i), i / 25) for i in range(6)]
    assert given[:2] == [None, None]
    assert given[4] is given[3]
    assert given[5] is not None
    assert given[3] is not None
    assert (given[5] != given[3]).any()


def test_the_reference_is_at_rest_and_can_be_taken_anew(model: FirstOrderMotion) -> None:
    animator = live(model, Scripted([seen(is_new=True), seen(), seen(), seen(is_new=True)]))
    at_rest = animator.see(picture(1), 0.0)
    moved = animator.see(picture(2), 0.1)
    animator.renew()
    renewed = animator.see(picture(3), 0.2)
    somebody_else = animator.see(picture(4), 0.3)
    assert at_rest is not None
    assert moved is not None
    assert (moved != at_rest).any()
    # A pose that is its own reference moves nothing but by the scale of the driving's face.
    np.testing.assert_allclose(renewed, at_rest, atol=1)
    np.testing.assert_allclose(somebody_else, at_rest, atol=1)


def test_large_pictures_are_shrunk_with_their_crop(model: FirstOrderMotion) -> None:
    large = Clip.still(np.zeros((1000, 2560, 3), np.uint8), name="large.png")
    still, options = still_for_live(large, MotionOptions(crop="1000,200,600,400"))
    assert (still.width, still.height) == (1280, 500)
    assert still.first().shape == (500, 1280, 3)
    assert options.crop == "500.0,100.0,300.0,200.0"
    part = part_of_source(still, options, None, SILENT)
    assert part == Box(500, 50, 800, 350)
    assert still.name == "large.png"
    small, same = still_for_live(Clip.still(picture(0)), MotionOptions())
    assert (small.width, same.crop) == (48, "auto")


def test_the_moving_part_is_at_most_512_pixels_unless_asked(model: FirstOrderMotion) -> None:
    source = np.zeros((700, 700, 3), np.uint8)
    assert live(model, Scripted([]), source=source).part_px == 512
    assert live(model, Scripted([]), MotionOptions(size=600), source=source).part_px == 600
    bare = live(model, Scripted([]), MotionOptions(paste=False), source=source)
    assert (bare.width, bare.height) == bare.resting.shape[:2] == (512, 512)


@pytest.mark.parametrize(("paste", "made"), [(True, SourceType.COMPOSITE), (False, SourceType.TRAINED)])
def test_the_clip_says_what_made_it(model: FirstOrderMotion, paste: bool, made: SourceType) -> None:
    animator = live(model, Scripted([]), MotionOptions(paste=paste))
    patches = Clip.of_frames([picture(5, animator.part_px, animator.part_px)] * 3, Fraction(10))
    clip = animator.clip(patches, Parent("camera", None, Relationship.INPUT), "fomm.tiny", "ab" * 32)
    assert source_type_of(clip.history) is made
    step = clip.history[-1]
    assert (step.op, step.weights_sha256) == ("create.fomm.live", "ab" * 32)
    assert {parent.relationship for parent in step.parents} == {Relationship.PARENT, Relationship.INPUT}
    assert clip.times == patches.times
    for _ in range(2):
        assert [frame.shape for frame in clip.frames()] == [(animator.height, animator.width, 3)] * 3


def test_ranges_are_taken_from_frames_that_show_somebody() -> None:
    still = Clip.still(picture(0))
    part = Box(4, 0, 44, 40)
    frames = ((picture(i), i / 25) for i in range(1000))
    sights = [None, None, seen(is_new=True), *[seen(is_seen=i % 2 == 0) for i in range(997)]]
    found = calibration_frames(still, part, frames, Scripted(sights), 32)
    assert found.source.shape == (1, 3, 32, 32)
    assert found.driving.shape == (24, 3, 32, 32)
    assert len(torch.unique(found.driving, dim=0)) == 24
    with pytest.raises(MissingError, match="nobody"):
        calibration_frames(still, part, [(picture(1), 0.0)], Scripted([None]), 32)
