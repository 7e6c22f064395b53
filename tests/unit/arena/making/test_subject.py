from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from drawn_footage import DrawnFinder, write_film, write_portrait
from PIL import Image

from prosopon.arena.making.originals import Original
from prosopon.arena.making.subject import load_subject, save_subject, subject_of
from prosopon.core.clip import Frame
from prosopon.core.errors import MissingError
from prosopon.core.faces import Face
from prosopon.faces.finder import open_finder
from prosopon.faces.head_box import face_size


class Scripted(DrawnFinder):
    """Answers one frame after the other: False no face, a number that many pixels to the right."""

    def __init__(self, answers: list[float | bool]) -> None:
        super().__init__()
        self.answers: Iterator[float | bool] = iter(answers)

    def find(self, frame: Frame) -> list[Face]:
        answer = next(self.answers)
        return [] if answer is False else [Face.around(self.landmarks + np.float32((float(answer), 0)))]


def film(tmp_path: Path, frames: int = 75, part: tuple[int, int] = (0, 1)) -> Original:
    return Original("ann", "ann", "train", "footage", write_film(tmp_path / "ann.mp4", 1, frames), part)


def test_two_runs_are_taken_of_a_video(tmp_path: Path) -> None:
    subject = subject_of(film(tmp_path), DrawnFinder())
    assert len(subject) == 16
    assert subject.runs == (slice(0, 8), slice(8, 16))
    assert subject.fps == Fraction(25)
    assert subject.sha256 is not None
    clip, tracks = subject.clip(subject.runs[1]), subject.tracks(subject.runs[1])
    assert len(clip) == len(tracks.tracks[0]) == 8
    assert clip.times == tuple(subject.times[8:].tolist())


def test_parts_of_a_file_do_not_share_frames(tmp_path: Path) -> None:
    taken = [subject_of(film(tmp_path, 80, (k, 2)), DrawnFinder()).times for k in range(2)]
    assert taken[0].max() < 40 / 25 <= taken[1].min()


def test_a_portrait_is_one_frame(tmp_path: Path) -> None:
    path = write_portrait(tmp_path / "cid.png", 2)
    subject = subject_of(Original("cid", "cid", "train", "portrait", path, runs=1), DrawnFinder())
    assert (len(subject), subject.fps) == (1, None)
    assert subject.one(0).is_still


def test_frames_without_the_face_are_left_out(tmp_path: Path) -> None:
    subject = subject_of(film(tmp_path), Scripted([0.0] * 3 + [False] * 2 + [0.0] * 11))
    assert [run.stop - run.start for run in subject.runs] == [3, 3, 8]


@pytest.mark.parametrize(
    ("answers", "why"),
    [([False] * 9 + [0.0] * 7, "no face"), ([0.0, 0.0, 100.0] + [0.0] * 13, "one and the same")],
)
def test_what_cannot_be_used_says_why(tmp_path: Path, answers: list[float | bool], why: str) -> None:
    with pytest.raises(MissingError, match=why):
        subject_of(film(tmp_path), Scripted(answers))


def test_small_faces_are_refused(tmp_path: Path) -> None:
    class Small(DrawnFinder):
        def find(self, frame: Frame) -> list[Face]:
            return [Face.around(self.landmarks / 4)]

    with pytest.raises(MissingError, match="smaller than 48"):
        subject_of(film(tmp_path), Small())


def test_of_a_large_picture_only_what_is_around_the_face_is_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    large = rng.integers(60, 255, (900, 1400, 3)).astype(np.uint8)
    Image.fromarray(large).save(tmp_path / "cid.png")
    finder = DrawnFinder()
    finder.landmarks = finder.landmarks + np.float32((900, 300))
    original = Original("cid", "cid", "train", "portrait", tmp_path / "cid.png", runs=1)
    subject = subject_of(original, finder)
    height, width = subject.frames.shape[1:3]
    assert (height, width) != (900, 1400)
    shift = finder.landmarks[0] - subject.landmarks[0, 0]
    assert shift == pytest.approx(np.round(shift), abs=1e-3)
    left, top = np.round(shift).astype(int)
    assert (subject.frames[0] == large[top : top + height, left : left + width]).all()


def test_it_can_be_written_down(tmp_path: Path) -> None:
    for original in (film(tmp_path), Original("c", "c", "train", "portrait", write_portrait(tmp_path / "c.png", 2))):
        subject = subject_of(original, DrawnFinder())
        save_subject(subject, tmp_path / "subject.npz")
        again = load_subject(original, tmp_path / "subject.npz")
        assert (again.frames == subject.frames).all()
        assert (again.landmarks == subject.landmarks).all()
        assert (again.times == subject.times).all()
        assert (again.fps, again.sha256, again.back_end) == (subject.fps, subject.sha256, "drawn")


def test_somebody_rendered_moves_and_has_grain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prosopon.arena.making.subject.RUN", 3)
    original = Original("r", "r", "train", "rendered", runs=1, seed=(0, 1))
    subject = subject_of(original, open_finder("builtin"))
    assert len(subject) == 3
    assert subject.runs == (slice(0, 3),)
    assert subject.fps == Fraction(25)
    assert 60 < face_size(subject.landmarks[0]) < 200
    assert (subject.frames[0] != subject.frames[2]).any()
    assert (subject_of(original, open_finder("builtin")).frames == subject.frames).all()
