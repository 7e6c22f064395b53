"""Marked pictures after every way, by a stand-in that anybody can see."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from painted_watermark import PAINTED, embed

from prosopon.arena.watermarking.outcome import HEAD, Outcome, row_of, table
from prosopon.arena.watermarking.picture_ways import PICTURE_WAYS
from prosopon.arena.watermarking.pictures import chance, measure_again, measure_pictures
from prosopon.arena.watermarking.subjects import Picture
from prosopon.arena.watermarking.visibility import difference, seen_in_picture, summary
from prosopon.core.clip import Frame
from prosopon.core.errors import MediaError
from prosopon.vouch.watermark.mark import Mark
from prosopon.vouch.watermark.reading import Reading


def noise(number: int, side: int = 128) -> Picture:
    rng = np.random.default_rng(number)
    return Picture(f"noise {number}", rng.integers(0, 256, (side, side, 3), dtype=np.uint8))


WAYS = [PICTURE_WAYS[name] for name in ("clean", "jpeg 50", "half", "crop 10 %", "mirror")]


def test_what_survives_and_what_does_not() -> None:
    found = measure_pictures(PAINTED, [noise(1), noise(2)], WAYS)
    rows = {row.way: row for row in found.rows}
    assert [*rows] == ["clean", "jpeg 50", "half", "crop 10 %", "mirror"]
    assert rows["clean"].decoded.hits == rows["jpeg 50"].decoded.hits == 2
    assert rows["half"].decoded.hits == rows["mirror"].decoded.hits == 0
    # Put back where it lay, the bits are still all there.
    assert rows["mirror"].bits == 1 and rows["half"].bits is not None and rows["half"].bits > 0.9
    assert rows["mirror"].lost == ("noise 1", "noise 2") and rows["clean"].lost == ()
    assert all(row.wrong == 0 for row in found.rows)
    assert rows["clean"].corrected == 0 and rows["mirror"].corrected is None
    assert rows["clean"].largest_p == 1e-9 and rows["mirror"].largest_p is None
    assert len(found.seen) == 2 and 5 < found.seen[0].psnr < 20
    assert len(table(found.rows)[0]) == len(HEAD)
    json.dumps([row.as_json() for row in found.rows])


def test_it_is_the_same_again_and_ways_do_not_depend_on_each_other() -> None:
    all_of_them = measure_pictures(PAINTED, [noise(1)], WAYS, seed=4)
    again = measure_pictures(PAINTED, [noise(1)], WAYS[3:4], seed=4)
    one = next(row for row in all_of_them.rows if row.way == "crop 10 %")
    assert replace(again.rows[0], seconds=0) == replace(one, seconds=0)


def test_each_picture_has_bits_of_its_own() -> None:
    marks = {PAINTED.random_mark(chance(seed, name)).payload for seed in (0, 1) for name in ("a", "b")}
    assert len(marks) == 4
    assert PAINTED.random_mark(chance(0, "a")) == PAINTED.random_mark(chance(0, "a"))


def test_of_two_marks_the_newer_one_counts() -> None:
    (row,) = measure_again(PAINTED, [noise(1), noise(2)])
    assert (row.decoded.hits, row.decoded.of, row.wrong) == (2, 2, 0)
    first = replace(PAINTED, embed=lambda frame, mark: frame if PAINTED.read(frame).found else embed(frame, mark))
    (row,) = measure_again(first, [noise(1)])
    assert (row.decoded.hits, row.wrong) == (0, 1)
    assert measure_again(PAINTED, []) == []


def test_what_cannot_be_marked_is_left_out() -> None:
    def refused(frame: Frame, mark: Mark) -> Frame:
        if frame.shape[0] < 100:
            raise MediaError("too small")
        return embed(frame, mark)

    method = replace(PAINTED, embed=refused)
    found = measure_pictures(method, [noise(1, 80), noise(2)], WAYS[:1])
    assert found.unmarkable == ["noise 1"] and found.rows[0].decoded.of == 1 and len(found.seen) == 1
    assert measure_pictures(method, [noise(1, 80)], WAYS).rows == []
    assert measure_again(method, [noise(1, 80)]) == []


def test_another_mark_is_wrong() -> None:
    mark, other = Mark(bytes(8)), Mark(bytes([1] * 8))
    outcomes = [
        Outcome.of("x", "way", mark, Reading(other, 1e-8, 3, bits=100), seconds=0.1),
        Outcome.of("y", "way", mark, Reading(Mark(bytes(8), 2), 1e-8, 3, bits=100), seconds=0.3),
        Outcome.of("z", "way", mark, Reading(mark, 1e-7, 3, errors=5, bits=100), seconds=0.2),
    ]
    row = row_of("way", "group", "about", outcomes)
    assert (row.decoded.hits, row.decoded.of, row.wrong, row.lost) == (1, 3, 2, ("x", "y"))
    assert row.corrected == 0.05 and row.seconds == 0.2 and row.largest_p == 1e-7 and row.bits is None
    with pytest.raises(ValueError):
        row_of("another", "group", "about", outcomes)


def test_what_is_seen() -> None:
    frame = noise(3).frame
    same = seen_in_picture("x", frame, frame)
    assert same.psnr == float("inf") and same.ssim == pytest.approx(1) and same.flicker is None
    tiny = seen_in_picture("x", frame[:5, :5].copy(), frame[:5, :5].copy())
    assert tiny.ssim is None
    told = summary([seen_in_picture("y", frame, embed(frame, Mark(bytes(8)))), tiny])
    assert told["items"] == 2 and told["ssim_least"] == told["ssim_mean"]
    assert summary([])["psnr_mean"] is None
    change = frame.copy()
    change[0, 0] ^= 1
    shown = difference(frame, change)
    assert set(np.unique(shown[0, 0])) <= {108, 148} and np.all(shown[1:] == 128)
