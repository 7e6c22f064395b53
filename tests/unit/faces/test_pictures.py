"""Faces as pictures: drawn over, cut out, put on a sheet."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Box, Face, Pose, Track, Tracks
from prosopon.faces.aligned.cut import cut_aligned
from prosopon.faces.aligned.maps import composed, inverted
from prosopon.faces.crops import Among, arrange, cut_faces, discard, mostly
from prosopon.faces.draw import draw_faces, drawing
from prosopon.faces.filters import Quality
from prosopon.faces.framing import AlignedCrops, SteadySquares
from prosopon.faces.head68 import HEAD
from prosopon.faces.masks import parse_kinds
from prosopon.faces.order import grouped, in_order_of
from prosopon.faces.parsing.landmarks import LandmarkParser
from prosopon.faces.parsing.part_map import FACE
from prosopon.faces.sheet import contact_sheet
from prosopon.media.part_maps import read_part_map


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
    faces = cut_faces(tracks, clip, tmp_path, framing=SteadySquares(20, 0.0)).faces
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
    faces = cut_faces(tracks, clip, None, framing=SteadySquares(20)).faces
    assert len(faces) == 4
    assert all(one.crop is None and one.measures["sharpness"] > 0 for one in faces)
    assert names(tmp_path) == []


def test_pictures_are_put_into_their_groups_in_their_order(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    faces = cut_faces(tracks, clip, tmp_path, framing=SteadySquares(20, 0.0)).faces
    arranged = arrange(grouped(in_order_of(faces, "yaw"), "none"), tmp_path, ranked=True)
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


def a_film(n: int = 3, size_px: int = 240) -> tuple[Clip, Tracks]:
    """Smooth pictures with a face in the middle that moves by a few pixels."""
    points = (HEAD[:, :2] * (6, -6) + size_px / 2).astype(np.float32)
    rows, columns = np.mgrid[:size_px, :size_px]
    waves = [127 + 60 * np.sin(rows / 17 + i) + 60 * np.cos(columns / 13 - i) for i in range(n)]
    frames = [np.repeat(wave[..., None], 3, -1).astype(np.uint8) for wave in waves]
    faces = {i: Face(Box(70, 60, 170, 180), points + 4 * i, 0.9, pose=Pose(0, 0, 0)) for i in range(n)}
    return Clip.of_frames(frames, 25), Tracks((Track(faces),), n, "scripted")


def test_another_crop_can_be_cut_again_from_the_one_that_is_stored(tmp_path: Path) -> None:
    clip, tracks = a_film()
    stored = cut_faces(tracks, clip, tmp_path, framing=AlignedCrops("head", 256)).faces
    wanted = cut_faces(tracks, clip, None, framing=AlignedCrops("midfull", 64)).faces
    for one, other, frame in zip(stored, wanted, clip.frames(), strict=True):
        assert one.matrix is not None
        assert other.matrix is not None
        with Image.open(tmp_path / (one.crop or "")) as picture:
            again = cut_aligned(np.array(picture), composed(other.matrix, inverted(one.matrix)), 64)
        np.testing.assert_allclose(again.astype(int), cut_aligned(frame, other.matrix, 64), atol=4)


def test_the_matrix_of_an_upright_crop_leads_to_its_pixels(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    for one in cut_faces(tracks, clip, tmp_path, framing=SteadySquares(20, 0.0)).faces:
        assert one.matrix is not None
        with Image.open(tmp_path / (one.crop or "")) as picture:
            shown = np.array(picture)
        frame = [*clip.frames()][one.frame]
        if one.track == 0:
            np.testing.assert_array_equal(shown, cut_aligned(frame, one.matrix, 20))


def test_masks_lie_beside_the_pictures_and_move_with_them(tmp_path: Path) -> None:
    clip, tracks = a_film()
    faces = cut_faces(tracks, clip, tmp_path, framing=AlignedCrops("full", 96), masks=("hull", "eyes")).faces
    assert faces[1].masks == {
        "hull": "masks/hull/track_00/000001.png",
        "eyes": "masks/eyes/track_00/000001.png",
    }
    faces = arrange(grouped(faces, "none"), tmp_path, ranked=True)
    assert names(tmp_path / "masks/hull") == names(tmp_path / "crops") == [
        f"faces/00000{i}_t00_00000{i}.png" for i in range(3)
    ]  # fmt: skip
    for one in faces:
        with Image.open(tmp_path / one.masks["hull"]) as hull, Image.open(tmp_path / one.masks["eyes"]) as eyes:
            assert (hull.mode, hull.size) == ("L", (96, 96))
            face, both = np.array(hull), np.array(eyes)
        assert face[48, 48] == 255
        assert face[0, 0] == 0
        assert 0 < both.sum() < 0.1 * face.sum()
        assert (both[face == 0] == 0).all()
    discard(faces[:1], tmp_path)
    assert len(names(tmp_path)) == 3 * (3 - 1)


def test_parsed_masks_and_part_maps_follow_the_crop(tmp_path: Path) -> None:
    clip, tracks = a_film()
    parser = LandmarkParser()
    found = cut_faces(tracks, clip, tmp_path, framing=AlignedCrops("full", 96), parser=parser, masks=("parsed", "hull"))
    for one in found.faces:
        with Image.open(tmp_path / one.masks["parsed"]) as parsed, Image.open(tmp_path / one.masks["hull"]) as hull:
            seen, drawn = np.array(parsed) > 127, np.array(hull) > 127
        assert (seen & drawn).sum() > 0.9 * drawn.sum()
        parts = read_part_map(tmp_path / (one.parts or ""))
        assert parts.shape == (96, 96)
        assert np.isin(parts[seen], [int(part) for part in FACE]).mean() > 0.97
        assert "share_skin" in one.measures
    alone = cut_faces(
        tracks, clip, tmp_path / "b", framing=AlignedCrops("full", 96), parser=parser, with_parts=False,
        masks=("parsed",),
    ).faces[0]  # fmt: skip
    assert (alone.parts, [*alone.masks]) == (None, ["parsed"])
    assert "share_skin" not in alone.measures
    without = cut_faces(tracks, clip, tmp_path / "c", framing=AlignedCrops("full", 96), masks=("parsed",)).faces[0]
    assert without.masks == {}


def test_blurred_faces_are_left_out_and_counted(tmp_path: Path, clip: Clip, tracks: Tracks) -> None:
    sharp = cut_faces(tracks, clip, None, framing=SteadySquares(20)).faces
    limit = sorted(one.measures["sharpness"] for one in sharp)[2]
    found = cut_faces(tracks, clip, tmp_path, framing=SteadySquares(20), quality=Quality(min_sharpness=limit))
    assert len(found.faces) == 2
    assert found.left_out == {"blur": 2}
    assert len(names(tmp_path)) == 2
    unaligned = cut_faces(tracks, clip, None, framing=AlignedCrops("full", 20))
    assert unaligned.left_out == {"implausible": 1}  # of the one without landmarks


def test_clips_among_several_have_their_own_names_and_numbers(tmp_path: Path) -> None:
    clip, tracks = a_film(1)
    found = [
        *cut_faces(tracks, clip, tmp_path, framing=SteadySquares(20), among=Among(0, 0, "anna")).faces,
        *cut_faces(tracks, clip, tmp_path, framing=SteadySquares(20), among=Among(1, 1, "berta")).faces,
    ]
    assert [(one.source, one.track, one.crop) for one in found] == [
        (0, 0, "crops/track_00/anna_000000.png"),
        (1, 1, "crops/track_01/berta_000000.png"),
    ]
    arrange(grouped(found, "pose"), tmp_path, ranked=False, labels=("anna", "berta"))
    assert names(tmp_path) == [
        "crops/pose_2_front/t00_anna_000000.png",
        "crops/pose_2_front/t01_berta_000000.png",
    ]


def test_kinds_of_masks_are_read_from_a_list() -> None:
    assert parse_kinds("hull, parsed,hull") == ("hull", "parsed")
    for wrong in ("", "hull,nose", ","):
        with pytest.raises(UsageError, match="there is no mask"):
            parse_kinds(wrong)
