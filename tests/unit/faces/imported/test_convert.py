from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest
from foreign_faces import LANDMARKS, MATRIX, dfl_data, faceswap_face

from prosopon.core.faces import Box, Face
from prosopon.faces.imported.convert import ImportedFace, as_alignment, of_dfl, of_faceswap, places
from prosopon.faces.imported.dfl_face import face_of
from prosopon.faces.imported.faceswap import FaceswapFrame, face_from
from prosopon.faces.stance import apply, inverse, view


def dfl(**change: object) -> ImportedFace:
    data = {key: value for key, value in {**dfl_data(), **change}.items() if value is not None}
    return of_dfl(face_of(pickle.dumps(data), 256, 240), "00012_0.jpg", index=3)


def at(frame: str, index: int = 0, **more: object) -> ImportedFace:
    return ImportedFace(frame, index, Face(Box(1, 2, 3, 4)), **more)  # type: ignore[arg-type]


def test_a_face_of_deepfacelab_keeps_its_landmarks_and_box() -> None:
    found = dfl()
    assert found.frame == "00012.png"
    assert found.face.box == Box(30, 40, 210, 220)
    assert found.face.landmarks is not None
    assert np.array_equal(found.face.landmarks, LANDMARKS.astype(np.float32))
    assert found.frame_size is None


def test_the_matrix_maps_what_the_picture_shows() -> None:
    """A frame warped as OpenCV does, by pixels' centres, and by our matrix, by corners, is the same picture."""
    frame = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    matrix = np.array(((2.0, 0.0, -10.0), (0.0, 2.0, -6.0)))
    found = dfl(image_to_face_mat=matrix).matrix
    assert found is not None
    ours = view(frame, inverse(found), 48, 44)
    grid = np.stack(np.meshgrid(np.arange(48), np.arange(44)), -1)
    where = apply(inverse(matrix), grid)
    on = np.all(where == np.round(where), -1)  # where the picture's pixel is exactly one of the frame
    rows, columns = np.nonzero(on)
    assert len(rows) == 22 * 24
    x, y = where[rows, columns].astype(int).T
    assert np.array_equal(ours[rows, columns], frame[y, x])


def test_landmarks_of_the_picture_are_laid_back_where_the_frames_are_missing() -> None:
    found = dfl(source_landmarks=None)
    assert found.face.landmarks is not None
    np.testing.assert_allclose(found.face.landmarks, LANDMARKS, atol=1e-4)
    with pytest.raises(ValueError, match="line"):
        dfl(image_to_face_mat=np.array(((1.0, 2, 0), (2, 4, 0))))


def test_a_picture_without_a_way_back_is_its_own_frame() -> None:
    found = dfl(source_landmarks=None, image_to_face_mat=None, source_filename=None, source_rect=None)
    assert (found.frame, found.frame_size, found.matrix) == ("00012_0.jpg", (256, 240), None)
    assert found.face.landmarks is not None
    crop = np.array(dfl_data()["landmarks"])
    assert np.array_equal(found.face.landmarks, crop.astype(np.float32))
    np.testing.assert_allclose(found.face.box, (*crop.min(0), *crop.max(0)))


def test_a_box_without_area_is_drawn_around_the_landmarks() -> None:
    found = dfl(source_rect=[5, 5, 5, 9])
    np.testing.assert_allclose(found.face.box, (*LANDMARKS.min(0), *LANDMARKS.max(0)))


def test_98_points_become_68_and_4_none() -> None:
    points = np.stack((np.arange(98.0), np.arange(98.0)), -1)
    faces = {
        0: face_from({**faceswap_face(), "landmarks_xy": points}),
        1: face_from({**faceswap_face(), "landmarks_xy": points[:4]}),
    }
    full, bare = of_faceswap(FaceswapFrame("a_7.png", faces, 0.5))
    assert full.face.landmarks is not None
    chosen = full.face.landmarks[:, 0].astype(int).tolist()
    assert chosen[:17] == [*range(0, 33, 2)]  # the jaw, of twice as many points
    assert chosen[17:27] == [33, 34, 35, 36, 37, 42, 43, 44, 45, 46]  # upper edges of the brows
    assert chosen[27:36] == [*range(51, 60)]
    assert chosen[36:48] == [60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75]  # without the middles of the lids
    assert chosen[48:] == [*range(76, 96)]
    assert (bare.face.landmarks, bare.face.box, bare.time_s) == (None, Box(30, 40, 210, 230), 0.5)


def numbers_of(*names: str, of_video: bool = False, frames: tuple[str, ...] = ()) -> list[tuple[str, int, int]]:
    """File, frame and track of faces in frames of these names."""
    faces = [at(name, index, of_video=of_video) for index, name in enumerate(names)]
    made = as_alignment(faces, {}, file="set", frames=frames)
    files = [one.file for one in made.sources]
    return [(files[one.source], one.frame, one.track) for one in made.faces]


def test_frames_are_numbered_by_their_names() -> None:
    assert numbers_of("00012.png", "00003.png", "00012.png") == [("set", 3, 0), ("set", 12, 0), ("set", 12, 1)]
    assert numbers_of("a1.png", "b7.png") == [("set", 1, 0), ("set", 7, 0)]


def test_frames_of_a_video_begin_with_1() -> None:
    assert numbers_of("clip_000001.mp4", "clip_000009.mp4", of_video=True) == [("clip.mp4", 0, 0), ("clip.mp4", 8, 0)]


def test_names_without_numbers_are_counted_in_natural_order() -> None:
    assert numbers_of("b.png", "a.png", "c10.png") == [("set", 0, 0), ("set", 1, 0), ("set", 2, 0)]
    assert numbers_of("7.png", "007.png") == [("set", 0, 0), ("set", 1, 0)]
    assert numbers_of("1" * 10 + ".png", "x" + "2" * 5000 + ".png") == [("set", 0, 0), ("set", 1, 0)]


def test_same_numbers_of_other_names_are_other_sources() -> None:
    found = numbers_of("b_001.png", "a_001.png", "a_002.png", "a_001.png")
    assert found == [("a.png", 1, 0), ("a.png", 1, 1), ("a.png", 2, 0), ("b.png", 1, 2)]


def test_places_among_the_frames_themselves_come_first() -> None:
    listed = ("f1.png", "f5.png", "f9.png", "f10.png")
    assert numbers_of("f9.png", "f10.png", frames=listed) == [("set", 2, 0), ("set", 3, 0)]
    assert numbers_of("f9.mp4", "f10.mp4", frames=listed) == [("set", 2, 0), ("set", 3, 0)]
    assert numbers_of("f9.png", "f11.png", frames=listed) == [("set", 9, 0), ("set", 11, 0)]
    made = as_alignment([at("f9.png")], {}, file="frames", frames=listed, frame_size=(640, 360))
    assert [(one.file, one.width, one.height, one.frames) for one in made.sources] == [("frames", 640, 360, 4)]


def test_places_whatever_the_suffix_unless_that_could_mean_two() -> None:
    assert places(["b.mp4"], ["a.png", "b.png"]) == {"b.mp4": 1}
    assert places(["b.mp4"], ["a.png", "b.png", "b.jpg"]) is None
    assert places(["b.mp4", "b.png"], ["a.png", "b.gif"]) is None
    assert places([], ["a.png"]) == {}


def test_times_are_those_of_the_file_or_follow_from_the_rate() -> None:
    timed = as_alignment([at("a_2.png", time_s=0.125), at("a_3.png", time_s=0.25)], {}, file="a")
    assert [one.time_s for one in timed.faces] == [0.125, 0.25]
    assert timed.sources[0].fps is None
    rated = as_alignment([at("a_2.png")], {}, file="a", fps=Fraction(30000, 1001))
    assert rated.faces[0].time_s == pytest.approx(2 * 1001 / 30000)
    assert rated.sources[0].fps == "30000/1001"


def test_sizes_are_told_where_all_faces_agree() -> None:
    same = as_alignment([at("a_1.png", frame_size=(9, 8)), at("a_2.png", frame_size=(9, 8))], {}, file="a")
    assert (same.sources[0].width, same.sources[0].height) == (9, 8)
    other = as_alignment([at("a_1.png", frame_size=(9, 8)), at("a_2.png")], {"finder": "x"}, file="a")
    assert (other.sources[0].width, other.about["finder"]) == (None, "x")
    assert np.array_equal(MATRIX, dfl_data()["image_to_face_mat"])
