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
from prosopon.faces.alignment import Aligned, Alignment, face_as_json, face_from_json, read_alignment, write_alignment
from prosopon.faces.journal import Journal
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


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda lines: ["not json"], "cannot be read"),
        (lambda lines: [], "no alignment file"),
        (lambda lines: ['{"format": "something"}'], "no alignment file"),
        (lambda lines: [lines[0].replace('"version": 1', '"version": 2'), *lines[1:]], "version 2"),
        (lambda lines: lines[:-1], "cut off after 2 faces"),
        (lambda lines: [*lines[:2], lines[2][:40], lines[3]], "line 3"),
        (lambda lines: [lines[0], lines[1].replace('"box": [', '"box": [1, '), *lines[2:]], "four sides"),
        (lambda lines: [lines[0], "[1]", *lines[2:]], "line 2"),
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
