"""What every technique that detects must fulfil: tried with its `tiny()` on clips that are drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from prosopon.core.cards import Card, Family
from prosopon.core.clip import Audio, Clip
from prosopon.core.faces import Face, Track, Tracks
from prosopon.core.protocols import Detector, Needs
from prosopon.core.registry import find_cards, load_technique
from prosopon.core.score import Reason, Score
from prosopon.studio.person import Expression, Identity
from prosopon.studio.render import render

DETECTORS = {name: card for name, card in find_cards().cards.items() if card.family is Family.DETECT}
every_detector = pytest.mark.parametrize("card", DETECTORS.values(), ids=DETECTORS.keys())
NOBODY = Tracks((), 1, "test")


@cache
def talking(n: int = 9) -> tuple[Clip, Tracks]:
    """Somebody rendered who opens and shuts the mouth, with a sound."""
    who = Identity.random(np.random.default_rng(5))
    shown = [render(who, None, Expression(jaw_open=float(0.5 + 0.5 * np.sin(t))), size_px=192) for t in range(n)]
    rng = np.random.default_rng(1)
    sound = Audio.of(
        (rng.normal(0, 0.1, 16000 * n // 25) * np.sin(np.arange(16000 * n // 25) / 900)).astype("f4"), 16000
    )
    clip = Clip.of_frames([one.image for one in shown], 25, name="talking.mp4", audio=sound)
    faces = {t: Face.around(one.landmarks.astype(np.float32)) for t, one in enumerate(shown)}
    return clip, Tracks((Track(faces),), n, "test")


def tiny(card: Card) -> Any:
    torch.set_num_threads(1)
    technique: Any = load_technique(card.name)
    return technique.tiny()


def is_an_answer(score: Score, frames: int) -> bool:
    """Whether a score is one answer, one measurement or one abstention that says why, and nothing besides."""
    if score.abstained is not None:
        return score.value is None and bool(score.because) and isinstance(score.abstained, Reason)
    fits = score.per_frame is None or score.per_frame.shape == (frames,)
    series = all(one.times.shape == one.values.shape for one in score.series)
    told = score.value is not None or bool(score.measures)
    return fits and series and told and (score.value is None or 0 <= score.value <= 1)


@every_detector
def test_it_is_a_detector_that_says_what_it_needs(card: Card) -> None:
    detector = tiny(card)
    assert isinstance(detector, Detector)
    assert detector.needs
    assert detector.needs <= set(Needs)
    assert isinstance(detector.judges, bool)


@every_detector
def test_somebody_gets_an_answer_and_the_same_again(card: Card) -> None:
    clip, tracks = talking()
    detector = tiny(card)
    first, again = detector.score(clip, tracks), detector.score(clip, tracks)
    assert is_an_answer(first, len(clip))
    assert first.value == again.value
    assert first.abstained == again.abstained
    if detector.needs == {Needs.FRAMES}:
        assert first.value is not None


@every_detector
def test_where_there_is_nobody_there_is_no_value(card: Card) -> None:
    clip, _ = talking()
    score = tiny(card).score(replace(clip, audio=None), NOBODY)
    assert score.value is None
    assert score.abstained in {Reason.NO_FACE, Reason.NO_SOUND}
    assert score.because


@every_detector
def test_one_frame_is_answered_or_declined(card: Card) -> None:
    clip, tracks = talking()
    still = Clip.still(clip.first(), name="still.png")
    score = tiny(card).score(still, Tracks((Track({0: tracks.tracks[0].faces[0]}),), 1, "test"))
    assert is_an_answer(score, 1)


@every_detector
def test_a_face_of_a_few_pixels_is_declined(card: Card) -> None:
    clip, tracks = talking()
    small = [frame[::16, ::16] for frame in clip.frames()]
    faces = {
        t: Face.around((face.landmarks / 16).astype(np.float32))
        for t, face in tracks.tracks[0].faces.items()
        if face.landmarks is not None
    }
    detector = tiny(card)
    score = detector.score(Clip.of_frames(small, 25, name="small.mp4"), Tracks((Track(faces),), len(small), "test"))
    assert is_an_answer(score, len(small))
    if detector.judges:
        assert score.value is None


@every_detector
def test_sound_that_is_silence_is_no_speech(card: Card) -> None:
    clip, tracks = talking()
    detector = tiny(card)
    if Needs.SOUND in detector.needs:
        score = detector.score(replace(clip, audio=Audio.of(np.zeros(48000, "f4"), 16000)), tracks)
        assert score.abstained in {Reason.NO_SPEECH, Reason.TOO_SHORT, Reason.NO_SOUND}


@every_detector
def test_weights_that_are_not_there_are_told(card: Card) -> None:
    from prosopon.core.errors import ProsoponError

    technique: Any = load_technique(card.name)
    with pytest.raises(ProsoponError) as told:
        technique.from_weights("no-such-weights")
    assert told.value.hint
