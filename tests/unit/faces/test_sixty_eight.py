from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prosopon.faces.sixty_eight import MIRROR, VERTICES, sixty_eight


@pytest.fixture
def canonical(shared: Path) -> np.ndarray:
    lines = (shared / "media/models/mp_canonical_face_model.obj").read_text().splitlines()
    return np.array([[float(word) for word in line.split()[1:]] for line in lines if line.startswith("v ")])


def test_the_table_has_68_rows_of_vertices_of_the_face() -> None:
    assert VERTICES.shape == (68, 2)
    assert VERTICES.min() >= 0
    assert VERTICES.max() < 468


def test_mirroring_twice_is_nothing() -> None:
    assert np.array_equal(MIRROR[MIRROR], np.arange(68))


def test_no_two_points_are_the_same() -> None:
    assert len({tuple(sorted(row)) for row in VERTICES.tolist()}) == 68


def test_points_of_the_mean_face_are_symmetric(canonical: np.ndarray) -> None:
    points = sixty_eight(canonical)
    assert np.allclose(points[MIRROR] * (-1, 1, 1), points, atol=0.02)


def test_the_order_is_that_of_ibug(canonical: np.ndarray) -> None:
    x, y, _ = sixty_eight(canonical).T
    assert (np.diff(x[:17]) > 0).all()  # jaw: the picture's left to its right
    assert y[8] == y.min()  # chin
    assert (np.diff(x[17:27]) > 0).all()  # brows
    assert (np.diff(y[27:31]) < 0).all()  # bridge of the nose downwards
    assert (np.diff(x[31:36]) > 0).all()  # nostrils
    assert (np.diff(x[36:40]) > 0).all()  # right eye, upper lid
    assert (np.diff(x[42:46]) > 0).all()  # left eye, upper lid
    assert y[37] > y[41]
    assert y[43] > y[47]
    assert (np.diff(x[48:55]) > 0).all()  # outer lip, upper
    assert (np.diff(x[54:60]) < 0).all()  # and back along the lower one
    assert (np.diff(x[60:65]) > 0).all()
    assert (np.diff(x[64:68]) < 0).all()
    assert y[51] > y[62] > y[66] > y[57]


def test_jaw_points_are_about_evenly_spaced(canonical: np.ndarray) -> None:
    steps = np.linalg.norm(np.diff(sixty_eight(canonical)[:17], axis=0), axis=1)
    assert steps.max() / steps.min() < 1.7


def test_too_few_vertices_are_refused() -> None:
    with pytest.raises(ValueError, match="468"):
        sixty_eight(np.zeros((68, 2), np.float32))
