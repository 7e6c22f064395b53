"""The detector: what it says about clips, when it says nothing, and where its model comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_movements import talking

from prosopon.app.detecting.words import opinion
from prosopon.core.clip import Clip
from prosopon.core.errors import CheckpointError, MissingError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.protocols import Detector
from prosopon.core.registry import get_card
from prosopon.core.score import Reason, Score
from prosopon.detect.biometric.learn import learn
from prosopon.detect.biometric.recording import recording_of
from prosopon.detect.biometric.signals import signals_of
from prosopon.detect.biometric.technique import About, Biometric
from prosopon.detect.judging.opinion import ask
from prosopon.detect.judging.roster import Expert
from prosopon.detect.learning.weights import CALIBRATION
from prosopon.models.checkpoint import save


def told(detector: Biometric, person: int, seconds: float, seed: int = 0) -> Score:
    tracks, times = talking(person, seconds, seed)
    return detector.score(clip_of(times), tracks)


def clip_of(times: tuple[float, ...]) -> Clip:
    def never() -> None:
        raise AssertionError("no picture is needed")

    return replace(Clip.of_frames([np.zeros((8, 8, 3), np.uint8)], 25), times=times, open_frames=never)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recordings = []
    for person, seconds in ((1, 51), (2, 12), (3, 12)):
        tracks, times = talking(person, seconds, 50)
        assert tracks.main is not None
        recordings.append(recording_of(f"p{person}", [signals_of(tracks.main, times, "landmarks")]))
    found = learn(recordings[0], recordings[1:])
    assert found.calibration is not None
    card = {"technique": "biometric", "config": "person", **About("ann", "landmarks").as_card()}
    stem = tmp_path_factory.mktemp("weights") / "biometric.ann"
    return save(found.model.state(), stem, {**card, CALIBRATION: found.calibration.as_json()})


@pytest.fixture(scope="module")
def detector(weights: Path) -> Biometric:
    return Biometric.from_weights(str(weights))


def test_it_is_a_detector(detector: Biometric) -> None:
    assert isinstance(detector, Detector)
    assert detector.about == About("ann", "landmarks", "centred")
    assert detector.weights_name == "biometric.ann" and detector.weights_sha256


def test_the_person_is_like_the_person_and_others_are_not(detector: Biometric) -> None:
    same, other = told(detector, 1, 14, 7), told(detector, 4, 14, 7)
    assert same.value is not None and other.value is not None
    assert same.value < 0.4
    assert other.value > 0.8
    assert same.evidence == ("moves like ann",)
    assert other.log10_lr is not None and same.log10_lr is not None and other.log10_lr > same.log10_lr


def test_others_are_told_with_what_is_unusual_in_them(detector: Biometric) -> None:
    alone = Biometric(detector.model, detector.about)  # without a calibration
    same, other = told(alone, 1, 14, 7), told(alone, 4, 14, 7)
    assert "only if this is said to be ann" in other.evidence[0]
    assert len(other.evidence) == 4 and "usual" in other.evidence[1]
    assert other.log10_lr is None and same.evidence[0] != other.evidence[0]


def test_what_is_told_of_it_is_about_the_person(detector: Biometric) -> None:
    expert = Expert("biometric", get_card("biometric"), detector)
    tracks, times = talking(4, 14, 7)
    said = opinion(ask(expert, clip_of(times), tracks))
    assert "for somebody else" in said and "for ann" in said
    assert "fakes" not in said


def test_every_frame_has_the_value_of_the_windows_over_it(detector: Biometric) -> None:
    score = told(detector, 1, 14, 7)
    assert score.per_frame is not None and score.per_frame.shape == (350,)
    assert np.isfinite(score.per_frame).all()
    assert score.measures["windows"] == 21 and score.measures["windows_apart"] == 1
    assert score.series[0].name == "unlike ann"
    assert [one.unit for one in score.series[1:3]] == ["degrees", "degrees"]


def test_frames_under_no_window_have_no_value(detector: Biometric) -> None:
    tracks, times = talking(1, 13, 7)
    assert tracks.main is not None
    # 12 s, a second without the face, and what is left is joined, but a window ends before its end.
    faces = {index: face for index, face in tracks.main.faces.items() if index < 303 or index == 310}
    score = detector.score(clip_of(times), Tracks((Track(faces),), len(times), "drawn"))
    assert score.per_frame is not None
    assert np.isfinite(score.per_frame[:300]).all() and np.isnan(score.per_frame[303:310]).all()


@pytest.mark.parametrize(
    ("seconds", "reason", "words"), [(9.0, Reason.TOO_SHORT, "9.0 s"), (0.1, Reason.TOO_SHORT, "10 s are needed")]
)
def test_short_clips_are_not_judged(detector: Biometric, seconds: float, reason: Reason, words: str) -> None:
    score = told(detector, 1, seconds)
    assert score.value is None and score.abstained is reason and words in score.because
    assert len(score.series) == 4  # what was measured is shown all the same


def test_a_face_that_is_often_lost_is_not_judged(detector: Biometric) -> None:
    tracks, times = talking(1, 12)
    assert tracks.main is not None
    faces = {index: face for index, face in tracks.main.faces.items() if index % 5}
    score = detector.score(clip_of(times), Tracks((Track(faces),), len(times), "drawn"))
    assert score.abstained is Reason.TOO_SHORT and "90%" in score.because


def test_nobody_is_not_judged(detector: Biometric) -> None:
    tracks, times = talking(1, 1)
    assert tracks.main is not None
    boxes = Track({index: Face(face.box) for index, face in tracks.main.faces.items()})
    for people in ((), (boxes,)):
        score = detector.score(clip_of(times), Tracks(people, len(times), "drawn"))
        assert score.abstained is Reason.NO_FACE


def test_blendshapes_cannot_be_compared_with_landmarks(detector: Biometric) -> None:
    shaped = Biometric(detector.model, About("ann", "blendshapes"))
    score = told(shaped, 1, 14)
    assert score.abstained is Reason.OUTSIDE_CALIBRATION and "blendshapes" in score.because


def test_without_a_person_it_cannot_be_opened() -> None:
    with pytest.raises(MissingError, match="--person"):
        Biometric.from_weights()


def test_other_weights_are_refused(detector: Biometric, tmp_path: Path) -> None:
    state = detector.model.state()
    path = save(state, tmp_path / "odd", {"technique": "quality", "config": "x"})
    with pytest.raises(MissingError, match="quality"):
        Biometric.from_weights(str(path))
    path = save(state, tmp_path / "vague", {"technique": "biometric", "config": "person"})
    with pytest.raises(CheckpointError, match="does not say"):
        Biometric.from_weights(str(path))
