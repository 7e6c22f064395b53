"""What is measured on faces, and the orders and groups that follow."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage.data import astronaut

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.alignment import Aligned
from prosopon.faces.head68 import HEAD
from prosopon.faces.measures import black, brightness, colour, fine_detail_db, measure, motion_blur, sharpness
from prosopon.faces.order import Key, grouped, in_order_of, value


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
    assert not {"eye_right", "eye_left", "mouth", "distance"} & set(found)
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


def smeared(crop: Frame, n: int, axis: int) -> Frame:
    """A crop that moved by n pixels along an axis while it was filmed."""
    moved = [np.roll(crop, i, axis).astype(np.float32) for i in range(n)]
    return np.rint(np.mean(moved, axis=0)).astype(np.uint8)


def test_motion_blur_has_a_direction_and_other_blur_has_none() -> None:
    sharp = motion_blur(a_crop())
    assert sharp < 0.25
    for axis in (0, 1):
        assert motion_blur(smeared(a_crop(), 8, axis)) > 0.45
    assert motion_blur(a_crop(3)) < 0.25
    assert motion_blur(np.full((32, 32, 3), 9, np.uint8)) == 0


def test_fine_detail_does_not_depend_on_contrast() -> None:
    values = [fine_detail_db(a_crop(blur)) for blur in (0, 1, 2)]
    assert values[0] > values[1] + 3 > values[2] + 6
    pale = (a_crop().astype(np.float32) * 0.5 + 60).round().astype(np.uint8)
    assert fine_detail_db(pale) == pytest.approx(values[0], abs=0.3)
    assert "fine_detail_db" not in measure(np.full((32, 32, 3), 9, np.uint8), Face(Box(0, 0, 9, 9)))


def test_colours_are_measured() -> None:
    red, half = np.zeros((2, 8, 8, 3), np.uint8)
    red[..., 0] = 255
    half[:4] = (0, 255, 0)
    assert colour(red) == {"green": pytest.approx(-0.25), "orange": pytest.approx(0.5), "hue_deg": pytest.approx(0)}
    assert colour(half)["hue_deg"] == pytest.approx(120)
    assert colour(half)["green"] == pytest.approx(0.25)
    assert (black(red), black(half)) == (0, 0.5)


def test_sorting_by_pictures() -> None:
    levels = {0: 10, 1: 200, 2: 30, 3: 180}
    faces = [replace(one(frame), crop=f"{frame}.png") for frame in levels]

    def picture(face: Aligned) -> Frame:
        level = levels[face.frame]
        return np.linspace(level, level + 50, 300).astype(np.uint8).reshape(10, 10, 3)

    assert [face.frame for face in in_order_of(faces, "hist", picture=picture)] == [0, 2, 3, 1]
    odd = [*faces, replace(one(4), crop="4.png")]
    levels[4] = 100
    assert in_order_of(odd, "hist-dissim", picture=picture)[0].frame == 4
    with pytest.raises(UsageError, match="no pictures"):
        in_order_of(faces, "hist")


def test_the_most_unlike_people_come_first() -> None:
    faces = [one(0, embedding=(1, 0)), one(1, embedding=(0.9, 0.1)), one(2, embedding=(-1, 0.2))]
    assert in_order_of(faces, "identity-dissim")[0].frame == 2
    with pytest.raises(UsageError, match="no embeddings"):
        in_order_of([one(0)], "identity-dissim")


def test_several_sources_stay_in_their_order() -> None:
    faces = [replace(one(frame), source=source, time_s=frame) for source, frame in ((1, 0), (0, 5), (0, 2))]
    assert [(face.source, face.frame) for face in in_order_of(faces, "time")] == [(0, 2), (0, 5), (1, 0)]
    assert [*grouped(faces, "source")] == ["source_00", "source_01"]


@pytest.mark.parametrize("key", ["blur-fft", "motion-blur", "black", "hue", "green", "orange", "distance", "eyes"])
def test_every_measure_that_is_sorted_by_is_measured(key: Key) -> None:
    points = (HEAD[:, :2] * (9, -9) + 128).astype(np.float32)
    face = Face(Box(50, 50, 200, 220), points)
    held = Aligned(0, 0.0, 0, face, measure(a_crop(), face))
    assert value(held, key) is not None
    assert value(one(0), key) is None
    assert [one_of_them.frame for one_of_them in in_order_of([one(3), replace(held, frame=9)], key)] == [9, 3]
