"""Signals of drawn heads: what moves shows in the signal that is meant, and pose does not."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_movements import face_of

from prosopon.core.faces import Face, Pose, Track
from prosopon.detect.biometric.blendshapes import UNITS as SHAPES
from prosopon.detect.biometric.blendshapes import units_of
from prosopon.detect.biometric.head_frame import action_units, in_head_frame, mouth_height, mouth_width
from prosopon.detect.biometric.signals import IN_WORDS, NAMES, UNITS, kind_of, signals_of
from prosopon.faces.head68 import HEAD
from prosopon.faces.pose68 import fit_head


def points_of(face: Face) -> np.ndarray:
    assert face.landmarks is not None
    found = in_head_frame(face.landmarks, fit_head(face.landmarks))
    assert found is not None
    return found


def test_there_are_twenty() -> None:
    assert len(NAMES) == len(set(NAMES)) == len(IN_WORDS) == 20
    assert NAMES[16:] == ("pitch", "roll", "mouth_h", "mouth_v")


@pytest.mark.parametrize("pose", [(0, 0, 0), (15, -10, 0), (0, 20, 30), (-10, 5, -25)])
def test_a_still_face_is_the_same_from_every_side(pose: tuple[float, float, float]) -> None:
    assert points_of(face_of(*pose)) == pytest.approx(HEAD, abs=0.05)


def test_size_and_place_do_not_count() -> None:
    near, far = (points_of(face_of(lips=0.8, scale=scale)) for scale in (30.0, 6.0))
    assert near == pytest.approx(far, abs=0.02)


@pytest.mark.parametrize("yaw", [0, 25])
def test_an_opening_mouth_is_measured_in_centimetres(yaw: float) -> None:
    shut, open_ = points_of(face_of(yaw=yaw)), points_of(face_of(yaw=yaw, lips=1.5))
    # The lips hardly weigh in the fit of the head, but a little they do.
    assert mouth_height(open_) - mouth_height(shut) == pytest.approx(1.5, abs=0.2)
    wide = points_of(face_of(yaw=yaw, corners=0.5))
    assert mouth_width(wide) - mouth_width(shut) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(
    ("moved", "up", "down"),
    [
        ({"brows": 0.6}, ("AU01", "AU02"), ()),
        ({"lips": 1.0}, ("AU25",), ("AU17",)),
        ({"corners": 0.5}, ("AU12", "AU14"), ()),
    ],
)
def test_movements_show_in_their_units(moved: dict[str, float], up: tuple[str, ...], down: tuple[str, ...]) -> None:
    still, found = (action_units(points_of(face_of(**one))) for one in ({}, moved))
    for unit in up:
        assert found[unit] - still[unit] > 0.2, unit
    for unit in (*up, *down):
        others = [abs(found[name] - still[name]) for name in ("AU05", "AU07", "AU04")]
        assert abs(found[unit] - still[unit]) > 3 * max(others), unit
    assert set(found) == set(UNITS)


def test_a_head_in_profile_tells_nothing() -> None:
    face = face_of(yaw=80)
    assert face.landmarks is not None
    head = fit_head(face.landmarks)
    steep = type(head)(np.array(((0.1, 0, 0.995), (0, 1, 0), (-0.995, 0, 0.1))), head.scale, head.offset, head.error)
    assert in_head_frame(face.landmarks, steep) is None


def test_signals_hold_pose_and_gaps() -> None:
    posed = face_of(10, -8)
    track = Track({0: posed, 2: Face(posed.box)})
    signals = signals_of(track, (0.0, 0.04, 0.08), "landmarks")
    assert signals.found.tolist() == [True, False, False]
    named = dict(zip(NAMES, signals.values[0], strict=True))
    assert [named["pitch"], named["roll"]] == pytest.approx([10, -8], abs=0.5)


def test_the_finders_own_pose_comes_first() -> None:
    face = face_of(10)
    told = Face(face.box, face.landmarks, pose=Pose(1, 2, 3))
    signals = signals_of(Track({0: told}), (0.0,), "landmarks")
    assert signals.values[0, 16:18].tolist() == [2, 3]


def test_blendshapes_become_units() -> None:
    shapes = {name: 0.0 for parts in SHAPES.values() for name in parts}
    shapes |= {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.2, "jawOpen": 0.5, "mouthClose": 0.1}
    found = units_of(shapes)
    assert found is not None
    assert found["AU12"] == pytest.approx(0.4)
    assert [found["AU25"], found["AU26"]] == pytest.approx([0.4, 0.5])
    assert set(UNITS) - set(found) == {"AU06", "AU09"}  # read off the landmarks
    del shapes["jawOpen"]
    assert units_of(shapes) is None


def test_the_kind_is_what_all_faces_have() -> None:
    plain = face_of()
    shapes = {name: 0.1 for parts in SHAPES.values() for name in parts}
    rich = Face(plain.box, plain.landmarks, blendshapes=shapes)
    assert kind_of(Track({0: rich, 1: rich})) == "blendshapes"
    assert kind_of(Track({0: rich, 1: plain})) == "landmarks"
    assert kind_of(Track({})) == "landmarks"
    mixed = signals_of(Track({0: rich, 1: plain}), (0.0, 0.04), "blendshapes")
    assert mixed.found.tolist() == [True, False]
    assert mixed.values[0, NAMES.index("AU01")] == pytest.approx(0.1)
