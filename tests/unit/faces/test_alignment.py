"""The alignment file, and the journal of a run that was stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prosopon.core.clip import Clip, Frame
from prosopon.core.errors import MediaError
from prosopon.core.faces import Box, Face, Pose
from prosopon.faces.alignment import (
    Aligned,
    Alignment,
    Source,
    about_sources,
    face_as_json,
    face_from_json,
    in_order,
    read_alignment,
    write_alignment,
)
from prosopon.faces.journal import Journal, Journals
from prosopon.faces.track import track

RNG = np.random.default_rng(7)


def a_face(x: float = 10.0) -> Face:
    return Face(
        Box(x, 20.25, x + 30.5, 60.0),
        (RNG.random((68, 2)) * 100).astype(np.float32),
        0.87654321,
        blendshapes={"jawOpen": 0.123456},
        pose=Pose(1.5, -2.25, 30.0),
        embedding=np.array([0.6, -0.8], np.float32),
    )


def same(face: Face, other: Face, atol: float) -> None:
    np.testing.assert_allclose(face.box, other.box, atol=atol)
    assert (face.landmarks is None) == (other.landmarks is None)
    if face.landmarks is not None and other.landmarks is not None:
        np.testing.assert_allclose(face.landmarks, other.landmarks, atol=atol)
    assert face.confidence == pytest.approx(other.confidence, abs=max(atol, 1e-9))
    assert face.pose == other.pose
    assert face.blendshapes.keys() == other.blendshapes.keys()


def test_a_file_reads_back_to_hundredths_of_a_pixel(tmp_path: Path) -> None:
    faces = (
        Aligned(0, 0.0, 0, a_face(), {"sharpness": 1.23456}, "crops/track_00/000000.png"),
        Aligned(0, 0.0, 1, Face(Box(1, 2, 3, 4))),
        Aligned(7, 0.28, 0, a_face(12)),
    )
    about = {"file": "Über.mp4", "sha256": "abc", "width": 640, "height": 360}
    path = tmp_path / "a.jsonl"
    write_alignment(Alignment(about, faces), path)
    found = read_alignment(path)
    assert found.about == about
    for one, other in zip(faces, found.faces, strict=True):
        assert (one.frame, one.time_s, one.track, one.crop) == (other.frame, other.time_s, other.track, other.crop)
        same(one.face, other.face, 0.006)
    assert found.faces[0].measures == {"sharpness": 1.2346}
    # A line a face, so that two files can be compared with diff.
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(faces) + 2
    assert json.loads(lines[1])["frame"] == 0


def test_a_name_may_hold_what_ends_lines_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    faces = (Aligned(0, 0.0, 0, Face(Box(1, 2, 3, 4)), {}, "crops/a\u2028b\x85.png"),)
    write_alignment(Alignment({"file": "a\u2028b.mp4"}, faces), path)
    back = read_alignment(path)
    assert back.about["file"] == "a\u2028b.mp4"
    assert back.faces[0].crop == faces[0].crop


def test_where_a_picture_was_cut_out_and_of_which_source_is_kept(tmp_path: Path) -> None:
    sources = (Source("a/one.mp4", "abc", 640, 360, 100, "30000/1001"), Source("two.png", None, 64, 48, 1))
    matrix = np.array(((0.123456789, -0.2, 30.5), (0.2, 0.123456789, -4000.25)))
    faces = (
        Aligned(0, 0.0, 0, a_face(), crop="crops/a.png", matrix=matrix, masks={"parsed": "m/b.png", "hull": "m/a.png"}),
        Aligned(0, 0.0, 1, a_face(), source=1),
    )
    path = tmp_path / "a.jsonl"
    write_alignment(Alignment({**about_sources(sources), "every": 1}, faces), path)
    found = read_alignment(path)
    assert found.sources == sources
    assert "file" not in found.about
    assert [one.source for one in found.faces] == [0, 1]
    np.testing.assert_array_equal(found.faces[0].matrix, matrix)  # type: ignore[arg-type]
    assert found.faces[0].masks == {"hull": "m/a.png", "parsed": "m/b.png"}
    assert found.faces[1].matrix is None
    # What is as always is not written: a file of one source has no more words than before.
    lines = path.read_text(encoding="utf-8").splitlines()
    assert "source" not in json.loads(lines[1])
    again = tmp_path / "b.jsonl"
    write_alignment(found, again)
    assert again.read_bytes() == path.read_bytes()


def test_a_single_source_is_told_as_in_version_1_too(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    source = Source("clip.mp4", "abc", 640, 360, 100, "25")
    write_alignment(Alignment(about_sources([source]), ()), path)
    about = read_alignment(path).about
    assert (about["file"], about["width"], about["frames"], about["fps"]) == ("clip.mp4", 640, 100, "25")


def test_files_of_version_1_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        {"format": "prosopon-alignment", "version": 1, "file": "clip.mp4", "sha256": "s", "width": 4, "height": 3,
         "frames": 2, "fps": None, "crop_px": 256},
        {"frame": 1, "time_s": 0.04, "track": 0, "box": [0, 1, 2, 3], "score": 0.5, "crop": "crops/x.png"},
        {"end": True, "faces": 1},
    ]  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = read_alignment(path)
    assert found.sources == (Source("clip.mp4", "s", 4, 3, 2, None),)
    (one,) = found.faces
    assert (one.source, one.matrix, one.masks, one.crop) == (0, None, {}, "crops/x.png")


def test_faces_are_in_order_of_source_frame_and_track() -> None:
    places = [(1, 0, 5), (0, 7, 0), (0, 7, 1), (1, 3, 5), (0, 2, 1)]
    faces = in_order(Aligned(frame, 0.0, track, a_face(), source=source) for source, frame, track in places)
    assert [(one.source, one.frame, one.track) for one in faces] == sorted(places)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda lines: ["not json"], "cannot be read"),
        (lambda lines: [], "no alignment file"),
        (lambda lines: ['{"format": "something"}'], "no alignment file"),
        (lambda lines: [lines[0].replace('"version": 2', '"version": 3'), *lines[1:]], "version 3"),
        (lambda lines: lines[:-1], "cut off after 2 faces"),
        (lambda lines: [*lines[:2], lines[2][:40], lines[3]], "line 3"),
        (lambda lines: [lines[0], lines[1].replace('"box": [', '"box": [1, '), *lines[2:]], "four sides"),
        (lambda lines: [lines[0], "[1]", *lines[2:]], "line 2"),
        (
            lambda lines: [lines[0], lines[1].replace('"track"', '"matrix": [[1, 2], [3, 4]], "track"'), *lines[2:]],
            "two rows",
        ),
        (lambda lines: [lines[0], lines[1].replace('"track"', '"source": 1, "track"'), *lines[2:]], "source 1"),
        (lambda lines: [lines[0].replace('"file": "x"', '"sources": [{"frames": 3}]'), *lines[1:]], "make no sense"),
    ],
)
def test_damage_is_named(tmp_path: Path, change, complaint: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.jsonl"
    write_alignment(Alignment({"file": "x"}, (Aligned(0, 0, 0, a_face()), Aligned(1, 0.04, 0, a_face()))), path)
    path.write_text("\n".join(change(path.read_text().splitlines())), encoding="utf-8")
    with pytest.raises(MediaError, match=complaint):
        read_alignment(path)


def test_every_digit_can_be_kept() -> None:
    face = a_face()
    again = face_from_json(json.loads(json.dumps(face_as_json(face, digits=None))))
    same(face, again, 0)
    assert again.blendshapes == face.blendshapes
    assert np.array_equal(again.embedding, face.embedding)  # type: ignore[arg-type]
    assert face_as_json(face)["landmarks"][3][0] == round(float(face.landmarks[3, 0]), 2)  # type: ignore[index]


class Counting:
    """Finds one face that depends on the picture, and can be interrupted."""

    name = "counting"

    def __init__(self, until: int = 1000) -> None:
        self.n, self.until = 0, until

    def find(self, frame: Frame) -> list[Face]:
        if self.n >= self.until:
            raise KeyboardInterrupt
        self.n += 1
        x = float(frame[0, 0, 0])
        points = np.linspace(x, x + 20, 136, dtype=np.float32).reshape(68, 2)
        return [Face(Box(x, 0, x + 20.123456789, 20), points, pose=Pose(x / 3))]


def a_clip() -> Clip:
    return Clip.of_frames([np.full((40, 60, 3), value, np.uint8) for value in range(12)], 25)


def test_a_stopped_search_goes_on_and_ends_alike(tmp_path: Path) -> None:
    path, about = tmp_path / ".x.jsonl", {"sha256": "s"}
    with Journal(path, about) as journal, pytest.raises(KeyboardInterrupt):
        track(a_clip(), Counting(until=5), memory=journal)
    # Cut off in the middle of a line, as by a crash.
    with path.open("a") as file:
        file.write('{"frame": 5, "faces": [{"bo')
    rest = Counting()
    with Journal(path, about) as journal:
        assert journal.n_recalled == 5
        resumed = track(a_clip(), rest, memory=journal)
        assert rest.n == 7
        journal.forget()
    assert not path.exists()
    whole = track(a_clip(), Counting())
    assert len(resumed.tracks) == len(whole.tracks) == 1
    for index, face in whole.tracks[0].faces.items():
        same(resumed.tracks[0].faces[index], face, 0)


def test_a_journal_of_something_else_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / ".x.jsonl"
    with Journal(path, {"sha256": "one"}) as journal:
        journal.keep(0, [a_face()])
    with Journal(path, {"sha256": "two"}) as journal:
        assert journal.n_recalled == 0
        assert journal.recall(0) is None
    assert not path.exists()  # nothing was found for the second


def test_faces_without_anything_but_a_box() -> None:
    face = replace(a_face(), landmarks=None, pose=None, embedding=None, blendshapes={})
    assert set(face_as_json(face)) == {"box", "score"}
    same(face_from_json(face_as_json(face)), face, 0.006)


def test_journals_of_several_clips_are_kept_until_all_are_done(tmp_path: Path) -> None:
    folder = tmp_path / ".out.faces-found"
    journals = Journals(folder, {"finder": "x"})
    for sha256 in ("a" * 64, "b" * 64):
        with journals.of(sha256) as journal:
            journal.keep(0, [a_face()])
    assert len([*folder.iterdir()]) == 2
    again = Journals(folder, {"finder": "x"})
    with again.of("b" * 64) as journal:
        assert journal.recall(0) is not None
    assert again.n_recalled == 1
    other = Journals(folder, {"finder": "y"})
    with other.of("a" * 64) as journal:
        assert journal.recall(0) is None
    again.tidy()  # not empty: stays
    assert folder.is_dir()
    again.forget()
    assert not folder.exists()
    empty = Journals(folder, {})
    with empty.of(None):
        pass
    empty.tidy()
    assert not folder.exists()
