"""The baseline that learns nothing: rendered people, one with the other's face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prosopon.arena.landmark_warp import Portrait, best_portrait, fitted, laid_over, landmark_warp
from prosopon.core.clip import Clip
from prosopon.core.errors import MissingError
from prosopon.core.faces import Box, Face, Pose, Track
from prosopon.core.history import SourceType, source_type_of
from prosopon.datasets.face_set import FaceStore
from prosopon.faces.aligned.hull import landmark_mask
from prosopon.faces.openings import mouth_opening
from prosopon.studio.person import Expression, Identity, Placement
from prosopon.studio.render import Rendering, render
from prosopon.train.store import Column, Shot, write_store

SIZE = 160


def filmed(seed: int, **change: float) -> Rendering:
    pose = Pose(change.pop("yaw", 0.0), change.pop("pitch", 0.0), 0.0)
    person = Identity.random(np.random.default_rng(seed))
    return render(person, Placement(pose), Expression(**change), size_px=SIZE)


def portrait(seed: int) -> Portrait:
    seen = filmed(seed)
    return Portrait(seen.image, seen.landmarks.astype(np.float64))


@pytest.fixture(scope="module")
def target() -> Rendering:
    return filmed(7, jaw_open=0.7, yaw=8.0)


def test_the_face_changes_and_nothing_else(target: Rendering) -> None:
    made = laid_over(target.image, portrait(3), target.landmarks)
    mask = landmark_mask(target.landmarks.astype(np.float64), SIZE)
    changed = (made != target.image).any(-1)
    assert not changed[mask == 0].any()
    assert changed[mask == 1].mean() > 0.5
    assert made.dtype == np.uint8
    assert (target.image == filmed(7, jaw_open=0.7, yaw=8.0).image).all()  # the input is left alone


def test_the_colours_are_those_of_the_target(target: Rendering) -> None:
    inside = landmark_mask(target.landmarks.astype(np.float64), SIZE) == 1
    before = target.image[inside].mean(0)
    made = laid_over(target.image, portrait(3), target.landmarks)[inside].mean(0)
    assert np.abs(made - before).max() < 6
    assert np.abs(portrait(3).picture[inside].mean(0) - before).max() > 12  # they were others


def test_the_open_mouth_stays_the_targets(target: Rendering) -> None:
    made = laid_over(target.image, portrait(3), target.landmarks)
    x, y = np.floor(target.landmarks[[62, 66]].mean(0)).astype(int)
    assert (made[y, x].astype(int) == target.image[y, x]).all()


def test_a_persons_own_picture_changes_little() -> None:
    seen = filmed(5)
    made = laid_over(seen.image, Portrait(seen.image, seen.landmarks.astype(np.float64)), seen.landmarks)
    assert np.abs(made.astype(int) - seen.image).mean() < 0.2


def test_a_face_beyond_the_frame_leaves_it_as_it_is(target: Rendering) -> None:
    assert (laid_over(target.image, portrait(3), target.landmarks + 1000) == target.image).all()
    half = laid_over(target.image, portrait(3), target.landmarks + np.float32((SIZE / 2, 0)))
    assert half.shape == target.image.shape
    assert (half[:, : SIZE // 4] == target.image[:, : SIZE // 4]).all()


def test_a_large_portrait_is_made_smaller_and_a_small_one_stays() -> None:
    large = portrait(3)
    small = large.landmarks * 0.25
    shrunk = fitted(large, {0: small, 5: small})
    assert shrunk.picture.shape == (SIZE // 4, SIZE // 4, 3)
    assert np.allclose(shrunk.landmarks, small)
    assert fitted(large, {0: large.landmarks * 2}) is large


def test_a_clip_keeps_the_frames_without_a_face(target: Rendering) -> None:
    frames = [target.image] * 4
    clip = Clip.of_frames(frames, 25, name="film")
    points = target.landmarks
    face = Face(Box(*points.min(0).tolist(), *points.max(0).tolist()), points)
    made = landmark_warp(clip, Track({0: face, 1: face, 3: Face(face.box)}), portrait(3))
    shown = list(made.frames())
    assert len(made) == len(shown) == 4
    assert [bool((one != target.image).any()) for one in shown] == [True, True, False, False]
    assert all((one == again).all() for one, again in zip(shown, made.frames(), strict=True))
    assert source_type_of(made.history) is SourceType.COMPOSITE
    with pytest.raises(MissingError, match="no face"):
        landmark_warp(clip, Track({0: Face(face.box)}), portrait(3))


def test_the_best_portrait_looks_ahead_with_its_mouth_shut(tmp_path: Path) -> None:
    states = [{"yaw": yaw, "jaw_open": jaw} for yaw in (-35, -20, 0, 20) for jaw in (0.0, 0.9)]
    seen = [filmed(3, **state) for state in states]
    blurred = seen[4].image.reshape(SIZE // 4, 4, SIZE // 4, 4, 3).mean((1, 3)).repeat(4, 0).repeat(4, 1)
    pictures = np.stack([*(one.image for one in seen), blurred.astype(np.uint8)])
    points = np.stack([*(one.landmarks for one in seen), seen[4].landmarks])
    square = Column("|u1", (SIZE, SIZE, 3))
    rows = {"pictures": pictures, "masks": pictures, "landmarks": points, "yaws": np.zeros(9, np.float32)}
    columns = {"pictures": square, "masks": square, **FaceStore.columns}
    write_store(tmp_path / "store", columns, [(Shot("film", "anna", "footage"), rows)])
    found = best_portrait(FaceStore.open(tmp_path / "store"))
    assert (found.picture == seen[4].image).all()
    assert mouth_opening(found.landmarks) < 0.1
