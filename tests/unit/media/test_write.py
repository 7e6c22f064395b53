from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prosopon.core.clip import Audio, Clip, Frame
from prosopon.core.errors import MediaError, UsageError
from prosopon.core.progress import Silent
from prosopon.media.outputs import replacing
from prosopon.media.probe import probe
from prosopon.media.read import read
from prosopon.media.timeline import timeline, to_ticks
from prosopon.media.write import Quality, encode

MakeClip = Callable[..., Clip]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    n=st.integers(1, 4),
    suffix=st.sampled_from([".mp4", ".mov", ".webm", ".gif", ""]),
)
def test_any_size_survives(
    make_clip: MakeClip,
    tmp_path_factory: pytest.TempPathFactory,
    *,
    width: int,
    height: int,
    n: int,
    suffix: str,
) -> None:
    """H.264 repeats the last row or column of odd sizes; everything else keeps the size."""
    clip = make_clip(n, width, height)
    path = tmp_path_factory.mktemp("any") / f"clip{suffix}"
    encode(clip, path)
    got = read(path)
    even = 2 if suffix in (".mp4", ".mov") else 1
    assert (got.width, got.height) == (width + width % even, height + height % even)
    assert len(got) == n
    if min(width, height) >= 8:  # in a picture of a few pixels, 4:2:0 leaves no colour to compare
        for made, frame in zip(clip.frames(), got.frames(), strict=True):
            assert np.abs(frame[:height, :width].astype(int) - made).mean() < 14


def test_a_folder_is_lossless_and_keeps_times(make_clip: MakeClip, tmp_path: Path) -> None:
    clip = make_clip(5, 31, 17, Fraction(30000, 1001))
    encode(clip, tmp_path / "frames")
    got = read(tmp_path / "frames")
    assert got.fps == Fraction(30000, 1001)
    np.testing.assert_allclose(got.times, clip.times, atol=1e-9)
    for made, frame in zip(clip.frames(), got.frames(), strict=True):
        np.testing.assert_array_equal(made, frame)
    assert probe(tmp_path / "frames").container == "folder"


def test_a_folder_without_times_plays_at_25(make_clip: MakeClip, tmp_path: Path) -> None:
    encode(make_clip(12), tmp_path / "f")
    (tmp_path / "f" / "timestamps.txt").unlink()
    for number in range(12):
        (tmp_path / "f" / f"{number:06d}.png").rename(tmp_path / "f" / f"shot {number}.png")
    clip = read(tmp_path / "f")
    assert clip.fps == 25
    bars = [int(frame[0].sum(-1).argmax()) for frame in clip.frames()]
    assert bars == [int(frame[0].sum(-1).argmax()) for frame in make_clip(12).frames()], "2 comes before 10"


def test_a_folder_must_be_consistent(make_clip: MakeClip, tmp_path: Path) -> None:
    encode(make_clip(3), tmp_path / "f")
    times = tmp_path / "f" / "timestamps.txt"
    times.write_text("# timestamp format v2\n0\n40\n")
    with pytest.raises(MediaError, match="3 ascending times"):
        read(tmp_path / "f")
    times.unlink()
    encode(make_clip(1, 8, 8), tmp_path / "other.png")
    (tmp_path / "other.png").rename(tmp_path / "f" / "000007.png")
    with pytest.raises(MediaError, match=r"000007\.png has 8 x 8"):
        read(tmp_path / "f")


@pytest.mark.parametrize(
    ("suffix", "error"), [(".png", 0.0), (".jpg", 2.0), (".jpeg", 2.0), (".webp", 4.0), (".PNG", 0.0)]
)
def test_stills(make_clip: MakeClip, tmp_path: Path, suffix: str, error: float) -> None:
    made = make_clip(1, 65, 33).first()
    path = tmp_path / f"a{suffix}"
    encode(Clip.still(made), path)
    got = read(path)
    assert got.is_still
    assert np.abs(got.first().astype(int) - made).mean() <= error


def test_several_frames_are_no_still(make_clip: MakeClip, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has 3 frames"):
        encode(make_clip(3), tmp_path / "a.png")


def test_a_still_becomes_a_video_of_one_frame(make_clip: MakeClip, tmp_path: Path) -> None:
    encode(Clip.still(make_clip(1).first()), tmp_path / "a.mp4")
    assert probe(tmp_path / "a.mp4").n_frames == 1


def test_unknown_suffix(make_clip: MakeClip, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"suffix \.xyz"):
        encode(make_clip(1), tmp_path / "a.xyz")


def test_mp4_is_what_players_expect(make_clip: MakeClip, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(make_clip(30), path)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "plays before it is loaded"
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")


def test_quality_decides_on_the_size(make_clip: MakeClip, tmp_path: Path) -> None:
    sizes = {}
    for crf in (10, 40):
        encode(make_clip(20, 160, 120), tmp_path / f"{crf}.mp4", quality=Quality(crf=crf))
        sizes[crf] = (tmp_path / f"{crf}.mp4").stat().st_size
    assert sizes[40] < sizes[10]


def test_progress_counts_every_frame(make_clip: MakeClip, tmp_path: Path) -> None:
    heard: list[object] = []

    class Listener(Silent):
        def start(self, stage: str, total: int | None) -> None:
            heard.append((stage, total))

        def advance(self, n: int = 1) -> None:
            heard.append(n)

    encode(make_clip(4), tmp_path / "a.mp4", Listener())
    assert heard == [("writing", 4), 1, 1, 1, 1]


@pytest.mark.parametrize("n_given", [2, 6])
@pytest.mark.parametrize("suffix", [".mp4", ".gif", ""])
def test_frames_and_times_must_agree(make_clip: MakeClip, tmp_path: Path, n_given: int, suffix: str) -> None:
    other = make_clip(n_given)
    with pytest.raises(MediaError, match=f"{n_given} frames for 4 times"):
        encode(replace(make_clip(4), open_frames=other.open_frames), tmp_path / f"a{suffix}")


def test_frames_of_another_size_are_refused(make_clip: MakeClip, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="frame 0 of made is uint8"):
        encode(replace(make_clip(4), width=63), tmp_path / "a.mp4")


def test_an_error_in_the_frames_is_not_blamed_on_the_sound(make_clip: MakeClip, tmp_path: Path) -> None:
    encode(make_clip(10, audio=Audio.of(np.zeros(8000), 16_000)), tmp_path / "a.mp4")
    clip = read(tmp_path / "a.mp4")

    def broken() -> Iterator[Frame]:
        yield clip.first()
        raise RuntimeError("out of memory on the device")

    with pytest.raises(RuntimeError, match="on the device"):
        encode(replace(clip, open_frames=broken), tmp_path / "b.mp4")


_FILL = """
import resource, sys
from pathlib import Path
import numpy as np
from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError
from prosopon.media.outputs import replacing
from prosopon.media.write import encode

resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = list(np.random.default_rng(0).integers(0, 256, (20, 96, 96, 3), dtype=np.uint8))
try:
    with replacing(Path(sys.argv[1])) as temporary:
        encode(Clip.of_frames(noise, 25), temporary)
except MediaError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "frames"])
def test_no_room_left_is_one_line_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    """A limit on the size of files fails in the same calls as a full disk."""
    folder = tmp_path / "out"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(folder / name)], capture_output=True, text=True, check=False
    )
    assert done.stdout.count("\n") == 1, done.stderr
    assert f"no room left on the disk for {folder / name}" in done.stdout
    assert done.stderr == ""
    assert list(folder.iterdir()) == []


def test_stopping_leaves_nothing(make_clip: MakeClip, tmp_path: Path) -> None:
    def stopped() -> Iterator[Frame]:
        yield from make_clip(5).frames()
        raise KeyboardInterrupt

    for suffix in (".mp4", ".gif", ""):
        with pytest.raises(KeyboardInterrupt), replacing(tmp_path / f"a{suffix}") as temporary:
            encode(replace(make_clip(10), open_frames=stopped), temporary)
        assert list(tmp_path.iterdir()) == []


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=40), st.sampled_from([90_000, 12_800, 1000, 600]))
@settings(max_examples=60, deadline=None)
def test_ticks_are_exact(gaps: list[int], per_second: int) -> None:
    """Any times that a usual clock can hold come back unrounded."""
    pts = [int(tick) for tick in np.cumsum([0, *gaps])]
    line = timeline(pts, Fraction(1, per_second))
    ticks, base = to_ticks(line.times, line.fps)
    np.testing.assert_allclose([float(tick * base) for tick in ticks], line.times, atol=1e-7)
    assert sorted(set(ticks)) == ticks


def test_equal_times_are_kept_apart() -> None:
    ticks, _ = to_ticks([0.0, 0.1, 0.1, 0.1000000001, 0.35], Fraction(10))
    assert sorted(set(ticks)) == ticks
