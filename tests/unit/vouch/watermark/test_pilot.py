"""The pilot."""

from __future__ import annotations

import numpy as np

from prosopon.vouch.watermark.lapped import analyse
from prosopon.vouch.watermark.lattice import STEP, project
from prosopon.vouch.watermark.pilot import (
    HIGHEST_CYCLES,
    LEVELS,
    LOWEST_CYCLES,
    WAVES,
    frequencies,
    pattern,
    phases,
)  # fmt: skip


def test_waves_are_in_their_band_and_all_different() -> None:
    lengths = np.hypot(*frequencies().T)
    assert LOWEST_CYCLES <= lengths.min() <= lengths.max() <= HIGHEST_CYCLES
    either_way = {tuple(wave) for wave in frequencies()} | {tuple(-wave) for wave in frequencies()}
    assert len(either_way) == 2 * WAVES


def test_its_strength_is_as_stated() -> None:
    for height, width in ((256, 256), (300, 500)):
        assert abs(float(np.sqrt((pattern(height, width) ** 2).mean())) - LEVELS) < 0.01


def test_it_is_the_sum_of_its_waves() -> None:
    y, x = 10, 37
    u, v = (x + 0.5) / 300, (y + 0.5) / 200
    waves = np.cos(2 * np.pi * (frequencies() @ [u, v]) + phases())
    assert abs(pattern(200, 300)[y, x] - LEVELS * np.sqrt(2 / WAVES) * waves.sum()) < 1e-4


def test_it_leaves_the_data_alone() -> None:
    assert np.abs(project(analyse(pattern(256, 256)))).max() < 0.2 * STEP
