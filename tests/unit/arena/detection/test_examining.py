"""Videos are shown to the whole tool; what was answered is not asked again; what cannot be read counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_arena import small_arena
from stand_in_detectors import RedDots, StandIn, dot, dotted, roster

from prosopon.arena.detection.answers import open_journal
from prosopon.arena.detection.examining import Examiner, all_ways, degraded, drawn_ways
from prosopon.arena.detection.readers.recognise import read_data
from prosopon.arena.detection.videos import FAKE, REAL, FileSource, PicturesSource, Shown, Video
from prosopon.arena.journal import Journal
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.faces import Tracks
from prosopon.core.protocols import Needs
from prosopon.detect.judging.judge import Judge
from prosopon.detect.judging.manner import Manner
from prosopon.media.write import encode


def examiner(**detectors: StandIn) -> Examiner:
    finder = RedDots()
    return Examiner(Judge(roster(**detectors), Manner(panel=False), None, finder), finder, frames=12)


def nothing() -> Journal[Any]:
    return open_journal(None, {})


@pytest.fixture
def videos(tmp_path: Path) -> list[Video]:
    found = []
    for number, label in enumerate((REAL, FAKE, FAKE)):
        path = tmp_path / f"{number}.mp4"
        encode(dotted(12, 100), path)
        found.append(Video(str(number), label, FileSource(path)))
    return found


def by_name(clip: Clip, tracks: Tracks) -> float:
    return {"0.mp4": 0.1, "1.mp4": 0.9, "2.mp4": 0.8}[clip.name]


def test_answers(videos: list[Video]) -> None:
    one = examiner(sees=StandIn(by_name), moves=StandIn(0.3, Needs.MOTION, judges=False))
    answers = one.examine(all_ways(videos, ("none",)), nothing())
    assert [answer.detectors["sees"].value for answer in answers] == [0.1, 0.9, 0.8]
    assert [answer.verdict for answer in answers] == ["no-evidence", "weak", "weak"]
    said = answers[1].detectors["sees"]
    assert said.counts and said.log10_lr == pytest.approx(np.log10(9)) and said.per_frame == (0.9,) * 12
    assert not answers[1].detectors["moves"].counts and answers[1].has_face
    assert (answers[1].n_frames, answers[1].n_found) == (12, 12) and answers[1].log10_lr == said.log10_lr


def test_what_was_answered_is_not_asked_again(videos: list[Video], tmp_path: Path) -> None:
    seen: list[str] = []

    def once(clip: Clip, tracks: Tracks) -> float:
        seen.append(clip.name)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return by_name(clip, tracks)

    one, path = examiner(sees=StandIn(once)), tmp_path / "journal.jsonl"
    wanted = all_ways(videos, ("none",))
    with pytest.raises(KeyboardInterrupt), open_journal(path, one.about()) as journal:
        one.examine(wanted, journal)
    with open_journal(path, one.about()) as journal:
        assert journal.n_recalled == 2
        answers = one.examine(wanted, journal)
        assert answers == one.examine(wanted, journal)
    assert seen == ["0.mp4", "1.mp4", "2.mp4", "2.mp4"] and [a.detectors["sees"].value for a in answers] == [
        0.1,
        0.9,
        0.8,
    ]
    other = examiner(sees=StandIn(once, weights={"w": "00"}))
    assert other.about() != one.about() and open_journal(path, other.about()).n_recalled == 0


def test_what_cannot_be_read_counts_as_one_without_an_answer(videos: list[Video], tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    broken = Video("broken", FAKE, FileSource(tmp_path / "broken.mp4"))
    answers = examiner(sees=StandIn(by_name)).examine(all_ways([broken, videos[0]], ("none",)), nothing())
    assert answers[0].reasons == ("unreadable",) and answers[0].detectors == {} and not answers[0].has_face
    assert answers[1].verdict == "no-evidence"


def test_nobody_is_found(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(path)
    (answer,) = examiner(sees=StandIn(0.9)).examine([(Video("x", REAL, FileSource(path)), "none")], nothing())
    assert answer.reasons == ("no-face",) and not answer.has_face and answer.n_looked == 1


def test_pictures_out_of_a_video_are_no_movement(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(0, 300, 10):
        frame = dot(rng.integers(90, 160, (240, 320, 3), np.uint8), 60 + number // 2, 120, 100)
        Image.fromarray(frame).save(tmp_path / f"{number}.png")
    sees, moves = StandIn(0.9), StandIn(0.9, Needs.MOTION)
    source = PicturesSource.of(tmp_path.iterdir())
    (answer,) = examiner(sees=sees, moves=moves).examine([(Video("x", FAKE, source), "none")], nothing())
    assert not moves.asked and set(answer.detectors) == {"sees"}
    (few,) = examiner(sees=sees).examine(
        [(Video("y", FAKE, replace(source, files=source.files[:2])), "none")], nothing()
    )
    assert few.n_found == 2 and few.detectors["sees"].value == 0.9
    # Twelve of thirty pictures, of one person although it is nowhere near where it was.
    assert answer.n_found == 12 and len(sees.asked[0][0]) == 12 and len(sees.asked[0][1].tracks) == 1


def test_degradations_are_done_before_anybody_looks(videos: list[Video]) -> None:
    sees = StandIn(lambda clip, tracks: 0.5)
    one = examiner(sees=sees)
    one.examine(all_ways(videos[:1], ("none", "blur")), nothing())
    plain, blurred = (np.stack([*clip.frames()]).astype(float) for clip, _ in sees.asked)
    assert np.abs(np.diff(blurred, axis=2)).mean() < 0.7 * np.abs(np.diff(plain, axis=2)).mean()
    with pytest.raises(UsageError, match="no degradation 'boiled'"):
        one.examine(all_ways(videos, ("none", "boiled")), nothing())


def test_degraded_clips_are_no_longer_the_file(videos: list[Video]) -> None:
    shown = videos[0].source.open(8)
    changed = degraded(shown, "crf28")
    assert changed.clip.path is None and changed.clip.sha256 is None and len(changed.clip) == len(shown.clip)
    first = [*changed.clip.frames()]
    assert all(np.array_equal(one, other) for one, other in zip(first, changed.clip.frames(), strict=True))
    assert any(np.any(one != other) for one, other in zip(first, shown.clip.frames(), strict=True))
    assert degraded(shown, "none") is shown


def test_runs_are_encoded_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    def change(frames: Any) -> Any:
        lengths.append(len(frames))
        return frames

    monkeypatch.setattr("prosopon.arena.detection.examining.named", lambda name: change)
    clip = dotted(60)
    gap = replace(clip, times=tuple(time + 5 * (time > 0.2) for time in clip.times))
    for shown, wanted in ((Shown(clip), [48, 12]), (Shown(gap), [6, 48, 6]), (Shown(gap, None, False), [1] * 60)):
        lengths.clear()
        list(degraded(shown, "half").clip.frames())
        assert lengths == wanted


def test_an_arena_needs_nobody_who_finds_faces(tmp_path: Path) -> None:
    small_arena(tmp_path / "arena", generators=("swap",), frames=8)
    data = read_data(tmp_path / "arena").split_off(None)
    sees = StandIn(0.8)
    one = examiner(sees=sees)
    answers = one.examine(all_ways(data.videos, ("half",)), nothing())
    assert isinstance(one.finder, RedDots) and one.finder.n_asked == 0
    assert [answer.detectors["sees"].value for answer in answers] == [0.8] * 4
    assert all(answer.n_found == 8 and answer.has_face for answer in answers)


def test_ways_are_drawn_alike_for_an_original_and_its_fakes() -> None:
    source = FileSource(Path("x"))
    videos = [Video(f"{who}{n}", n % 2, source, (who,)) for who in "abcdefghij" for n in range(3)]
    drawn = drawn_ways(videos, ("none", "half", "jpeg50"), 0)
    assert [video for video, _ in drawn] == videos
    assert all(len({way for video, way in drawn if video.people == (who,)}) == 1 for who in "abcdefghij")
    assert len({way for _, way in drawn}) == 3 and drawn != drawn_ways(videos, ("none", "half", "jpeg50"), 1)
