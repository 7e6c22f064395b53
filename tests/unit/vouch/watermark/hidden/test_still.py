"""The learned watermark with the weights that come with the package: pictures in, marks out, after what was learnt."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

from prosopon.core.errors import MissingError, UsageError
from prosopon.models.catalogue import find
from prosopon.vouch.watermark.hidden.codecs import h264, jpeg
from prosopon.vouch.watermark.hidden.nets import marker
from prosopon.vouch.watermark.hidden.still import embed, read
from prosopon.vouch.watermark.mark import Mark

MARK = Mark.of_hex("00112233aabbccdd", 2)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    """A portrait, NASA's, in the public domain."""
    return np.ascontiguousarray(skimage.data.astronaut()[:480])


@pytest.fixture(scope="module")
def marked(frame: np.ndarray) -> np.ndarray:
    return embed(frame, MARK)


def resized(frame: np.ndarray, factor: float) -> np.ndarray:
    height, width = frame.shape[:2]
    return np.asarray(Image.fromarray(frame).resize((round(width * factor), round(height * factor))))


def test_the_mark_is_read_and_the_picture_looks_the_same(frame: np.ndarray, marked: np.ndarray) -> None:
    assert marked.shape == frame.shape
    assert marked.dtype == np.uint8
    off = np.square(marked.astype(float) - frame).mean()
    assert 10 * np.log10(255**2 / off) > 38
    reading = read(marked, "quick")
    assert reading.mark == MARK
    assert reading.method == "hidden"
    assert reading.p_value < 1e-6
    assert reading.windows == 1
    assert 0 <= reading.errors < reading.bits / 5
    assert reading.bits == 255
    assert reading.placement is not None
    assert reading.placement.is_whole


def test_embedding_changes_nothing_else_and_is_the_same_every_time(frame: np.ndarray, marked: np.ndarray) -> None:
    kept = frame.copy()
    np.testing.assert_array_equal(embed(frame, MARK), marked)
    np.testing.assert_array_equal(frame, kept)
    np.testing.assert_array_equal(embed(frame, MARK, strength=0.0), frame)


@pytest.mark.parametrize("way", ["jpeg75", "half", "crf28"])
def test_what_the_world_does_to_files_leaves_it(marked: np.ndarray, way: str) -> None:
    after = {
        "jpeg75": lambda: jpeg(75)(marked[None])[0],
        "half": lambda: resized(marked, 0.5),
        "crf28": lambda: h264(28)(marked[None])[0],
    }[way]()
    assert read(after, "quick").mark == MARK


def test_a_cut_picture_is_read_and_said_to_be_cut(marked: np.ndarray) -> None:
    reading = read(np.ascontiguousarray(marked[40:440, 60:500]), "full")
    assert reading.mark == MARK
    assert reading.windows > 1
    assert reading.bits < 255
    assert reading.placement is not None
    assert not reading.placement.is_whole
    left, top = reading.placement.array[:, 2]
    assert (left, top) == pytest.approx((-60, -40), abs=16)


def test_pictures_of_other_shapes_are_marked_too(frame: np.ndarray) -> None:
    for part in (frame[:200, :355], frame[:301, :170], resized(frame, 1.7)):
        assert read(embed(np.ascontiguousarray(part), MARK), "quick").mark == MARK


def test_nothing_is_read_where_nothing_is(frame: np.ndarray) -> None:
    reading = read(frame, "full")
    assert not reading.found
    assert reading.p_value > 1e-6
    assert reading.placement is None
    grain = np.random.default_rng(0).integers(0, 255, (130, 150, 3), dtype=np.uint8)
    for odd in (grain, np.zeros((128, 128, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)):
        assert not read(odd, "quick").found


def test_the_mark_of_another_picture_is_not_of_this_one(frame: np.ndarray) -> None:
    other = Mark.of_hex("fedcba9876543210", 15)
    assert read(embed(frame, other), "quick").mark == other


def test_small_pictures_are_refused_and_read_as_nothing() -> None:
    small = np.zeros((63, 200, 3), np.uint8)
    with pytest.raises(UsageError, match="too small"):
        embed(small, MARK)
    reading = read(small)
    assert not reading.found
    assert "too small" in reading.note


def test_weights_of_something_else_are_refused() -> None:
    with pytest.raises(MissingError, match="not of hidden"):
        marker("protector.studio")


def test_the_card_says_what_the_weights_were_taught_with_and_what_they_do() -> None:
    entry = find("hidden.studio")
    assert entry.size_bytes < 2_000_000
    assert entry.licence == "CC-BY-4.0"
    assert {"trained_on", "credits", "evaluation", "known_failures"} <= entry.card.keys()
