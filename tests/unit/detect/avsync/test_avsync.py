"""Mouth against sound: offsets that are known, other people's words, and what nothing can be said of."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from moving_face import landmarks, speaking, syllables, voiced

from prosopon.core.clip import Audio, Clip
from prosopon.core.errors import CheckpointError, UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT
from prosopon.core.protocols import Detector
from prosopon.core.registry import find_cards
from prosopon.core.score import Reason
from prosopon.datasets.followed import followed
from prosopon.detect.avsync.expectation import Expectation
from prosopon.detect.avsync.fitting import fitted
from prosopon.detect.avsync.lips import Lips, agreement
from prosopon.detect.avsync.matching import NONE, OFFSETS_S, matched
from prosopon.detect.avsync.mouth import HZ, SIGNALS, passages
from prosopon.detect.avsync.sound import INPUTS, listened_to
from prosopon.detect.avsync.speakers import Spoken, spoil, trials
from prosopon.detect.avsync.technique import AvSync
from prosopon.detect.judging.roster import Expert
from prosopon.detect.learning.trainable import Material
from prosopon.media.heard import RATE

SECONDS, FPS = 6.0, 25
_MOUTH = 0.12


def openings(seed: int, seconds: float = SECONDS) -> np.ndarray:
    """Of every frame."""
    return _MOUTH * syllables(seconds, seed)[:: round(100 / FPS)]


def clip(seed: int | None, shift_s: float = 0.0, seconds: float = SECONDS) -> Clip:
    """Frames that nobody looks at, with the sound of some words; None: without any."""
    frames = [np.zeros((8, 8, 3), np.uint8)] * round(seconds * FPS)
    made = Clip.of_frames(frames, Fraction(FPS), name="speech")
    if seed is None:
        return made
    audio = Audio.of(voiced(syllables(seconds, seed), RATE, seed), RATE)
    return Clip(
        made.width, made.height, made.open_frames, made.times, made.fps,
        Audio(audio.rate, 1, audio.load, start_s=shift_s), name=made.name,
    )  # fmt: skip


@pytest.fixture(scope="module")
def lips() -> Lips:
    """Learnt from three people."""
    inputs, signals = [], []
    for seed in (1, 2, 3):
        seen = passages(speaking(openings(seed)).tracks[0].faces, clip(None).times)[0]
        heard = listened_to(voiced(syllables(SECONDS, seed), RATE, seed))
        at = np.clip(np.round(seen.times * HZ).astype(int), 0, len(heard.inputs) - 1)
        inputs.append(heard.inputs[at])
        signals.append(seen.signals / seen.signals.std(0))
    return Lips.fitted(inputs, signals)


@pytest.fixture(scope="module")
def detector(lips: Lips) -> AvSync:
    return AvSync(lips, Expectation(0.6, 0.15, 0.03, 0.07, 7.0))


class TestOffset:
    @pytest.mark.parametrize("shift_s", [-0.3, -0.12, 0.0, 0.16, 0.4])
    def test_it_is_found(self, detector: AvSync, shift_s: float) -> None:
        score = detector.score(clip(11, shift_s), speaking(openings(11)))
        assert score.measures["offset_ms"] == pytest.approx(1000 * shift_s, abs=25)

    def test_sound_that_comes_later_has_an_offset_above_zero(self, detector: AvSync) -> None:
        score = detector.score(clip(11, 0.16), speaking(openings(11)))
        assert "160 ms after the picture" in score.evidence[0]

    def test_offsets_are_tried_to_either_side_of_none(self) -> None:
        assert OFFSETS_S[NONE] == 0
        assert OFFSETS_S[0] == -OFFSETS_S[-1] == pytest.approx(-0.6)


class TestWords:
    def test_own_words_fit_and_others_do_not(self, detector: AvSync) -> None:
        own = [detector.score(clip(seed), speaking(openings(seed))) for seed in (11, 12, 13)]
        others = [detector.score(clip(seed + 50), speaking(openings(seed))) for seed in (11, 12, 13)]
        assert max(one.value or 0.0 for one in own) < 0.4
        assert min(one.value or 0.0 for one in others) > 0.5
        assert min(one.measures["best_correlation"] for one in own) > 0.7

    def test_what_fits_acquits_nobody(self, detector: AvSync) -> None:
        value = detector.score(clip(11, seconds=12.0), speaking(openings(11, 12.0))).value
        assert value == pytest.approx(1 / 3, abs=0.01)  # half of all fakes keep lips and sound together

    def test_more_time_says_more(self, detector: AvSync) -> None:
        values = [
            detector.score(clip(14, seconds=seconds), speaking(openings(14, seconds))).value or 0.0
            for seconds in (3.0, 12.0)
        ]
        assert values[1] < values[0]

    def test_series_lie_on_the_clips_clock(self, detector: AvSync) -> None:
        score = detector.score(clip(11, 0.2), speaking(openings(11)))
        seen, expected, over_time = score.series
        assert 0 <= seen.times[0] < 0.1
        assert expected.times[0] == pytest.approx(0.2)
        assert np.nanmax(over_time.values) <= 1
        assert all(one.times.shape == one.values.shape for one in score.series)


class TestAbstentions:
    def test_no_sound(self, detector: AvSync) -> None:
        assert detector.score(clip(None), speaking(openings(1))).abstained is Reason.NO_SOUND

    def test_no_speech(self, detector: AvSync) -> None:
        made = clip(None)
        noise = np.random.default_rng(0).normal(0, 0.05, round(SECONDS * RATE)).astype(np.float32)
        loud = Clip(
            made.width, made.height, made.open_frames, made.times, made.fps, Audio.of(noise, RATE), name="noise"
        )
        assert detector.score(loud, speaking(openings(1))).abstained is Reason.NO_SPEECH

    def test_a_mouth_that_does_not_move(self, detector: AvSync) -> None:
        still = speaking(np.full(round(SECONDS * FPS), 0.01))
        score = detector.score(clip(1), still)
        assert score.abstained is Reason.NO_SPEECH
        assert "hardly moves" in score.because

    def test_nobody(self, detector: AvSync) -> None:
        assert detector.score(clip(1), Tracks((), 150, "drawn")).abstained is Reason.NO_FACE

    def test_too_short(self, detector: AvSync) -> None:
        seen = Tracks((Track({i: Face.around(landmarks(0.01 * i)) for i in range(10)}),), 150, "drawn")
        assert detector.score(clip(1), seen).abstained is Reason.TOO_SHORT

    def test_too_few_frames_a_second(self, detector: AvSync) -> None:
        slow = Clip.of_frames([np.zeros((8, 8, 3), np.uint8)] * 30, 5, audio=Audio.of(np.zeros(RATE, np.float32), RATE))
        assert detector.score(slow, speaking(openings(1)[:30])).abstained is Reason.TOO_SHORT

    def test_it_keeps_the_protocol(self, detector: AvSync) -> None:
        assert isinstance(detector, Detector)


class TestPieces:
    def test_gaps_part_passages(self) -> None:
        faces = speaking(openings(1)).tracks[0].faces
        holed = {index: face for index, face in faces.items() if not 60 <= index < 90}
        found = passages(holed, clip(None).times)
        assert [round(len(one.times) / HZ, 1) for one in found] == [2.4, 2.4]

    def test_slow_movement_is_no_speech(self) -> None:
        slow = _MOUTH * (0.5 + 0.5 * np.sin(np.arange(150) / FPS * 2 * np.pi * 0.2))
        quick = passages(speaking(openings(1)).tracks[0].faces, clip(None).times)[0].signals.std(0)
        found = passages(speaking(slow).tracks[0].faces, clip(None).times)[0].signals.std(0)
        assert (found < 0.2 * quick).all()

    def test_agreement_is_that_of_both_and_of_its_opposite(self) -> None:
        a = np.random.default_rng(0).normal(size=(50, len(SIGNALS)))
        found = agreement(a, np.stack((a, -2 * a, np.zeros_like(a))))
        assert found == pytest.approx([1, -1, 0])

    def test_states_come_back(self, lips: Lips) -> None:
        back = Lips.of_state(lips.state(), "here")
        assert back.map == pytest.approx(lips.map, abs=1e-6)
        expected = Expectation(0.5, 0.2, 0.0, 0.1, 6.0)
        assert Expectation.of_state(expected.state(), "here").mean == pytest.approx(0.5)

    @pytest.mark.parametrize("kind", [Lips, Expectation])
    def test_states_that_do_not_fit_are_refused(self, kind: type[Lips] | type[Expectation]) -> None:
        with pytest.raises(CheckpointError, match="here"):
            kind.of_state({}, "here")

    def test_inputs_are_as_many_as_the_map_takes(self) -> None:
        assert listened_to(np.zeros(RATE, np.float32)).inputs.shape[1] == INPUTS

    def test_nobody_heard_is_no_match(self, lips: Lips) -> None:
        seen = passages(speaking(openings(1)).tracks[0].faces, clip(None).times)
        assert matched(seen, listened_to(np.zeros(3 * RATE, np.float32)), lips) is None


class TestLearning:
    def test_trials_join_clips_and_their_sounds(self) -> None:
        clips = []
        for seed in range(4):
            sound = listened_to(voiced(syllables(SECONDS, seed), RATE, seed))
            seen = passages(speaking(openings(seed)).tracks[0].faces, clip(None).times)
            clips.append(Spoken("anna", "drawn", seen, (sound,), {"face_px": 90.0}))
        found = list(trials(clips, np.random.default_rng(0)))
        assert {one.clips for one in found} == {1, 2}
        assert sum(one.fake for one in found) == 2 * sum(not one.fake for one in found)
        joined = next(one for one in found if one.clips == 2)
        assert len(joined.sound.inputs) == 2 * len(clips[0].sounds[0].inputs)
        assert joined.passages[1].times[0] > SECONDS

    def test_spoilt_sound_keeps_its_length(self) -> None:
        sound = voiced(syllables(2.0, 0), RATE, 0)
        for seed in range(4):
            assert spoil(sound, np.random.default_rng(seed)).shape == sound.shape

    def test_too_few_people_are_said_so(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="0 people"):
            fitted(Material(None, footage=(tmp_path,)), SILENT)


class TestShipped:
    def test_real_people_say_what_is_heard(self, shared: Path) -> None:
        detector = AvSync.from_weights()
        files = [shared / "media/video/grid_s4/bbaf2a.mp4", shared / "media/video/grid_s31/bbac2n.mp4"]
        one, other = [*followed(files)]
        assert one.clip.audio is not None
        assert other.clip.audio is not None
        own = detector.score(one.clip, one.tracks)
        assert own.value is not None
        assert own.value < 0.5
        assert abs(own.measures["offset_ms"]) <= 40
        swapped = Clip(
            one.clip.width, one.clip.height, one.clip.open_frames, one.clip.times, one.clip.fps, other.clip.audio,
            name="other words",
        )  # fmt: skip
        wrong = detector.score(swapped, one.tracks)
        assert wrong.value is not None
        assert wrong.value > own.value


def test_it_asks_another_question_than_whether_it_is_a_fake() -> None:
    """Lips and sound that agree acquit nobody: most fakes keep both."""
    detector = AvSync.tiny()
    expert = Expert("avsync", find_cards().cards["avsync"], detector)
    assert expert.asks_else and "real" not in " ".join(expert.sides)
