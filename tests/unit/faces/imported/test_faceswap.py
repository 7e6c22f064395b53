from __future__ import annotations

import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign_faces import (
    LANDMARKS,
    MATRIX,
    faceswap_data,
    faceswap_face,
    faceswap_png,
    fsa,
    picture,
    plain,
    touching,
    with_chunk,
)

from prosopon.core.errors import MediaError
from prosopon.core.faces import Box
from prosopon.faces.imported.faceswap import face_from, read_faceswap
from prosopon.faces.imported.faceswap_png import read_faceswap_png

LIKE = LANDMARKS.astype(np.float32)


def written(folder: Path, data: bytes, name: str = "alignments.fsa") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_number_comes_back_exactly(tmp_path: Path, protocol: int) -> None:
    found = read_faceswap(written(tmp_path, fsa(faceswap_data(), protocol)))
    assert (found.version, found.refused) == ("2.4", ())
    assert [frame.name for frame in found.frames] == ["clip_000001.mp4", "clip_000003.mp4"]
    assert [(frame.time_s, frame.of_video, [*frame.faces]) for frame in found.frames] == [
        (0.0, True, [0]),
        (0.2, True, [0, 1]),
    ]
    face = found.frames[0].faces[0]
    assert face.box == Box(30, 40, 210, 230)
    assert face.landmarks.tolist() == LIKE.astype(np.float64).tolist()
    assert face.identity["vggface2"].tolist() == [0.25, -0.5]
    assert face.thumbnail == picture()
    mask = face.masks["components"]
    assert (mask.size_px, mask.centering) == (16, "face")
    assert mask.matrix.tolist() == MATRIX.tolist()
    assert mask.pixels()[:, 0].tolist() == [0] * 4 + [255] * 12


def test_lists_in_place_of_arrays_and_ticks_in_place_of_seconds(tmp_path: Path) -> None:
    data = faceswap_data()
    for n, frame in enumerate(data["__data__"].values()):
        frame["video_meta"] = {"pts_time": 512 * n, "keyframe": True}
        for face in frame["faces"]:
            face["landmarks_xy"] = face["landmarks_xy"].tolist()
            face["thumb"] = face["thumb"].tolist()
    found = read_faceswap(written(tmp_path, fsa(data)))
    assert [frame.time_s for frame in found.frames] == [None, None]
    assert found.frames[1].faces[0].thumbnail == picture()
    assert found.frames[0].faces[0].landmarks.tolist() == LIKE.astype(np.float64).tolist()


def legacy() -> dict[str, Any]:
    """Frames alone, lists of faces, the old name of the landmarks."""
    return {
        frame: [{**{k: v for k, v in face.items() if k != "landmarks_xy"}, "landmarksXY": face["landmarks_xy"], "r": 0}]
        for frame, face in (("a.png", plain(faceswap_face())), ("b.png", plain(faceswap_face(1))))
    }


def test_old_files_as_json_and_as_a_bare_pickle(tmp_path: Path) -> None:
    for name, data in (
        ("a.json", json.dumps(legacy(), indent=2).encode()),
        ("a.p", pickle.dumps(legacy())),
        ("b.json", json.dumps(plain(faceswap_data())).encode()),
    ):
        found = read_faceswap(written(tmp_path, data, name))
        assert found.refused == ()
        assert found.version == ("2.4" if name == "b.json" else "1")
        assert len(found.frames) == 2
        assert not name.startswith("a") or not found.frames[0].of_video
        assert np.array_equal(found.frames[0].faces[0].landmarks, LIKE)


def test_one_bad_face_spoils_no_other(tmp_path: Path) -> None:
    data = faceswap_data(("a_1.png", "b_2.png", "c_3.png"))
    data["__data__"]["b_2.png"]["faces"][0]["landmarks_xy"] = np.full((68, 2), np.nan)
    data["__data__"]["c_3.png"] = 7
    found = read_faceswap(written(tmp_path, fsa(data)))
    assert [[*frame.faces] for frame in found.frames] == [[0], [1]]
    assert [line.split(" of alignments.fsa")[0] for line in found.refused] == [
        "face 0 of frame b_2.png",
        "frame c_3.png",
    ]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"x": None}, "'x' of the box"),
        ({"w": True}, "'w' of the box"),
        ({"h": float("inf")}, "'h' of the box"),
        ({"landmarks_xy": None}, "no landmarks"),
        ({"landmarks_xy": [1, 2]}, "landmarks"),
        ({"r": 90}, "turned by 90"),
        ({"mask": [1]}, "mask is a list"),
        ({"mask": {"a": {"stored_size": -1, "mask": b""}}}, "size of a mask"),
        ({"mask": {"a": {"stored_size": 99999, "mask": b""}}}, "side 99999"),
        ({"mask": {"a": {"stored_size": 8, "mask": "b"}}}, "no pixels"),
        ({"mask": {"a": {"stored_size": 8, "mask": b"", "affine_matrix": [1]}}}, "matrix of a mask"),
        ({"identity": {"a": ["b"]}}, "identity"),
        ({"thumb": [300]}, "thumbnail"),
        ({"thumb": "a"}, "thumbnail"),
    ],
)
def test_values_of_another_form_are_named(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        face_from({**faceswap_face(), **change})


def test_masks_are_unpacked_to_their_size_alone() -> None:
    face = faceswap_face()
    for packed in (zlib.compress(bytes(100_000_000)), zlib.compress(bytes(255)), b"x", b""):
        face["mask"]["components"]["mask"] = packed
        with pytest.raises(ValueError, match=r"unpacks|bytes|damaged|cut off"):
            face_from(face).masks["components"].pixels()


def test_hostile_files_are_refused_in_one_line_and_nothing_happens(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for what, held in touching(canary).items():
        path = written(tmp_path, zlib.compress(held))
        with pytest.raises(MediaError) as caught:
            read_faceswap(path)
        assert caught.value.what.startswith(f"{path} was refused: "), what
        assert "\n" not in str(caught.value)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (zlib.compress(bytes(200_000_000)), "unpacks to more than"),
        (fsa(faceswap_data())[:-10], "cut off"),
        (fsa(faceswap_data())[:100] + bytes(9), "damaged"),
        (b"", "cut off"),
        (b"something else", "damaged"),
        (fsa([1]), "not a dictionary"),
        (fsa({"__meta__": {"version": 3.0}, "__data__": {}}), "version 3"),
        (fsa({"__meta__": {"version": "new"}, "__data__": {}}), "version is a str"),
        (b"{", "damaged"),
        (b'{"a": ' * 100_000, "deep"),
        (b'{"a": \xff}', "damaged"),
    ],
)
def test_whole_files_that_are_bad_are_one_line(tmp_path: Path, data: bytes, complaint: str) -> None:
    with pytest.raises(MediaError, match=complaint):
        read_faceswap(written(tmp_path, data))


def test_the_header_of_a_face_picture(tmp_path: Path) -> None:
    found = read_faceswap_png(written(tmp_path, faceswap_png(faceswap_face(), "clip_000007.png", 1), "a.png"))
    assert (found.width, found.height, found.index, found.of_video) == (64, 48, 1, True)
    assert (found.name, found.frame, found.frame_size) == ("clip_000007_1.png", "clip_000007.png", (640, 480))
    assert np.array_equal(found.face.landmarks, LIKE)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("__import__('os').system('touch {canary}')", "no plain dictionary"),
        ("{{'a': open('{canary}', 'w')}}", "no plain dictionary"),
        ("[x for x in (1,)]", "no plain dictionary"),
        ("[" * 1000, "refused"),
        ("-" * 500_000 + "1", "deeper"),
        ("1" + "+1j" * 100_000, "deeper"),
        ("9" * 100_000, "refused"),
        ("{{1: ", "refused"),
        ("{{[]: 1}}", "refused"),
        ("{{}}", "source"),
        ("{{'source': {{'source_filename': 'a'}}, 'alignments': {{}}}}", "of the box"),
        ("[1]", "not a dictionary"),
    ],
)
def test_bad_headers_are_refused_and_nothing_happens(tmp_path: Path, text: str, complaint: str) -> None:
    canary = tmp_path / "canary"
    held = b"faceswap\0\0\0\0\0" + text.format(canary=canary).encode()
    path = written(tmp_path, with_chunk(picture("PNG"), b"iTXt", held), "a.png")
    with pytest.raises(MediaError, match=complaint):
        read_faceswap_png(path)
    assert not canary.exists()
    with pytest.raises(MediaError, match="no data of faceswap"):
        read_faceswap_png(written(tmp_path, picture("PNG"), "b.png"))
