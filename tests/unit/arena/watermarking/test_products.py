"""What is made of marked pictures, by stand-ins; and that the real makers leave the picture's size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from painted_watermark import PAINTED, PICTURES_ONLY

from prosopon.arena.watermarking import products
from prosopon.arena.watermarking.products import PRODUCTS, face_swapped, measure_products, protected_at_once
from prosopon.arena.watermarking.subjects import Picture
from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MissingError, UsageError
from prosopon.core.progress import Silent
from prosopon.faces.finder import FaceFinder, open_finder
from prosopon.media.read import read

GREY = Picture("grey", np.full((128, 128, 3), 90, np.uint8))


class Heard(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def as_video(picture: Frame, finder: FaceFinder) -> Clip:
    return Clip.of_frames([picture] * 6, 25)


def as_still(picture: Frame, finder: FaceFinder) -> Clip:
    return Clip.still(picture)


def turned(picture: Frame, finder: FaceFinder) -> Frame:
    return np.rot90(picture).copy()


def nobody(picture: Frame, finder: FaceFinder) -> Frame:
    raise MissingError("no face was found in it")


MADE = {"film": (("film", "as it is", as_video), ("still", "as it is", as_still)), "turn": (("turn", "by 90", turned),)}


def test_what_is_made_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "PRODUCTS", MADE)
    finder = open_finder("builtin")
    rows, outcomes = measure_products(PAINTED, [GREY], ["film", "turn"], finder)
    assert {row.way: row.decoded.share for row in rows} == {"film": 1, "still": 1, "turn": 0}
    assert len(outcomes) == 3 and all(one.bit_accuracy is None for one in outcomes)
    rows, _ = measure_products(PICTURES_ONLY, [GREY], ["film"], finder)  # of a video, its first picture
    assert [row.decoded.share for row in rows] == [1, 1]


def test_what_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "PRODUCTS", {"swap": (("swap", "fails", nobody),)})
    heard = Heard()
    assert measure_products(PAINTED, [GREY], ["swap"], open_finder("builtin"), progress=heard) == ([], [])
    assert heard.notes == ["swap of grey: no face was found in it"]
    with pytest.raises(UsageError, match="'fly'"):
        measure_products(PAINTED, [GREY], ["swap", "fly"], open_finder("builtin"))


def test_nobody_in_the_picture() -> None:
    finder = open_finder("builtin")
    for make in (face_swapped, protected_at_once):
        with pytest.raises(MissingError, match="no face"):
            make(GREY.frame, finder)


def test_on_a_portrait(shared: Path) -> None:
    picture = read(shared / "media/portrait/sfhq_pt1_00000161.jpg").first()
    finder = open_finder("builtin")
    for make in (face_swapped, protected_at_once):
        made = make(picture, finder)
        assert made.shape == picture.shape and made.dtype == np.uint8
        assert 0 < (made != picture).mean() < 1
    assert [*PRODUCTS] == ["animate", "swap", "protect"]
