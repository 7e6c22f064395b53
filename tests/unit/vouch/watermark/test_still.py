"""Marks in stills: not seen, and read after what happens to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from marked_pictures import MARK, as_h264, as_jpeg, cropped, photo, psnr_db, resized, turned

from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.media.read import read as read_media
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.significance import LIMIT
from prosopon.vouch.watermark.still import embed, read


@pytest.fixture(scope="module")
def marked() -> Frame:
    return embed(photo(), MARK)


def test_it_is_not_seen(marked: Frame) -> None:
    assert marked.dtype == np.uint8
    assert marked.shape == photo().shape
    assert psnr_db(photo(), marked) >= 42.0


def test_the_same_every_time(marked: Frame) -> None:
    assert np.array_equal(embed(photo(), MARK), marked)


def test_input_is_left_alone() -> None:
    frame = photo()
    embed(frame, MARK)
    assert np.array_equal(frame, photo())


KEPT: dict[str, Callable[[Frame], Frame]] = {
    "nothing": lambda frame: frame,
    "jpeg 50": lambda frame: as_jpeg(frame, 50),
    "jpeg 30": lambda frame: as_jpeg(frame, 30),
    "half": lambda frame: resized(frame, 224, 200),
    "double": lambda frame: resized(frame, 896, 800),
    "stretched": lambda frame: resized(frame, 448, 250),
    "h264": lambda frame: as_h264([frame], 28)[0],
    "grey": lambda frame: np.repeat(frame.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
    "darker": lambda frame: (0.75 * frame).astype(np.uint8),
    "less contrast": lambda frame: (0.8 * frame + 25).astype(np.uint8),
    "gamma": lambda frame: np.rint(255 * (frame / 255.0) ** 0.9).astype(np.uint8),
}


@pytest.mark.parametrize("name", KEPT)
def test_read_at_once(marked: Frame, name: str) -> None:
    reading = read(KEPT[name](marked), "quick")
    assert reading.mark == MARK
    assert reading.p_value <= LIMIT
    assert reading.placement is not None
    assert reading.placement.is_whole


MOVED: dict[str, Callable[[Frame], Frame]] = {
    "crop": lambda frame: cropped(frame, 0.1, 0.2, 0.9),
    "crop and jpeg": lambda frame: as_jpeg(cropped(frame, 0.1, 0.7, 0.0), 50),
    "shift": lambda frame: np.pad(frame, ((0, 9), (13, 0), (0, 0)))[9:, :-13],
    "turn": lambda frame: turned(frame, 3.0),
    "turn back": lambda frame: turned(frame, -5.0),
    "mirror": lambda frame: frame[:, ::-1],
    "screenshot": lambda frame: as_jpeg(resized(cropped(frame, 0.04, 0.5, 0.3), 330, 290), 70),
}


@pytest.mark.parametrize("name", MOVED)
def test_found_where_it_lies(marked: Frame, name: str) -> None:
    moved = np.ascontiguousarray(MOVED[name](marked))
    assert not read(moved, "quick").found
    reading = read(moved)
    assert reading.mark == MARK
    assert reading.p_value <= LIMIT
    assert 1 < reading.windows < 100


def test_it_says_how_the_picture_was_changed(marked: Frame) -> None:
    placement = read(cropped(marked, 0.1, 0.0, 0.0)).placement
    assert placement is not None
    assert placement.array[:, 2] == pytest.approx([0.0, 0.0], abs=2.0)
    assert placement.size_px == pytest.approx((448, 400), abs=4.0)
    assert placement.seen == pytest.approx(0.81, abs=0.03)
    turn = read(turned(marked, 3.0)).placement
    assert turn is not None
    assert turn.rotation_deg == pytest.approx(3.0, abs=0.2)
    mirrored = read(np.ascontiguousarray(marked[:, ::-1])).placement
    assert mirrored is not None
    assert mirrored.mirrored


def test_other_marks_are_told_apart() -> None:
    other = Mark(bytes(8), 0)
    assert read(embed(photo(), other)).mark == other


def test_the_last_mark_counts(marked: Frame) -> None:
    other = Mark(b"\xff" * 8, 15)
    assert read(embed(marked, other), "quick").mark == other


@pytest.mark.parametrize("size", [(64, 64), (64, 900), (65, 77)])
def test_small_and_long_pictures(size: tuple[int, int]) -> None:
    height, width = size
    frame = resized(photo(), width, height)
    assert read(embed(frame, MARK), "quick").mark == MARK


def test_unmarked_pictures() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    for frame in (photo(), noise, np.zeros((100, 100, 3), np.uint8), np.full((100, 100, 3), 255, np.uint8)):
        reading = read(frame)
        assert not reading.found
        assert reading.p_value > LIMIT
        assert reading.windows >= 1


@pytest.mark.parametrize("size", [(63, 400), (400, 63), (1, 1)])
def test_too_small(size: tuple[int, int]) -> None:
    frame = np.full((*size, 3), 90, np.uint8)
    with pytest.raises(MediaError, match="too small"):
        embed(frame, MARK)
    reading = read(frame)
    assert (reading.found, reading.windows, reading.p_value) == (False, 0, 1.0)
    assert "too small" in reading.note


@pytest.mark.parametrize("level", [0, 255])
def test_even_black_and_white_pictures_can_be_marked(level: int) -> None:
    frame = np.full((128, 128, 3), level, np.uint8)
    marked = embed(frame, MARK)
    assert read(marked, "quick").mark == MARK
    assert psnr_db(frame, marked) >= 42.0


def test_what_cannot_be_read_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prosopon.vouch.watermark.still.added", lambda frame, residual: frame)
    with pytest.raises(MediaError, match="cannot be read"):
        embed(photo(), MARK)


def test_a_flat_grey_picture_can_be_marked() -> None:
    marked = embed(np.full((256, 256, 3), 128, np.uint8), MARK)
    assert read(as_jpeg(marked, 75), "quick").mark == MARK


def test_portraits_after_hard_use(shared: Path) -> None:
    for path in sorted((shared / "media" / "portrait").iterdir())[::8]:
        frame = read_media(path).first()
        marked = embed(frame, MARK)
        assert psnr_db(frame, marked) >= 42.0
        for changed in (
            as_jpeg(marked, 50),
            as_h264([marked], 28)[0],
            cropped(marked, 0.1, 0.3, 0.6),
            turned(marked, 3),
        ):
            assert read(changed).mark == MARK
        assert not read(frame).found
