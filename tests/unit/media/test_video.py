from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from prosopon.core.clip import Audio, Clip, Frame
from prosopon.core.errors import LimitError, MediaError
from prosopon.core.progress import Silent
from prosopon.media.limits import Limits
from prosopon.media.probe import probe
from prosopon.media.read import read
from prosopon.media.write import Quality, encode

MakeClip = Callable[..., Clip]
Ramp = Callable[..., Frame]
Tone = Callable[..., Audio]
Store = Callable[..., Path]
TICK = Fraction(1, 12800)


def mean_difference(one: Clip, other: Clip) -> float:
    pairs = zip(one.frames(), other.frames(), strict=True)
    return max(float(np.abs(a.astype(int) - b).mean()) for a, b in pairs)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.mov", "libx264"), ("a.avi", "mpeg4"), ("a.webm", "libvpx-vp9")],
)
def test_containers(stored: Store, name: str, codec: str, ramp: Ramp) -> None:
    pictures = [ramp(64, 48, step) for step in range(10)]
    quality = {"crf": "10", "b": "0"} if codec == "libvpx-vp9" else {"qmin": "1", "qmax": "5"}
    path = stored(name, pictures, list(range(10)), Fraction(1, 25), codec=codec, options=quality)
    clip = read(path)
    assert clip.fps == 25
    np.testing.assert_allclose(clip.times, np.arange(10) / 25, atol=1e-9)
    for got, made in zip(clip.frames(), pictures, strict=True):
        assert np.abs(got.astype(int) - made).mean() < 6


def test_every_pass_starts_afresh(make_clip: MakeClip, tmp_path: Path) -> None:
    encode(make_clip(5), tmp_path / "a.mp4")
    clip = read(tmp_path / "a.mp4")
    one, other = clip.frames(), clip.frames()
    next(one)
    next(one)
    np.testing.assert_array_equal(next(other), clip.first())
    assert sum(1 for _ in clip.frames()) == 5


@pytest.mark.parametrize(
    "fps", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(2997, 100), Fraction(12), Fraction(60)]
)
@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mov"])
def test_rates_survive_exactly(make_clip: MakeClip, tmp_path: Path, fps: Fraction, suffix: str) -> None:
    if fps == Fraction(2997, 100) and suffix == ".webm":
        pytest.skip("WebM's milliseconds cannot tell 29.97 from 30000/1001 in ten frames")
    path = tmp_path / f"a{suffix}"
    encode(make_clip(10, fps=fps), path)
    clip = read(path)
    assert clip.fps == fps
    assert not probe(path).variable_rate
    np.testing.assert_allclose(clip.times, [float(i / fps) for i in range(10)], atol=1e-9)


def test_variable_rate_survives(stored: Store, tmp_path: Path, ramp: Ramp) -> None:
    pts = [0, 512, 1024, 4096, 4200, 9000, 12800, 13312]
    path = stored("vfr.mp4", [ramp(64, 48, i) for i in range(8)], pts, TICK)
    clip = read(path)
    expected = np.array(pts) / 12800
    np.testing.assert_allclose(clip.times, expected, atol=1e-9)
    info = probe(path)
    assert info.variable_rate
    assert clip.fps == Fraction(7 * 12800, 13312).limit_denominator(100_000)
    for suffix, tolerance in ((".mp4", 1e-9), (".mov", 1e-9), (".webm", 0.0006), (".gif", 0.0051), ("", 1e-6)):
        copy = tmp_path / f"copy{suffix}"
        if suffix == ".gif":
            continue
        encode(clip, copy)
        again = read(copy)
        np.testing.assert_allclose(again.times, expected, atol=tolerance)
        assert probe(copy).variable_rate


def test_variable_rate_in_a_gif_is_rounded(tmp_path: Path, ramp: Ramp) -> None:
    times = (0.0, 0.04, 0.1, 0.103, 0.3, 0.333)
    clip = replace(Clip.of_frames([ramp(32, 32, i) for i in range(6)], 20), times=times)
    encode(clip, tmp_path / "a.gif")
    got = read(tmp_path / "a.gif").times
    np.testing.assert_allclose(got, (0.0, 0.04, 0.1, 0.3, 0.33), atol=1e-9)  # 0.103 is too short to be shown


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_is_applied(stored: Store, degrees: int, ramp: Ramp) -> None:
    upright = ramp(96, 64)
    upright[:32, :48] = (220, 40, 40)
    # PyAV's angle turns the stored picture counter-clockwise for display: store it turned clockwise.
    lying = np.ascontiguousarray(np.rot90(upright, -degrees // 90))
    path = stored("a.mp4", [lying] * 3, [0, 1, 2], Fraction(1, 25), rotate_deg=degrees)
    clip = read(path)
    assert (clip.width, clip.height) == (96, 64)
    assert probe(path).rotation_deg == (-degrees) % 360
    assert np.abs(clip.first().astype(int) - upright).mean() < 4


@pytest.mark.parametrize(
    "tags",
    [
        {"colorspace": 1, "color_range": 1},
        {"colorspace": 6, "color_range": 1},
        {"colorspace": 1, "color_range": 2},
        {"colorspace": 9, "color_range": 1},
    ],
)
def test_colour_tags_are_obeyed(tmp_path: Path, tags: dict[str, int]) -> None:
    """The same colours come out whatever matrix and range they were stored in (formulas of ITU-R BT.601/709/2020)."""
    colour = np.array([200, 90, 40]) / 255
    red, blue = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}[tags["colorspace"]]
    luma = red * colour[0] + (1 - red - blue) * colour[1] + blue * colour[2]
    difference = np.array([(colour[2] - luma) / (2 - 2 * blue), (colour[0] - luma) / (2 - 2 * red)])
    full = tags["color_range"] == 2
    planes = [luma * 255 if full else 16 + 219 * luma, *(128 + difference * (255 if full else 224))]
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv444p"
        for key, value in tags.items():
            setattr(stream.codec_context, key, value)
        values = np.array([np.full((32, 32), round(plane)) for plane in planes], np.uint8)
        frame = av.VideoFrame.from_ndarray(values, format="yuv444p")
        frame.colorspace, frame.color_range = tags["colorspace"], tags["color_range"]
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    got = read(path).first().reshape(-1, 3).mean(0)
    np.testing.assert_allclose(got, [200, 90, 40], atol=2)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_colours_do_not_drift_over_generations(make_clip: MakeClip, tmp_path: Path, suffix: str) -> None:
    """Neither in value nor, by wrong chroma siting, in place."""
    clip = make_clip(2, 64, 64)
    mean = clip.first().reshape(-1, 3).mean(0)
    for generation in range(5):
        path = tmp_path / f"{generation}{suffix}"
        encode(clip, path, quality=Quality(crf=0 if suffix == ".mp4" else -13))  # lossless: only conversion drifts
        clip = read(path)
    np.testing.assert_allclose(clip.first().reshape(-1, 3).mean(0), mean, atol=0.3)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)


def test_non_square_pixels_are_made_square(tmp_path: Path, ramp: Ramp) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 72, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(ramp(72, 64), format="rgb24")))
        container.mux(stream.encode(None))
    clip = read(path)
    assert (clip.width, clip.height) == (96, 64)
    assert clip.first().shape == (64, 96, 3)


def test_one_frame_video(make_clip: MakeClip, tmp_path: Path) -> None:
    encode(make_clip(1), tmp_path / "a.mp4")
    clip = read(tmp_path / "a.mp4")
    assert len(clip) == 1
    assert clip.fps is not None
    assert not clip.is_still
    assert probe(tmp_path / "a.mp4").duration_s == pytest.approx(1 / 25)
    assert clip.first().shape == (48, 64, 3)


def test_frames_are_never_all_held(make_clip: MakeClip, tmp_path: Path) -> None:
    """60 frames of 640 x 480 are 55 MB; a pass may hold a few of them."""
    encode(make_clip(60, 640, 480), tmp_path / "a.mp4")
    clip = read(tmp_path / "a.mp4")
    tracemalloc.start()
    try:
        for _ in clip.frames():
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8e6


def test_truncated_video_is_shortened_and_says_so(make_clip: MakeClip, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    encode(make_clip(60, 160, 120), whole)
    content = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content[: len(content) * 8 // 10])
    heard: list[str] = []

    class Listener(Silent):
        def note(self, text: str) -> None:
            heard.append(text)

    clip = read(cut, progress=Listener())
    assert 30 <= len(clip) < 60
    assert len(list(clip.frames())) == len(clip)
    assert clip.history[0].params["frames_lost"] == 60 - len(clip) == probe(cut).frames_lost
    assert len(heard) == 1
    assert "damaged" in heard[0]


def test_video_without_its_index_is_refused(make_clip: MakeClip, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(make_clip(10), path)
    content = path.read_bytes()
    for damaged in (content[:300], content[content.index(b"mdat") - 4 :]):
        path.write_bytes(damaged)
        with pytest.raises(MediaError, match="damaged"):
            read(path)


def test_damage_inside_keeps_frames_and_times_aligned(make_clip: MakeClip, tmp_path: Path) -> None:
    whole = tmp_path / "a.mp4"
    encode(make_clip(40, 160, 120), whole)
    content = bytearray(whole.read_bytes())
    middle = len(content) * 6 // 10
    content[middle : middle + 400] = np.random.default_rng(1).bytes(400)
    whole.write_bytes(content)
    clip = read(whole)
    assert len(list(clip.frames())) == len(clip) >= 20


def test_a_file_that_is_cut_after_it_was_read(make_clip: MakeClip, tmp_path: Path) -> None:
    """The end is held, so that every time has a frame; too little of it is an error and no frozen picture."""
    path = tmp_path / "a.mp4"
    encode(make_clip(60, 160, 120), path)
    clip = read(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 8 // 10])
    frames = list(clip.frames())
    assert len(frames) == 60
    np.testing.assert_array_equal(frames[-1], frames[-2])
    path.write_bytes(content[: len(content) * 4 // 10])
    with pytest.raises(MediaError, match="of 60 frames cannot be decoded"):
        list(clip.frames())


def test_limits_hold_for_videos(make_clip: MakeClip, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(make_clip(30), path)
    for limits, word in (
        (Limits(max_frames=29), "frames"),
        (Limits(max_duration_s=1.0), "lasts"),
        (Limits(max_pixels=64 * 48 - 1), "pixels"),
        (Limits(max_bytes=100), "bytes"),
    ):
        with pytest.raises(LimitError, match=word):
            read(path, limits)
    assert len(read(path, Limits(max_frames=30, max_duration_s=1.2, max_pixels=64 * 48))) == 30


def test_sound_only(make_clip: MakeClip, tmp_path: Path, tone: Tone) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(16000, 1.0).samples, format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = read(path)
    assert probe(path).kind == "audio"
    assert len(clip) == 0
    assert list(clip.frames()) == []
    assert clip.audio is not None
    assert clip.audio.samples.shape[1] == pytest.approx(16000, abs=2048)
    with pytest.raises(MediaError, match="no pictures"):
        encode(clip, tmp_path / "out.mp4")


def test_shared_footage(shared: Path, tmp_path: Path) -> None:
    rotated = read(shared / "media" / "hard" / "video_rotate90_metadata.mp4")
    assert (rotated.width, rotated.height) == (360, 288)
    (path, *_) = sorted((shared / "media" / "video").glob("grid_s1/*.mp4"))
    clip = read(path)
    assert (clip.fps, len(clip), clip.width, clip.height) == (25, 75, 360, 288)
    assert clip.audio is not None
    assert np.abs(clip.audio.samples).max() > 0.01
    encode(clip, tmp_path / "copy.mp4")
    assert mean_difference(clip, read(tmp_path / "copy.mp4")) < 2.5
    with pytest.raises(MediaError, match=r"6\d of 75 frames"):
        read(shared / "media" / "hard" / "video_truncated.mp4")
