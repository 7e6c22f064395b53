"""A face finder that has seen only photographs takes the rendered people for people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prosopon.core.faces import Pose
from prosopon.faces.sixty_eight import sixty_eight
from prosopon.studio.performance import Performance
from prosopon.studio.person import Identity, Light, Placement
from prosopon.studio.render import render

# Mean distance per region in outer-eye distances. Jaw and brows are drawn along lines, so annotators differ there too.
LIMITS = {
    "jaw": (slice(0, 17), 0.08),
    "brows": (slice(17, 27), 0.08),
    "nose": (slice(27, 36), 0.05),
    "eyes": (slice(36, 48), 0.035),
    "mouth": (slice(48, 68), 0.04),
}


@pytest.fixture(scope="module")
def landmarker(shared: Path):
    mediapipe = pytest.importorskip("mediapipe", reason="needs mediapipe")
    from mediapipe.tasks.python import BaseOptions, vision

    model = shared / "media" / "models" / "mp_face_landmarker.task"
    if not model.is_file():
        pytest.skip("needs the shared test data: the face landmarker's model")
    options = vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=str(model)))
    with vision.FaceLandmarker.create_from_options(options) as opened:

        def find(image: np.ndarray) -> np.ndarray | None:
            picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(image))
            faces = opened.detect(picture).face_landmarks
            if not faces:
                return None
            size = image.shape[0]
            return sixty_eight(np.array([(p.x * size, p.y * size) for p in faces[0]], np.float32))

        yield find


def test_rendered_people_are_found_and_their_landmarks_agree(landmarker) -> None:
    found, errors = 0, []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        person, performance, light = Identity.random(rng), Performance.random(rng, 6.0), Light.random(rng)
        rendering = render(person, *performance.at(float(rng.uniform(0, 6))), light, 256)
        points = landmarker(rendering.image)
        if points is None:
            continue
        found += 1
        eyes = np.linalg.norm(rendering.landmarks[36] - rendering.landmarks[45])
        errors.append(np.linalg.norm(points - rendering.landmarks, axis=1) / eyes)
    assert found == 6
    mean = np.mean(errors, 0)
    for region, (where, limit) in LIMITS.items():
        assert mean[where].mean() < limit, region


@pytest.mark.parametrize("yaw", [-39.0, 39.0])
def test_turned_heads_are_found(landmarker, yaw: float) -> None:
    assert landmarker(render(Identity.random(np.random.default_rng(3)), Placement(Pose(yaw=yaw))).image) is not None
