"""The timing of detection: what takes turns, what is told beside decoding, what is missing."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from stand_in_detectors import RedDots, StandIn, dotted, roster

from prosopon.app.console import Console
from prosopon.app.verbs import bench_detect as verb
from prosopon.app.verbs.bench_detect import BenchDetect
from prosopon.arena import timing
from prosopon.arena.detection import bench, experts
from prosopon.arena.detection.bench import DECODING, FINDING, Command, rendered_clip, time_detection
from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason, Score
from prosopon.media.read import read
from prosopon.media.write import encode


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    encode(dotted(60, 100), path)
    return path


def test_everything_takes_turns(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = {DECODING: 0.5, FINDING: 1.0, "moves": 6.0, "sees": 2.0, "whole": 50.0}
    seconds = iter([*[99.0] * 5, *order.values()])
    monkeypatch.setattr(timing, "seconds_of", lambda work, device: (work(), next(seconds))[1])
    sees, moves = StandIn(0.5), StandIn(0.5, Needs.MOTION)
    deaf = StandIn(Score.abstain(Reason.NO_SOUND, "there is no sound"), Needs.SOUND)
    done: list[Path] = []
    commands = {"whole": Command(done.append, "all")}
    speed = time_detection(clip, roster(sees=sees, moves=moves, deaf=deaf), RedDots(), commands, rounds=1)
    assert [rate.name for rate in speed.rates] == [*order] and done == [clip, clip]
    rates = {rate.name: rate for rate in speed.rates}
    assert rates[DECODING].per_second == 120 and rates[DECODING].decodings == 1
    assert rates["sees"].frames == 32 and rates["sees"].per_second == 16
    assert rates["sees"].decodings == pytest.approx(2 / (32 * 0.5 / 60)) and rates["whole"].decodings == 100
    assert rates["moves"].frames == 60 and rates[FINDING].frames == 50
    assert speed.missing == {"deaf": "there is no sound"} and speed.clip["frames"] == 60
    assert json.loads(json.dumps(speed.as_json()))["rates"][0]["frames_per_second"] == 120


def test_what_shows_nobody_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    encode(Clip.of_frames(list(dotted(5, 1).frames()), 25), path)
    with pytest.raises(UsageError, match="no video with a face"):
        time_detection(path, roster(), RedDots(), {})


def test_what_is_rendered_talks_as_long_as_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_RENDERED_S", 0.12)
    made = read(rendered_clip(tmp_path, 0.6, 64))
    assert len(made) == 15 and made.audio is not None and (made.width, made.height) == (64, 64)


def test_the_verb_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "clip.mp4"
    encode(dotted(12, 100), clip)
    monkeypatch.setattr(experts, "open_roster", lambda asked: roster(sees=StandIn(0.5)))
    monkeypatch.setattr("prosopon.faces.finder.open_finder", lambda name: RedDots())
    monkeypatch.setattr("prosopon.vouch.evidence.gather", lambda path, alike: None)  # takes seconds
    monkeypatch.setattr(
        "prosopon.app.detecting.examine.Examiner.examine", lambda self, path: self.judge.judge(read(path))
    )
    out = io.StringIO()
    assert verb.run(BenchDetect(clip=clip, rounds=1), Console(out=out, err=io.StringIO())) == 0
    assert (
        "sees" in out.getvalue()
        and "12 frames of 320 x 240" in out.getvalue()
        and "the whole command" in out.getvalue()
    )


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"seconds": 0.1}, {"threads": 0}])
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        BenchDetect(**wrong)  # type: ignore[arg-type]
