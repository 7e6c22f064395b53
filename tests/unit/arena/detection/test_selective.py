"""Risk over coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prosopon.arena.detection.selective import risk_coverage


def test_the_surest_come_first() -> None:
    # By sureness: right, right, wrong, unanswered.
    found = risk_coverage((1, 0, 1, 1), (2.0, -1.5, -0.5, np.nan))
    assert found.coverage == pytest.approx([0.25, 0.5, 0.75, 1])
    assert found.risk == pytest.approx([0, 0, 1 / 3, 1.5 / 4])
    assert found.answered == 0.75 and found.area == pytest.approx((1 / 3 + 1.5 / 4) / 4)
    assert found.at(0.5) == 0 and found.at(0.51) == pytest.approx(1 / 3) and found.at(1) == pytest.approx(0.375)


def test_what_is_equally_sure_has_no_order() -> None:
    forth = risk_coverage((1, 1, 0), (1.0, -1.0, -3.0))
    back = risk_coverage((1, 1, 0), (-1.0, 1.0, -3.0))
    assert np.array_equal(forth.risk, back.risk) and forth.risk == pytest.approx([0, 0.25, 1 / 3])


def test_saying_nothing_is_a_coin() -> None:
    assert risk_coverage((0, 1, 1), (0.0, 0.0, 0.0)).area == pytest.approx(0.5)
    assert risk_coverage((0, 1), (np.nan, np.nan)).area == pytest.approx(0.5)
    assert math.isnan(risk_coverage((), ()).area) and math.isnan(risk_coverage((), ()).at(0.5))
