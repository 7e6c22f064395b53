"""Speech: spelling to sounds, sounds to a voice, and a mouth that moves with it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from prosopon.core.errors import MissingError, UsageError
from prosopon.studio import espeak, voice
from prosopon.studio.performance import Performance
from prosopon.studio.phonemes import PHONEMES, SILENCE, Manner
from prosopon.studio.speech import SENTENCES, pick_voice, speak
from prosopon.studio.spelling import sounds_of_text, sounds_of_word
from prosopon.studio.takes import Script
from prosopon.studio.visemes import MOUTH, RATE_HZ, Spoken, mouth_track, speaking, symbol_at


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("cat", "K AE T"), ("ship", "SH IH P"), ("make", "M EY K"), ("making", "M EY K IH NG"), ("night", "N AY T"),
        ("phone", "F OW N"), ("moon", "M UW N"), ("book", "B UH K"), ("nation", "N EY SH AH N"),
        ("table", "T EY B AH L"),
        ("jumped", "JH AH M P T"), ("boxes", "B AA K S IH Z"), ("thing", "TH IH NG"),
        ("the", "DH AH"), ("knife", "N AY F"), ("queen", "K W IY N"), ("happy", "HH AE P IY"),
        ("people's", "P IY P AH L Z"),
        ("judge", "JH AH JH"), ("voices", "V OY S IH Z"),
    ],
)  # fmt: skip
def test_words_become_sounds(word: str, sounds: str) -> None:
    assert " ".join(sounds_of_word(word)) == sounds


def test_every_symbol_is_known_and_every_sentence_can_be_said() -> None:
    symbols = {symbol for sentence in SENTENCES for sounds, _ in sounds_of_text(sentence) for symbol in sounds}
    assert symbols <= set(PHONEMES)
    assert len(symbols) > 35, "the sentences leave few sounds out"


def test_numbers_are_read_and_marks_are_pauses() -> None:
    words = sounds_of_text("7, 42 and 1900.")
    assert [" ".join(sounds) for sounds, _ in words[:3]] == ["S EH V AH N", "F AO R T IY", "T UW"]
    assert words[0][1] > 0 < words[-1][1]
    assert words[1][1] == 0


def test_a_schedule_has_no_overlap_and_its_tempo_can_be_set() -> None:
    sounds = voice.schedule("We have found it, at last.", 0.5)
    assert sounds[0].start_s == 0.5
    assert all(a.end_s == pytest.approx(b.start_s) for a, b in pairwise(sounds))
    faster = voice.schedule("We have found it, at last.", 0.5, tempo=2.0)
    assert faster[-1].end_s - 0.5 == pytest.approx((sounds[-1].end_s - 0.5) / 2)


def _level(samples: np.ndarray, rate: int, start_s: float, end_s: float) -> float:
    return float(np.sqrt(np.mean(samples[int(start_s * rate) : int(end_s * rate)] ** 2)))


def test_the_voice_sounds_when_something_is_said_and_not_otherwise() -> None:
    sounds = [Spoken("AA", 0.3, 0.6), Spoken("S", 0.8, 1.0)]
    samples = voice.sing(sounds, 1.3)
    assert len(samples) == round(1.3 * voice.RATE)
    assert np.abs(samples).max() <= 1
    said, hissed = _level(samples, voice.RATE, 0.35, 0.55), _level(samples, voice.RATE, 0.84, 0.96)
    quiet = max(_level(samples, voice.RATE, *span) for span in ((0.0, 0.25), (0.66, 0.76), (1.06, 1.3)))
    assert said > 20 * quiet
    assert hissed > 5 * quiet


def _peak_hz(samples: np.ndarray, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 16384))
    hz = np.fft.rfftfreq(16384, 1 / voice.RATE)
    smooth = np.convolve(spectrum, np.hanning(200), "same")
    inside = (hz > low) & (hz < high)
    return float(hz[inside][smooth[inside].argmax()])


def test_vowels_and_hisses_have_their_formants() -> None:
    found = {s: voice.sing([Spoken(s, 0.0, 0.5)], 0.5, 110.0)[1600:7200] for s in ("AA", "IY", "S", "SH")}
    assert _peak_hz(found["AA"], 200, 1500) > _peak_hz(found["IY"], 200, 1500) + 200
    assert _peak_hz(found["S"], 1000, 7900) > 4500
    assert 2200 < _peak_hz(found["SH"], 1000, 7900) < 3900


def test_the_pitch_is_the_one_asked_for() -> None:
    for wanted in (100.0, 200.0):
        samples = voice.sing([Spoken("AA", 0.0, 1.0)], 1.0, wanted)[4000:12000].astype(float)
        spectrum = np.abs(np.fft.rfft(samples, 32768)) ** 2
        spectrum[int(300 / voice.RATE * 32768) :] = 0  # the formants have periods of their own
        lag = 50 + int(np.fft.irfft(spectrum)[50:300].argmax())
        assert voice.RATE / lag == pytest.approx(wanted, rel=0.15)


def test_lips_close_for_closed_sounds_and_open_for_open_ones() -> None:
    sounds = [Spoken(s, 0.2 + 0.12 * k, 0.32 + 0.12 * k) for k, s in enumerate(["AA", "P", "AA", "M", "AE", "B", "AH"])]
    track = mouth_track(sounds, 1.5)
    column = {name: k for k, name in enumerate(MOUTH)}

    def at(sound: Spoken, name: str) -> float:
        return float(track[round((sound.start_s + sound.end_s) / 2 * RATE_HZ), column[name]])

    for sound in sounds:
        if PHONEMES[sound.symbol].manner is Manner.VOWEL:
            assert at(sound, "jaw_open") > 0.2
            assert at(sound, "lip_press") < 0.25
        else:
            assert at(sound, "jaw_open") < 0.1
            assert at(sound, "lip_press") > 0.6


def test_the_mouth_is_shaped_ahead_of_round_sounds_and_rests_in_silence() -> None:
    track = mouth_track([Spoken("S", 0.5, 0.6), Spoken("UW", 0.6, 0.75)], 2.0)
    pucker = track[:, MOUTH.index("pucker")]
    alone = mouth_track([Spoken("S", 0.5, 0.6), Spoken("IY", 0.6, 0.75)], 2.0)[:, MOUTH.index("pucker")]
    assert pucker[int(0.67 * RATE_HZ)] > 0.6
    assert pucker[int(0.57 * RATE_HZ)] > alone[int(0.57 * RATE_HZ)] + 0.1
    assert np.abs(track[: int(0.1 * RATE_HZ)]).max() < 0.02
    assert np.abs(track[int(1.5 * RATE_HZ) :]).max() < 0.02


def test_mouths_move_smoothly_and_within_bounds() -> None:
    sounds = voice.schedule(" ".join(SENTENCES[:4]))
    track = mouth_track(sounds, sounds[-1].end_s)
    assert np.abs(track).max() <= 1
    assert (track[:, 0] >= -1e-9).all()
    assert np.abs(np.diff(track, axis=0)).max() * RATE_HZ < 25


def test_speech_takes_the_mouth_and_leaves_the_head_alone() -> None:
    base = Performance.named("talking", 2.0, seed=1)
    spoken = speaking(base, [Spoken("AA", 0.5, 1.0)])
    placement, expression = spoken.at(0.75)
    assert placement == base.at(0.75)[0]
    assert expression.jaw_open > 0.55
    assert expression.gaze_x == base.at(0.75)[1].gaze_x
    assert spoken.at(1.6)[1].jaw_open < 0.02


def test_what_is_said_at_a_time() -> None:
    sounds = [Spoken("M", 0.1, 0.2), Spoken(SILENCE, 0.2, 0.3), Spoken("IY", 0.3, 0.4)]
    assert [symbol_at(sounds, t) for t in (0.05, 0.1, 0.25, 0.35, 0.4)] == ["", "M", "", "IY", ""]


def test_sound_and_mouth_go_together() -> None:
    speech = speak(None, 6.0, np.random.default_rng(2), wanted="own")
    track = mouth_track(speech.sounds, 6.0)[:, 0]
    step = speech.rate // RATE_HZ
    loud = np.sqrt((speech.samples[: len(speech.samples) // step * step].reshape(-1, step) ** 2).mean(1))
    lags = range(-40, 41)
    match = [np.corrcoef(np.roll(track[: len(loud)], lag)[50:-50], loud[50:-50])[0, 1] for lag in lags]
    assert max(match) > 0.4
    assert abs(lags[int(np.argmax(match))]) / RATE_HZ <= 0.04, "in sync to a frame"


@pytest.mark.parametrize("offset_ms", [-120.0, 80.0])
def test_the_offset_moves_the_sound_by_exactly_that(offset_ms: float) -> None:
    in_sync, late = (
        speak("Nobody knows.", 2.0, np.random.default_rng(3), wanted="own", av_offset_ms=ms) for ms in (0.0, offset_ms)
    )
    shift = round(offset_ms / 1000 * late.rate)
    assert late.sounds == in_sync.sounds
    assert len(late.samples) == len(in_sync.samples) == 2 * late.rate
    inner = slice(max(0, shift) + 10, len(late.samples) + min(0, shift) - 400)
    assert np.allclose(late.samples[inner], np.roll(in_sync.samples, shift)[inner], atol=1e-3)
    assert late.as_json()["av_offset_ms"] == offset_ms


def test_the_same_seed_says_the_same_and_text_is_taken_literally() -> None:
    one, same, other = (speak(None, 3.0, np.random.default_rng(s), wanted="own") for s in (1, 1, 2))
    assert np.array_equal(one.samples, same.samples)
    assert one.text != other.text
    assert speak(" Good morning. ", 1.0, np.random.default_rng(1), wanted="own").text == "Good morning."


@pytest.mark.parametrize("text", ["", "  ", "!?", "日本"])
def test_nothing_to_say_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="nothing to say"):
        speak(text, 1.0, np.random.default_rng(0), wanted="own")


def test_voices_are_known_by_name(monkeypatch) -> None:
    with pytest.raises(UsageError, match="auto, espeak, own"):
        pick_voice("choir")
    monkeypatch.setattr(espeak, "is_installed", lambda: False)
    assert pick_voice("auto") == "own"
    with pytest.raises(MissingError, match="not installed"):
        speak("Hello.", 1.0, np.random.default_rng(0), wanted="espeak")


def test_takes_carry_their_sound() -> None:
    script = Script(seconds=0.4, fps=Fraction(10), size_px=32, voice="own", av_offset_ms=40.0)
    take = script.take(0)
    clip = take.clip()
    assert clip.audio is not None
    assert clip.audio.duration_s == pytest.approx(0.4)
    assert take.speech is not None
    same = replace(script, same_motion=True)
    one, other = same.take(0), same.take(1)
    assert one.speech is not None and other.speech is not None
    assert np.array_equal(one.speech.samples, other.speech.samples)
    assert replace(script, voice="none").take(0).clip().audio is None
    assert replace(script, performance="turning").take(0).clip().audio is None


def test_espeak_says_the_same_twice_and_when() -> None:
    if not espeak.is_installed():
        pytest.skip("needs espeak-ng")
    one, same = (espeak.say("Bring paper and pens.", pitch=40) for _ in range(2))
    assert np.array_equal(one.samples, same.samples)
    assert one.sounds == same.sounds
    symbols = [sound.symbol for sound in one.sounds]
    assert symbols[:4] == ["B", "R", "IH", "NG"]
    assert {"P", "EY", "ER", "AE", "N", "D", "EH", "Z"} <= set(symbols)
    assert one.sounds[-1].end_s <= len(one.samples) / one.rate + 0.01
    vowel = next(sound for sound in one.sounds if sound.symbol == "EY")
    assert _level(one.samples, one.rate, vowel.start_s, vowel.end_s) > 0.02
