"""Pieces, joins and windows: rates, gaps, signals that do not move."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_movements import moves, recorded, uncorrelated

from prosopon.detect.biometric.correlations import PAIRS, windows
from prosopon.detect.biometric.recording import RATE, Recording, blocks, joined, pieces_of, recording_of
from prosopon.detect.biometric.signals import NAMES, Signals


def sine(fps: float, seconds: float = 4.0) -> Signals:
    times = np.arange(round(seconds * fps)) / fps
    return Signals(times, np.sin(times)[:, None] * np.arange(1, 21), "landmarks")


@pytest.mark.parametrize("fps", [12.0, 25.0, 30.0, 59.94])
def test_every_rate_becomes_the_same(fps: float) -> None:
    (piece,) = pieces_of(sine(fps))
    assert np.diff(piece.times) == pytest.approx(1 / RATE)
    assert piece.values[:, 2] == pytest.approx(3 * np.sin(piece.times), abs=0.01)


def test_short_gaps_are_missing_values_and_long_ones_cut() -> None:
    signals = sine(25.0)
    signals.values[10:15] = np.nan
    signals.values[40:60] = np.nan
    first, second = pieces_of(signals)
    assert (len(first), len(second)) == (40, 40)
    assert np.isnan(first.values[:, 0]).nonzero()[0].tolist() == [10, 11, 12, 13, 14]
    assert second.times[0] == pytest.approx(60 / 25)


def test_moments_of_a_face_are_no_piece() -> None:
    signals = sine(25.0)
    signals.values[5:] = np.nan
    assert pieces_of(signals) == []
    signals.values[:] = np.nan
    assert pieces_of(signals) == []


def test_pieces_are_joined_without_their_means() -> None:
    clips = [
        Signals(np.arange(75) / 25, np.full((75, 20), level) + uncorrelated(3, 1), "landmarks") for level in (0.0, 50.0)
    ]
    recording = recording_of("p", clips)
    (centred,), (plain,) = joined(recording, "centred"), joined(recording, "as they are")
    assert len(centred) == len(plain) == 150
    assert centred.values[:75].mean() == pytest.approx(0) == centred.values[75:].mean()
    assert plain.values[75:].mean() == pytest.approx(50, abs=0.2)
    assert [len(one) for one in joined(recording, "apart")] == [75, 75]
    assert joined(Recording("nobody", ()), "centred") == []


def test_a_step_between_clips_would_correlate_all_that_it_moves() -> None:
    clips = [
        Signals(np.arange(250) / 25, level + uncorrelated(10, seed), "landmarks")
        for seed, level in enumerate((0.0, 9.0))
    ]
    recording = recording_of("p", clips)
    across = [np.abs(windows(recording, joins).features).mean(1).max() for joins in ("centred", "as they are")]
    assert across[0] < 0.15 and across[1] > 0.8


def test_windows_are_ten_seconds_every_five_values() -> None:
    found = windows(recording_of("p", [moves(0, 12)]))
    assert found.starts.tolist() == [*range(0, 51, 5)]
    assert found.features.shape == (11, 190)
    assert found.spans[1] == pytest.approx((0.2, 0.2 + 9.96))
    assert found.apart().tolist() == [0]
    assert windows(recording_of("p", [moves(0, 32)])).apart().tolist() == [0, 50, 100]
    assert len(windows(recording_of("p", [moves(0, 9.9)]))) == 0


def test_windows_need_nine_tenths_of_their_frames() -> None:
    signals = moves(0, 10)
    for first in range(5, 245, 10):
        signals.values[first] = np.nan  # 24 of 250
    assert len(windows(recording_of("p", [signals]))) == 1
    signals.values[[6, 16]] = np.nan
    found = windows(recording_of("p", [signals]))
    assert (len(found), found.left_out) == (0, 1)


def test_clips_of_three_seconds_make_windows_only_together() -> None:
    recording = recorded(1, 8)
    assert len(windows(recording)) == (8 * 75 - 250) // 5 + 1
    assert len(windows(recording, "apart")) == 0


def test_correlations_are_pearsons_of_the_frames_that_were_found() -> None:
    signals = moves(3, 14, offset=5.0)
    signals.values[[30, 31, 32, 33, 90, 200]] = np.nan
    found = windows(recording_of("p", [signals]))
    assert len(found) == 21
    for index in (0, 7, 20):
        values = signals.values[found.starts[index] :][:250]
        matrix = np.asarray(np.corrcoef(values[np.isfinite(values[:, 0])].T))
        assert found.features[index] == pytest.approx([matrix[a, b] for a, b in PAIRS])
    assert not found.still.any() and len(PAIRS) == 190


def test_what_does_not_move_goes_with_nothing_and_is_counted() -> None:
    values = moves(3, 10).values
    values[:, 4] = 70.0
    values[:, 9] = 30 + 1e-8 * values[:, 3]
    found = windows(recording_of("p", [Signals(np.arange(250) / 25, values, "landmarks")]))
    assert found.still.tolist() == [2]
    touched = np.array([4 in pair or 9 in pair for pair in PAIRS])
    assert (found.features[0, touched] == 0).all() and (found.features[0, ~touched] != 0).all()


def test_what_moves_a_little_counts_as_much_as_what_moves_far() -> None:
    values = moves(3, 10).values
    scaled = values * np.geomspace(2e-3, 100, 20) + np.linspace(0, 90, 20)
    found = [windows(recording_of("p", [Signals(np.arange(250) / 25, one, "landmarks")])) for one in (values, scaled)]
    assert found[0].features == pytest.approx(found[1].features, abs=1e-4)


def test_long_pieces_are_cut_so_that_parts_can_be_drawn() -> None:
    recording = recording_of("p", [moves(0, 31), moves(0, 3)])
    cut = blocks(recording, 10)
    assert [len(piece) for piece in cut.pieces] == [259, 258, 258, 75]
    assert cut.seconds == recording.seconds
    assert cut.taken([3, 3]).seconds == 6
    assert len(NAMES) == cut.pieces[0].values.shape[1]
