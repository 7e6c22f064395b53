"""The original's frame resampled."""

from __future__ import annotations

import numpy as np
from marked_pictures import photo

from prosopon.vouch.watermark.alignment import aligned
from prosopon.vouch.watermark.lapped import analyse
from prosopon.vouch.watermark.lattice import POSITIONS, STEP, concentration, project
from prosopon.vouch.watermark.luma import luma
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.sampling import Resampler, reduced
from prosopon.vouch.watermark.still import embed

WHOLE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_the_whole_picture_projects_as_it_does_at_once() -> None:
    plane = luma(photo())
    found = Resampler(reduced(plane)[None]).projections(WHOLE)
    assert found.shape == (1, POSITIONS)
    assert np.median(np.abs(found[0] - project(analyse(plane)))) < 0.06 * STEP


def test_weights_say_what_is_seen() -> None:
    picture = Resampler(np.full((1, 128, 128), 100.0, np.float32))
    assert picture.weights(WHOLE).min() == 1.0
    left_half = picture.weights(np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])).reshape(14, 14)
    assert left_half[:, :6].min() > 0.9
    assert left_half[:, 8:].max() < 0.1


def test_black_is_not_seen() -> None:
    plane = np.full((1, 128, 128), 100.0, np.float32)
    plane[:, :64] = 0.0
    seen = Resampler(plane).weights(WHOLE).reshape(14, 14)
    assert seen[:6].max() < 0.1
    assert seen[8:].min() > 0.9


def test_a_place_that_is_nearly_right_is_made_right() -> None:
    plane = luma(embed(photo(), Mark(bytes(range(8)))))
    picture = Resampler(reduced(plane)[None])
    wrong = WHOLE + np.array([[0.002, 0.001, -0.003], [-0.0015, -0.002, 0.003]])
    weights = picture.weights(wrong)
    assert concentration(picture.projections(wrong)).item() < 0.35
    matrix, gain = aligned(picture, wrong, weights)
    matrix, gain = aligned(picture, matrix, weights, gain=gain, reach=0.4)
    assert concentration(picture.projections(matrix) / gain).item() > 0.6
    corners = np.array([[0.1, 0.1, 1.0], [0.9, 0.1, 1.0], [0.1, 0.9, 1.0], [0.9, 0.9, 1.0]]).T
    assert np.abs((matrix - WHOLE) @ corners).max() < 0.5 / 256
    assert abs(gain - 1) < 0.03


def test_reducing_keeps_what_is_small() -> None:
    small = np.zeros((100, 256), np.float32)
    assert reduced(small) is small
    assert reduced(np.zeros((1024, 512), np.float32)).shape == (256, 128)
