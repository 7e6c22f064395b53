from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.core.faces import Pose
from prosopon.faces.aligned.centring import Centring, centred_crop, offset, padding_px, sub_crop_px
from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.head68 import HEAD
from prosopon.faces.pose import rotation_of


def seen(pose: Pose) -> np.ndarray:
    return (HEAD @ rotation_of(pose)[:2].T) * 14.0 * (1, -1) + (300, 260)


@pytest.mark.parametrize(
    ("centring", "coverage", "size", "padding"),
    [
        ("legacy", 1.0, 256, 48),
        ("legacy", 0.625, 256, 0),
        ("face", 1.0, 512, 128),
        ("face", 0.875, 256, 55),
        ("head-centred", 1.0, 512, 160),
        ("head-centred", 0.625, 128, 26),
    ],
)
def test_padding_is_whole_pixels(centring: Centring, coverage: float, size: int, padding: int) -> None:
    assert padding_px(centring, coverage, size) == padding
    assert isinstance(padding_px(centring, coverage, size), int)


def test_sub_crops_have_whole_middles() -> None:
    assert sub_crop_px("head-centred", "head-centred", 1.0, 512) == 512
    assert sub_crop_px("head-centred", "legacy", 0.875, 512) == 268
    assert sub_crop_px("legacy", "head-centred", 1.0, 512) == 854
    assert all(sub_crop_px("legacy", "face", cover / 100, 511) % 2 == 0 for cover in range(63, 101))


@pytest.mark.parametrize("coverage", [0.5, 0.0, -1.0, 1.1, np.nan])
def test_coverage_has_bounds(coverage: float) -> None:
    with pytest.raises(UsageError, match=r"give 0\.625 to 1"):
        padding_px("face", coverage, 256)


def test_legacy_crops_hold_the_unit_square_within_their_padding() -> None:
    matrix = centred_crop(OWN * 160 + 48, "legacy", 256)
    assert matrix == pytest.approx(np.eye(2, 3), abs=1e-9)
    assert offset(OWN, "legacy").tolist() == [0.0, 0.0]


def test_less_coverage_shows_the_same_middle_larger() -> None:
    landmarks = seen(Pose(10, 5, 20))
    wide, near = (centred_crop(landmarks, "face", 320, coverage=coverage) for coverage in (1.0, 0.625))
    middle = apply(wide, landmarks) - 160
    assert apply(near, landmarks) - 160 == pytest.approx(middle * (320 - 2 * 32) / 160, abs=1e-9)


@pytest.mark.parametrize("mean_face", ["own", "published"])
def test_the_heads_middle_stays_behind_when_the_face_turns(mean_face: Any) -> None:
    def eyes_x(yaw: float, centring: Centring) -> float:
        landmarks = seen(Pose(yaw, 0, 0))
        return float(apply(centred_crop(landmarks, centring, 256, mean_face=mean_face), landmarks)[27:31, 0].mean())

    for centring in ("legacy", "face", "head-centred"):
        assert eyes_x(0, centring) == pytest.approx(128, abs=0.01)
    # Seen from its own middle, the front of a head that turns right moves right.
    assert eyes_x(35, "head-centred") > eyes_x(35, "legacy") + 10
    assert eyes_x(-35, "head-centred") < eyes_x(-35, "legacy") - 10


def test_our_own_and_the_published_face_agree_within_two_hundredths() -> None:
    corners = np.array(((0.0, 0.0), (256.0, 0.0), (0.0, 256.0), (256.0, 256.0)))
    for pose in (Pose(), Pose(30, 0, 0), Pose(-40, 10, 15), Pose(0, -15, 0)):
        for centring in ("legacy", "face", "head-centred"):
            own, published = (centred_crop(seen(pose), centring, 256, mean_face=name) for name in ("own", "published"))
            back = np.linalg.inv(np.vstack((own, (0, 0, 1))))[:2]
            moved = apply(published, apply(back, corners)) - corners
            assert np.linalg.norm(moved, axis=1).max() / 256 < 0.025
