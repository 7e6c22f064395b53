"""The stored driver is what the studio renders, and shows a face where it says."""

from __future__ import annotations

import numpy as np

from prosopon.arena.victims.driver import SIDE_PX, driver, rendered_driver
from prosopon.core.parts import Part


def test_the_stored_pictures_are_what_is_rendered() -> None:
    """Nearly: processors round differently."""
    stored, rendered = driver(), rendered_driver()
    for was, now in ((stored.rest, rendered.rest), (stored.moved, rendered.moved)):
        assert was.shape == (SIDE_PX, SIDE_PX, 3) and was.dtype == np.uint8
        assert np.abs(was.astype(int) - now).mean() < 0.5
    assert (stored.parts != rendered.parts).mean() < 0.01
    assert np.abs(stored.rest.astype(int) - stored.moved).mean() > 5


def test_the_face_is_without_hair_and_neck() -> None:
    one = driver()
    assert 0.15 < one.face.mean() < 0.35
    assert set(np.unique(one.face)) == {0, 1}
    for part in (Part.HAIR, Part.NECK, Part.EAR, Part.CLOTHES, Part.BACKGROUND):
        assert (one.parts == part).any() and not one.face[one.parts == part].any()
    for part in (Part.SKIN, Part.LIP, Part.IRIS):
        assert one.face[one.parts == part].all()
