"""The face alone: what is around it and what colour it has does not count."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.faces import Box, Face
from prosopon.faces.inner_face import InnerFace, inner_face
from prosopon.faces.reader.reader import FaceReader
from prosopon.faces.stance import Stance
from prosopon.studio.person import Identity
from prosopon.studio.render import Rendering, render


@pytest.fixture(scope="module")
def seen() -> Rendering:
    return render(Identity.random(np.random.default_rng(3)), size_px=200)


def face_of(points: np.ndarray) -> Face:
    return Face(Box(*points.min(0).tolist(), *points.max(0).tolist()), points)


def test_surroundings_do_not_count(seen: Rendering) -> None:
    picture, points = inner_face(seen.image, face_of(seen.landmarks))
    assert picture.shape == (160, 160, 3)
    assert points.shape == (68, 2)
    other = seen.image.copy()
    other[:20] = 255
    other[:, :20] = 0
    again, _ = inner_face(other, face_of(seen.landmarks))
    assert (picture == again).all()
    assert (picture[:5].reshape(-1, 3) == (150, 120, 105)).all()
    assert picture[80, 80].tolist() != [150, 120, 105]


def test_light_and_skin_do_not_count(seen: Rendering) -> None:
    picture, _ = inner_face(seen.image, face_of(seen.landmarks))
    dimmed = np.round(seen.image * 0.6 + np.array((20, 5, 40))).astype(np.uint8)
    again, _ = inner_face(dimmed, face_of(seen.landmarks))
    assert np.abs(picture.astype(int) - again).mean() < 1.5


def test_the_embedder_is_shown_all_of_it(seen: Rendering) -> None:
    """The landmarks that it gets make it look at the whole picture."""
    looked_at: list[tuple[np.ndarray, np.ndarray]] = []

    class Looking:
        same_person = 0.5

        def embed(self, frame: np.ndarray, face: Face) -> np.ndarray:
            assert face.landmarks is not None
            looked_at.append((frame, face.landmarks))
            return np.ones(1, np.float32)

    assert InnerFace(Looking()).embed(seen.image, face_of(seen.landmarks)) == 1
    frame, points = looked_at[0]
    assert (frame == inner_face(seen.image, face_of(seen.landmarks))[0]).all()
    matrix = Stance.of(points).matrix(2.2, 160)
    assert np.allclose(matrix, [[1, 0, 0], [0, 1, 0]], atol=0.02)


def test_a_swapped_head_is_known_by_its_face() -> None:
    """Hair and background of another picture do not make it another person."""
    one, other = (render(Identity.random(np.random.default_rng(seed)), size_px=200) for seed in (3, 8))
    mixed = np.where(np.arange(200)[:, None, None] < 45, other.image, one.image)  # the other's hair
    embedder = InnerFace(FaceReader.open())
    mine, theirs = (embedder.embed(seen.image, face_of(seen.landmarks)) for seen in (one, other))
    made = embedder.embed(mixed, face_of(one.landmarks))
    assert np.linalg.norm(made) == pytest.approx(1, abs=1e-5)
    assert made @ mine > 0.95 > made @ theirs


def test_odd_input(seen: Rendering) -> None:
    with pytest.raises(ValueError, match="without landmarks"):
        inner_face(seen.image, Face(Box(0, 0, 1, 1)))
    flat, _ = inner_face(np.full((9, 9, 3), 80, np.uint8), face_of(seen.landmarks))
    assert (flat == (150, 120, 105)).all()
    far, _ = inner_face(seen.image, face_of(seen.landmarks + np.float32(5000)))
    assert far.shape == (160, 160, 3)
