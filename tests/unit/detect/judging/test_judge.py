"""From detectors' answers to what is said about people, sound and the whole."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from stand_in_detectors import RedDots, StandIn, calibration, dot, dotted, expert, roster

from prosopon.core.clip import Audio, Clip
from prosopon.core.errors import MissingError
from prosopon.core.faces import Tracks
from prosopon.core.protocols import Needs
from prosopon.core.score import Reason, Score
from prosopon.detect.judging.compression import jpeg_quality, too_compressed
from prosopon.detect.judging.fusion import Fusion
from prosopon.detect.judging.judge import Judge, Judgement
from prosopon.detect.judging.manner import Manner
from prosopon.detect.judging.opinion import beyond
from prosopon.detect.judging.reasons import Why
from prosopon.detect.judging.roster import Roster
from prosopon.media.read import read

MEAN = Fusion()


def value_of(ratio: float) -> float:
    """The value that the stand-in calibration takes for a ratio."""
    return ratio / (1 + ratio)


def judged(clip: Clip, manner: Manner = Manner(), fusion: Fusion = MEAN, **detectors: StandIn) -> Judgement:  # noqa: B008
    return Judge(roster(**detectors), manner, fusion, RedDots()).judge(clip)


def codes(found: Judgement) -> list[str]:
    return [why.code for why in found.reasons]


@pytest.mark.parametrize(
    ("ratio", "word"), [(0.2, "no-evidence"), (3, "weak"), (20, "moderate"), (99.9999, "moderate")]
)
def test_one_detector_says_it(ratio: float, word: str) -> None:
    found = judged(dotted(20), a=StandIn(value_of(ratio)))
    assert (found.verdict, codes(found)) == (word, [])
    assert found.log10_lr == pytest.approx(math.log10(ratio))
    (person,) = found.people
    assert person.coverage is not None
    assert person.coverage.as_json() == {
        "frames_read": 20, "frames_searched": 10, "faces_found": 10, "share": 1.0, "frames_judged": 19,
    }  # fmt: skip


def test_several_become_one_and_who_only_measures_does_not_count() -> None:
    strong, none = StandIn(value_of(90)), StandIn(value_of(1))
    shouting = StandIn(value_of(1e9), judges=False)
    found = judged(dotted(20), a=strong, b=none, c=shouting)
    assert found.verdict == "weak"
    assert found.log10_lr == pytest.approx(math.log10(90) / 2)
    measured = found.people[0].as_json()["detectors"]["c"]
    assert measured["value"] == pytest.approx(1)
    assert (measured["counts"], measured["log10_lr"]) == (False, None)


class AsksElse(StandIn):
    sides = ("somebody else", "Anna")


def test_another_question_is_answered_besides() -> None:
    unlike = AsksElse(value_of(5), Needs.MOTION)
    found = judged(dotted(20), a=StandIn(value_of(4)), b=unlike)
    assert 10**found.log10_lr == pytest.approx(20), "not fused: added"
    assert found.people[0].panel is not None
    assert [trial.log10_lr for trial in found.people[0].panel.trials] == pytest.approx([math.log10(20)] * 5)
    assert judged(dotted(20), b=unlike).verdict == "weak"
    alike = judged(dotted(20), a=StandIn(value_of(4)), b=AsksElse(value_of(1 / 50), Needs.MOTION))
    assert 10**alike.log10_lr == pytest.approx(4), "it acquits nobody"
    contrary = judged(dotted(20), a=StandIn(value_of(1 / 20)), b=AsksElse(value_of(90), Needs.MOTION))
    assert codes(contrary) == []


def test_detectors_get_what_they_need() -> None:
    clip = dotted(40)
    frames, motion = StandIn(), StandIn(needs=Needs.MOTION)
    judged(clip, a=frames, b=motion)
    excerpt, tracks = frames.asked[0]
    assert (excerpt.width, len(excerpt)) == (320, 32)
    whole, tracks = motion.asked[0]
    assert whole is clip
    assert len(tracks.tracks) == 1
    assert len(tracks.tracks[0]) == 40
    assert len(motion.asked) == 1, "motion is not judged again in the panel"


def test_only_what_moves_needs_every_frame() -> None:
    finder = RedDots()
    Judge(roster(a=StandIn()), fusion=MEAN, finder=finder).judge(dotted(40))
    assert finder.n_asked == 20
    Judge(roster(a=StandIn(needs=Needs.MOTION)), fusion=MEAN, finder=finder).judge(dotted(40))
    assert finder.n_asked == 60


def test_an_answer_that_a_blur_changes_is_withdrawn() -> None:
    def sharp(clip: Clip, _: Tracks) -> float:
        frame = next(clip.frames()).astype(float)
        return value_of(50) if np.abs(np.diff(frame, axis=1)).mean() > 9 else value_of(0.1)

    found = judged(dotted(20), a=StandIn(sharp))
    assert (found.verdict, codes(found)) == ("inconclusive", ["verdict-flips"])
    assert found.log10_lr is None
    (person,) = found.people
    assert person.panel is not None
    flipped = person.panel.flips(person.log10_lr)
    assert "blur" in flipped
    assert "as-it-is" not in flipped
    assert "blurred" in found.reasons[0].because
    assert judged(dotted(20), Manner(panel=False), a=StandIn(sharp)).verdict == "moderate"


def test_frames_blurred_beyond_a_calibration_withdraw_nothing() -> None:
    def sharp(clip: Clip, _: Tracks) -> float:
        frame = next(clip.frames()).astype(float)
        return value_of(50) if np.abs(np.diff(frame, axis=1)).mean() > 9 else value_of(0.1)

    sharpness = judged(dotted(20), a=StandIn()).people[0].material["sharpness"]
    knows = calibration(sharpness=(0.95 * sharpness, 1.05 * sharpness))
    found = judged(dotted(20), a=StandIn(sharp, worth=knows))
    assert found.verdict == "moderate"
    assert found.people[0].panel is not None
    said = {trial.name: trial.log10_lrs["a"] for trial in found.people[0].panel.trials}
    assert said["blur"] is None and said["as-it-is"] == pytest.approx(math.log10(50))


def test_a_panel_of_one_detector_leaves_the_others_as_they_are() -> None:
    def only_whole(clip: Clip, _: Tracks) -> float:
        return value_of(4)

    found = judged(dotted(20), a=StandIn(only_whole), b=StandIn(value_of(25), Needs.MOTION))
    assert found.people[0].panel is not None
    for trial in found.people[0].panel.trials:
        assert set(trial.log10_lrs) == {"a"}
        assert trial.log10_lr == pytest.approx(math.log10(4 * 25) / 2)


def test_a_crop_moves_the_face_with_the_picture() -> None:
    seen: dict[str, float] = {}

    def centred(clip: Clip, tracks: Tracks) -> float:
        box, frame = tracks.tracks[0].faces[0].box, next(clip.frames())
        red = (np.abs(frame.astype(int) - RedDots.DOTS[0]) < 60).all(-1)
        rows, columns = np.nonzero(red)
        seen[clip.name] = max(abs(columns.mean() - box.centre[0]), abs(rows.mean() - box.centre[1]))
        seen[f"{clip.name} size"] = box.width
        return 0.5

    judged(dotted(20), a=StandIn(centred))
    assert seen["crop"] < 1.5
    assert seen["crop size"] == pytest.approx(seen["as-it-is size"] / 0.9, rel=0.02)


def test_detectors_that_contradict_each_other() -> None:
    found = judged(dotted(20), a=StandIn(value_of(90)), b=StandIn(value_of(1 / 50)))
    assert codes(found) == ["detectors-disagree"]
    assert found.reasons[0].because == "a for a fake, b against it"
    deaf = Fusion({"a": 1.0, "b": 0.0})
    assert judged(dotted(20), fusion=deaf, a=StandIn(value_of(90)), b=StandIn(value_of(1 / 50))).verdict == "moderate"


def test_beyond_the_calibration_nothing_counts() -> None:
    narrow = calibration(face_px=(10.0, 20.0))
    found = judged(dotted(20), a=StandIn(value_of(90), worth=narrow))
    assert (found.verdict, codes(found)) == ("inconclusive", ["outside-calibration"])
    assert "size of the face in pixels" in found.reasons[0].because
    assert "(10 to 20 in calibration)" in found.reasons[0].because
    both = judged(dotted(20), a=StandIn(value_of(90), worth=narrow), b=StandIn(value_of(3)))
    assert both.log10_lr == pytest.approx(math.log10(3)), "who knows such material still counts"
    blocky = calibration(blockiness=(0.1, 0.2))
    assert "too-compressed" in codes(judged(dotted(20), a=StandIn(value_of(90), worth=blocky)))


def test_what_is_hardly_beyond_the_calibration_still_counts() -> None:
    known = calibration(face_px=(100.0, 140.0), blockiness=(1.1, 3.1), sharpness=(2.0, 4.0))
    assert beyond(known, {"face_px": 97.0, "blockiness": 3.2, "unknown": 9.0}) == {}
    assert beyond(known, {"face_px": 95.0, "blockiness": 3.4}).keys() == {"face_px", "blockiness"}
    assert beyond(known, {"sharpness": 4.5, "blockiness": 1.0}) == {"sharpness": "4.5 (2 to 4 in calibration)"}
    assert "sharpness" in beyond(known, {"sharpness": 1.75}), "a tenth of 2, and not of the range where that is wider"
    wide = calibration(sharpness=(1.0, 15.0))
    assert beyond(wide, {"sharpness": 0.95}) == {} and "sharpness" in beyond(wide, {"sharpness": 0.8})
    assert beyond(known, {"face_px": 80.0}) == {"face_px": "80 (100 or more in calibration)"}, "larger ones are shrunk"


def test_uncalibrated_values_are_shown_and_do_not_count() -> None:
    bare = Score(0.99)
    found = judged(dotted(20), a=StandIn(lambda *_: bare))
    assert codes(found) == ["not-calibrated"]
    assert found.people[0].as_json()["detectors"]["a"]["value"] == 0.99


def test_small_short_and_absent_faces() -> None:
    detector = StandIn(value_of(90))
    found = judged(dotted(20, size=40), a=detector)
    assert (found.verdict, codes(found)) == ("inconclusive", ["face-too-small"])
    assert found.people[0].as_json()["detectors"]["a"]["abstained"] == "face-too-small"
    assert not detector.asked
    assert codes(judged(dotted(5), a=detector)) == ["too-short"]
    empty = Clip.of_frames(np.full((10, 60, 80, 3), 120, np.uint8), 25)
    assert codes(judged(empty, a=detector)) == ["no-face"]
    still = Clip.still(dot(np.full((200, 200, 3), 120, np.uint8), 100, 100, 90))
    assert judged(still, a=detector).verdict == "moderate"
    moving = judged(still, a=detector, b=StandIn(needs=Needs.MOTION)).people[0].as_json()["detectors"]["b"]
    assert moving["abstained"] == "too-short"


def test_broken_detectors_spoil_only_themselves() -> None:
    def explode(*_: object) -> float:
        raise RuntimeError("out of\ncoffee")

    found = judged(dotted(20), a=StandIn(explode), b=StandIn(value_of(20)), c=StandIn(7.0))
    assert found.verdict == "moderate"
    told = found.people[0].as_json()["detectors"]
    assert told["a"]["abstained"] == told["c"]["abstained"] == "failed"
    assert "RuntimeError: out of coffee" in told["a"]["because"]
    assert codes(judged(dotted(20), a=StandIn(explode))) == ["failed"]


def test_without_detectors_nothing_is_said() -> None:
    found = judged(dotted(20))
    assert (found.verdict, codes(found)) == ("inconclusive", ["no-weights"])
    measured = judged(dotted(20), a=StandIn(0.9, judges=False))
    assert (measured.verdict, codes(measured)) == ("inconclusive", ["only-measured"])
    assert "only a could be asked" in measured.reasons[0].because


def colour_of(clip: Clip, tracks: Tracks) -> tuple[int, int, int]:
    x, y = tracks.tracks[0].faces[0].box.centre
    red, green, blue = next(clip.frames())[int(y), int(x)].tolist()
    return red, green, blue


def test_two_people_are_judged_each_for_itself() -> None:
    def blue_is_fake(clip: Clip, tracks: Tracks) -> float:
        return value_of(90) if colour_of(clip, tracks)[2] > 150 else value_of(0.2)

    found = judged(dotted(20, second=80), a=StandIn(blue_is_fake))
    assert [person.verdict for person in found.people] == ["no-evidence", "moderate"]
    assert 10**found.log10_lr == pytest.approx((90 + 0.2) / 2), "either may be the fake one"
    assert found.verdict == "moderate"
    one = judged(dotted(20, second=80), Manner(people=1), a=StandIn(blue_is_fake))
    assert (len(one.people), one.n_people, one.verdict) == (1, 2, "no-evidence")


def test_who_could_not_be_judged_is_told_beside_the_answer() -> None:
    found = judged(dotted(20, second=40), a=StandIn(value_of(0.2)))
    assert (found.verdict, codes(found)) == ("no-evidence", ["face-too-small"])

    def only_blue(clip: Clip, tracks: Tracks) -> Score | float:
        return Score(0.9) if colour_of(clip, tracks)[0] > 150 else value_of(0.2)

    hidden = judged(dotted(20, second=80), a=StandIn(only_blue))
    assert (hidden.verdict, codes(hidden)) == ("inconclusive", ["not-calibrated"])
    assert hidden.log10_lr is None


def sounding(clip: Clip) -> Clip:
    return Clip(
        clip.width, clip.height, clip.open_frames, clip.times, clip.fps, Audio.of(np.zeros(8000, np.float32), 8000)
    )


def test_sound_is_judged_once_and_for_itself() -> None:
    listener = StandIn(value_of(20), Needs.SOUND)
    sound = Clip(0, 0, lambda: iter(()), (), audio=Audio.of(np.zeros(8000, np.float32), 8000))
    found = judged(sound, a=StandIn(), b=listener)
    assert (found.verdict, codes(found), found.people) == ("moderate", [], ())
    assert len(listener.asked) == 1
    both = judged(sounding(dotted(20, second=80)), a=StandIn(value_of(0.5)), b=listener)
    assert 10**both.log10_lr == pytest.approx((0.5 + 0.5 + 20) / 3)
    assert both.verdict == "weak"
    silent = judged(dotted(20), a=StandIn(value_of(0.5)), b=listener)
    assert silent.sound is None
    faceless = judged(
        sounding(Clip.of_frames(np.full((10, 60, 80, 3), 120, np.uint8), 25)), a=StandIn(), b=StandIn(0.2, Needs.SOUND)
    )
    assert (faceless.verdict, codes(faceless)) == ("inconclusive", ["no-face"])
    speechless = StandIn(lambda *_: Score.abstain(Reason.NO_SPEECH, "nobody speaks"), Needs.SOUND)
    assert codes(judged(sound, b=speechless)) == ["no-picture", "no-speech"]
    assert codes(judged(sound, a=StandIn())) == ["no-picture"]


def test_lips_alone_acquit_nobody() -> None:
    clip, unknown = sounding(dotted(20)), calibration(face_px=(200.0, 400.0))
    lips, eyes = StandIn(value_of(0.5), (Needs.MOTION, Needs.SOUND)), StandIn(value_of(0.5), worth=unknown)
    assert judged(clip, a=lips).verdict == "no-evidence", "nobody else was asked"
    found = judged(clip, a=lips, b=eyes)
    assert (found.verdict, codes(found)) == ("inconclusive", ["outside-calibration"])
    lips.value = value_of(20)
    assert judged(clip, a=lips, b=eyes).verdict == "moderate", "but they accuse"


def test_answers_without_weight_are_no_answer() -> None:
    fusion = Fusion({"c": 1.0})
    found = judged(dotted(20), fusion=fusion, a=StandIn(value_of(20)), b=StandIn(value_of(20)))
    assert (found.verdict, codes(found)) == ("inconclusive", ["only-measured"])
    assert "a, b" in found.reasons[0].because


def test_a_sound_that_is_only_measured_says_so() -> None:
    sound = Clip(0, 0, lambda: iter(()), (), audio=Audio.of(np.zeros(8000, np.float32), 8000))
    ear = StandIn(0.9, Needs.SOUND, judges=False)
    found = judged(sound, a=StandIn(), b=ear)
    assert (found.verdict, codes(found)) == ("inconclusive", ["no-picture", "only-measured"])
    assert "what b measured is shown, and is no evidence" in found.reasons[1].because
    assert found.sound is not None
    assert found.sound.as_json()["detectors"]["b"]["value"] == 0.9
    deaf = StandIn(lambda *_: Score.abstain(Reason.NO_SPEECH, "nobody speaks"), Needs.SOUND, judges=False)
    found = judged(sound, b=deaf)
    assert codes(found) == ["no-picture", "only-measured", "no-speech"]
    assert "measured is shown" not in found.reasons[1].because


def test_who_asks_only_listeners_is_told_that_nobody_looked() -> None:
    seen = sounding(dotted(20))
    assert codes(judged(seen, b=StandIn(0.2, Needs.SOUND, judges=False))) == ["not-examined", "only-measured"]
    without = Roster((expert("b", StandIn(0.2, Needs.SOUND)),), {"a": Why.of(Reason.NO_WEIGHTS)})
    assert codes(Judge(without, fusion=MEAN, finder=RedDots()).judge(seen)) == ["no-weights"]


def test_lips_without_sound_are_not_read() -> None:
    lips = StandIn(value_of(20), (Needs.MOTION, Needs.SOUND))
    found = judged(dotted(20), a=lips)
    assert codes(found) == ["no-sound"]
    assert codes(judged(dotted(20), a=lips, b=StandIn(lambda *_: Score(0.9)))) == ["not-calibrated"]
    assert judged(sounding(dotted(20)), a=lips).verdict == "moderate"


def test_hard_compression_is_seen_in_the_file(tmp_path: Path) -> None:
    frame = dot(np.random.default_rng(0).integers(90, 160, (200, 200, 3), np.uint8), 100, 100, 90)
    for quality in (5, 30, 75, 95):
        path = tmp_path / f"{quality}.jpg"
        Image.fromarray(frame).save(path, quality=quality)
        assert jpeg_quality(path) == pytest.approx(quality, abs=1)
        assert (too_compressed(read(path)) is None) == (quality > 5)
    found = judged(read(tmp_path / "5.jpg"), a=StandIn(value_of(90)))
    assert (found.verdict, codes(found)) == ("inconclusive", ["too-compressed"])
    Image.fromarray(frame).save(tmp_path / "x.png")
    assert jpeg_quality(tmp_path / "x.png") is None
    assert jpeg_quality(tmp_path / "none.jpg") is None


def test_a_finder_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> RedDots:
        raise MissingError(f"no {name}")

    monkeypatch.setattr("prosopon.detect.judging.judge.open_finder", missing)
    with pytest.raises(MissingError):
        Judge(roster(a=StandIn())).judge(dotted(2))
    sound = Clip(0, 0, lambda: iter(()), (), audio=Audio.of(np.zeros(8000, np.float32), 8000))
    assert Judge(roster(a=StandIn())).judge(sound).verdict == "inconclusive", "a sound needs no finder"


def test_a_manner_that_looks_at_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Manner(people=0)


def test_long_videos_are_judged_by_stretches() -> None:
    clip, finder = dotted(200, fps=50), RedDots()
    motion = StandIn(value_of(20), Needs.MOTION)
    found = Judge(roster(a=motion), Manner(most_frames=50, people=9), MEAN, finder).judge(clip)
    assert finder.n_asked == 50
    assert found.looked is not None
    assert found.looked.n_frames == 50
    assert found.people[0].span_s == pytest.approx((0, 199 / 50))
    part = motion.asked[0][0]
    np.testing.assert_array_equal([*part.frames()][-1], [*clip.frames()][-1])
    assert [part.times[index] for index in (0, 10, 20, 30, 40, 49)] == pytest.approx([0, 0.96, 1.9, 2.84, 3.8, 3.98])


def test_experts_tell_what_they_are() -> None:
    told = expert("a", StandIn(weights={"a.studio": "00"})).as_json()
    assert told["weights"] == {"a.studio": "00"}
    assert told["known_failures"]
    assert told["needs"] == ["frames"]
