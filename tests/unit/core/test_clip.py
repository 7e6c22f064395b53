from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.clip import Audio, Clip, Frame
from prosopon.core.history import Relationship, Step


@pytest.fixture
def clip() -> Clip:
    frames = np.random.default_rng(0).integers(0, 256, (5, 6, 8, 3), dtype=np.uint8)
    return Clip.of_frames(frames, Fraction(30000, 1001), name="five", step=Step("made"))


def test_frames_can_be_read_again_and_again(clip: Clip) -> None:
    first, second = [*clip.frames()], [*clip.frames()]
    assert len(first) == len(second) == len(clip) == 5
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_two_passes_do_not_disturb_each_other(clip: Clip) -> None:
    one, other = clip.frames(), clip.frames()
    next(one)
    next(one)
    assert np.array_equal(next(other), clip.first())


def test_times_are_exact_and_duration_includes_the_last_frame(clip: Clip) -> None:
    assert clip.times[3] == pytest.approx(3 * 1001 / 30000, abs=1e-12)
    assert clip.duration_s == pytest.approx(5 * 1001 / 30000)
    assert not clip.is_still


def test_a_still() -> None:
    still = Clip.still(np.zeros((4, 7, 3), np.uint8), name="black")
    assert still.is_still
    assert (still.width, still.height, still.duration_s) == (7, 4, 0.0)


def test_derive_keeps_the_clock_and_the_sound_and_adds_the_step(clip: Clip) -> None:
    audio = Audio.of(np.zeros(100, np.float32), 16000)
    read = Clip(**{**vars(clip), "audio": audio, "sha256": "ab", "path": Path("x.mp4")})
    inverted = read.derive(Step("invert"), lambda: (255 - frame for frame in read.frames()), width=8)
    assert inverted.times == read.times
    assert inverted.audio is audio
    assert [step.op for step in inverted.history] == ["made", "invert"]
    assert inverted.sha256 is None
    assert inverted.path is None
    assert np.array_equal(inverted.first(), 255 - read.first())
    assert [step.op for step in read.history] == ["made"]


def test_first_closes_what_it_opened() -> None:
    closed = []

    def frames() -> Iterator[Frame]:
        try:
            while True:
                yield np.zeros((2, 2, 3), np.uint8)
        finally:
            closed.append(True)

    Clip(2, 2, frames, (0.0,)).first()
    assert closed == [True]


def test_as_parent(clip: Clip) -> None:
    parent = clip.as_parent(Relationship.INPUT)
    assert (parent.name, parent.sha256, parent.relationship) == ("five", None, Relationship.INPUT)


def test_sound_is_read_when_asked_for_and_once() -> None:
    reads = []

    def load() -> np.ndarray:
        reads.append(1)
        return np.zeros((2, 10), np.float32)

    audio = Audio(48000, 2, load)
    assert not reads
    assert audio.samples.shape == audio.samples.shape == (2, 10)
    assert len(reads) == 1


def test_one_channel_becomes_two_dimensions() -> None:
    audio = Audio.of(np.zeros(8000, np.float32), 16000)
    assert audio.samples.shape == (1, 8000)
    assert audio.duration_s == 0.5
