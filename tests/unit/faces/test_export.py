from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.faces import Box, Face, Pose, Track, Tracks
from prosopon.faces.export import drawing, tracks_as_json, write_crops, write_json


@pytest.fixture
def clip() -> Clip:
    frames = np.random.default_rng(0).integers(0, 256, (4, 40, 60, 3), dtype=np.uint8)
    return Clip.of_frames(frames, 25, name="a clip")


@pytest.fixture
def tracks() -> Tracks:
    points = np.random.default_rng(1).random((68, 2)).astype(np.float32) * 20 + 10
    faces = {
        i: Face(Box(10, 10, 30, 30), points, 0.5, pose=Pose(1, 2, 3), blendshapes={"jawOpen": 0.25}) for i in (0, 1, 3)
    }
    return Tracks((Track(faces), Track({2: Face(Box(0, 0, 8, 8))})), 4, "scripted")


def test_the_file_says_the_same_as_the_data(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    path = tmp_path / "faces.json"
    write_json(tracks, clip, path)
    found = json.loads(path.read_text())
    assert found == tracks_as_json(tracks, clip)
    assert [len(one["faces"]) for one in found["tracks"]] == [3, 1]
    last = found["tracks"][0]["faces"][-1]
    assert last["frame"] == 3
    assert last["time_s"] == pytest.approx(0.12)
    assert last["pose"] == {"yaw": 1, "pitch": 2, "roll": 3}
    assert np.shape(last["landmarks"]) == (68, 2)


def test_nobody_is_valid_json_too(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "faces.json"
    write_json(Tracks((), 4, "scripted"), clip, path)
    assert json.loads(path.read_text())["tracks"] == []


def test_crops_are_the_faces(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    assert write_crops(tracks, clip, tmp_path / "crops", size_px=20, margin=0.0) == 4
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png"))
    assert names == [
        "crops/track_00/000000.png",
        "crops/track_00/000001.png",
        "crops/track_00/000003.png",
        "crops/track_01/000002.png",
    ]
    with Image.open(tmp_path / names[2]) as picture:
        assert np.array_equal(np.array(picture), [*clip.frames()][3][10:30, 10:30])


def test_a_drawing_is_svg_inside_its_frame(tracks: Tracks) -> None:
    root = ElementTree.fromstring(drawing(tracks.tracks[0].faces[0]))  # noqa: S314 - our own text
    numbers = [float(n) for line in root for pair in line.get("points", "").split() for n in pair.split(",")]
    assert len(root) == 9
    assert 0 <= min(numbers) <= max(numbers) <= 110


def test_without_landmarks_nothing_can_be_drawn(tracks: Tracks) -> None:
    with pytest.raises(ValueError, match="landmarks"):
        drawing(tracks.tracks[1].faces[2])
