"""Heads of a face kit: the same coefficients, landmarks and parts as the built-in head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.errors import MediaError, MissingError
from prosopon.core.faces import Pose
from prosopon.core.parts import Part
from prosopon.studio.facekit import FaceKit, open_kit, random_face
from prosopon.studio.person import Expression, HairStyle, Identity, Kit, Placement
from prosopon.studio.render import Rendering, render
from prosopon.studio.takes import Script

SIZE = 160


@pytest.fixture(scope="module")
def kit(shared: Path) -> FaceKit:
    path = shared / "media" / "facekit" / "ict_facekit_all.npz"
    if not path.is_file():
        pytest.skip("needs the shared test data: the face kit")
    return open_kit(path)


@pytest.fixture(scope="module")
def average(kit: FaceKit) -> Identity:
    return Identity(kit=Kit(kit.sha256), hair_style=HairStyle.SHORT)


@pytest.fixture(scope="module")
def neutral(average: Identity) -> Rendering:
    return render(average, size_px=SIZE)


def _parts_near(rendering: Rendering, index: int, radius: int = 2) -> set[int]:
    x, y = rendering.landmarks[index].astype(int)
    return {*np.unique(rendering.parts[y - radius : y + radius + 1, x - radius : x + radius + 1]).tolist()}


def test_landmarks_lie_on_their_parts(neutral: Rendering) -> None:
    eye = {int(Part.EYE), int(Part.IRIS)}
    assert all(_parts_near(neutral, i) & eye for i in range(36, 48))
    assert all(int(Part.LIP) in _parts_near(neutral, i) for i in range(48, 68))
    assert all(int(Part.BROW) in _parts_near(neutral, i, 3) for i in range(17, 27))
    assert all(int(Part.NOSE) in _parts_near(neutral, i, 3) for i in range(28, 36))


def test_every_part_of_a_face_is_there(average: Identity) -> None:
    shown = render(average, expression=Expression(jaw_open=0.8), size_px=SIZE)
    wanted = {
        Part.SKIN,
        Part.BROW,
        Part.EYE,
        Part.IRIS,
        Part.NOSE,
        Part.LIP,
        Part.MOUTH,
        Part.HAIR,
        Part.EAR,
        Part.NECK,
    }
    assert {int(part) for part in wanted} <= set(np.unique(shown.parts).tolist())


def test_nothing_shines_through_the_face(neutral: Rendering) -> None:
    left, right = neutral.landmarks[[36, 45], 0].astype(int)
    top, bottom = neutral.landmarks[[27, 57], 1].astype(int)
    face = neutral.parts[top:bottom, left:right]
    assert not np.isin(face, (int(Part.BACKGROUND), int(Part.CLOTHES), int(Part.MOUTH))).any()


@pytest.mark.parametrize(
    ("expression", "measure", "grows"),
    [
        (Expression(jaw_open=0.8), lambda p: p[66, 1] - p[62, 1], True),
        (Expression(jaw_open=0.8), lambda p: p[8, 1], True),
        (Expression(smile=1), lambda p: p[54, 0] - p[48, 0], True),
        (Expression(smile=1), lambda p: p[[48, 54], 1].mean(), False),
        (Expression(smile=-1), lambda p: p[[48, 54], 1].mean(), True),
        (Expression(mouth_wide=1), lambda p: p[54, 0] - p[48, 0], True),
        (Expression(pucker=1), lambda p: p[54, 0] - p[48, 0], False),
        (Expression(upper_lip_raise=1), lambda p: p[62, 1], False),
        (Expression(lower_lip_drop=1), lambda p: p[66, 1], True),
        (Expression(brow_raise_left=1), lambda p: p[19, 1], False),
        (Expression(brow_raise_right=1), lambda p: p[24, 1], False),
        (Expression(brow_frown=1), lambda p: p[[21, 22], 1].mean(), True),
    ],
)
def test_expressions_move_landmarks_their_way(
    average: Identity, neutral: Rendering, expression: Expression, measure, grows: bool
) -> None:
    change = measure(render(average, expression=expression, size_px=SIZE).landmarks) - measure(neutral.landmarks)
    assert (change > 0.5) if grows else (change < -0.5)


def test_brows_move_on_their_own_side(average: Identity, neutral: Rendering) -> None:
    raised = render(average, expression=Expression(brow_raise_left=1), size_px=SIZE).landmarks - neutral.landmarks
    assert raised[19, 1] < -1
    assert abs(raised[24, 1]) < 0.3


def test_the_mouth_opens_as_far_as_that_of_the_built_in_head(average: Identity) -> None:
    opened = Expression(jaw_open=1.0)
    gaps = []
    for identity in (average, Identity()):
        points = render(identity, expression=opened, size_px=SIZE).landmarks
        gaps.append(points[66, 1] - points[62, 1])
    assert gaps[0] == pytest.approx(gaps[1], rel=0.25)


def test_eyes_close_for_every_face(kit: FaceKit) -> None:
    for seed in range(4):
        face = random_face(np.random.default_rng(seed), kit.sha256)
        shut = render(Identity(kit=face), expression=Expression(blink_left=1, blink_right=1), size_px=SIZE)
        assert np.isin(shut.parts, (int(Part.EYE), int(Part.IRIS))).sum() < 12
        assert max(shut.eyelids) < 0.15


def test_one_eye_can_wink(average: Identity) -> None:
    wink = render(average, expression=Expression(blink_left=1), size_px=SIZE)
    assert wink.eyelids[0] < 0.15
    assert wink.eyelids[1] > 0.9
    assert wink.landmarks[41, 1] - wink.landmarks[37, 1] < wink.landmarks[47, 1] - wink.landmarks[43, 1] - 2


def test_heads_turn_like_the_built_in_one(average: Identity, neutral: Rendering) -> None:
    turned = render(average, Placement(Pose(yaw=25)), size_px=SIZE).landmarks
    assert turned[30, 0] - turned[36:48, 0].mean() > neutral.landmarks[30, 0] - neutral.landmarks[36:48, 0].mean() + 4


def test_faces_of_the_kit_differ_and_are_reproducible(kit: FaceKit) -> None:
    one, same, other = (random_face(np.random.default_rng(s), kit.sha256) for s in (1, 1, 2))
    assert one == same != other
    apart = render(Identity(kit=one), size_px=SIZE).landmarks - render(Identity(kit=other), size_px=SIZE).landmarks
    assert np.abs(apart).mean() > 0.4
    assert np.abs(apart).max() > 1.5


def test_scripts_draw_their_faces_from_the_kit(kit: FaceKit) -> None:
    script = Script(seed=1, facekit=kit.sha256, voice="none")
    one = script.take(0).identity
    assert one.kit is not None
    assert replace(one, kit=None) == replace(script, facekit=None).take(0).identity


def test_a_kit_that_is_not_open_is_named() -> None:
    with pytest.raises(MissingError, match="--facekit"):
        render(Identity(kit=Kit("0" * 64)), size_px=32)


def _wrong_shapes(path: Path) -> None:
    names = ("neutral", "quads", "identity_q", "identity_scale", "expression_q", "expression_scale", "expression_names")
    np.savez(path, **{name: np.zeros((3, 3)) for name in names})


@pytest.mark.parametrize(
    ("write", "error", "said"),
    [
        (lambda path: None, MissingError, "is not there"),
        (lambda path: path.write_text("no"), MediaError, "is no face kit"),
        (lambda path: np.savez(path, neutral=np.zeros(3)), MediaError, "is no face kit"),
        (_wrong_shapes, MediaError, "other shapes"),
        (lambda path: np.savez(path, neutral=np.array([{}])), MediaError, "is no face kit"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, write, error: type[Exception], said: str) -> None:
    path = tmp_path / "kit.npz"
    write(path)
    with pytest.raises(error, match=said):
        open_kit(path)
