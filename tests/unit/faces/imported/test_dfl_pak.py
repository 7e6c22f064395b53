from __future__ import annotations

import pickle
import struct
from pathlib import Path

import pytest
from foreign_faces import dfl_data, dfl_jpeg, pak, touching

from prosopon.core.errors import MediaError
from prosopon.faces.imported.dfl_pak import read_faceset_pak

PICTURES = [dfl_jpeg(dfl_data(f"{n:05d}.png"), seed=n) for n in range(3)]


def written(folder: Path, data: bytes) -> Path:
    (folder / "faceset.pak").write_bytes(data)
    return folder / "faceset.pak"


def test_pictures_come_out_as_they_went_in(tmp_path: Path) -> None:
    found = read_faceset_pak(written(tmp_path, pak(PICTURES)))
    assert [found.read(one) for one in found.pictures] == PICTURES
    assert [one.name for one in found.pictures] == ["00000.jpg", "00001.jpg", "00002.jpg"]
    assert read_faceset_pak(written(tmp_path, pak([]))).pictures == ()


def test_enumerations_persons_and_odd_names(tmp_path: Path) -> None:
    # {"sample_type": SampleType(1), "filename": "../a.jpg", "person_name": "Zoe"}
    entry = (
        b"}(\x8c\x0bsample_type\x8c\x10samplelib.Sample\x8c\x0aSampleType\x93K\x01\x85R"
        b"\x8c\x09face_type\x8c\x10facelib.FaceType\x8c\x08FaceType\x93K\x04\x85R"
        b"\x8c\x08filename\x8c\x08../a.jpg\x8c\x0bperson_name\x8c\x03Zoeu"
    )
    found = read_faceset_pak(written(tmp_path, pak(PICTURES[:1], b"\x80\x04]" + entry + b"a.")))
    assert [(one.name, one.person) for one in found.pictures] == [("a.jpg", "Zoe")]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "version 0"),
        (pak(PICTURES, version=2), "version 2"),
        (struct.pack("<QQ", 1, 2**60) + b"a", "claims"),
        (pak(PICTURES)[:40], "pickle|claims"),
        (pak(PICTURES, {}), "no list"),
        (pak(PICTURES, [1, 2, 3]), "no|not a dictionary"),
        (pak(PICTURES, [{"filename": "a.jpg"}] * 5), "outside the file"),
        (struct.pack("<QQ", 1, 6) + pickle.dumps([{}], 2)[:6], "pickle"),
    ],
)
def test_damage_is_named(tmp_path: Path, data: bytes, complaint: str) -> None:
    with pytest.raises(MediaError, match=complaint):
        read_faceset_pak(written(tmp_path, data))


def test_a_table_that_is_cut_off_and_a_file_that_shrinks(tmp_path: Path) -> None:
    whole = pak(PICTURES)
    begin = 16 + int.from_bytes(whole[8:16], "little")
    with pytest.raises(MediaError, match="table of places"):
        read_faceset_pak(written(tmp_path, whole[: begin + 20]))
    found = read_faceset_pak(written(tmp_path, whole))
    written(tmp_path, whole[:-5])
    with pytest.raises(MediaError, match=r"cut off within 00002\.jpg"):
        found.read(found.pictures[2])


def test_hostile_lists_are_refused(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for held in touching(canary).values():
        with pytest.raises(MediaError, match="refused"):
            read_faceset_pak(written(tmp_path, pak(PICTURES, held)))
    assert not canary.exists()
