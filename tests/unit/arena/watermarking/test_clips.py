"""Marked clips through real encoders, by a stand-in that anybody can see."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from painted_watermark import PAINTED, PICTURES_ONLY, marked

from prosopon.arena.watermarking.clip_ways import (
    CLIP_WAYS,
    QUICK,
    at_half_rate,
    at_six_fifths,
    one_second,
    without_start,
    written,
)
from prosopon.arena.watermarking.clips import AS_PUBLISHED, Growth, growth, measure_clips
from prosopon.arena.watermarking.visibility import seen_in_clip
from prosopon.core.clip import Clip
from prosopon.core.errors import MediaError, UsageError
from prosopon.vouch.watermark.mark import Mark


def numbered(count: int, side: int = 160) -> Clip:
    """Frame n has the value 5 n in its lower right quarter."""
    frames = []
    for number in range(count):
        frame = np.full((side, side, 3), 90, np.uint8)
        frame[side // 2 :, side // 2 :] = 5 * number
        frames.append(frame)
    return Clip.of_frames(frames, 25, name="numbered")


def numbers(clip: Clip) -> list[int]:
    return [round(float(frame[-20:-4, -20:-4].mean()) / 5) for frame in clip.frames()]


RNG = np.random.default_rng


def test_rates() -> None:
    half = at_half_rate(numbered(10), RNG(0))
    assert numbers(half) == [0, 2, 4, 6, 8] and half.fps == Fraction(25, 2)
    assert half.times == pytest.approx([0, 0.08, 0.16, 0.24, 0.32])
    more = at_six_fifths(numbered(10), RNG(0))
    assert more.fps == 30 and len(more) == 12
    assert numbers(more) == [0, 0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9]
    assert numbers(more) == numbers(more)


def test_pieces() -> None:
    for seed in range(5):
        rest = without_start(numbered(40), RNG(seed))
        first = numbers(rest)[0]
        assert 1 <= first <= 24 and numbers(rest) == [*range(first, 40)] and rest.times[0] == 0
        second = one_second(numbered(40), RNG(seed))
        assert len(second) == len(numbers(second)) == 25 and second.times[0] == 0
    assert numbers(one_second(numbered(5), RNG(0))) == [0, 1, 2, 3, 4]
    assert numbers(without_start(numbered(2), RNG(0))) == [1]
    assert numbers(without_start(numbered(1), RNG(0))) == [0]


def test_every_way_gives_a_video(tmp_path: Path) -> None:
    clip = written(numbered(30), tmp_path / "in.mp4", 18)
    for name, way in CLIP_WAYS.items():
        made = way.through(clip, tmp_path / "out.mp4", RNG(1))
        assert len(list(made.frames())) == len(made) > 10, name
        if name.startswith("half, "):
            assert (made.width, made.height) == (80, 80)
    assert set(QUICK) <= set(CLIP_WAYS)


def test_measured() -> None:
    ways = [CLIP_WAYS[name] for name in ("crf 32", "half the rate", "mirror")]
    found, growths = measure_clips(PAINTED, [numbered(20)], ways)
    rows = {row.way: row.decoded.hits for row in found.rows}
    assert rows == {AS_PUBLISHED: 1, "crf 32": 1, "half the rate": 1, "mirror": 0}
    assert found.seen[0].flicker == 0 and found.seen[0].psnr < 20
    assert growths[0].plain_bytes > 100 and growths[0].share > 0
    assert growth(growths)["together"] == pytest.approx(growths[0].share)


def test_pictures_only() -> None:
    with pytest.raises(UsageError, match="marks no videos"):
        measure_clips(PICTURES_ONLY, [numbered(10)], [])


def test_growth() -> None:
    told = growth([Growth("a", 1000, 1010), Growth("b", 3000, 3000)])
    assert told["together"] == pytest.approx(0.0025) and told["most"] == pytest.approx(0.01)
    assert growth([])["together"] is None


def test_a_clip_that_lost_frames_is_refused() -> None:
    with pytest.raises(MediaError):
        seen_in_clip("x", numbered(10), numbered(9))
    same = seen_in_clip("x", numbered(10), marked(numbered(10), Mark(bytes(8))))
    assert same.flicker == 0 and same.ssim is not None
