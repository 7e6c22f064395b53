"""Measures for people."""

from __future__ import annotations

import pytest

from prosopon.app.detecting.measures import measure_in_words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("offset_ms", 40.0, ("offset", "40 ms")),
        ("speech_s", 7.2149, ("speech", "7.215 s")),
        ("peak_x_cycles_per_px", 0.25, ("peak x", "0.25 cycles a pixel")),
        ("speech_above_noise_db", 22.5, ("speech above noise", "22.5 dB")),
        ("blinks_per_minute", 40.0, ("blinks", "40 a minute")),
        ("blinks_per_minute_low", 4.8, ("blinks per minute low", "4.8")),
        ("windows", 5.0, ("windows", "5")),
        ("_s", 5.0, (" s", "5")),
    ],
)
def test_units_come_behind_the_value(name: str, value: float, words: tuple[str, str]) -> None:
    assert measure_in_words(name, value) == words
