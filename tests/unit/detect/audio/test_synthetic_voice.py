"""The listener, what it learns from, and what the detector says of sounds that it cannot judge."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import torch

from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.core.progress import SILENT
from prosopon.core.protocols import Detector
from prosopon.core.score import Reason
from prosopon.datasets.people import owned_media, split_people
from prosopon.detect.audio.cepstra import Cepstra
from prosopon.detect.audio.learning import sound_clip, training
from prosopon.detect.audio.mixture import Mixture
from prosopon.detect.audio.net import Listener, ListenerConfig, band_filters
from prosopon.detect.audio.recipe import window_logits
from prosopon.detect.audio.recordings import REAL, VOICES, Recordings, recordings, speech_of
from prosopon.detect.audio.technique import WHY_NO_VERDICT, SyntheticVoice
from prosopon.detect.audio.vocoders.named import VOCODERS
from prosopon.detect.audio.windows import WINDOW, Windows, cut_windows, window_starts
from prosopon.detect.learning.trainable import LearningOptions, Material
from prosopon.media.heard import RATE
from prosopon.studio.voice import schedule, sing

TEXTS = ("we have found a very old map of the valley", "both of them would rather walk than wait")
SHORT = ("we have found a map", "both of them walk")


def voice(text: str, hz: float = 120.0, seed: int = 0) -> np.ndarray:
    spoken = schedule(text, 0.2)
    sound = sing(spoken, spoken[-1].end_s + 0.2, hz, seed)
    return np.asarray(sound + np.random.default_rng(seed).normal(0, 5e-4, len(sound)), np.float32)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people, two sentences of each, and somebody who is silent."""
    folder = tmp_path_factory.mktemp("footage")
    for number, person in enumerate(("anna", "bert", "carla", "dora")):
        for text in SHORT:
            path = folder / person / f"{text.split()[0]}.wav"
            path.parent.mkdir(exist_ok=True)
            written(path, voice(text, 100.0 + 25 * number, number))
    (folder / "emil").mkdir()
    written(folder / "emil" / "silent.wav", np.zeros(RATE, np.float32))
    return folder


def written(path: Path, sound: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


@pytest.fixture(scope="module")
def made(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROSOPON_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr("prosopon.detect.audio.recordings.mapped", map)
        patch.setattr("prosopon.detect.audio.recordings._TEXTS", 4)
        patch.setattr("prosopon.detect.audio.recordings._COPIES", 1)
        return recordings([footage], 0)


@pytest.fixture(scope="module")
def detector() -> SyntheticVoice:
    torch.manual_seed(0)
    return SyntheticVoice(Listener())


class TestPeople:
    def test_folders_are_people(self, footage: Path) -> None:
        found = owned_media([footage])
        assert sorted({one.person for one in found}) == ["anna", "bert", "carla", "dora", "emil"]
        assert found[0].label == "anna/both.wav"

    def test_a_folder_by_itself_is_one_person(self, footage: Path) -> None:
        assert {one.person for one in owned_media([footage / "anna"])} == {"anna"}
        assert {one.person for one in owned_media([footage / "anna" / "we.wav"])} == {"we"}

    def test_half_of_them_are_learnt_from(self) -> None:
        found = split_people("abcdefgh", {"a": "test"})
        assert found["a"] == "test"
        assert [found[name] for name in "bcdefgh"] == [
            "train", "train", "calibrate", "test", "train", "train", "calibrate",
        ]  # fmt: skip


class TestRecordings:
    def test_every_recording_has_its_copies(self, made: Recordings) -> None:
        real = made.of(made.people, [REAL])
        assert made.people == ("anna", "bert", "carla", "dora")
        assert len(real) == 8
        for kind in VOCODERS:
            assert len(made.of(made.people, [kind])) == 8

    def test_copies_are_as_long_as_what_they_are_of(self, made: Recordings) -> None:
        lengths: dict[str, set[int]] = {}
        for number, take in enumerate(made.takes):
            if take.person in made.people:
                lengths.setdefault(take.name, set()).add(len(made.sound(number)))
        assert all(len(found) == 1 for found in lengths.values())

    def test_voices_of_nobody_are_in_every_split(self, made: Recordings) -> None:
        split = made.split()
        assert [split[name] for name in VOICES] == ["train", "train", "calibrate", "test"]

    def test_only_speech_is_kept(self) -> None:
        silence = np.random.default_rng(0).normal(0, 5e-4, RATE).astype(np.float32)
        spoken = voice(TEXTS[0])
        kept = speech_of(np.concatenate((silence, spoken, silence)))
        assert len(spoken) * 0.8 < len(kept) < len(spoken) * 1.15
        assert len(speech_of(silence)) == 0


class TestWindows:
    def test_a_window_and_its_copy_are_of_the_same_words(self, made: Recordings) -> None:
        dataset = Windows(made, ("anna", "bert"), ("world",))
        item = dataset.item(0, np.random.default_rng(0))
        assert item["real"].shape == item["fake"].shape == (WINDOW,)
        level = [np.sqrt(np.convolve(item[kind] ** 2, np.ones(800) / 800, "same"))[::400] for kind in ("real", "fake")]
        assert np.corrcoef(*level)[0, 1] > 0.6
        assert not np.allclose(item["real"], item["fake"])

    def test_items_follow_from_their_generator(self, made: Recordings) -> None:
        dataset = Windows(made, ("anna", "voice-0"), ("lpc", "formant"))
        first, again = (dataset.item(1, np.random.default_rng(5)) for _ in range(2))
        np.testing.assert_array_equal(first["fake"], again["fake"])

    def test_windows_reach_from_end_to_end(self) -> None:
        sound = np.arange(10 * RATE, dtype=np.float32)
        starts = window_starts(len(sound))
        assert starts[0] == 0
        assert starts[-1] == len(sound) - WINDOW
        assert max(np.diff(starts)) <= WINDOW // 2
        np.testing.assert_array_equal(cut_windows(sound)[:, 0], starts)

    def test_short_sounds_are_repeated(self) -> None:
        sound = np.arange(RATE, dtype=np.float32)
        found = cut_windows(sound)
        assert found.shape == (1, WINDOW)
        np.testing.assert_array_equal(found[0, RATE : 2 * RATE], sound)


class TestListener:
    def test_it_is_small(self) -> None:
        assert sum(p.numel() for p in Listener().parameters()) <= 100_000

    @pytest.mark.parametrize("seconds", [1.0, 3.0, 4.04])
    def test_sounds_of_any_length(self, seconds: float) -> None:
        assert Listener().eval()(torch.randn(2, round(seconds * RATE)) * 0.1).shape == (2,)

    def test_every_weight_takes_a_gradient(self) -> None:
        net = Listener()
        net(torch.randn(4, RATE) * 0.1).square().sum().backward()
        assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []

    def test_how_loud_a_sound_is_tells_nothing(self) -> None:
        net, sound = Listener().eval(), torch.from_numpy(voice(TEXTS[0])[None])
        assert net(0.2 * sound).item() == pytest.approx(net(sound).item(), abs=0.02)

    def test_a_band_hears_its_own_tone_best(self) -> None:
        net = Listener(ListenerConfig())
        tone = torch.sin(torch.arange(RATE) / RATE * 2 * torch.pi * 1000)[None]
        found = net.envelopes(tone)[0, 0, :, 200:-200].mean(1)
        spectrum = np.abs(np.fft.rfft(band_filters(48, 257)[:48, 0].numpy(), 4096, axis=1))
        loudest = int(np.argmax(spectrum[:, round(1000 * 4096 / RATE)]))
        assert abs(int(found.argmax()) - loudest) <= 1

    def test_windows_are_judged_one_by_one(self) -> None:
        torch.manual_seed(0)
        net = Listener().eval()
        sounds = np.random.default_rng(0).normal(0, 0.1, (3, WINDOW)).astype(np.float32)
        together = window_logits(net, sounds)
        alone = [float(window_logits(net, sounds[i : i + 1])[0]) for i in range(3)]
        assert together == pytest.approx(alone, abs=1e-4)


class TestDetector:
    def test_it_keeps_the_protocol(self, detector: SyntheticVoice) -> None:
        assert isinstance(detector, Detector)

    def test_speech_is_judged_over_time(self, detector: SyntheticVoice) -> None:
        sound = np.concatenate([voice(text, seed=3) for text in (*TEXTS, *TEXTS)])
        score = detector.score(*sound_clip(sound, "speech"))
        assert score.value is not None
        assert 0 <= score.value <= 1
        assert score.evidence[-1] == WHY_NO_VERDICT
        assert not detector.judges
        series = score.series[0]
        assert len(series.times) == score.measures["windows"] >= 3
        assert (np.diff(series.times) > 0).all()
        assert score.measures["bandwidth_hz"] > 3000

    def test_pauses_are_not_heard(self, detector: SyntheticVoice) -> None:
        spoken = voice(TEXTS[0], seed=3)
        noise = np.random.default_rng(0).normal(0, 5e-4, 8 * RATE).astype(np.float32)
        clip, tracks = sound_clip(np.concatenate((noise, spoken, noise)), "pauses")
        score = detector.score(clip, tracks)
        alone = detector.score(*sound_clip(spoken, "alone"))
        assert score.measures["windows"] == alone.measures["windows"] == 1
        assert 8 < score.series[0].times[0] < 8 + len(spoken) / RATE

    @pytest.mark.parametrize(
        ("kind", "reason"), [("silence", Reason.NO_SPEECH), ("noise", Reason.NO_SPEECH), ("none", Reason.NO_SOUND)]
    )
    def test_what_it_does_not_judge(self, detector: SyntheticVoice, kind: str, reason: Reason) -> None:
        sounds = {
            "silence": np.zeros(3 * RATE, np.float32),
            "noise": np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32),
        }
        clip, tracks = sound_clip(sounds.get(kind, np.zeros(1, np.float32)), kind)
        if kind == "none":
            clip = Clip.still(np.zeros((4, 4, 3), np.uint8))
        assert detector.score(clip, tracks).abstained is reason


class TestLearning:
    def test_a_recipe_holds_out_one_vocoder(
        self, footage: Path, made: Recordings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("prosopon.detect.audio.learning.recordings", lambda *_: made)
        monkeypatch.setattr(
            Cepstra, "fitted", classmethod(lambda cls, heard, people, kinds, seed: Cepstra(_mixture(), _mixture()))
        )
        recipe = training(Material(None, footage=(footage,)), LearningOptions("audio.test"))
        assert isinstance(recipe.dataset, Windows)
        assert "world" not in recipe.dataset.kinds
        assert recipe.held_out is not None
        assert recipe.held_out.unknown == ("world",)
        assert recipe.card["learnt_from"]["people"] == ["anna", "bert"]
        batch = {
            name: torch.from_numpy(np.stack([value]))
            for name, value in recipe.dataset.item(0, np.random.default_rng(0)).items()
        }
        loss, terms = recipe.phases[0].loss({name: value.repeat(2, 1) for name, value in batch.items()})
        assert loss.item() == pytest.approx((terms["real"] + terms["fake"]).item() / 2, abs=1e-5)
        assert "real.means" in recipe.stored({})
        assert recipe.preview(batch, torch.device("cpu")).ndim == 3

    def test_without_voices_there_is_nothing_to_learn(self) -> None:
        with pytest.raises(UsageError, match="--footage"):
            training(Material(None), LearningOptions("audio.test"))

    def test_silence_is_nothing_to_learn_from(self, tmp_path: Path) -> None:
        written(tmp_path / "silent.wav", np.zeros(RATE, np.float32))
        with pytest.raises(UsageError, match="nobody speaks"):
            recordings([tmp_path], 0, SILENT)


def _mixture() -> Mixture:
    return Mixture(np.array([1.0]), np.zeros((1, 60)), np.ones((1, 60)))
