"""The whole vector: its names, that it is finite, and what it is told of a clip."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.detect.quality.features import AGAINST_BLUR, DISTORTION, NAMES, features
from prosopon.detect.quality.technique import ImageQuality


def test_there_are_as_many_as_published() -> None:
    assert (len(AGAINST_BLUR), len(DISTORTION), len(NAMES), len(set(NAMES))) == (18, 121, 139, 139)


@pytest.mark.parametrize("kind", ["noise", "black", "white", "stripes"])
def test_every_picture_has_finite_measures(kind: str) -> None:
    picture = {
        "noise": np.random.default_rng(0).integers(0, 256, (50, 61, 3), np.uint8),
        "black": np.zeros((48, 48, 3), np.uint8),
        "white": np.full((48, 48, 3), 255, np.uint8),
        "stripes": np.tile(np.array([0, 255], np.uint8)[:, None], (60, 30, 3)).reshape(60, 60, 3),
    }[kind]
    found = features(picture)
    assert found.shape == (139,) and np.isfinite(found).all()


def test_names_say_what_stands_where() -> None:
    red = np.full((60, 60, 3), (200, 30, 30), np.uint8)
    red[:, 30:] = (30, 30, 200)
    named = dict(zip(NAMES, features(red), strict=True))
    assert named["colour_001"] == named["colour_002"] == 0.5 and named["colour_003"] == 0
    assert named["colours"] == 2 / 2000
    assert named["edge_width"] == pytest.approx(1 / 30)
    assert named["value_mean"] == pytest.approx(200 / 255)
    assert 0 < named["lmse"] < 1 and named["ssim"] < 1


def test_too_small_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="47x60"):
        features(np.zeros((60, 47, 3), np.uint8))


def test_groups_cover_all_measures_once() -> None:
    covered = [index for place in ImageQuality.groups.values() for index in range(139)[place]]
    assert covered == [*range(139)]
    assert NAMES[ImageQuality.groups["reflections"]] == DISTORTION[:3]
    assert NAMES[ImageQuality.groups["how wide and soft edges are"]] == ("blurriness", "edge_width")
