from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.faces.pose68 import face_box, fit_head
from prosopon.faces.stance import Stance
from prosopon.faces.trials import Trial, trials
from prosopon.studio.person import Identity
from prosopon.studio.render import render


@pytest.fixture(scope="module")
def shown() -> tuple[Frame, Face]:
    rendering = render(Identity(), size_px=192)
    head = fit_head(rendering.landmarks)
    return rendering.image, Face(face_box(rendering.landmarks, head), rendering.landmarks, pose=head.pose)


@pytest.mark.parametrize("trial", trials(), ids=lambda trial: f"{trial.kind} {trial.level}")
def test_every_trial_spoils_the_picture_and_is_repeatable(trial: Trial, shown: tuple[Frame, Face]) -> None:
    frame, face = shown
    first, moved = trial.spoil(frame, face, np.random.default_rng(1))
    second, _ = trial.spoil(frame, face, np.random.default_rng(1))
    assert np.array_equal(first, second)
    assert first.shape != frame.shape or (first != frame).any()
    assert moved.landmarks is not None
    assert (moved.landmarks.min(0) > 0).all()
    assert (moved.landmarks.max(0) < first.shape[1::-1]).all()


@pytest.mark.parametrize("kind", ["rotation", "size"])
def test_landmarks_go_with_the_picture(kind: str, shown: tuple[Frame, Face]) -> None:
    """Green dots at the eyes' corners are found again where the landmarks say."""
    frame, face = shown
    marked = np.full_like(frame, 40)
    assert face.landmarks is not None
    for x, y in face.landmarks[[36, 45]].astype(int):
        marked[y - 8 : y + 9, x - 8 : x + 9] = (0, 255, 0)
    for trial in trials():
        if trial.kind == kind:
            picture, moved = trial.spoil(marked, face, np.random.default_rng(0))
            assert moved.landmarks is not None
            for x, y in moved.landmarks[[36, 45]].astype(int):
                assert picture[y, x, 1] > 140
                assert picture[y, x, 0] < 60


def test_turns_and_sizes_are_what_they_are_called(shown: tuple[Frame, Face]) -> None:
    frame, face = shown
    for trial in trials():
        _, moved = trial.spoil(frame, face, np.random.default_rng(0))
        assert moved.landmarks is not None
        stance = Stance.of(moved.landmarks)
        if trial.kind == "rotation":
            assert abs(stance.roll_deg) == pytest.approx(float(trial.level.split()[0]), abs=5)
        if trial.kind == "size":
            assert stance.size == pytest.approx(float(trial.level.split()[0]), rel=0.03)
