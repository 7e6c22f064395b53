from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from prosopon.core.clip import Audio, Clip
from prosopon.media.probe import probe
from prosopon.media.read import read
from prosopon.media.write import encode

MakeClip = Callable[..., Clip]
Tone = Callable[..., Audio]

FPS = 25


def flash_and_click(at_s: float, rate: int = 48_000, duration_s: float = 2.0) -> Clip:
    """Black but for one white frame, silent but for a click of 10 ms at the same time."""
    n = round(duration_s * FPS)
    frames = np.zeros((n, 48, 64, 3), np.uint8)
    frames[round(at_s * FPS)] = 255
    samples = np.zeros((1, round(duration_s * rate)), np.float32)
    start = round(at_s * rate)
    samples[0, start : start + rate // 100] = 0.8 * np.sign(np.sin(np.arange(rate // 100)))
    return Clip.of_frames(list(frames), FPS, audio=Audio.of(samples, rate))


def flash_s(clip: Clip) -> float:
    means = [float(frame.mean()) for frame in clip.frames()]
    return clip.times[int(np.argmax(means))]


def click_s(clip: Clip) -> float:
    assert clip.audio is not None
    loud = np.abs(clip.audio.samples).max(0) > 0.3
    return clip.audio.start_s + int(np.argmax(loud)) / clip.audio.rate


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm"])
@pytest.mark.parametrize("rate", [48_000, 44_100, 16_000])
def test_click_and_flash_stay_together(tmp_path: Path, suffix: str, rate: int) -> None:
    path = tmp_path / f"a{suffix}"
    encode(flash_and_click(1.2, rate), path)
    clip = read(path)
    assert flash_s(clip) == pytest.approx(1.2, abs=1e-6)
    assert click_s(clip) == pytest.approx(1.2, abs=0.005)


def test_click_and_flash_stay_together_through_copies(tmp_path: Path) -> None:
    """Encoded, copied, encoded to another codec, back again: never more than 5 ms apart."""
    clip = flash_and_click(0.8)
    for name in ("a.mp4", "b.mp4", "c.webm", "d.webm", "e.mov"):
        encode(clip, tmp_path / name)
        clip = read(tmp_path / name)
        assert click_s(clip) - flash_s(clip) == pytest.approx(0.0, abs=0.005), name


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("start_s", [0.32, -0.2])
def test_offsets_between_sound_and_pictures_survive(tmp_path: Path, suffix: str, start_s: float) -> None:
    made = flash_and_click(1.0)
    assert made.audio is not None
    clip = replace(made, audio=replace(made.audio, start_s=start_s))
    for name in ("a", "b"):  # encoded, then copied
        path = tmp_path / f"{name}{suffix}"
        encode(clip, path)
        clip = read(path)
        assert clip.times[0] == 0
        assert click_s(clip) - flash_s(clip) == pytest.approx(start_s, abs=0.005)


def test_sound_that_begins_later_in_a_file(tmp_path: Path, tone: Tone) -> None:
    """A container whose streams start at different times, written without our writer."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for tick in range(5, 30):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = tick, Fraction(1, 25)
            container.mux(pictures.encode(frame))
        samples = (tone(8000, 0.8).samples * 32767).astype(np.int16)
        piece = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        piece.sample_rate, piece.pts, piece.time_base = 8000, 4000, Fraction(1, 8000)
        container.mux(sound.encode(piece))
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))
    clip = read(path)
    assert clip.times[0] == 0
    assert clip.audio is not None
    assert clip.audio.start_s == pytest.approx(0.5 - 0.2, abs=0.002)


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("suffixes", [(".mp4", ".mov"), (".webm", ".webm")])
def test_fitting_sound_is_copied_untouched(
    make_clip: MakeClip, tmp_path: Path, suffixes: tuple[str, str], tone: Tone
) -> None:
    first, second = (tmp_path / f"{number}{suffix}" for number, suffix in enumerate(suffixes))
    encode(make_clip(30, audio=tone(44_100, 1.2, channels=2)), first)
    clip = read(first)
    assert clip.audio is not None
    assert clip.audio.origin == first
    encode(clip, second)
    assert packets(first) == packets(second)
    np.testing.assert_array_equal(clip.audio.samples, read(second).audio.samples)  # type: ignore[union-attr]


def test_edited_sound_is_encoded(make_clip: MakeClip, tmp_path: Path, tone: Tone) -> None:
    encode(make_clip(30, audio=tone(44_100, 1.2)), tmp_path / "a.mp4")
    clip = read(tmp_path / "a.mp4")
    assert clip.audio is not None
    quieter = Audio.of(clip.audio.samples * 0.1, clip.audio.rate)
    encode(replace(clip, audio=quieter), tmp_path / "b.mp4")
    got = read(tmp_path / "b.mp4").audio
    assert got is not None
    assert np.abs(got.samples).max() == pytest.approx(0.04, abs=0.01)


@pytest.mark.parametrize(
    ("rate", "channels"), [(44_100, 2), (16_000, 1), (11_025, 2), (96_000, 1), (37_800, 1), (48_000, 6), (48_000, 8)]
)
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_rates_and_channels(
    make_clip: MakeClip, tmp_path: Path, tone: Tone, *, rate: int, channels: int, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    encode(make_clip(25, audio=tone(rate, 1.0, channels)), path)
    info = probe(path)
    assert info.audio_channels == channels
    audio = read(path).audio
    assert audio is not None
    assert audio.samples.dtype == np.float32
    assert audio.samples.shape[0] == channels
    assert audio.samples.shape[1] / audio.rate == pytest.approx(1.0, abs=0.07)
    middle = audio.samples[0, audio.rate // 4 : audio.rate * 3 // 4]
    assert middle.std() == pytest.approx(0.4 / 2**0.5, abs=0.03)


def test_reading_a_clip_decodes_no_sound(
    make_clip: MakeClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tone: Tone
) -> None:
    encode(make_clip(25, audio=tone(16_000, 1.0)), tmp_path / "a.mp4")
    clip = read(tmp_path / "a.mp4")
    assert clip.audio is not None
    assert "samples" not in vars(clip.audio)
    encode(clip, tmp_path / "b.mp4")
    assert "samples" not in vars(clip.audio), "copying holds no samples"
    encode(clip, tmp_path / "b.webm")
    assert "samples" not in vars(clip.audio), "encoding streams them"


def test_holes_become_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    samples = np.full((1, 800), 16000, np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for start in (0, 800, 4000):
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, start, Fraction(1, 8000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    audio = read(path).audio
    assert audio is not None
    assert audio.samples.shape == (1, 4800)
    assert (audio.samples[0, 1700:3900] == 0).all()
    assert (audio.samples[0, 4100:] > 0.4).all()


def test_wav(shared: Path) -> None:
    clip = read(shared / "media" / "audio" / "jfk_1961_pd.wav")
    assert clip.audio is not None
    assert (clip.audio.rate, clip.audio.channels, clip.audio.duration_s) == (16_000, 1, 11.0)
    assert clip.audio.samples.shape == (1, 176_000)


def test_sound_that_changes_its_form_midway(tmp_path: Path) -> None:
    """Two MP3 files behind each other, stereo after mono and slower: the first piece decides."""
    path = tmp_path / "a.mp3"
    content = b""
    for rate, layout, n in ((48_000, "mono", 1), (44_100, "stereo", 2)):
        part = tmp_path / f"{layout}.mp3"
        with av.open(str(part), "w", options={"write_xing": "0", "id3v2_version": "0"}) as container:
            stream = container.add_stream("libmp3lame", rate=rate, layout=layout)
            frame = av.AudioFrame.from_ndarray(np.zeros((n, rate), np.float32), format="fltp", layout=layout)
            frame.sample_rate = rate
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        content += part.read_bytes()
    path.write_bytes(content)
    audio = read(path).audio
    assert audio is not None
    assert audio.samples.shape[0] == audio.channels == 1
    assert audio.samples.shape[1] / audio.rate == pytest.approx(2.0, abs=0.15)
