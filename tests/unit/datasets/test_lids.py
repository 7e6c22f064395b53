"""Lids lowered in a picture: the skin comes down, the rest stays, the landmarks go along."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.datasets.lids import close_lids
from prosopon.faces.openings import eye_openings
from prosopon.studio.person import Expression, Identity
from prosopon.studio.render import render


@pytest.mark.parametrize("seed", [1, 3, 5])
def test_a_rendered_person_closes_their_eyes(seed: int) -> None:
    """Nearer to the same person with closed eyes than to the open-eyed picture, in the eyes; unchanged elsewhere."""
    who = Identity.random(np.random.default_rng(seed))
    open_eyed = render(who, size_px=256)
    shut = render(who, expression=Expression(blink_left=1, blink_right=1), size_px=256)
    before = open_eyed.image.copy()
    picture, landmarks = close_lids(open_eyed.image, open_eyed.landmarks, 1.0)
    assert np.array_equal(open_eyed.image, before)
    np.testing.assert_allclose(eye_openings(landmarks), 0, atol=1e-6)
    eyes = np.zeros(picture.shape[:2], bool)
    for eye in (slice(36, 42), slice(42, 48)):
        (x0, y0), (x1, y1) = open_eyed.landmarks[eye].min(0).astype(int), open_eyed.landmarks[eye].max(0).astype(int)
        eyes[y0 + 1 : y1, x0 + 2 : x1 - 1] = True
    error = np.abs(picture.astype(int) - shut.image).mean(-1)[eyes].mean()
    unmoved = np.abs(open_eyed.image.astype(int) - shut.image).mean(-1)[eyes].mean()
    assert error < 0.65 * unmoved
    changed = np.abs(picture.astype(int) - open_eyed.image).max(-1) > 0
    low, high = open_eyed.landmarks[17:48].min(0), open_eyed.landmarks[17:48].max(0)
    rows, columns = np.nonzero(changed)
    assert rows.min() > low[1]
    assert rows.max() < high[1]
    assert columns.min() > low[0]
    assert columns.max() < high[0]


@pytest.mark.parametrize("amount", [0.0, 0.5])
def test_in_between(amount: float) -> None:
    person = render(Identity.random(np.random.default_rng(4)), size_px=128)
    picture, landmarks = close_lids(person.image, person.landmarks, amount)
    np.testing.assert_allclose(eye_openings(landmarks), (1 - amount) * eye_openings(person.landmarks), rtol=0.05)
    others = np.setdiff1d(np.arange(68), [37, 38, 43, 44])
    np.testing.assert_allclose(landmarks[others], person.landmarks[others])
    if not amount:
        assert np.abs(picture.astype(int) - person.image).max() <= 1


def test_eyes_out_of_the_picture_and_without_width_do_no_harm() -> None:
    person = render(Identity(), size_px=96)
    away = close_lids(person.image, person.landmarks - 200.0, 1.0)[0]
    assert np.array_equal(away, person.image)
    flat = person.landmarks.copy()
    flat[36:48] = flat[36]
    assert np.array_equal(close_lids(person.image, flat, 1.0)[0], person.image)
