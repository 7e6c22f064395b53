"""The hash is that of the published algorithm, step by step, and stays where copies are."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.vouch.lookup.pdq import MATCH, Fingerprint, Turn, before_turning, pdq

# Of the picture that `drawn` makes at these sizes, by the published C++ implementation (pdqhash 0.2.8).
PUBLISHED = {
    (64, 64): ("537059ce9d1ef8e199c3271e60ee18e1071967c738f48e39e28631c58f0bd57a", 56),
    (128, 128): ("1670d48a331cdae39f63a31ef1ee10e30e19eb8778f48e39288631850f0bf77a", 56),
    (300, 201): ("5471c5ce0b1c48e1b9c3a71ee0ee38e38f19e38778f48e39ea8431858f0bd57a", 23),
    (512, 512): ("447171ce3f1c4ce139c3871ef0ee30e30f19738738f48e39ea8431858f0bd77a", 21),
    (720, 1280): ("447151ce2b1c6ce139c3a71ef0ee38e38f19638738f48e39ea8431858f0bd77a", 20),
}


def drawn(height: int, width: int, seed: int = 0) -> Frame:
    """Smooth coloured blobs, and some noise."""
    rng = np.random.default_rng(seed)
    rows, columns = (np.mgrid[:height, :width] + 0.5) / np.reshape([height, width], (2, 1, 1))
    picture = np.full((height, width, 3), 100.0)
    for _ in range(12):
        y, x, size = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.05, 0.3)
        blob = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / size**2)
        picture += blob[..., None] * rng.uniform(-120, 120, 3)
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def spelled_out(frame: Frame) -> tuple[str, int]:
    """The algorithm as its description tells it, one number after the other."""
    luma = frame @ np.array([0.299, 0.587, 0.114])
    for _ in range(2):
        for axis in (0, 1):
            lines = np.moveaxis(luma, axis, 0)
            length = len(lines)
            window = (length + 127) // 128
            ahead = (window + 2) // 2 - 1
            behind = window - ahead - 1
            boxed = [lines[max(0, i - behind) : i + ahead + 1].mean(axis=0) for i in range(length)]
            luma = np.moveaxis(np.array(boxed), 0, axis)
    rows, columns = (((np.arange(64) + 0.5) * side / 64).astype(int) for side in luma.shape)
    samples = luma[rows][:, columns]
    quality = sum(int(abs(int((a - b) * 100 / 255))) for line in (*samples, *samples.T) for a, b in pairwise(line))
    waves = np.array([[np.cos(np.pi / 128 * i * (2 * j + 1)) for j in range(64)] for i in range(1, 17)]) / np.sqrt(32)
    found = (waves @ samples @ waves.T).ravel()
    number = sum(1 << place for place in range(256) if found[place] > sorted(found)[127])
    return f"{number:064x}", min(100, quality // 90)


@pytest.mark.parametrize("size", [(64, 64), (128, 128), (129, 500), (480, 333), (30, 200), (5, 7)])
def test_the_algorithm_as_described(size: tuple[int, int]) -> None:
    frame = drawn(*size)
    found = pdq(frame)
    hexadecimal, quality = spelled_out(frame)
    assert found.quality == quality
    assert found.distance(Fingerprint.from_hex(hexadecimal)) <= (0 if min(size) >= 64 else 2)  # ties at tiny sizes
    assert len(found.hex) == 64


@pytest.mark.parametrize("size", [*PUBLISHED])
def test_hashes_of_the_published_implementation(size: tuple[int, int]) -> None:
    found = pdq(drawn(*size))
    assert (found.hex, found.quality) == PUBLISHED[size]


def test_half_of_the_bits_are_set() -> None:
    assert int(np.bitwise_count(pdq(drawn(200, 300)).bits).sum()) == 128


@pytest.mark.parametrize("size", [(1, 1), (4, 900), (900, 4)])
def test_too_small_to_have_one(size: tuple[int, int]) -> None:
    frame = np.full((*size, 3), 9, np.uint8)
    assert pdq(frame) == Fingerprint(np.zeros(32, np.uint8), 0)
    assert set(before_turning(frame).values()) == {pdq(frame)}


def test_a_plain_picture_has_no_quality() -> None:
    assert pdq(np.full((100, 100, 3), 128, np.uint8)).quality == 0
    assert pdq(drawn(300, 300)).quality > 20


@pytest.mark.parametrize("turn", [*Turn])
@pytest.mark.parametrize("size", [(240, 311), (512, 512)])
def test_turned_pictures_have_the_hash_from_before(turn: Turn, size: tuple[int, int]) -> None:
    frame = drawn(*size, seed=4)
    found = before_turning(frame)
    assert found[turn].distance(pdq(turn.undone(frame))) <= 2
    assert found[turn].quality == pdq(turn.undone(frame)).quality


def test_turns_are_what_they_are_called() -> None:
    frame = drawn(20, 30)
    turned = {
        Turn.NONE: frame,
        Turn.LEFT: np.rot90(frame),
        Turn.HALF: frame[::-1, ::-1],
        Turn.RIGHT: np.rot90(frame, -1),
        Turn.UPSIDE_DOWN: frame[::-1],
        Turn.MIRRORED: frame[:, ::-1],
        Turn.TRANSPOSED: frame.transpose(1, 0, 2),
        Turn.TRANSVERSED: frame[::-1, ::-1].transpose(1, 0, 2),
    }
    for turn, seen in turned.items():
        assert np.array_equal(turn.undone(np.ascontiguousarray(seen)), frame)


def test_copies_stay_near_and_others_do_not() -> None:
    frame = drawn(400, 300)
    image = Image.fromarray(frame)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=40)
    copies = [
        Image.open(buffer),
        image.resize((150, 200)),
        image.resize((600, 800)),
        image.point(lambda v: v * 0.8 + 20),
    ]
    assert all(pdq(frame).distance(pdq(np.array(copy))) <= MATCH for copy in copies)
    others = [pdq(drawn(400, 300, seed)) for seed in range(1, 21)]
    distances = [pdq(frame).distance(other) for other in others]
    assert min(distances) > 80
    assert 118 < np.mean(distances) < 138


def test_hexadecimal_there_and_back() -> None:
    one = pdq(drawn(100, 100))
    assert Fingerprint.from_hex(one.hex, one.quality) == one
    assert hash(Fingerprint.from_hex(one.hex, one.quality)) == hash(one)
    for wrong in ("", "ab", "xy" * 32):
        with pytest.raises(ValueError, match="hexadecimal"):
            Fingerprint.from_hex(wrong)


def test_portraits_differ_and_their_copies_do_not(shared: Path) -> None:
    found = [pdq(np.array(Image.open(file).convert("RGB"))) for file in sorted((shared / "media/portrait").iterdir())]
    distances = [a.distance(b) for number, a in enumerate(found) for b in found[:number]]
    assert all(one.quality >= 50 for one in found)
    assert np.quantile(distances, 0.05) > 60
