"""Detectors of measured features: taught on a tiny arena, opened from a file, asked about clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_arena import small_arena

from prosopon.core.clip import Clip
from prosopon.core.errors import CheckpointError, UsageError
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.progress import SILENT
from prosopon.core.protocols import Detector
from prosopon.core.score import Reason
from prosopon.datasets.arena.arena import Arena, Split
from prosopon.detect.learning.shallow.detector import FeatureDetector
from prosopon.detect.learning.shallow.fit import Kind
from prosopon.detect.learning.shallow.model import ShallowModel
from prosopon.detect.learning.trainable import LearnsAtOnce, Material
from prosopon.detect.quality.technique import ImageQuality
from prosopon.detect.spectrum.technique import Spectrum
from prosopon.faces.head_box import face_size
from prosopon.models import checkpoint
from prosopon.models.checkpoint import save

TECHNIQUES: list[type[FeatureDetector]] = [ImageQuality, Spectrum]


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    people: list[tuple[str, Split]] = [(f"p{number}", "train") for number in range(8)]
    made: Arena = small_arena(tmp_path_factory.mktemp("arena"), people=[*people, ("yan", "test"), ("zoe", "test")])
    return made


@pytest.fixture(scope="module", params=TECHNIQUES, ids=lambda one: one.technique)
def taught(request: pytest.FixtureRequest, arena: Arena, tmp_path_factory: pytest.TempPathFactory) -> FeatureDetector:
    technique: type[FeatureDetector] = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(technique, "kinds", (Kind("lda"), Kind("svm")))
        fitted = technique.fitted(Material(arena), SILENT)
    stem = tmp_path_factory.mktemp("weights") / f"{technique.technique}.tiny"
    return technique.from_weights(str(checkpoint.save(fitted.state, stem, fitted.card)))


def test_it_is_what_the_verb_and_the_command_ask_for(taught: FeatureDetector) -> None:
    assert isinstance(taught, Detector)
    assert isinstance(type(taught), LearnsAtOnce)


def test_it_tells_fakes_of_others_from_their_originals(taught: FeatureDetector, arena: Arena) -> None:
    for clip in arena.where(split="test", generators=("original", "animate", "partswap")):
        score = taught.score(*arena.faces(clip))
        assert score.value is not None and (score.value > 0.5) is clip.is_fake, clip.name
        assert score.per_frame is not None and np.isfinite(score.per_frame).all()
        logits = np.log(score.per_frame / (1 - score.per_frame))
        assert 1 / (1 + np.exp(-logits.mean())) == pytest.approx(score.value, abs=1e-4)


def test_the_strongest_evidence_comes_first(taught: FeatureDetector, arena: Arena) -> None:
    fake = arena.where(split="test", generators=("animate",))[0]
    clip, tracks = arena.faces(fake)
    score = taught.score(clip, tracks)
    groups = [said for said in score.evidence if "as in" in said]
    assert "as in fakes" in groups[0]
    shares = [float(said.split(": ")[1].split(" ")[0]) for said in groups]
    assert shares == sorted(shares, reverse=True)
    assert tracks.main is not None and tracks.main.faces[0].landmarks is not None
    assert score.measures["face_px"] == pytest.approx(face_size(tracks.main.faces[0].landmarks), rel=0.01)


def test_the_generator_held_out_is_not_learnt_from(taught: FeatureDetector) -> None:
    learnt = taught.card["learnt_from"]
    assert learnt["generators"] == ["animate", "partswap"]
    assert learnt["people"] == 8
    # Two looks at both frames of each clip: originals, and twice as many fakes.
    assert (learnt["real_faces"], learnt["fake_faces"]) == (32, 64)
    assert taught.card["classifier"]["kind"]["name"] in ("lda", "svm")


def test_nobody_and_too_small_a_face_are_abstentions(taught: FeatureDetector, arena: Arena) -> None:
    clip, tracks = arena.faces(arena.clips[0])
    nobody = taught.score(clip, Tracks((), len(clip), "test"))
    assert nobody.value is None and nobody.abstained is Reason.NO_FACE
    assert tracks.main is not None
    small = {
        i: Face.around(np.asarray(face.landmarks * 0.3, np.float32))
        for i, face in tracks.main.faces.items()
        if face.landmarks is not None
    }
    score = taught.score(clip, Tracks((Track(small),), len(clip), "test"))
    assert score.abstained is Reason.FACE_TOO_SMALL and "48" in score.because
    boxes = {i: Face(face.box) for i, face in tracks.main.faces.items()}
    assert taught.score(clip, Tracks((Track(boxes),), len(clip), "test")).abstained is Reason.NO_FACE


def test_frames_without_the_face_have_no_value(taught: FeatureDetector, arena: Arena) -> None:
    clip, tracks = arena.faces(arena.clips[0])
    assert tracks.main is not None
    some = {i: face for i, face in tracks.main.faces.items() if i != 1}
    score = taught.score(clip, Tracks((Track(some),), len(clip), "test"))
    assert score.per_frame is not None
    assert np.isnan(score.per_frame).tolist() == [False, True]


def test_of_many_frames_some_are_judged(taught: FeatureDetector, arena: Arena) -> None:
    clip, tracks = arena.faces(arena.clips[0])
    assert tracks.main is not None
    long = Clip.of_frames([clip.first()] * 40, 25)
    faces = dict.fromkeys(range(40), tracks.main.faces[0])
    score = taught.score(long, Tracks((Track(faces),), 40, "test"))
    assert score.per_frame is not None and score.measures["frames"] == 16
    assert np.diff(np.flatnonzero(np.isfinite(score.per_frame))).max() == 3


def test_learning_twice_gives_the_same(arena: Arena) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spectrum, "kinds", (Kind("logistic"),))
        first, second = (Spectrum.fitted(Material(arena, seed=3), SILENT).state for _ in range(2))
    assert all((first[name] == second[name]).all() for name in first)


def test_weights_of_other_features_are_refused(arena: Arena, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spectrum, "kinds", (Kind("lda"),))
        fitted = Spectrum.fitted(Material(arena), SILENT)
    path = save(fitted.state, tmp_path / "spectrum.odd", {**fitted.card, "technique": "quality"})
    with pytest.raises(CheckpointError, match="139"):
        ImageQuality.from_weights(str(path))


def test_without_an_arena_nothing_is_learnt() -> None:
    with pytest.raises(UsageError, match="--arena"):
        ImageQuality.fitted(Material(None), SILENT)


def test_a_checkerboard_is_told_of(arena: Arena) -> None:
    clip, tracks = arena.faces(arena.where(split="test", generators=("original",))[0])
    y, x = np.mgrid[:320, :320]
    board = 14 * ((-1) ** (x + y))[..., None]
    frames = [np.clip(frame.astype(int) + board, 0, 255).astype(np.uint8) for frame in clip.frames()]
    drawn = Clip.of_frames(frames, 25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spectrum, "kinds", (Kind("lda"),))
        fitted = Spectrum.fitted(Material(arena), SILENT)
    score = Spectrum(ShallowModel.of(fitted.state, "test")).score(drawn, tracks)
    assert "grid of pixels" in score.evidence[0]
    assert (score.measures["peak_y_cycles_per_px"], score.measures["peak_x_cycles_per_px"]) == (0.5, 0.5)
    assert [one.unit for one in score.series] == ["", "dB", "dB"]
    curve = Spectrum.curve(drawn, tracks)
    assert curve is not None and curve[0].shape == curve[1].shape
    assert Spectrum.curve(drawn, Tracks((), 2, "test")) is None
