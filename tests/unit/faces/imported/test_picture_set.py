from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from foreign_faces import dfl_data, dfl_jpeg, faceswap_face, faceswap_png, pak, picture, touching
from PIL import Image

from prosopon.core.errors import MediaError, MissingError
from prosopon.faces.imported.dfl_face import DflFace, Polygon
from prosopon.faces.imported.frame_folder import frame_names, frame_size
from prosopon.faces.imported.picture_set import (
    DEEPFACELAB,
    FACESWAP,
    masks_of,
    picture_files,
    read_header,
    read_picture,
    write_picture,
)


def a_folder(base: Path) -> Path:
    folder = base / "aligned"
    (folder / "anna").mkdir(parents=True)
    (folder / "b.jpg").write_bytes(dfl_jpeg())
    (folder / "a.png").write_bytes(faceswap_png(faceswap_face(), "clip_000007.png", 1))
    (folder / "anna/c.JPEG").write_bytes(dfl_jpeg(dfl_data("x.png")))
    (folder / "notes.txt").write_text("none of ours")
    return folder


def test_a_folder_and_the_folders_in_it(tmp_path: Path) -> None:
    files = picture_files(a_folder(tmp_path))
    assert [one.name for one in files] == ["a.png", "b.jpg", "anna/c.JPEG"]
    found = [read_picture(one, index) for index, one in enumerate(files)]
    assert [one.kind for one in found] == [FACESWAP, DEEPFACELAB, DEEPFACELAB]
    assert [one.face.frame for one in found] == ["clip_000007.png", "00012.png", "x.png"]
    assert [sorted(one.masks) for one in found] == [[], ["drawn", "xseg"], ["drawn", "xseg"]]


def test_no_pickle_is_left_in_what_is_written(tmp_path: Path) -> None:
    files = picture_files(a_folder(tmp_path))
    out = tmp_path / "out"
    faces = [write_picture(read_picture(one, 0), one.name, out) for one in files]
    assert [one.crop for one in faces] == ["crops/a.png", "crops/b.jpg", "crops/anna/c.JPEG"]
    assert (out / "crops/b.jpg").read_bytes() == picture()
    assert (out / "crops/a.png").read_bytes() == (tmp_path / "aligned/a.png").read_bytes()
    assert faces[2].masks == {"xseg": "masks/xseg/anna/c.png", "drawn": "masks/drawn/anna/c.png"}
    with Image.open(out / "masks/xseg/b.png") as mask:
        assert (mask.mode, mask.size) == ("L", (64, 48))


def test_two_masks_of_one_name_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(dfl_jpeg())
    (tmp_path / "a.jpeg").write_bytes(dfl_jpeg())
    out = tmp_path / "out"
    faces = [write_picture(read_picture(one, 0), one.name, out) for one in picture_files(tmp_path)]
    assert [one.masks["xseg"] for one in faces] == ["masks/xseg/a.png", "masks/xseg/a.jpg.png"]


def test_a_packed_set_by_itself_and_in_a_folder(tmp_path: Path) -> None:
    pictures = [dfl_jpeg(dfl_data(f"{n}.png")) for n in range(2)]
    listed = [{"filename": "../../evil.jpg"}, {"filename": ".."}]
    (tmp_path / "faceset.pak").write_bytes(pak(pictures, listed))
    for path in (tmp_path, tmp_path / "faceset.pak"):
        files = picture_files(path)
        assert [one.name for one in files] == ["000000.jpg", "000001.jpg"]
        assert [read_picture(one, 0).face.frame for one in files] == ["0.png", "1.png"]


def test_hostile_and_damaged_pictures_are_named(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "bad.jpg").write_bytes(dfl_jpeg(touching(canary)["eval 4"]))
    (tmp_path / "plain.png").write_bytes(picture("PNG"))
    bad, plain = picture_files(tmp_path)
    with pytest.raises(MediaError, match=r"bad\.jpg was refused: it asks for the Python object builtins\.eval"):
        read_picture(bad, 0)
    with pytest.raises(MediaError, match=r"plain\.png is damaged: it has no data of DeepFaceLab"):
        read_picture(plain, 0)
    with pytest.raises(MediaError, match="no data of faceswap"):
        read_header(plain)
    assert not canary.exists()


def test_drawn_masks_include_first_and_then_exclude() -> None:
    square = np.array(((2.0, 2), (2, 13), (13, 13), (13, 2)))
    polygons = (Polygon(False, square / 2), Polygon(True, square), Polygon(True, square[:2]))
    mask = masks_of(DflFace(20, 16, "head", np.zeros((68, 2)), polygons=polygons))["drawn"]
    assert (mask.shape, mask.dtype) == ((16, 20), np.uint8)
    assert (mask[10, 10], mask[4, 4], mask[15, 19]) == (255, 0, 0)
    assert masks_of(DflFace(20, 16, "head", np.zeros((68, 2)))) == {}
    with pytest.raises(ValueError, match="60000 x 60000"):
        masks_of(DflFace(60000, 60000, "head", np.zeros((68, 2)), polygons=polygons))


def test_frames_in_natural_order_and_their_size(tmp_path: Path) -> None:
    for name in ("f10.png", "f9.png", "notes.txt"):
        (tmp_path / name).write_bytes(picture("PNG", (20, 10)))
    assert frame_names(tmp_path) == ("f9.png", "f10.png")
    assert frame_size(tmp_path / "f9.png") == (20, 10)
    buffer = BytesIO()
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (20, 10)).save(buffer, "JPEG", exif=turned)
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    assert frame_size(tmp_path / "a.jpg") == (10, 20)
    (tmp_path / "b.png").write_bytes(b"nothing")
    with pytest.raises(MediaError, match=r"b\.png"):
        frame_size(tmp_path / "b.png")
    for folder in (tmp_path / "absent", tmp_path / "empty"):
        with pytest.raises(MissingError, match="folder"):
            frame_names(folder)
        (tmp_path / "empty").mkdir(exist_ok=True)
