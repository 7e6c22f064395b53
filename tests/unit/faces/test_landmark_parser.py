"""Parts from landmarks alone, against rendered people whose parts are exact, and on a real portrait."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from prosopon.core.faces import Box, Face, Pose
from prosopon.core.parts import Part
from prosopon.faces.mediapipe import MediaPipeFinder
from prosopon.faces.parsing.head_crop import head_crop
from prosopon.faces.parsing.landmarks import KNOWN, LandmarkParser
from prosopon.faces.stance import apply
from prosopon.studio.person import Expression, Identity, Placement
from prosopon.studio.render import Rendering, render


def person(yaw: float = 0.0, roll: float = 0.0, expression: Expression | None = None) -> Rendering:
    identity = Identity.random(np.random.default_rng(5))
    return render(identity, Placement(pose=Pose(yaw, 0.0, roll)), expression, size_px=256)


def overlap(rendering: Rendering, part: Part) -> float:
    """Intersection over union with the truth."""
    face = Face(Box(0, 0, 1, 1), rendering.landmarks.astype(np.float32))
    seen = LandmarkParser().parse(rendering.image, face).in_frame(*rendering.parts.shape) == part
    true = rendering.parts == part
    if part is Part.EYE:
        true |= rendering.parts == Part.IRIS
    return float((seen & true).sum() / (seen | true).sum())


@pytest.mark.parametrize(
    ("part", "least"), [(Part.SKIN, 0.7), (Part.NOSE, 0.75), (Part.LIP, 0.85), (Part.EYE, 0.6), (Part.BROW, 0.4)]
)
def test_parts_are_where_they_are_in_truth(part: Part, least: float) -> None:
    assert overlap(person(), part) > least
    assert overlap(person(yaw=30, roll=25), part) > least - 0.15


def test_the_mouth_shows_where_it_is_open_only() -> None:
    parser = LandmarkParser()
    shut, wide = person(), person(expression=Expression(jaw_open=0.8))
    for rendering, is_open in ((shut, False), (wide, True)):
        found = parser.parse(rendering.image, Face(Box(0, 0, 1, 1), rendering.landmarks.astype(np.float32)))
        assert (found.parts == Part.MOUTH).any() == is_open


def test_it_says_what_it_cannot_know() -> None:
    rendering = person()
    found = LandmarkParser().parse(rendering.image, Face(Box(0, 0, 1, 1), rendering.landmarks.astype(np.float32)))
    assert found.known == KNOWN
    assert not found.known & {Part.HAIR, Part.EAR, Part.NECK, Part.GLASSES, Part.CLOTHES, Part.BEARD}
    assert set(np.unique(found.parts)) <= {int(part) for part in KNOWN} | {int(Part.BACKGROUND)}
    assert sum(found.shares().values()) == pytest.approx(1.0)


def test_the_crop_is_upright_and_holds_the_head() -> None:
    for roll in (0.0, 40.0, 180.0):
        rendering = person(roll=roll)
        matrix = head_crop(rendering.landmarks, 512)
        inside = apply(np.column_stack((np.linalg.inv(matrix[:, :2]), np.zeros(2))), rendering.landmarks - matrix[:, 2])
        assert inside.min() > 40
        assert inside.max() < 500
        across = inside[42:48].mean(0) - inside[36:42].mean(0)
        assert abs(np.degrees(np.arctan2(across[1], across[0]))) < 4


def test_a_real_portrait(finder: MediaPipeFinder, portrait: NDArray[np.uint8]) -> None:
    face = finder.find(portrait)[0]
    found = LandmarkParser().parse(portrait, face)
    shares = found.shares()
    assert 0.75 < shares[Part.SKIN] < 0.92
    assert 0.04 < shares[Part.NOSE] < 0.13
    lips = found.mask({Part.LIP}, *portrait.shape[:2]) > 0.5
    skin = found.mask({Part.SKIN}, *portrait.shape[:2]) > 0.5
    # Lips are redder than the skin around them.
    redness = portrait[..., 0] / np.maximum(1.0, portrait[..., 1])
    assert redness[lips].mean() > redness[skin].mean() + 0.05


def test_without_landmarks_there_is_nothing_to_parse(portrait: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="without landmarks"):
        LandmarkParser().parse(portrait, Face(Box(0, 0, 10, 10)))


@pytest.mark.parametrize("how", ["one point", "a line"])
def test_degenerate_landmarks_are_survived(portrait: NDArray[np.uint8], how: str) -> None:
    points = np.zeros((68, 2), np.float32)
    if how == "a line":
        points[:, 0] = np.arange(68)
    face = replace(Face(Box(0, 0, 10, 10)), landmarks=points)
    assert LandmarkParser().parse(portrait, face).parts.shape == (512, 512)
