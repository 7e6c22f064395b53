"""What is measured on faces, and the orders and groups that follow."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage.data import astronaut

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.alignment import Aligned
from prosopon.faces.measures import brightness, measure, sharpness
from prosopon.faces.order import grouped, in_order_of


def a_crop(blur_px: float = 0) -> Frame:
    picture = Image.fromarray(astronaut()[20:276, 100:356])
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(blur_px)) if blur_px else picture)


def one(frame: int, yaw: float | None = 0.0, track: int = 0, embedding: object = None, **measures: float) -> Aligned:
    pose = None if yaw is None else Pose(yaw)
    held = None if embedding is None else np.array(embedding, np.float32)
    return Aligned(frame, frame / 25, track, Face(Box(0, 0, 1, 1), pose=pose, embedding=held), measures)


def test_blur_takes_sharpness_away() -> None:
    values = [sharpness(a_crop(blur)) for blur in (0, 1, 2, 4)]
    assert all(high > 1.5 * low for high, low in itertools.pairwise(values))


def test_brightness_is_luma() -> None:
    assert brightness(np.full((4, 4, 3), 255, np.uint8)) == pytest.approx(1)
    assert brightness(np.zeros((4, 4, 3), np.uint8)) == 0
    green, blue = np.zeros((2, 4, 4, 3), np.uint8)
    green[..., 1] = blue[..., 2] = 255
    assert brightness(green) == pytest.approx(0.587)
    assert brightness(blue) == pytest.approx(0.114)


def test_faces_without_landmarks_have_no_openings() -> None:
    found = measure(a_crop(), Face(Box(0, 0, 30, 120)))
    assert set(found) == {"size_px", "sharpness", "brightness"}
    assert found["size_px"] == pytest.approx(60)


def test_the_best_comes_first_and_the_unknown_last() -> None:
    faces = [one(0, sharpness=2), one(1), one(2, sharpness=9), one(3, sharpness=4)]
    assert [face.frame for face in in_order_of(faces, "blur")] == [2, 3, 0, 1]
    turned = [one(0, 5), one(1, -30), one(2, None), one(3, 12)]
    assert [face.frame for face in in_order_of(turned, "yaw")] == [1, 0, 3, 2]
    assert [face.frame for face in in_order_of(faces[::-1], "time")] == [0, 1, 2, 3]


def test_groups_by_track_and_by_pose() -> None:
    faces = [one(0, -50), one(1, -20, 1), one(2, 0), one(3, 20, 1), one(4, 50), one(5, None)]
    assert {name: [f.frame for f in held] for name, held in grouped(faces, "track").items()} == {
        "track_00": [0, 2, 4, 5],
        "track_01": [1, 3],
    }
    assert {name: [f.frame for f in held] for name, held in grouped(faces, "pose").items()} == {
        "pose_0_left": [0],
        "pose_1_half-left": [1],
        "pose_2_front": [2],
        "pose_3_half-right": [3],
        "pose_4_right": [4],
        "pose_unknown": [5],
    }


def test_people_are_told_apart_by_embeddings() -> None:
    a, b = (1.0, 0.0, 0.1), (0.0, 1.0, 0.1)
    faces = [one(0, embedding=b), one(1, embedding=a), one(2, embedding=(0.9, 0.1, 0.0)), one(3, embedding=a)]
    groups = grouped(faces, "identity")
    assert {name: [f.frame for f in held] for name, held in groups.items()} == {
        "person_00": [1, 2, 3],
        "person_01": [0],
    }
    assert [f.frame for f in in_order_of(faces, "identity")] == [1, 2, 3, 0]
    with pytest.raises(UsageError, match="no embeddings"):
        grouped([one(0), one(1)], "identity")


@pytest.mark.parametrize("call", [in_order_of, grouped])
def test_unknown_names_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match="use one of"):
        call([one(0)], "beauty")
