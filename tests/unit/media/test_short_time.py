"""Short-time spectra: there and back, against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.media.short_time import frames_of, hann, istft, mel_filters, mel_of, stft

RATE = 16000


@pytest.fixture
def sound() -> np.ndarray:
    return np.random.default_rng(0).normal(size=3001)


def test_what_is_transformed_comes_back(sound: np.ndarray) -> None:
    back = istft(stft(sound, 256, 64), 256, 64, len(sound))
    assert back == pytest.approx(sound, abs=1e-9)


def test_a_spectrum_is_that_of_the_piece_around_its_moment(sound: np.ndarray) -> None:
    spectra = stft(sound, 256, 64)
    piece = sound[10 * 64 - 128 : 10 * 64 + 128] * hann(256)
    turns = np.exp(-2j * np.pi * np.outer(np.arange(129), np.arange(256)) / 256)
    assert spectra[10] == pytest.approx(turns @ piece, abs=1e-9)


def test_changed_spectra_give_the_nearest_sound(sound: np.ndarray) -> None:
    wanted = stft(sound, 256, 64) * np.linspace(1, 0, 129)
    found = istft(wanted, 256, 64, len(sound))

    def distance(candidate: np.ndarray) -> float:
        return float(np.abs(stft(candidate, 256, 64)[4:-6] - wanted[4:-6]).mean())

    other = found + 0.05 * np.random.default_rng(1).normal(size=len(found))
    assert distance(found) < distance(other)


def test_pieces_of_a_short_sound_are_none() -> None:
    assert frames_of(np.zeros(5), 6, 2).shape == (0, 6)


def test_mel_filters_peak_at_one_and_stand_evenly_in_mel() -> None:
    filters = mel_filters(20, 4096, RATE)
    peaks = mel_of(filters.argmax(1) * RATE / 4096)
    assert filters.max(1) == pytest.approx(1, abs=0.06)
    assert np.diff(peaks) == pytest.approx(np.diff(peaks).mean(), rel=0.06)
