from __future__ import annotations

import pickle
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from foreign_faces import LANDMARKS, MATRIX, dfl_data, dfl_jpeg, mask_file, picture, touching, with_chunk
from PIL import Image

from prosopon.core.errors import MediaError
from prosopon.core.faces import Box
from prosopon.faces.imported.dfl_face import FACE_TYPES, face_of, pixels_of
from prosopon.faces.imported.dfl_picture import read_dfl_jpeg, without_pickle


def written(folder: Path, data: bytes, name: str = "00012_0.jpg") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_number_comes_back_exactly(tmp_path: Path, protocol: int) -> None:
    face = read_dfl_jpeg(written(tmp_path, dfl_jpeg(protocol=protocol)))
    assert (face.width, face.height, face.face_type) == (64, 48, "whole_face")
    assert face.landmarks.tolist() == dfl_data()["landmarks"]
    assert face.source_landmarks is not None
    assert face.matrix is not None
    assert face.source_landmarks.tolist() == LANDMARKS.tolist()
    assert face.matrix.tolist() == MATRIX.tolist()
    assert (face.source_file, face.source_rect, face.eyebrows_expand) == ("00012.png", Box(30, 40, 210, 220), 1.25)
    assert [(one.include, one.points.tolist()[2]) for one in face.polygons] == [(False, [16, 16]), (True, [40, 40])]
    assert face.mask == mask_file()
    mask = pixels_of(face.mask or b"")
    assert (mask.shape, mask.dtype) == ((32, 32), np.uint8)
    assert mask[0].tolist() == [255] * 16 + [0] * 16


def test_little_is_needed() -> None:
    face = face_of(pickle.dumps({"landmarks": LANDMARKS}), 5, 6)
    assert (face.width, face.height, face.face_type, face.source_file, face.matrix) == (5, 6, "full_face", None, None)
    assert (face.polygons, face.mask, face.source_rect, face.eyebrows_expand) == ((), None, None, 1.0)


@pytest.mark.parametrize("kind", [b"fcWp", b"jaNf"])
def test_png_pictures_of_old_versions_and_derivatives(tmp_path: Path, kind: bytes) -> None:
    old = {**dfl_data(), "ie_polys": [(1, [(0, 0), (9, 0), (9, 9)])], "fanseg_mask": mask_file()}
    del old["seg_ie_polys"], old["xseg_mask"]
    data = with_chunk(picture("PNG"), kind, pickle.dumps(old, 2))
    face = read_dfl_jpeg(written(tmp_path, data, "a.png"))
    assert [(one.include, one.points.shape) for one in face.polygons] == [(True, (3, 2))]
    assert face.mask == mask_file()
    assert without_pickle(data) == picture("PNG")


def test_the_last_of_several_segments_counts_and_a_bad_one_spoils_all(tmp_path: Path) -> None:
    both = dfl_jpeg(dfl_data("b.png"))
    first = dfl_jpeg(dfl_data("a.png"))
    at = len(first) - len(picture()) + 20
    assert first[:at] + both[20:] != both
    path = written(tmp_path, first[:at] + both[20:])
    assert read_dfl_jpeg(path).source_file == "b.png"
    hostile = dfl_jpeg(touching(tmp_path / "canary")["os.system 4"])
    at = len(hostile) - len(picture()) + 20
    path = written(tmp_path, hostile[:at] + both[20:])
    with pytest.raises(MediaError, match="system"):
        read_dfl_jpeg(path)
    assert not (tmp_path / "canary").exists()


def test_hostile_pictures_are_refused_in_one_line_and_nothing_happens(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for what, held in touching(canary).items():
        for name, data in (("a.jpg", dfl_jpeg(held)), ("b.png", with_chunk(picture("PNG"), b"fcWp", held))):
            with pytest.raises(MediaError) as caught:
                read_dfl_jpeg(written(tmp_path, data, name))
            assert caught.value.what.startswith(f"{tmp_path / name} was refused: "), what
            assert "\n" not in str(caught.value)
            assert caught.value.hint == "do not trust this file"
    assert not canary.exists()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"landmarks": None}, "no landmarks"),
        ({"landmarks": LANDMARKS[:67]}, r"shape \(67, 2\)"),
        ({"landmarks": [[1, 2], [3]]}, "no regular shape"),
        ({"landmarks": LANDMARKS * np.nan}, "not finite"),
        ({"landmarks": [["1", "2"]] * 68}, "no numbers"),
        ({"landmarks": "a" * 136}, "are a str"),
        ({"landmarks": [[True, False]] * 68}, "no numbers"),
        ({"source_landmarks": LANDMARKS * 1e9}, "source_landmarks are not finite or beyond"),
        ({"image_to_face_mat": np.eye(3)}, "image_to_face_mat"),
        ({"image_to_face_mat": [[np.inf, 0, 0], [0, 1, 0]]}, "not finite"),
        ({"source_rect": [1, 2, 3]}, "source_rect"),
        ({"source_rect": [2**100] * 4}, "no numbers"),
        ({"face_type": "elbow"}, "face type is 'elbow'"),
        ({"face_type": 3}, "face type is a int"),
        ({"source_filename": "a" * 2000}, "too long"),
        ({"source_filename": 7}, "name of the frame"),
        ({"seg_ie_polys": {"polys": [{"type": 2, "pts": [(1, 2)]}]}}, "kind of a polygon is 2"),
        ({"seg_ie_polys": {"polys": 3}}, "polygons are no list"),
        ({"seg_ie_polys": [1]}, "damaged"),
        ({"seg_ie_polys": {"polys": [{"type": 1, "pts": [(1, np.nan)]}]}}, "points of a polygon"),
        ({"xseg_mask": "text"}, "mask is no encoded picture"),
        ({"eyebrows_expand_mod": [1]}, "eyebrows_expand_mod"),
    ],
)
def test_values_of_another_form_are_named(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    path = written(tmp_path, dfl_jpeg({**dfl_data(), **change}))
    with pytest.raises(MediaError, match=complaint):
        read_dfl_jpeg(path)


def test_files_without_data_and_damaged_ones(tmp_path: Path) -> None:
    for data, complaint in (
        (picture(), "no data of DeepFaceLab"),
        (picture("PNG"), "no data of DeepFaceLab"),
        (b"", "does not begin like a JPEG"),
        (b"GIF89a", "does not begin like a JPEG"),
        (dfl_jpeg(b"no pickle"), "pickle"),
        (dfl_jpeg(pickle.dumps([1])), "not a dictionary"),
        (dfl_jpeg()[:200], "longer than the file"),
    ):
        with pytest.raises(MediaError, match=complaint):
            read_dfl_jpeg(written(tmp_path, data))
    with pytest.raises(MediaError, match="cannot be read"):
        read_dfl_jpeg(tmp_path / "absent.jpg")


def test_a_frame_name_leads_nowhere() -> None:
    for name in ("../../etc/passwd", "C:\\Users\\x\\passwd", "/passwd"):
        face = face_of(pickle.dumps({"landmarks": LANDMARKS, "source_filename": name}), 1, 1)
        assert face.source_file == "passwd"


def test_names_are_one_line_of_utf8() -> None:
    name = "a\u2028b\n\x85\udcffc.png"
    assert face_of(pickle.dumps({"landmarks": LANDMARKS, "source_filename": name}), 1, 1).source_file == "a?b???c.png"


def test_masks_of_strangers_are_decoded_within_limits() -> None:
    buffer = BytesIO()
    Image.new("L", (5000, 5000)).save(buffer, "PNG")
    for data, complaint in (
        (b"", "decoded"),
        (b"\x89PNG\r\n\x1a\nrest", "decoded"),
        (buffer.getvalue(), "5000 x 5000"),
        (mask_file()[:60], "decoded"),
    ):
        with pytest.raises(ValueError, match=complaint):
            pixels_of(data)
    buffer = BytesIO()
    Image.new("L", (8, 8)).save(buffer, "TIFF")
    with pytest.raises(ValueError, match="decoded"):
        pixels_of(buffer.getvalue())


def test_all_face_types_are_known() -> None:
    for kind in FACE_TYPES:
        assert face_of(pickle.dumps({"landmarks": LANDMARKS, "face_type": kind}), 1, 1).face_type == kind
