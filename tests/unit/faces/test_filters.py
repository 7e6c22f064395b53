"""Which faces are left out, for what reason, and that every one is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.core.faces import Box, Face, Pose, Track, Tracks
from prosopon.faces.filters import Quality, sift
from prosopon.faces.head68 import HEAD
from prosopon.faces.plausibility import mean_face_distance, misfit
from prosopon.faces.pose import rotation_of

RNG = np.random.default_rng(3)


def points(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, size: float = 10.0) -> np.ndarray:
    turned = HEAD @ rotation_of(Pose(yaw, pitch, roll)).T
    return (turned[:, :2] * (size, -size) + (300, 200)).astype(np.float32)


def a_face(**turn: float) -> Face:
    held = points(**turn)
    (left, top), (right, bottom) = held.min(0).tolist(), held.max(0).tolist()
    pose = Pose(**{name: turn.get(name, 0.0) for name in ("yaw", "pitch", "roll")})
    return Face(Box(left, top, right, bottom), held, 0.9, pose=pose)


def test_by_itself_only_what_is_no_face_is_left_out() -> None:
    for yaw in (-75, -30, 0, 30, 75):
        for pitch in (-30, 0, 30):
            for roll in (-170, -60, 0, 60):
                assert Quality().against(a_face(yaw=yaw, pitch=pitch, roll=roll)) is None
    good = a_face()
    assert good.landmarks is not None
    broken = {
        "scattered": RNG.normal(size=(68, 2)) * 50,
        "in another order": good.landmarks[RNG.permutation(68)],
        "trembling": good.landmarks + RNG.normal(size=(68, 2)) * 0.12 * np.ptp(good.landmarks),
        "mirrored": good.landmarks * (-1, 1),
        "upside down without being turned": good.landmarks * (1, -1),
        "in one point": np.full((68, 2), 7.0),
        "no numbers": np.full((68, 2), np.nan),
        "on a line": np.column_stack((np.arange(68.0), np.arange(68.0))),
    }
    for name, held in broken.items():
        assert Quality().against(replace(good, landmarks=held.astype(np.float32))) == "implausible", name


@pytest.mark.parametrize(
    ("quality", "face", "reason"),
    [
        (Quality(min_score=0.95), a_face(), "score"),
        (Quality(min_size=300), a_face(), "size"),
        (Quality(max_roll=20), a_face(roll=-25), "roll"),
        (Quality(max_yaw=20), a_face(yaw=-25), "yaw"),
        (Quality(max_pitch=20), a_face(pitch=25), "pitch"),
        (Quality(max_box_ratio=4), replace(a_face(), box=Box(290, 190, 330, 230)), "box"),
    ],
)
def test_each_limit_has_its_reason(quality: Quality, face: Face, reason: str) -> None:
    assert quality.against(face) == reason
    assert Quality().against(replace(face, box=a_face().box)) is None


def test_closed_eyes_are_both_closed() -> None:
    held = points()
    assert Quality(min_eyes=0.08).against(a_face()) is None
    for eye in (36, 42):
        upper, lower = [eye + 1, eye + 2], [eye + 5, eye + 4]
        middle = (held[upper] + held[lower]) / 2
        held[upper] = held[lower] = middle
        face = replace(a_face(), landmarks=held.copy())
        assert Quality(min_eyes=0.08).against(face) == (None if eye == 36 else "eyes closed")


def test_blur_is_told_by_the_picture() -> None:
    assert Quality(min_sharpness=2.0).against_picture({"sharpness": 1.9}) == "blur"
    assert Quality(min_sharpness=2.0).against_picture({"sharpness": 2.0}) is None
    assert Quality().against_picture({"sharpness": 0.0}) is None


def test_every_face_that_is_left_out_is_counted_and_who_has_none_left_is_gone() -> None:
    crooked = replace(a_face(), landmarks=(RNG.normal(size=(68, 2)) * 50).astype(np.float32))
    first = Track({0: a_face(), 1: crooked, 2: a_face(roll=40)})
    second = Track({0: crooked})
    third = Track({5: a_face(yaw=3)})
    sifted, out = sift(Tracks((first, second, third), 6, "scripted"), Quality(max_roll=30))
    assert [sorted(one.faces) for one in sifted.tracks] == [[0], [5]]
    assert out == {"implausible": 2, "roll": 1}
    assert (sifted.n_frames, sifted.back_end) == (6, "scripted")


def test_faces_without_landmarks_and_pose_are_not_judged_by_them() -> None:
    assert Quality(max_yaw=1, min_eyes=0.3).against(Face(Box(0, 0, 9, 9))) is None


@pytest.mark.parametrize("wrong", [{"max_yaw": -1.0}, {"min_size": float("nan")}, {"max_misfit": -0.1}])
def test_limits_are_not_negative(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong)).replace("_", "-")):
        Quality(**wrong)  # type: ignore[arg-type]


def test_distances_do_not_depend_on_place_size_and_roll() -> None:
    one, other = points(yaw=30), points(yaw=30, size=90.0) + 1e4
    assert mean_face_distance(one) == pytest.approx(mean_face_distance(other), rel=1e-3)
    assert misfit(one) == pytest.approx(misfit(other), abs=1e-4)
    rolled = points(yaw=30, roll=120)
    assert misfit(rolled) == pytest.approx(misfit(one), abs=1e-4)
    # The mean head fits itself however it is turned; the flat mean face fits it less and less.
    assert misfit(points(yaw=70, pitch=20)) < 0.005
    assert mean_face_distance(points()) < mean_face_distance(points(yaw=30)) < mean_face_distance(points(yaw=70)) < 0.28
