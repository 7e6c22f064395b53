from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from prosopon.core.errors import CheckpointError, MissingError, UsageError
from prosopon.core.faces import Pose
from prosopon.faces.finder import open_finder
from prosopon.faces.mediapipe import MODEL_VARIABLE, MediaPipeFinder, model_file
from prosopon.studio.person import Identity, Placement
from prosopon.studio.render import render


def load(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(ImageOps.exif_transpose(image).convert("RGB"))


def test_every_portrait_has_one_face(finder: MediaPipeFinder, shared: Path) -> None:
    paths = sorted((shared / "media/portrait").iterdir())
    counts = {path.name: len(finder.find(load(path))) for path in paths}
    assert counts == dict.fromkeys(counts, 1)
    assert len(counts) >= 38


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("dark.jpg", 1),
        ("blur.jpg", 1),
        ("jpeg_q5.jpg", 1),
        ("occluded_eyes.jpg", 1),
        ("exif6_rotated_portrait.jpg", 1),
        ("two_faces_sfhq.jpg", 2),
        ("tiny_face_24px.png", 1),
        ("noface_cartoon_mtcnn.jpg", 0),
        ("noface_exif6_waterfall.jpg", 0),
    ],
)
def test_hard_pictures(finder: MediaPipeFinder, shared: Path, name: str, count: int) -> None:
    assert len(finder.find(load(shared / "media/hard" / name))) == count


def test_a_face_has_everything(finder: MediaPipeFinder, portrait: NDArray[np.uint8]) -> None:
    face = finder.find(portrait)[0]
    assert face.landmarks is not None
    assert face.dense is not None
    assert face.landmarks.shape == (68, 2)
    assert face.landmarks.dtype == np.float32
    assert face.dense.shape == (478, 2)
    assert len(face.blendshapes) == 52
    assert 0 <= min(face.blendshapes.values()) <= max(face.blendshapes.values()) <= 1
    inside = (face.landmarks >= face.box[:2]) & (face.landmarks <= face.box[2:])
    assert inside.all()


def test_the_largest_face_comes_first(finder: MediaPipeFinder, portrait: NDArray[np.uint8]) -> None:
    small = np.array(Image.fromarray(portrait).resize((256, 256)))
    canvas = np.full((512, 768, 3), 90, np.uint8)
    canvas[128:384, :256] = small
    canvas[:, 256:] = portrait
    first, second = finder.find(canvas)
    assert first.box.width > 1.5 * second.box.width


def test_landmarks_of_a_small_face_are_in_the_pictures_pixels(
    finder: MediaPipeFinder, portrait: NDArray[np.uint8]
) -> None:
    large = finder.find(portrait)[0]
    small = np.array(Image.fromarray(portrait).resize((64, 64), Image.Resampling.LANCZOS))
    canvas = np.full((700, 900, 3), 90, np.uint8)
    canvas[300:364, 500:564] = small
    (found,) = finder.find(canvas)
    assert found.landmarks is not None
    assert large.landmarks is not None
    expected = large.landmarks / 8 + (500, 300)
    assert np.abs(found.landmarks - expected).mean() < 2


@pytest.mark.parametrize("shape", [(1, 1), (2, 900), (3, 5), (300, 17)])
def test_odd_sizes_have_no_face_and_no_error(finder: MediaPipeFinder, shape: tuple[int, int]) -> None:
    assert finder.find(np.zeros((*shape, 3), np.uint8)) == []


def test_finding_does_not_depend_on_order(finder: MediaPipeFinder, portrait: NDArray[np.uint8]) -> None:
    first = finder.find(portrait)[0]
    finder.find(portrait[:, ::-1])
    again = finder.find(portrait)[0]
    assert first.landmarks is not None
    assert again.landmarks is not None
    assert np.array_equal(first.landmarks, again.landmarks)


def test_the_model_is_looked_for_in_the_users_folder(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)
    with pytest.raises(MissingError) as caught:
        model_file()
    place = str(own_home / "models" / "face_landmarker.task")
    assert place in caught.value.what
    assert caught.value.hint.endswith("face_landmarker.task")
    assert f"-o {place}" in caught.value.hint


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "model.task"
    wrong.write_bytes(b"not a model")
    monkeypatch.setenv(MODEL_VARIABLE, str(wrong))
    with pytest.raises(CheckpointError, match="sha256"):
        model_file()


def test_a_wrong_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODEL_VARIABLE, str(tmp_path / "nowhere.task"))
    with pytest.raises(MissingError, match=MODEL_VARIABLE):
        model_file()


def test_auto_is_the_builtin_finder_without_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)
    assert open_finder().name == "builtin"
    with pytest.raises(MissingError):
        open_finder("mediapipe")


def test_auto_does_not_hide_a_wrong_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mediapipe", reason="needs the extra mediapipe")
    monkeypatch.setenv(MODEL_VARIABLE, str(tmp_path / "nowhere.task"))
    with pytest.raises(MissingError, match=MODEL_VARIABLE):
        open_finder()


def test_unknown_finders_are_refused() -> None:
    with pytest.raises(UsageError, match="dlib"):
        open_finder("dlib")


def test_nothing_is_printed_and_nothing_fails_at_the_end(finder: MediaPipeFinder, shared: Path) -> None:
    program = (
        "import numpy as np\n"
        "from prosopon.faces.finder import open_finder\n"
        "held = open_finder('mediapipe')\n"
        "held.find(np.zeros((64, 64, 3), np.uint8))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PATH": "",
            "PYTHONPATH": ":".join(sys.path),
            MODEL_VARIABLE: str(shared / "media/models/mp_face_landmarker.task"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert done.stderr == ""


@pytest.mark.parametrize("pose", [Pose(), Pose(yaw=25), Pose(yaw=-25), Pose(pitch=15), Pose(pitch=-15), Pose(roll=20)])
def test_rendered_people_are_seen_as_they_were_rendered(finder: MediaPipeFinder, pose: Pose) -> None:
    """An independent ruler: the renderer knows pose and landmarks exactly."""
    truth = render(Identity.random(np.random.default_rng(3)), Placement(pose=pose))
    (face,) = finder.find(truth.image)
    assert face.pose is not None
    assert face.landmarks is not None
    assert face.pose.yaw == pytest.approx(pose.yaw, abs=5)
    assert face.pose.pitch == pytest.approx(pose.pitch, abs=7)
    assert face.pose.roll == pytest.approx(pose.roll, abs=3)
    between_eyes = np.linalg.norm(truth.landmarks[36] - truth.landmarks[45])
    error = np.linalg.norm(face.landmarks - truth.landmarks, axis=1).mean() / between_eyes
    assert error < 0.075
