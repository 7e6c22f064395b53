"""Ageing and the variety of shapes: seen, personal, and harmless to landmarks and expressions."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from prosopon.core.parts import Part
from prosopon.studio.ageing import aged_shape
from prosopon.studio.greying import beard_colour, brow_colour, grey_share, hair_colour
from prosopon.studio.landmarks import landmark_vertices
from prosopon.studio.person import Expression, HairStyle, Identity, Shape
from prosopon.studio.render import Rendering, render
from prosopon.studio.sculpt import sculpt
from prosopon.studio.skin import paint

AGES = (0.0, 0.25, 0.5, 0.75, 1.0)
SIZE = 160


def _opening(points: np.ndarray) -> float:
    half = len(points) // 2
    return float(np.mean([np.linalg.norm(points[k] - points[-k]) for k in range(1, half)]))


def _area(rendering: Rendering, *parts: Part) -> int:
    return int(np.isin(rendering.parts, [int(p) for p in parts]).sum())


def _somebody(number: int) -> Identity:
    return Identity.random(np.random.default_rng([3, number]))


def test_every_step_of_age_shows() -> None:
    person = replace(_somebody(1), hair_style=HairStyle.BALD, beard=0.0)
    shown = [render(replace(person, age=age), size_px=SIZE) for age in AGES]
    for younger, older in pairwise(shown):
        skin = (younger.parts == int(Part.SKIN)) & (older.parts == int(Part.SKIN))
        assert np.abs(older.image.astype(int) - younger.image)[skin].mean() > 1.0


def test_young_skin_is_smooth_and_lines_deepen_with_age() -> None:
    steepness = []
    for age in AGES[1:]:
        lined = paint(Identity(age=age, grain=8)).lined
        assert lined is not None
        steepness.append(float(np.abs(lined[1]).sum()))
    assert paint(Identity(age=0.0)).lined is None
    assert (np.diff(steepness) > 0).all()


def test_two_old_people_have_lines_of_their_own() -> None:
    one, other = (paint(Identity(age=1.0, grain=grain)).lined for grain in (1, 2))
    assert one is not None
    assert other is not None
    # The folds are where they are in everybody; the rest is not.
    assert ((one[0] > 0) & (other[0] > 0)).sum() < 0.8 * (one[0] > 0).sum()


def test_hair_greys_beards_first_and_brows_last() -> None:
    person = Identity(age=0.6)
    assert beard_colour(person).mean() > hair_colour(person).mean() > np.mean(person.hair)
    assert brow_colour(person).mean() < hair_colour(person).mean()
    shares = [grey_share(Identity(age=age)) for age in AGES]
    assert shares[0] == shares[1] == 0.0
    assert shares[4] > 0.9
    assert grey_share(Identity(age=0.6, greying=1.0)) > grey_share(Identity(age=0.6, greying=-1.0)) == 0.0


def test_hair_recedes_with_age_in_those_who_go_bald() -> None:
    def hair(age: float, balding: float) -> int:
        person = Identity(age=age, balding=balding, hair_style=HairStyle.CROPPED)
        return _area(render(person, size_px=SIZE), Part.HAIR)

    areas = [hair(age, 1.0) for age in (0.0, 0.4, 0.8)]
    assert (np.diff(areas) < -0.1 * areas[0]).all()
    assert hair(0.8, 0.0) > 0.9 * hair(0.0, 0.0)


def test_lips_thin_and_never_turn_inside_out() -> None:
    def height(shape: Shape, age: float) -> float:
        person = Identity(shape=shape, age=age)
        return float(np.ptp(sculpt(person).points[landmark_vertices(person)][[51, 57], 1]))

    for shape in (Shape(), Shape(upper_lip=-2.4, lower_lip=-2.4), Shape(upper_lip=3.4, lower_lip=3.2)):
        assert 0.5 < height(shape, 1.0) < height(shape, 0.0)
    thin = Shape(upper_lip=-3.9)
    assert aged_shape(Identity(shape=thin, age=1.0)).upper_lip == thin.upper_lip


@pytest.mark.parametrize("number", range(4))
def test_old_faces_blink_and_speak(number: int) -> None:
    person = replace(_somebody(number), age=1.0)
    rest = render(person, size_px=SIZE)
    closed = render(person, expression=Expression(blink_left=1, blink_right=1), size_px=SIZE)
    for eye in (slice(36, 42), slice(42, 48)):
        assert _opening(closed.landmarks[eye]) < 0.25 * _opening(rest.landmarks[eye])
    assert _area(closed, Part.EYE, Part.IRIS) < 0.05 * _area(rest, Part.EYE, Part.IRIS)
    wide = render(person, expression=Expression(jaw_open=0.8), size_px=SIZE)
    assert _opening(wide.landmarks[60:68]) > _opening(rest.landmarks[60:68]) + 4
    assert _area(wide, Part.MOUTH) > 40


@pytest.mark.parametrize("number", range(4))
def test_landmarks_of_old_faces_lie_on_their_parts(number: int) -> None:
    rendering = render(replace(_somebody(number), age=1.0), size_px=SIZE)

    def parts_near(index: int, radius: int = 2) -> set[int]:
        x, y = rendering.landmarks[index].astype(int)
        return {*np.unique(rendering.parts[y - radius : y + radius + 1, x - radius : x + radius + 1]).tolist()}

    glasses, eye = int(Part.GLASSES), {int(Part.EYE), int(Part.IRIS)}
    assert all(parts_near(i) & (eye | {glasses}) for i in range(36, 48))
    assert all(int(Part.LIP) in parts_near(i) for i in range(48, 68))
    assert all(parts_near(i) & {int(Part.BROW), glasses} for i in range(17, 27))


@pytest.mark.parametrize(
    "name", sorted({f.name for f in fields(Shape)} - {"lid_fold", "ear_size", "ear_out"})
)  # those are not of the skin at rest
def test_every_coefficient_moves_the_skin(name: str) -> None:
    low, high = (sculpt(Identity(shape=Shape(**{name: value}))).points for value in (-2.0, 2.0))
    assert np.linalg.norm(high - low, axis=1).max() > 0.2


def test_faces_differ_in_their_outlines() -> None:
    ratios = []
    for number in range(40):
        person = _somebody(number)
        points = sculpt(person).points[landmark_vertices(person)]
        width = points[15, 0] - points[1, 0]
        ratios.append(((points[11, 0] - points[5, 0]) / width, (points[27, 1] - points[8, 1]) / width))
    # Of people whose coefficients are drawn alike the jaw is narrow or broad, the face long or round.
    assert (np.std(ratios, axis=0) > (0.03, 0.05)).all()
