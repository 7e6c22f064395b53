"""Frames kept until they are published: exactly, as long as there is room, and not a moment longer."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.live.spool import Spool
from prosopon.core.errors import MediaError

FRAMES = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 3), dtype=np.uint8)


def test_frames_and_times_come_back_as_often_as_asked(tmp_path: Path) -> None:
    with Spool(tmp_path / "out.mp4", 6) as spool:
        for frame, at_s in zip(FRAMES, (7.0, 7.04, 7.2, 7.21, 8.0), strict=True):
            spool.add(frame, at_s)
        clip = spool.clip()
        assert clip.times == pytest.approx((0, 0.04, 0.2, 0.21, 1.0))
        assert clip.fps is not None
        assert float(clip.fps) == pytest.approx(4)
        for _ in range(2):
            np.testing.assert_array_equal(np.stack(list(clip.frames())), FRAMES)
        assert clip.history == ()  # nothing that could be published by itself


def test_a_steady_rate_is_told(tmp_path: Path) -> None:
    with Spool(tmp_path / "out.mp4", 6) as spool:
        for i, frame in enumerate(FRAMES):
            spool.add(frame, i / 25)
        assert spool.clip().fps == 25


def test_times_never_stand_still(tmp_path: Path) -> None:
    with Spool(tmp_path / "out.mp4", 6) as spool:
        for at_s in (1.0, 1.0, 0.5, 1.1):
            spool.add(FRAMES[0], at_s)
        assert spool.clip().times == pytest.approx((0, 0.1))


@pytest.mark.parametrize("limit", ["most", "free"])
def test_what_does_not_fit_ends_the_recording_and_keeps_what_was(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = FRAMES[0].nbytes
    most, keep_free = (3 * size, 0) if limit == "most" else (10**9, 1000)
    room = [1000 + (3 - i) * size for i in range(5)]
    with Spool(tmp_path / "out.mp4", 6, most=most, keep_free=keep_free) as spool:
        usage = shutil.disk_usage(tmp_path)
        for i, frame in enumerate(FRAMES):
            free = room[i] if limit == "free" else usage.free
            monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
            spool.add(frame, float(i))
        assert spool.is_full
        assert len(spool) == 3
        np.testing.assert_array_equal(np.stack(list(spool.clip().frames())), FRAMES[:3])


def test_nothing_is_left_behind_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Spool(tmp_path / "later" / "out.mp4", 6) as spool:
        spool.add(FRAMES[0], 0.0)
        assert list(tmp_path.iterdir())
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_nothing_recorded_is_an_error(tmp_path: Path) -> None:
    with Spool(tmp_path / "out.mp4", 6) as spool, pytest.raises(MediaError):
        spool.clip()
