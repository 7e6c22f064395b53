from __future__ import annotations

import numpy as np
import pytest

from prosopon.faces.aligned.maps import apply, composed, inverted, scale_of

TURN = np.array(((0.8, -0.6, 3.0), (0.6, 0.8, -5.0)))
STRETCH = np.array(((2.0, 0.0, 1.0), (0.0, 4.0, 1.0)))
POINTS = np.array(((0.0, 0.0), (1.0, 2.0), (-7.5, 30.0)))


def test_there_and_back() -> None:
    assert apply(inverted(TURN), apply(TURN, POINTS)) == pytest.approx(POINTS)
    assert composed(inverted(STRETCH), STRETCH) == pytest.approx(np.eye(2, 3))


def test_the_first_map_comes_first() -> None:
    assert apply(composed(STRETCH, TURN), POINTS) == pytest.approx(apply(STRETCH, apply(TURN, POINTS)))
    assert not np.allclose(composed(STRETCH, TURN), composed(TURN, STRETCH))


def test_the_scale_is_the_root_of_the_area() -> None:
    assert scale_of(TURN) == pytest.approx(1.0)
    assert scale_of(STRETCH) == pytest.approx(np.sqrt(8.0))
    assert scale_of(np.array(((-3.0, 0.0, 0.0), (0.0, 3.0, 0.0)))) == pytest.approx(3.0)


@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.full((2, 3), np.nan), np.eye(3), np.ones((2, 3))])
def test_what_cannot_be_turned_round_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="affine map"):
        inverted(matrix)
