"""The opening card: there, legible, and sound and frames stay together."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.clip import Audio, Clip
from prosopon.core.history import SourceType, Step
from prosopon.media.read import read
from prosopon.vouch.label.badge import badge
from prosopon.vouch.label.card import CARD_S, card_s, opening_card, visibly_labelled, without_opening
from prosopon.vouch.publish import publish

STEP = Step("create.x", source_type=SourceType.TRAINED)


def grey(seconds: int, fps: int = 10) -> Clip:
    """Grey frames; half-way they turn white and a click is heard."""
    count = seconds * fps
    frames = np.full((count, 96, 128, 3), 90, np.uint8)
    frames[count // 2 :] = 255
    sound = np.zeros(seconds * 8000, np.float32)
    sound[seconds * 4000 : seconds * 4000 + 80] = 0.9
    return Clip.of_frames(frames, Fraction(fps), audio=Audio.of(sound, 8000), step=STEP)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (256, 256), (96, 160), (17, 9), (1, 1)])
def test_it_has_the_size_of_the_frames(width: int, height: int) -> None:
    card = opening_card(width, height)
    assert card.shape == (height, width, 3)
    if min(width, height) >= 96:
        ink = (card > 128).mean()
        assert 0.01 < ink < 0.3
        margin = card[:, : width // 50]
        assert not margin.any()  # nothing is cut off


def test_a_video_begins_with_it_and_carries_the_badge_after_it() -> None:
    clip = grey(2)
    labelled = visibly_labelled(clip)
    frames = list(labelled.frames())
    count = round(CARD_S * 10)
    assert len(frames) == len(labelled.times) == len(clip) + count
    np.testing.assert_array_equal(frames[0], opening_card(128, 96))
    np.testing.assert_array_equal(frames[count], badge(clip.first()))
    assert labelled.times[count] == pytest.approx(clip.times[0] + CARD_S)
    assert all(one < two for one, two in zip(labelled.times, labelled.times[1:], strict=False))
    assert [step.op for step in labelled.history] == ["create.x", "vouch.badge", "vouch.card"]


def test_a_still_gets_the_badge_alone() -> None:
    still = Clip.still(np.full((96, 128, 3), 90, np.uint8), step=STEP)
    labelled = visibly_labelled(still)
    assert labelled.is_still
    np.testing.assert_array_equal(labelled.first(), badge(still.first()))


def test_written_sound_still_meets_its_picture(tmp_path: Path) -> None:
    publish(visibly_labelled(grey(4)), tmp_path / "a.mp4")
    back = read(tmp_path / "a.mp4")
    bright = next(t for t, frame in zip(back.times, back.frames(), strict=True) if frame[:40, :60].mean() > 200)
    assert back.audio is not None
    samples = np.abs(back.audio.samples).max(axis=0)
    click = back.audio.start_s + int(np.argmax(samples > 0.3)) / back.audio.rate
    assert bright == pytest.approx(4.0, abs=0.11)
    assert click == pytest.approx(bright, abs=0.11)


def test_it_can_be_taken_off_again() -> None:
    clip = grey(2)
    back = without_opening(visibly_labelled(clip), card_s(clip))
    assert back.times == pytest.approx(clip.times)
    assert len(list(back.frames())) == len(clip)
    np.testing.assert_array_equal(back.first(), badge(clip.first()))
    assert back.audio is not None
    assert back.audio.start_s == pytest.approx(0.0)
    still = Clip.still(clip.first())
    assert without_opening(still, card_s(still)) is still
