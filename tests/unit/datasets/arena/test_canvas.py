from __future__ import annotations

import numpy as np
import pytest

from prosopon.datasets.arena.arena import CANVAS_PX, FACE_PX
from prosopon.datasets.arena.canvas import Canvas, scale_for
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.head_box import face_size

NOISE = np.random.default_rng(0).integers(0, 256, (400, 600, 3)).astype(np.uint8)


def face(size: float, x: float, y: float) -> np.ndarray:
    return (OWN * size + (x, y)).astype(np.float32)


def test_pixels_of_small_faces_stay_what_they_are() -> None:
    canvas = Canvas.around([face(80.0, 250.0, 150.0)])
    assert canvas.scale == 1
    left, top = int(canvas.left), int(canvas.top)
    assert (canvas.cut(NOISE) == NOISE[top : top + CANVAS_PX, left : left + CANVAS_PX]).all()


def test_the_face_lies_in_the_middle_and_is_not_too_large() -> None:
    points = face(300.0, 150.0, 20.0)
    canvas = Canvas.around([points])
    moved = canvas.points(points)
    assert face_size(moved) == pytest.approx(FACE_PX, abs=1)
    assert (moved.min(0) + moved.max(0)) / 2 == pytest.approx([CANVAS_PX / 2] * 2, abs=1)


def test_landmarks_stay_on_what_they_mark() -> None:
    points = face(290.0, 100.0, 30.0)
    frame = np.zeros((400, 600, 3), np.uint8)
    x, y = points[30]
    frame[round(float(y)) - 6 : round(float(y)) + 6, round(float(x)) - 6 : round(float(x)) + 6] = 255
    canvas = Canvas.around([points])
    shown = canvas.cut(frame)[..., 0].astype(float)
    rows, columns = np.mgrid[:CANVAS_PX, :CANVAS_PX] + 0.5
    middle = np.array([(columns * shown).sum(), (rows * shown).sum()]) / shown.sum()
    assert middle == pytest.approx(canvas.points(points)[30], abs=0.5)


def test_beyond_the_border_it_is_mirrored_however_far() -> None:
    small = NOISE[:40, :50]
    canvas = Canvas(-100.0, -120.0, 1.0)
    shown = canvas.cut(small)
    assert (shown[120:160, 100:150] == small).all()
    assert (shown[120:160, 99] == small[:, 1]).all()
    assert (shown[119, 100:150] == small[1]).all()
    assert (shown[120:160, 100 - 98 : 100 - 48] == small).all()  # two mirrors on: the same again


def test_several_runs_of_a_clip_have_one_scale() -> None:
    faces = [face(size, 100.0, 50.0) for size in (280.0, 300.0, 320.0)]
    scale = scale_for(faces)
    assert Canvas.around(faces[:1], scale).scale == Canvas.around(faces[2:], scale).scale == scale
