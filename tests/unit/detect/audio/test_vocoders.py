"""Vocoders: what they keep of a voice, and what they do not; and what happens to sound on its way."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.detect.audio.rooms import AS_IT_IS, NAMED, Way, draw
from prosopon.detect.audio.vocoders.griffin_lim import from_mel, griffin_lim
from prosopon.detect.audio.vocoders.lpc import predictor
from prosopon.detect.audio.vocoders.named import VOCODERS
from prosopon.detect.audio.vocoders.phases import scrambled
from prosopon.detect.audio.vocoders.pitch import HOP, pitch_of
from prosopon.detect.audio.vocoders.world import world
from prosopon.media.short_time import mel_filters, stft
from prosopon.studio.voice import schedule, sing

RATE = 16000


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return sing(schedule("we have found a very old map"), 1.6, pitch_hz=140, seed=1)


def loudness(sound: np.ndarray) -> np.ndarray:
    """Of some bands over time, in decibels."""
    bands = np.abs(stft(sound, 512, 256)) ** 2 @ mel_filters(12, 512, RATE).T
    level = 10 * np.log10(bands + 1e-6)
    return np.asarray(np.maximum(level, level.max() - 45))


class TestAll:
    @pytest.mark.parametrize("name", VOCODERS)
    def test_words_stay_and_samples_do_not(self, voice: np.ndarray, name: str) -> None:
        made = VOCODERS[name](voice, RATE, np.random.default_rng(0))
        assert made.shape == voice.shape
        assert np.corrcoef(loudness(made).ravel(), loudness(voice).ravel())[0, 1] > 0.85
        assert abs(np.corrcoef(made, voice)[0, 1]) < 0.98
        assert np.abs(made).max() <= 1

    @pytest.mark.parametrize("name", VOCODERS)
    def test_chance_comes_from_the_generator_alone(self, voice: np.ndarray, name: str) -> None:
        first, again, other = (VOCODERS[name](voice, RATE, np.random.default_rng(seed)) for seed in (3, 3, 4))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)


class TestPitch:
    def test_of_a_tone(self) -> None:
        tone = 0.3 * np.sin(2 * np.pi * 151.7 * np.arange(RATE) / RATE)
        found = pitch_of(tone, RATE)
        assert found.voiced[20:-20].all()
        assert found.hz[20:-20] == pytest.approx(151.7, rel=0.01)

    def test_noise_has_none(self) -> None:
        found = pitch_of(np.random.default_rng(0).normal(size=RATE), RATE)
        assert found.voiced.mean() < 0.05

    def test_world_raises_it(self, voice: np.ndarray) -> None:
        hz = [
            float(np.median(found.hz[found.voiced]))
            for found in (
                pitch_of(sound, RATE) for sound in (voice, world(voice, RATE, np.random.default_rng(0), raised=1.3))
            )
        ]
        assert hz[1] / hz[0] == pytest.approx(1.3, rel=0.06)

    def test_moments_are_5_ms_apart(self, voice: np.ndarray) -> None:
        assert len(pitch_of(voice, RATE).hz) == pytest.approx(len(voice) / HOP, abs=2)


class TestParts:
    def test_more_rounds_bring_griffin_lim_nearer(self, voice: np.ndarray) -> None:
        wanted = from_mel(np.abs(stft(voice, 512, 128)), 80, 512, RATE)

        def distance(rounds: int) -> float:
            made = griffin_lim(voice, RATE, np.random.default_rng(0), bands=80, size=512, rounds=rounds)
            return float(np.linalg.norm(np.abs(stft(made, 512, 128)) - wanted))

        assert distance(32) < 0.6 * distance(1)

    def test_mel_bands_are_kept(self, voice: np.ndarray) -> None:
        magnitude = np.abs(stft(voice, 512, 128))
        filters = mel_filters(40, 512, RATE)
        back = from_mel(magnitude, 40, 512, RATE)
        loud = magnitude.sum(1) > 0.05 * magnitude.sum(1).max()
        off = np.linalg.norm((back - magnitude)[loud] @ filters.T) / np.linalg.norm(magnitude[loud] @ filters.T)
        assert off < 0.02

    def test_linear_prediction_finds_a_resonance(self) -> None:
        rng = np.random.default_rng(0)
        poles = np.array([1, -2 * 0.97 * np.cos(2 * np.pi * 700 / RATE), 0.97**2])
        sound = np.zeros(4000)
        for n in range(2, 4000):
            sound[n] = rng.normal() - poles[1] * sound[n - 1] - poles[2] * sound[n - 2]
        filter_, level = predictor(sound * np.hanning(4000), 2)
        assert filter_ == pytest.approx(poles, abs=0.02)
        assert level == pytest.approx(1, rel=0.1)

    def test_no_spread_changes_nothing(self, voice: np.ndarray) -> None:
        same = scrambled(voice, np.random.default_rng(0), size=256, spread=0.0)
        assert same == pytest.approx(voice, abs=1e-6)


class TestWays:
    def test_as_it_is(self, voice: np.ndarray) -> None:
        np.testing.assert_array_equal(AS_IT_IS(voice), voice)

    def test_noise_is_as_loud_as_it_should_be(self, voice: np.ndarray) -> None:
        noise = Way(noise_db=20.0, noise_colour=0.5)(voice) - voice
        below = 10 * np.log10(np.mean(voice**2) / np.mean(noise**2))
        assert below == pytest.approx(20, abs=0.5)

    def test_what_is_narrow_has_no_highs(self, voice: np.ndarray) -> None:
        left = np.abs(stft(Way(kept_hz=4000)(voice), 512, 256))[:, 140:].mean()
        assert left < 0.05 * np.abs(stft(voice, 512, 256))[:, 140:].mean()

    def test_a_room_keeps_the_direct_sound_in_place(self) -> None:
        click = np.zeros(RATE, np.float32)
        click[100] = 0.5
        room = next(way.room for seed in range(40) if (way := draw(np.random.default_rng(seed))).room is not None)
        heard = Way(room=room)(click)
        assert int(np.argmax(np.abs(heard))) == 100
        assert np.abs(heard[200:2000]).max() > 1e-4

    @pytest.mark.parametrize("seed", range(12))
    def test_any_way_keeps_length_and_range(self, voice: np.ndarray, seed: int) -> None:
        arrived = draw(np.random.default_rng(seed))(voice)
        assert arrived.shape == voice.shape
        assert arrived.dtype == np.float32
        assert np.abs(arrived).max() <= 1.3  # codecs may overshoot

    @pytest.mark.parametrize("name", NAMED)
    def test_named_ways(self, voice: np.ndarray, name: str) -> None:
        assert np.corrcoef(NAMED[name](voice), voice)[0, 1] > 0.8
