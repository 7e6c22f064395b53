"""What kind of material a face comes in."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.faces import Face, Track, Tracks
from prosopon.datasets.degradations import blurred, jpeg
from prosopon.detect.learning.material import ENOUGH_PX, blockiness, material_measures
from prosopon.faces.aligned.mean_face import OWN

POINTS = (OWN * 110 + 60).astype(np.float32)


def frames(seed: int = 0, side: int = 240) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(40, 216, (30, 30, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC)).astype(float)
    return np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)[None]


def measured(pictures: NDArray[np.uint8], points: NDArray[np.float32] = POINTS) -> dict[str, float]:
    clip = Clip.of_frames(pictures, 25)
    return material_measures(clip, Tracks((Track({0: Face.around(points)}),), len(pictures), "drawn"))


def test_blur_and_compression_are_seen() -> None:
    plain, soft, coded = measured(frames()), measured(blurred(2.0)(frames())), measured(jpeg(15)(frames()))
    assert soft["sharpness"] < plain["sharpness"] / 2
    assert soft["fine_detail_db"] < plain["fine_detail_db"] - 6
    assert coded["blockiness"] > 1.5 * plain["blockiness"]
    assert plain["blockiness"] == pytest.approx(1.0, abs=0.3)


def test_the_grid_of_blocks_is_seen_wherever_it_begins() -> None:
    coded = jpeg(15)(frames())[0]
    face = Face.around(POINTS)
    values = [blockiness(np.roll(coded, shift, axis=(0, 1)), face) for shift in range(4)]
    assert max(values) < 1.3 * min(values)


def test_faces_that_are_large_enough_count_as_just_that() -> None:
    large = measured(frames(side=600), (OWN * 400 + 80).astype(np.float32))
    assert large["face_px"] == ENOUGH_PX
    assert measured(frames())["face_px"] < ENOUGH_PX


def test_where_nobody_is_nothing_is_measured() -> None:
    clip = Clip.of_frames(frames(), 25)
    assert material_measures(clip, Tracks((), 1, "drawn")) == {}
    nowhere = Face.around(np.full((68, 2), 7, np.float32))
    assert material_measures(clip, Tracks((Track({0: nowhere}),), 1, "drawn")) == {}
