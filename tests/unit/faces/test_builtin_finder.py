"""The built-in finder with the weights that ship, on rendered people and on a photograph in the public domain."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch

from prosopon.core.errors import CheckpointError, MissingError
from prosopon.core.faces import Face, Pose
from prosopon.faces.builtin import degrade
from prosopon.faces.builtin.calibrate import fit
from prosopon.faces.builtin.finder import WEIGHTS, BuiltinFinder, Calibration, Sighting, load_nets
from prosopon.faces.comparison import eyes_apart
from prosopon.faces.finder import open_finder
from prosopon.models.catalogue import find
from prosopon.studio.person import Identity, Light, Placement
from prosopon.studio.render import Rendering, render


@pytest.fixture(scope="module")
def finder() -> BuiltinFinder:
    return BuiltinFinder.open()


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    """Eileen Collins, NASA, public domain."""
    return np.asarray(skimage.data.astronaut())


@cache
def person(seed: int, pose: Pose = Pose(), scale: float = 0.9, size_px: int = 256) -> Rendering:  # noqa: B008 - frozen
    """Somebody of a seed that the weights were not trained on."""
    rng = np.random.default_rng([977, seed])
    return render(Identity.random(rng), Placement(pose, scale=scale), None, Light.random(rng), size_px)


def error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.linalg.norm(found - exact, axis=1).mean()) / eyes_apart(exact)


def test_rendered_people_are_found_with_their_landmarks(finder: BuiltinFinder) -> None:
    """The studio draws brows and jaw a little elsewhere than the teacher: about 4 % lie between them."""
    errors = []
    for seed in range(4):
        shown = person(seed)
        faces = finder.find(shown.image)
        assert len(faces) == 1, seed
        errors.append(error(faces[0].landmarks, shown.landmarks))
    assert np.mean(errors) < 0.08
    assert max(errors) < 0.15


def test_a_photograph(finder: BuiltinFinder, astronaut: np.ndarray) -> None:
    faces = finder.find(astronaut)
    assert len(faces) == 1
    assert faces[0].landmarks.shape == (68, 2)
    assert faces[0].landmarks.dtype == np.float32
    # Her eyes and the middle of her mouth, read off the picture.
    eyes = faces[0].landmarks[[36, 39, 42, 45]].mean(0)
    assert eyes == pytest.approx((220, 105), abs=14)
    assert faces[0].box.left < eyes[0] < faces[0].box.right
    assert 0.5 <= faces[0].confidence <= 1


@pytest.mark.parametrize("turn", [Pose(30, 0, 0), Pose(-30, 0, 0), Pose(0, 15, 0), Pose(0, 0, 25), Pose(0, 0, -25)])
def test_the_pose_has_the_signs_of_the_studio(finder: BuiltinFinder, turn: Pose) -> None:
    found = finder.find(person(3, turn).image)[0].pose
    rest = finder.find(person(3).image)[0].pose
    assert found is not None
    assert rest is not None
    for name in ("yaw", "pitch", "roll"):
        assert getattr(found, name) - getattr(rest, name) == pytest.approx(getattr(turn, name), abs=11)


@pytest.mark.parametrize("name", ["brick", "coffee", "chelsea", "rocket", "text", "gravel"])
def test_nobody_is_found_where_nobody_is(finder: BuiltinFinder, name: str) -> None:
    picture = np.asarray(getattr(skimage.data, name)())
    colours = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, -1)
    assert finder.find(colours) == []


def test_several_people_the_largest_first(finder: BuiltinFinder) -> None:
    parts = [person(1, size_px=160).image, person(2, size_px=224).image, person(5, size_px=128).image]
    canvas = np.full((230, 160 + 224 + 128, 3), 120, np.uint8)
    left = 0
    for part in parts:
        canvas[: part.shape[0], left : left + part.shape[1]] = part
        left += part.shape[1]
    faces = finder.find(canvas)
    assert len(faces) == 3
    areas = [face.box.width * face.box.height for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert 160 < faces[0].box.centre[0] < 384


@pytest.mark.parametrize("side_px", [40, 56, 110, 420])
def test_small_and_large_faces(finder: BuiltinFinder, side_px: int) -> None:
    """Faces of about 15 to 160 pixels in a picture of 480."""
    shown = person(2, size_px=side_px)
    canvas = np.full((480, 480, 3), 90, np.uint8)
    canvas[30 : 30 + side_px, 40 : 40 + side_px] = shown.image
    faces = finder.find(canvas)
    assert len(faces) == 1
    assert error(faces[0].landmarks, shown.landmarks + np.array((40, 30), np.float32)) < 0.2


def test_the_same_picture_has_the_same_faces(finder: BuiltinFinder, astronaut: np.ndarray) -> None:
    first = finder.find(astronaut)
    finder.find(person(1).image)
    again, other = finder.find(astronaut), BuiltinFinder.open().find(astronaut)
    for second in (again, other):
        assert np.array_equal(first[0].landmarks, second[0].landmarks)
        assert first[0].confidence == second[0].confidence


def test_any_precision_finds_the_same() -> None:
    detector, landmarks, _ = load_nets(find(WEIGHTS).path)
    exact, quick = (BuiltinFinder(detector, landmarks, precision=kind) for kind in (torch.float32, torch.bfloat16))
    for seed in range(3):
        shown = person(seed).image
        assert error(quick.find(shown)[0].landmarks, exact.find(shown)[0].landmarks) < 0.015


def test_a_face_is_followed_without_the_detector(finder: BuiltinFinder, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = person(2, size_px=256).image
    known = finder.find(shown)[0]
    moved = np.roll(shown, (6, -8), (0, 1))
    wanted = finder.find(moved)[0]

    def never(*_: object) -> None:
        raise AssertionError("the detector was asked")

    with monkeypatch.context() as without:
        without.setattr(finder, "_candidates", never)
        (found,) = finder.follow(moved, known)
    assert error(found.landmarks, wanted.landmarks) < 0.03
    # Who has gone is looked for everywhere, and so is who was never seen with landmarks.
    far = np.zeros((600, 600, 3), np.uint8)
    far[330:586, 330:586] = shown
    assert error(finder.follow(far, known)[0].landmarks - 330, known.landmarks) < 0.05
    assert finder.follow(far, Face(known.box))[0].box.iou(finder.find(far)[0].box) > 0.99
    assert finder.follow(np.zeros_like(far), known) == []


def test_confidence_falls_where_less_can_be_seen(finder: BuiltinFinder) -> None:
    sure = BuiltinFinder.open(least=0.0)

    def best(picture: np.ndarray) -> Sighting | None:
        return max(sure.look(picture), key=lambda one: one.face.confidence, default=None)

    clear, blurred, hidden = [], [], []
    for seed in range(2):
        shown = person(seed)
        low = shown.landmarks.min(0).astype(int)
        high = shown.landmarks.max(0).astype(int)
        covered = shown.image.copy()
        covered[low[1] : (low[1] + high[1]) // 2, low[0] : high[0]] = 60
        for picture, results in ((shown.image, clear), (degrade.blurred(shown.image, 9), blurred), (covered, hidden)):
            found = best(picture)
            results.append((0.0, 99.0) if found is None else (found.face.confidence, float(found.errors.mean())))
    confidence = [float(np.mean([one[0] for one in results])) for results in (clear, blurred, hidden)]
    expected = [float(np.mean([one[1] for one in results])) for results in (clear, blurred, hidden)]
    assert confidence[0] > max(confidence[1:])
    assert expected[0] < min(expected[1:])


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 5), (31, 33), (2000, 3)])
def test_odd_pictures_show_nobody(finder: BuiltinFinder, shape: tuple[int, int]) -> None:
    assert finder.find(np.full((*shape, 3), 128, np.uint8)) == []


def test_auto_and_builtin_open_it_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROSOPON_FACE_LANDMARKER", raising=False)
    assert open_finder("builtin").name == "builtin"
    assert open_finder("auto").name == "builtin"


def test_missing_and_foreign_weights_are_told() -> None:
    with pytest.raises(MissingError, match="nobody"):
        BuiltinFinder.open("nobody")
    with pytest.raises(CheckpointError, match="does not fit"):
        BuiltinFinder.open("fomm.mini")


def test_the_protocol_loads_without_torch() -> None:
    program = "import sys, prosopon.faces.finder, prosopon.faces.pose68; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_files_are_small() -> None:
    import prosopon.faces.builtin as package

    folder = Path(package.__file__).parents[1] / "weights"
    assert (folder / "faces.builtin.safetensors").stat().st_size < 4e6


def test_what_was_always_right_is_believed_more() -> None:
    rng = np.random.default_rng(0)
    evidence = np.column_stack((rng.normal(0, 1, 400), rng.normal(0, 2, 400), np.exp(rng.normal(-3, 0.5, 400))))
    chance = 1 / (1 + np.exp(-(evidence[:, 1] - 1.5 * (np.log(evidence[:, 2]) + 3))))
    right = rng.random(400) < chance
    fitted = fit(evidence, right)
    assert fitted.face > 0.5
    assert fitted.error < -0.5
    told = np.array([fitted(*one) for one in evidence.tolist()])
    assert told.mean() == pytest.approx(right.mean(), abs=0.02)
    assert np.abs(told - chance).mean() < 0.06
    assert fit(evidence, np.ones(400, bool)) == Calibration()
