from __future__ import annotations

import numpy as np
from skimage.color import lab2rgb, rgb2lab

from prosopon.faces.colour.lab import lab_of, rgb_of


def test_lab_is_that_of_the_standard() -> None:
    rgb = np.random.default_rng(0).random((3, 500)).astype(np.float32)
    assert np.abs(lab_of(rgb) - rgb2lab(rgb.T[None])[0].T).max() < 0.02
    lab = lab_of(rgb)
    assert np.abs(rgb_of(lab) - lab2rgb(lab.T[None])[0].T).max() < 1e-3


def test_there_and_back() -> None:
    rgb = np.stack(np.meshgrid(*[np.linspace(0, 1, 18)] * 3)).reshape(3, -1).astype(np.float32)
    assert np.abs(rgb_of(lab_of(rgb)) - rgb).max() < 1e-4


def test_black_white_and_grey() -> None:
    lab = lab_of(np.array(((0, 1, 0.5), (0, 1, 0.5), (0, 1, 0.5)), np.float32))
    assert np.abs(lab[0] - (0, 100, 53.389)).max() < 1e-2
    assert np.abs(lab[1:]).max() < 2e-2


def test_colours_that_no_screen_shows_are_clipped() -> None:
    shown = rgb_of(np.array(((50, 150, -20), (120, 0, 0), (-120, 0, 0)), np.float32))
    assert np.isfinite(shown).all() and shown.min() >= 0 and shown.max() <= 1
