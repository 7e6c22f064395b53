"""Rendered people: determinism, landmarks in their places, signs of pose and expression."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.core.faces import Pose
from prosopon.core.parts import Part
from prosopon.studio.person import Expression, Glasses, HairStyle, Identity, Light, Placement
from prosopon.studio.render import Rendering, render

LEFT_EYE, RIGHT_EYE, INNER_LIPS = slice(36, 42), slice(42, 48), slice(60, 68)


@pytest.fixture(scope="module")
def neutral() -> Rendering:
    return render(Identity(), size_px=160)


def _area(rendering: Rendering, *parts: Part) -> int:
    return int(np.isin(rendering.parts, [int(p) for p in parts]).sum())


def _opening(points: np.ndarray) -> float:
    """Height of an eye or of the inner lips: mean distance of opposite points."""
    half = len(points) // 2
    return float(np.mean([np.linalg.norm(points[k] - points[-k]) for k in range(1, half)]))


def test_the_same_input_gives_the_same_bytes(neutral: Rendering) -> None:
    again = render(Identity(), size_px=160)
    assert np.array_equal(again.image, neutral.image)
    assert np.array_equal(again.parts, neutral.parts)
    assert np.array_equal(again.landmarks, neutral.landmarks)


def test_people_drawn_with_the_same_seed_are_equal_and_others_differ() -> None:
    one, same, other = (Identity.random(np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert one == same
    assert one != other
    difference = render(one, size_px=64).image.astype(int) - render(other, size_px=64).image
    assert np.abs(difference).mean() > 5


@pytest.mark.parametrize("size", [16, 33, 100])
def test_every_size_is_rendered_exactly(size: int) -> None:
    rendering = render(Identity(), size_px=size)
    assert rendering.image.shape == (size, size, 3)
    assert rendering.image.dtype == np.uint8
    assert rendering.parts.shape == (size, size)
    assert rendering.landmarks.shape == (68, 2)
    assert rendering.landmarks.dtype == np.float32
    assert rendering.visible.shape == (68,)


@pytest.mark.parametrize("size", [0, 15, 5000])
def test_senseless_sizes_are_refused(size: int) -> None:
    with pytest.raises(UsageError, match="use 16 to"):
        render(Identity(), size_px=size)


def test_landmarks_scale_with_the_picture() -> None:
    small, large = render(Identity(), size_px=64), render(Identity(), size_px=128)
    assert np.allclose(small.landmarks * 2, large.landmarks, atol=1e-3)


def test_every_part_is_there() -> None:
    person = Identity(beard=1.0, glasses=Glasses.ROUND, hair_style=HairStyle.SHORT)
    rendering = render(person, expression=Expression(jaw_open=0.8), size_px=128)
    present = set(np.unique(rendering.parts))
    assert present == {int(p) for p in Part}


def test_landmarks_lie_on_their_parts(neutral: Rendering) -> None:
    def parts_near(index: int, radius: int = 2) -> set[int]:
        x, y = neutral.landmarks[index].astype(int)
        return set(np.unique(neutral.parts[y - radius : y + radius + 1, x - radius : x + radius + 1]))

    eye = {int(Part.EYE), int(Part.IRIS)}
    assert all(parts_near(i) & eye for i in range(36, 48))
    assert all(int(Part.LIP) in parts_near(i) for i in range(48, 68))
    assert all(int(Part.BROW) in parts_near(i) for i in range(17, 27))
    assert all(int(Part.NOSE) in parts_near(i) for i in range(28, 36))
    assert neutral.visible[17:].all()
    assert neutral.visible[:17].sum() >= 13


def test_the_inside_of_the_mouth_is_in_the_mouth_only() -> None:
    shown = render(Identity(), expression=Expression(jaw_open=0.6), size_px=256)
    rows = np.nonzero(shown.parts == int(Part.MOUTH))[0]
    assert len(rows) > 50
    assert rows.min() > shown.landmarks[51, 1] - 2, "the rims of the lids are skin"


def test_landmarks_are_in_ibug_order(neutral: Rendering) -> None:
    x, y = neutral.landmarks.T
    assert (np.diff(x[:17]) > 0).all()
    assert (np.diff(x[17:27]) > 0).all()
    assert (np.diff(y[27:31]) > 0).all()
    assert x[36] < x[39] < x[42] < x[45]
    assert y[37] < y[41]
    assert x[48] < x[51] < x[54]
    assert y[51] < y[62] < y[66] + 1 < y[57] + 1
    assert y[8] > y[57] > y[33] > y[27] > y[19]


def test_yaw_turns_to_the_right_pitch_up_and_roll_clockwise(neutral: Rendering) -> None:
    nose, brow_left, brow_right = 30, 19, 24
    turned = {
        axis: render(Identity(), Placement(Pose(**{axis: 20.0})), size_px=160).landmarks
        for axis in ("yaw", "pitch", "roll")
    }
    eyes = neutral.landmarks[36:48].mean(0)
    assert turned["yaw"][nose, 0] - turned["yaw"][36:48, 0].mean() > neutral.landmarks[nose, 0] - eyes[0] + 4
    assert turned["pitch"][nose, 1] - turned["pitch"][36:48, 1].mean() < neutral.landmarks[nose, 1] - eyes[1] - 2
    assert turned["roll"][brow_right, 1] > turned["roll"][brow_left, 1] + 4


def test_placement_moves_and_scales(neutral: Rendering) -> None:
    moved = render(Identity(), Placement(x=0.1, y=-0.05), size_px=160).landmarks - neutral.landmarks
    assert np.allclose(moved, (16.0, -8.0), atol=1e-3)
    larger = render(Identity(), Placement(scale=1.5), size_px=160).landmarks
    assert np.allclose(np.ptp(larger, axis=0), 1.5 * np.ptp(neutral.landmarks, axis=0), rtol=1e-4)


def test_a_far_turned_head_hides_landmarks_of_the_other_side() -> None:
    turned = render(Identity(), Placement(Pose(yaw=60)), size_px=160)
    assert not turned.visible[9:17].all()
    assert turned.visible[36:42].all()


def test_blink_closes_landmarks_and_mask(neutral: Rendering) -> None:
    closed = render(Identity(), expression=Expression(blink_left=1, blink_right=1), size_px=160)
    for eye in (LEFT_EYE, RIGHT_EYE):
        assert _opening(closed.landmarks[eye]) < 0.25 * _opening(neutral.landmarks[eye])
    assert _area(closed, Part.EYE, Part.IRIS) < 0.05 * _area(neutral, Part.EYE, Part.IRIS)


def test_one_eye_can_wink(neutral: Rendering) -> None:
    wink = render(Identity(), expression=Expression(blink_left=1), size_px=160)
    half = wink.parts.shape[1] // 2
    eye = np.isin(wink.parts, (int(Part.EYE), int(Part.IRIS)))
    assert eye[:, :half].sum() < 5 < eye[:, half:].sum()
    assert np.allclose(wink.landmarks[RIGHT_EYE], neutral.landmarks[RIGHT_EYE])


def test_the_mouth_opens_with_the_jaw() -> None:
    shown = [render(Identity(), expression=Expression(jaw_open=o), size_px=160) for o in (0, 0.25, 0.5, 1.0)]
    gaps = [_opening(r.landmarks[INNER_LIPS]) for r in shown]
    inside = [_area(r, Part.MOUTH) for r in shown]
    chins = [float(r.landmarks[8, 1]) for r in shown]
    assert gaps[0] < 1.0
    for values in (gaps, inside, chins):
        assert (np.diff(values) > 0).all()


@pytest.mark.parametrize(
    ("expression", "measure", "grows"),
    [
        (Expression(smile=1), lambda p: p[54, 0] - p[48, 0], True),
        (Expression(smile=1), lambda p: p[[48, 54], 1].mean(), False),
        (Expression(mouth_wide=1), lambda p: p[54, 0] - p[48, 0], True),
        (Expression(pucker=1), lambda p: p[54, 0] - p[48, 0], False),
        (Expression(lip_press=1), lambda p: p[57, 1] - p[51, 1], False),
        (Expression(upper_lip_raise=1), lambda p: p[62, 1], False),
        (Expression(lower_lip_drop=1), lambda p: p[66, 1], True),
        (Expression(brow_raise_left=1), lambda p: p[19, 1], False),
        (Expression(brow_raise_right=1), lambda p: p[24, 1], False),
        (Expression(brow_frown=1), lambda p: p[22, 0] - p[21, 0], False),
    ],
)
def test_expressions_move_landmarks_their_way(neutral: Rendering, expression: Expression, measure, grows: bool) -> None:
    change = measure(render(Identity(), expression=expression, size_px=160).landmarks) - measure(neutral.landmarks)
    assert (change > 0.5) if grows else (change < -0.5)


def test_gaze_moves_the_iris() -> None:
    def iris(expression: Expression) -> np.ndarray:
        at = np.argwhere(render(Identity(), expression=expression, size_px=256).parts == int(Part.IRIS))
        # Lids hide more of the eye that looks outwards, so each eye counts as one.
        left = at[:, 1] < 128
        return (at[left].mean(0) + at[~left].mean(0)) / 2

    ahead = iris(Expression())
    assert iris(Expression(gaze_x=0.8))[1] > ahead[1] + 1
    assert iris(Expression(gaze_x=-0.8))[1] < ahead[1] - 1
    assert iris(Expression(gaze_y=0.8))[0] < ahead[0]


def test_light_comes_from_where_it_is(neutral: Rendering) -> None:
    def brightness(light: Light) -> tuple[float, float]:
        rendering = render(Identity(), light=light, size_px=160)
        skin = rendering.parts == int(Part.SKIN)
        half = skin.shape[1] // 2
        image = rendering.image.mean(2)
        return float(image[:, :half][skin[:, :half]].mean()), float(image[:, half:][skin[:, half:]].mean())

    left, right = brightness(Light(direction=(-0.9, 0.3, 0.5)))
    assert left > right + 10
    left, right = brightness(Light(direction=(0.9, 0.3, 0.5)))
    assert right > left + 10


def test_skin_tone_sets_the_brightness_of_the_skin() -> None:
    levels = []
    for tone in (0.0, 0.3, 0.6, 1.0):
        rendering = render(Identity(skin_tone=tone), size_px=64)
        levels.append(rendering.image[rendering.parts == int(Part.SKIN)].mean())
    assert (np.diff(levels) > 12).all()


def test_somebody_out_of_the_picture_leaves_the_backdrop() -> None:
    rendering = render(Identity(), Placement(x=5.0), size_px=32)
    assert not rendering.visible.any()
    assert not rendering.parts.any()
