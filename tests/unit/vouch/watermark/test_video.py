"""Marks in videos: streamed in, read from any piece that is long enough."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from marked_pictures import MARK, as_h264, cropped, photo, psnr_db, turned
from PIL import Image

from prosopon.core.clip import Audio, Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.history import SourceType, Step, source_type_of
from prosopon.vouch.watermark.files import read_file
from prosopon.vouch.watermark.still import embed
from prosopon.vouch.watermark.video import marked, read_clip

MADE = Step("create.x", source_type=SourceType.TRAINED)


def moving(count: int = 60) -> list[Frame]:
    """A person who moves before a background that stands still."""
    frame = photo(288, 352)
    frames = [frame.copy() for _ in range(count)]
    for index, one in enumerate(frames):
        shift = round(6 * np.sin(index / 5))
        one[60:200, 100:240] = frame[60:200, 100 + shift : 240 + shift]
    return frames


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(marked(Clip.of_frames(moving(), 25), MARK).frames())


def test_everything_else_stays() -> None:
    sound = Audio.of(np.zeros(100, np.float32), 8000)
    clip = Clip.of_frames(moving(5), Fraction(30000, 1001), audio=sound, step=MADE)
    done = marked(clip, MARK)
    assert (done.times, done.fps, done.audio, done.width, done.height) == (clip.times, clip.fps, sound, 352, 288)
    assert source_type_of(done.history) is SourceType.TRAINED
    assert done.history[-1].op == "vouch.watermark"
    assert done.history[-1].params["payload"] == MARK.hex
    assert done.history[-1].source_type is None


def test_it_is_not_seen_and_the_same_every_time(frames: list[Frame]) -> None:
    assert psnr_db(np.array(moving()), np.array(frames)) >= 42.0
    clip = marked(Clip.of_frames(moving(), 25), MARK)
    assert all(np.array_equal(a, b) for a, b in zip(clip.frames(), frames, strict=True))


def test_it_streams() -> None:
    given = 0

    def endless() -> Iterator[Frame]:
        nonlocal given
        for frame in moving():
            given += 1
            yield frame

    clip = Clip(352, 288, endless, tuple(i / 25 for i in range(60)), Fraction(25))
    passes = marked(clip, MARK).frames()
    assert given == 0
    next(passes)
    assert given == 26


def test_quick_rates_hold_fewer_than_40_frames() -> None:
    given = 0

    def endless() -> Iterator[Frame]:
        nonlocal given
        for _ in range(200):
            given += 1
            yield np.full((64, 64, 3), 100, np.uint8)

    clip = Clip(64, 64, endless, tuple(i / 120 for i in range(200)), Fraction(120))
    next(marked(clip, MARK).frames())
    assert given < 40


def test_every_piece_is_read(frames: list[Frame]) -> None:
    reading = read_clip(Clip.of_frames(frames, 25))
    assert reading.mark == MARK
    assert reading.placement is not None
    assert reading.placement.is_whole
    assert len(reading.segments) >= 2
    assert all(one.found for one in reading.segments)
    assert [one.start_s for one in reading.segments] == sorted(one.start_s for one in reading.segments)


@pytest.mark.parametrize(("first", "last"), [(0, 60), (11, 60), (17, 48)])
def test_after_a_codec_wherever_it_was_cut(frames: list[Frame], first: int, last: int) -> None:
    assert read_clip(Clip.of_frames(as_h264(frames[first:last], 28), 25)).mark == MARK


def test_at_half_of_the_rate(frames: list[Frame]) -> None:
    assert read_clip(Clip.of_frames(as_h264(frames[::2], 28), Fraction(25, 2))).mark == MARK


def test_beside_what_is_not_marked(frames: list[Frame]) -> None:
    reading = read_clip(Clip.of_frames([*frames[:50], *[np.flipud(one) for one in moving()]], 25))
    assert reading.mark == MARK
    assert not all(one.found for one in reading.segments)


def test_cropped_and_turned(frames: list[Frame]) -> None:
    small = [cropped(one, 0.1, 0.3, 0.8)[:258, :316] for one in frames]
    reading = read_clip(Clip.of_frames(as_h264(small, 26), 25))
    assert reading.mark == MARK
    assert reading.placement is not None
    assert reading.placement.size_px == pytest.approx((352, 288), abs=5.0)
    askew = read_clip(Clip.of_frames([turned(one, 3.0) for one in frames], 25))
    assert askew.mark == MARK
    assert askew.placement is not None
    assert askew.placement.rotation_deg == pytest.approx(3.0, abs=0.3)


def test_no_mark() -> None:
    reading = read_clip(Clip.of_frames(moving(30), 25))
    assert (reading.found, reading.segments) == (False, ())
    assert reading.windows > 1
    noise = np.random.default_rng(0).integers(0, 256, (12, 70, 90, 3), dtype=np.uint8)
    assert not read_clip(Clip.of_frames(list(noise), 25)).found
    assert not read_clip(Clip.of_frames(list(np.zeros_like(noise)), 25)).found


@pytest.mark.parametrize("count", [1, 2, 7])
def test_very_short_videos(count: int) -> None:
    done = marked(Clip.of_frames(moving(count), 25), MARK)
    assert len(list(done.frames())) == count
    assert read_clip(done).mark == MARK


def test_uneven_times() -> None:
    times = tuple(float(value) for value in np.cumsum(np.random.default_rng(1).uniform(0.01, 0.2, 40)))
    held = moving(40)
    clip = Clip(352, 288, lambda: iter(held), times, Fraction(12))
    assert read_clip(marked(clip, MARK)).mark == MARK


def test_stills_are_clips_too() -> None:
    done = marked(Clip.still(photo()), MARK)
    assert done.is_still
    assert read_clip(done).mark == MARK


def test_sounds_and_small_frames() -> None:
    sound = Clip(0, 0, lambda: iter(()), ())
    assert "no pictures" in read_clip(sound).note
    assert list(marked(sound, MARK).frames()) == []
    small = Clip.of_frames([np.zeros((40, 80, 3), np.uint8)], 25)
    assert "too small" in read_clip(small).note
    with pytest.raises(MediaError, match="too small"):
        marked(small, MARK)


def test_from_a_file(tmp_path: Path) -> None:
    Image.fromarray(embed(photo(), MARK)).save(tmp_path / "a.webp", quality=80)
    assert read_file(tmp_path / "a.webp").mark == MARK
    with pytest.raises(MediaError):
        read_file(tmp_path / "missing.png")
