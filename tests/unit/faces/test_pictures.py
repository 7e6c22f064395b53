"""Faces as pictures: drawn over, cut out, put on a sheet."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.faces import Box, Face, Pose, Track, Tracks
from prosopon.faces.crops import arrange, cut_faces, mostly
from prosopon.faces.draw import draw_faces, drawing
from prosopon.faces.order import grouped, in_order_of
from prosopon.faces.sheet import contact_sheet


@pytest.fixture
def clip() -> Clip:
    frames = np.random.default_rng(0).integers(0, 256, (4, 40, 60, 3), dtype=np.uint8)
    return Clip.of_frames(frames, 25, name="a clip")


@pytest.fixture
def tracks() -> Tracks:
    points = np.random.default_rng(1).random((68, 2)).astype(np.float32) * 20 + 10
    faces = {i: Face(Box(10, 10, 30, 30), points, 0.5, pose=Pose(3.0 - i, 2, 3)) for i in (0, 1, 3)}
    return Tracks((Track(faces), Track({2: Face(Box(0, 0, 8, 8))})), 4, "scripted")


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.png"))


def test_crops_are_the_faces(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    faces = cut_faces(tracks, clip, tmp_path / "crops", size_px=20, margin=0.0)
    assert [(one.frame, one.track) for one in faces] == [(0, 0), (1, 0), (2, 1), (3, 0)]
    assert [one.crop for one in faces if one.crop] == [
        "crops/track_00/000000.png",
        "crops/track_00/000001.png",
        "crops/track_01/000002.png",
        "crops/track_00/000003.png",
    ]
    with Image.open(tmp_path / "crops/track_00/000003.png") as picture:
        assert np.array_equal(np.array(picture), [*clip.frames()][3][10:30, 10:30])


def test_nothing_is_written_where_only_measures_are_wanted(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    faces = cut_faces(tracks, clip, None, size_px=20)
    assert len(faces) == 4
    assert all(one.crop is None and one.measures["sharpness"] > 0 for one in faces)
    assert names(tmp_path) == []


def test_pictures_are_put_into_their_groups_in_their_order(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    faces = cut_faces(tracks, clip, tmp_path / "crops", size_px=20, margin=0.0)
    arranged = arrange(grouped(in_order_of(faces, "yaw"), "none"), tmp_path, "crops", ranked=True)
    assert names(tmp_path) == [
        "crops/faces/000000_t00_000003.png",
        "crops/faces/000001_t00_000001.png",
        "crops/faces/000002_t00_000000.png",
        "crops/faces/000003_t01_000002.png",
    ]
    assert sorted(one.crop or "" for one in arranged) == names(tmp_path)
    assert [path.name for path in (tmp_path / "crops").iterdir()] == ["faces"]
    for one in arranged:
        before = next(face for face in faces if (face.frame, face.track) == (one.frame, one.track))
        assert before.face is one.face


def test_the_most_prominent_only(tracks: Tracks) -> None:
    assert mostly(tracks, None) == tracks
    assert mostly(tracks, 1).tracks == tracks.tracks[:1]


def test_a_drawing_is_well_formed_and_fits(tracks: Tracks) -> None:
    root = ElementTree.fromstring(drawing(tracks.tracks[0].faces[0]))  # noqa: S314 - our own text
    assert len(root) == 9
    points = np.array([[float(v) for v in p.split(",")] for line in root for p in line.attrib["points"].split()])
    assert points.min() >= 0
    assert points.max() <= 110
    with pytest.raises(ValueError, match="without landmarks"):
        drawing(tracks.tracks[1].faces[2])


def test_faces_are_drawn_where_they_are_and_by_how_sure_they_are() -> None:
    frame = np.zeros((80, 120, 3), np.uint8)
    sure, unsure = Face(Box(10, 10, 40, 50), confidence=1.0), Face(Box(100, 70, 60, 20), confidence=0.0)
    drawn = draw_faces(frame, [sure, unsure])
    assert frame.max() == 0
    assert drawn[30, 10, 1] > 2 * drawn[30, 10, 0]  # green
    assert drawn[45, 60, 0] > 2 * drawn[45, 60, 1]  # red
    assert drawn[30, 25].max() == 0
    outside = drawn.copy()
    outside[8:73, 8:103] = 0
    assert outside.max() == 0


def test_a_sheet_shows_every_picture_once() -> None:
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200)]
    pictures = [(np.full((30, 60, 3), colour, np.uint8), "a caption that is much too long") for colour in colours]
    sheet = contact_sheet(pictures, side_px=64, columns=3)
    assert sheet.shape[1] == 3 * 68 + 4
    for colour in colours:
        assert (sheet == colour).all(-1).sum() == 64 * 32
    with pytest.raises(ValueError, match="nothing"):
        contact_sheet([])
