from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.mean_face import (
    DEEPFACELAB_POINTS,
    INNER,
    OWN,
    PUBLISHED,
    PUBLISHED_CENTRED,
    averaged_face,
)
from prosopon.faces.aligned.procrustes import mean_shape
from prosopon.faces.aligned.umeyama import similarity
from prosopon.faces.mediapipe import MediaPipeFinder
from prosopon.faces.sixty_eight import MIRROR
from prosopon.media.read import read
from prosopon.studio.person import Identity
from prosopon.studio.render import render

CLIPS, EVERY, RENDERED = 3, 25, 8


def speakers(footage: Path, finder: MediaPipeFinder) -> Iterator[np.ndarray]:
    """The mean of every GRID speaker's landmarks in a few frames of a few clips."""
    for folder in sorted(footage.glob("grid_*")):
        clips = sorted(folder.glob("*.mp4"))
        for person in [[clip] for clip in clips] if folder.name == "grid_single" else [clips[:CLIPS]]:
            frames = (frame for clip in person for at, frame in enumerate(read(clip).frames()) if at % EVERY == 0)
            faces = (face for frame in frames for face in finder.find(frame)[:1])
            yield mean_shape([face.landmarks for face in faces if face.landmarks is not None])


def test_our_own_mean_face_is_that_of_footage_and_studio(shared: Path, finder: MediaPipeFinder) -> None:
    people = [*speakers(shared / "media/video", finder)]
    assert len(people) == 8
    people += [render(Identity.random(np.random.default_rng([68, n])), size_px=64).landmarks for n in range(RENDERED)]
    # Decoders and versions of MediaPipe differ by a little.
    assert averaged_face(people) == pytest.approx(OWN, abs=2e-3)


def test_our_own_mean_face_is_symmetric() -> None:
    assert OWN.shape == (68, 2)
    assert OWN[MIRROR] * (-1, 1) + (1, 0) == pytest.approx(OWN, abs=1e-12)


def test_our_own_mean_face_lies_where_the_published_one_does() -> None:
    back = similarity(OWN[INNER], PUBLISHED_CENTRED)
    assert back == pytest.approx(np.eye(2, 3), abs=1e-3)
    assert np.sqrt(((OWN[INNER] - PUBLISHED_CENTRED) ** 2).sum(1).mean()) < 0.022
    # Below a mouth of the published face there is a chin, and beside its brows a jaw.
    assert OWN[8, 1] > 1.1
    assert OWN[0, 0] < 0.0
    assert OWN[16, 0] > 1.0


def test_the_published_face_is_off_its_centre_by_a_hundredth() -> None:
    assert PUBLISHED.shape == PUBLISHED_CENTRED.shape == (51, 2)
    assert PUBLISHED[10:14, 0] == pytest.approx(0.490127)
    assert PUBLISHED_CENTRED[10:14, 0] == pytest.approx(0.5)
    assert np.array_equal(np.round(PUBLISHED[:, 1], 6), PUBLISHED_CENTRED[:, 1])
    mirror = MIRROR[17:] - 17
    assert PUBLISHED_CENTRED[mirror] * (-1, 1) + (1, 0) == pytest.approx(PUBLISHED_CENTRED, abs=1e-5)


def test_no_jaw_and_no_lips_but_the_corners() -> None:
    assert len(DEEPFACELAB_POINTS) == 33
    assert set(DEEPFACELAB_POINTS) == {*range(17, 49), 54}


def test_a_mean_face_needs_no_particular_place() -> None:
    cos, sin = np.cos(2.0), np.sin(2.0)
    elsewhere = OWN @ np.array(((cos, sin), (-sin, cos))) * 140 + (50, 900)
    assert averaged_face([elsewhere, OWN * 3]) == pytest.approx(OWN, abs=1e-3)
    assert apply(similarity(elsewhere, OWN), elsewhere) == pytest.approx(OWN, abs=1e-9)
