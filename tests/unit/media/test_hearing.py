"""One channel at one rate, where in it somebody speaks, and what codecs leave of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prosopon.core.clip import Audio
from prosopon.media.heard import RATE, heard
from prosopon.media.read import read
from prosopon.media.sound_codecs import AAC, MP3, OPUS, TELEPHONE, SoundCodec, through_codec
from prosopon.media.speech_activity import HOP_S, activity
from prosopon.studio.voice import schedule, sing

Samples = np.ndarray


def tone(hz: float, seconds: float, rate: int = RATE) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.fixture(scope="module")
def speech() -> Samples:
    """A second of silence, two of speech, a second of silence; with a little noise."""
    spoken = sing(schedule("we have found a very old map of the valley"), 2.0, seed=1)
    silent = np.zeros(RATE, np.float32)
    noise = np.random.default_rng(0).normal(0, 1e-3, 4 * RATE)
    return (np.concatenate((silent, spoken, silent)) + noise).astype(np.float32)


class TestHeard:
    def test_channels_become_their_mean_at_another_rate(self) -> None:
        left, right = tone(440, 1, 44100), tone(880, 1, 44100)
        found = heard(Audio.of(np.stack((left, right)), 44100))
        wanted = (tone(440, 1) + tone(880, 1)) / 2
        assert found.shape == (RATE,)
        assert found[800:-800] == pytest.approx(wanted[800:-800], abs=2e-3)

    def test_what_is_above_the_new_half_rate_does_not_come_back_below_it(self) -> None:
        found = heard(Audio.of(tone(11000, 1, 44100), 44100))
        assert np.abs(found[800:-800]).max() < 0.003

    def test_no_more_is_read_than_asked_for(self) -> None:
        assert len(heard(Audio.of(tone(440, 3), RATE), most_s=0.5)) == RATE // 2

    def test_a_file_is_read_piece_by_piece(self, shared: Path) -> None:
        clip = read(shared / "media/video/latentsync_demo2_man.mp4")
        assert clip.audio is not None
        part = heard(clip.audio, most_s=2.0)
        whole = heard(Audio.of(clip.audio.samples, clip.audio.rate))
        assert len(part) == 2 * RATE
        assert part[:-200] == pytest.approx(whole[: len(part) - 200], abs=1e-5)


class TestSpeechActivity:
    def test_speech_is_where_it_was_put(self, speech: Samples) -> None:
        found = activity(speech, RATE).speaking
        times = np.arange(len(found)) * HOP_S
        assert found[(times > 1.2) & (times < 2.6)].mean() > 0.75
        assert not found[(times < 0.85) | (times > 3.2)].any()

    @pytest.mark.parametrize("kind", ["noise", "hum", "silence"])
    def test_what_is_no_speech(self, kind: str) -> None:
        noise = np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32)
        sound = {"noise": noise, "hum": tone(100, 3), "silence": np.zeros(3 * RATE, np.float32)}[kind]
        assert activity(sound, RATE).speech_s == 0

    def test_a_click_has_no_moments(self) -> None:
        assert activity(np.ones(20, np.float32), RATE).speech_s == 0

    def test_each_sample_is_told_what_its_moment_is(self, speech: Samples) -> None:
        found = activity(speech, RATE)
        marked = found.samples(RATE, len(speech))
        assert marked.shape == speech.shape
        assert marked.mean() == pytest.approx(found.speaking.mean(), abs=0.02)


class TestCodecs:
    @pytest.mark.parametrize("codec", [MP3, OPUS, AAC, TELEPHONE], ids=str)
    def test_sound_comes_back_in_its_place(self, codec: SoundCodec, speech: Samples) -> None:
        back = through_codec(speech, RATE, codec)
        assert back.shape == speech.shape
        assert np.corrcoef(back, speech)[0, 1] > 0.9
        assert not np.array_equal(back, speech)

    def test_fewer_bits_leave_less(self, speech: Samples) -> None:
        errors = [np.abs(through_codec(speech, RATE, MP3._replace(kbps=k)) - speech).mean() for k in (16, 64)]
        assert errors[0] > 1.5 * errors[1]

    def test_a_telephone_has_no_highs(self) -> None:
        assert np.abs(through_codec(tone(6000, 1), RATE, TELEPHONE)[800:-800]).max() < 0.01
