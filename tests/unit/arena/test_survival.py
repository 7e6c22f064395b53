"""What is left of a change after it has been through the world."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_nets_of_heads import HeadNet, soft_picture

from prosopon.arena.survival import Survived, crop_of, survivals, turned_like, visibility
from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face
from prosopon.disrupt.heads.head import Head

HEAD = Head(Box(20, 10, 80, 70), np.array([[20.0, 10.0], [50.0, 40.0]], np.float32))


def photos(levels: int = 6) -> tuple[Frame, Frame]:
    untouched = soft_picture(101, 77)
    protected = untouched.copy()
    checks = (np.indices((60, 60)).sum(0) % 2 * 2 - 1)[..., None] * levels
    protected[10:70, 20:80] = np.clip(untouched[10:70, 20:80].astype(int) + checks, 0, 255)
    return untouched, protected


def test_the_file_itself_keeps_all_and_the_untouched_photo_shows_what_the_way_alone_does() -> None:
    untouched, protected = photos()
    net = HeadNet("one", side_px=60)
    (found,) = survivals(untouched, protected, [HEAD], [net], {"one"}.__contains__, ways=("png", "blur"))
    assert found.attacked and found.about == net.about
    png, blur = found.ways
    assert png.untouched == {"l1": 0, "l2": 0}
    assert png.protected["l1"] == pytest.approx(6 / 127.5, rel=0.1)
    assert blur.untouched["l1"] > 0  # blurred is not as it was
    # Checks of one pixel do not outlive a blur, whatever they did before.
    assert blur.protected["l1"] - blur.untouched["l1"] < 0.2 * png.protected["l1"]
    assert not blur.stands_out
    assert found.as_json()["ways"]["png"]["leading"] == "l2"


def test_what_it_is_compared_with_is_as_large_and_upside_down() -> None:
    untouched, protected = photos()
    turned = turned_like(untouched, protected, [HEAD])
    change, other = protected.astype(int) - untouched, turned.astype(int) - untouched
    rows = np.flatnonzero(np.abs(change).sum((1, 2)))
    assert rows.size and np.abs(change).sum() == np.abs(other).sum()
    assert not np.array_equal(change, other)
    height = np.flatnonzero(np.abs(other).sum((1, 2)))
    assert len(height) == len(rows)
    # Nothing is lost where values cannot go on.
    black = np.zeros((64, 64, 3), np.uint8)
    lit = black.copy()
    lit[20:24, 20:40] = 5
    low = turned_like(lit, black, [Head(Box(8, 8, 56, 56))])
    assert np.abs(low.astype(int) - lit).sum() == 5 * 4 * 20 * 3


def figures(name: str, protected: float, untouched: float, turned: float) -> Survived:
    return Survived("png", *({name: value} for value in (protected, untouched, turned)))


@pytest.mark.parametrize(("name", "values", "stands"), [
    ("l2", (0.4, 0.1, 0.1), True),
    ("l2", (0.4, 0.3, 0.1), False),
    ("l2", (0.4, 0.1, 0.3), False),
    ("l2", (0.0, 0.0, 0.0), False),
    ("cosine", (0.2, 0.9, 0.95), True),
    ("cosine", (0.9, 0.9, 0.95), False),
    ("segments", (0.2, 0.0, 0.0), True),
])  # fmt: skip
def test_an_effect_stands_out_of_what_would_have_been_there_anyway(
    name: str, values: tuple[float, float, float], stands: bool
) -> None:
    assert figures(name, *values).stands_out is stands
    assert figures(name, *values).leading == name


def test_figures_that_are_not_always_there_are_no_obstacle() -> None:
    one = Survived("png", {"masked_l2": 0.2, "l2": 0.1}, {"l2": 0.0}, {"l2": 0.0})
    assert one.leading == "masked_l2" and one.stands_out


def test_heads_are_meaned_and_nets_told_where_faces_are() -> None:
    untouched, protected = photos()
    net = HeadNet("one")
    other = Head(Box(0, 0, 10, 10))  # nothing changed there
    one, both = (
        survivals(untouched, protected, heads, [net], lambda _name: False, ways=("png",))[0]
        for heads in ([HEAD], [HEAD, other])
    )
    assert not one.attacked
    assert both.ways[0].protected["l1"] == pytest.approx(one.ways[0].protected["l1"] / 2)
    assert np.allclose(net.told[0], [[0, 0], [12, 12]])
    assert crop_of(untouched, other, 8)[1] is None


class Upside:
    """An embedder whose vectors are turned by any change."""

    same_person = 0.5

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        assert face.landmarks is not None
        x, y = face.landmarks[1].astype(int)
        return np.array([1, 0] if frame[y, x, 0] == self.known else [0, 1], np.float32)

    def __init__(self, known: int) -> None:
        self.known = known


def test_what_is_seen_of_it() -> None:
    untouched, protected = photos()
    seen = visibility(untouched, protected, [HEAD])
    assert seen.largest == 6 and seen.identity is None
    assert seen.changed == pytest.approx(3600 / (101 * 77))
    assert seen.psnr < seen.psnr_whole and seen.ssim is not None and seen.ssim < 1
    same = visibility(untouched, untouched, [HEAD], Upside(int(untouched[40, 50, 0])))
    assert same.identity == 1 and same.largest == 0 and same.changed == 0
    assert visibility(untouched, protected, [HEAD], Upside(int(untouched[40, 50, 0]))).identity == 0
    tiny: Any = soft_picture(8, 8)
    assert visibility(tiny, tiny, [replace(HEAD, box=Box(0, 0, 8, 8))]).ssim is None
