"""Merged frames that are kept: a swap that was killed goes on exactly, wherever it stopped."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from prosopon.core.clip import Clip
from prosopon.core.faces import Box, Face, Track
from prosopon.create.swap.kept import KeptFrame, KeptFrames
from prosopon.create.swap.merge.settings import MergeSettings
from prosopon.create.swap.options import SwapOptions
from prosopon.create.swap.swapping import Cast
from prosopon.create.swap.technique import FaceSwap, swap_cast
from prosopon.faces.aligned.mean_face import OWN
from prosopon.faces.colour.steady import ColourMap

N = 17
OPTIONS = SwapOptions(MergeSettings(mask_sigma_frames=1.0, colour_steadiness=0.8), batch=4)


def footage() -> Clip:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (N, 9, 12, 3), dtype=np.uint8).repeat(10, axis=1).repeat(10, axis=2)
    return Clip.of_frames(frames, Fraction(25), name="target.mp4")


def cast() -> list[Cast]:
    """Somebody who is away for a while."""
    points = [(OWN * 36 + (40 + t, 30)).astype(np.float32) for t in range(N)]
    shown = {t: Face(Box(0, 0, 9, 9), points[t]) for t in range(N) if t not in (6, 7)}
    return [Cast(Track(shown), FaceSwap.tiny())]


def made(kept: KeptFrames | None, stop: int | None = None) -> NDArray[np.uint8]:
    torch.set_num_threads(1)
    clip = swap_cast(footage(), cast(), OPTIONS, kept=kept)
    frames = clip.frames()
    out = list(itertools.islice(frames, stop))
    frames.close()  # type: ignore[attr-defined]
    return np.stack(out)


ABOUT = {"weights": "x", "options": [1, 2]}


@pytest.mark.parametrize("stop", [1, 3, 7, 8, 16, 17])
def test_a_stopped_swap_goes_on_exactly(tmp_path: Path, stop: int) -> None:
    whole = made(None)
    path = tmp_path / "kept.jsonl"
    first = KeptFrames(path, ABOUT)
    assert np.array_equal(made(first, stop), whole[:stop])
    first.close()
    again = KeptFrames(path, ABOUT)
    assert again.n_recalled >= stop  # the next ones may have been made ahead
    assert np.array_equal(made(again), whole)
    assert len(again) == N
    again.forget()
    assert not path.exists()


@pytest.mark.parametrize("lost", [1, 20, 300])
def test_a_line_that_was_cut_off_is_made_again(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "kept.jsonl"
    first = KeptFrames(path, ABOUT)
    whole = made(first)
    first.close()
    path.write_bytes(path.read_bytes()[:-lost])
    again = KeptFrames(path, ABOUT)
    assert again.n_recalled == N - 1
    assert np.array_equal(made(again), whole)


def test_frames_of_another_run_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    first = KeptFrames(path, ABOUT)
    made(first, 5)
    first.close()
    assert KeptFrames(path, {**ABOUT, "weights": "y"}).n_recalled == 0


@pytest.mark.parametrize("damage", [b"", b"\x00\xff", b"[]\n", b'{"weights": "x"'])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_bytes(damage)
    kept = KeptFrames(path, ABOUT)
    assert kept.n_recalled == 0
    assert np.array_equal(made(kept), made(None))


def test_nothing_kept_leaves_nothing(tmp_path: Path) -> None:
    kept = KeptFrames(tmp_path / "kept.jsonl", ABOUT)
    kept.close()
    assert list(tmp_path.iterdir()) == []


def test_a_frame_comes_back_exactly(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    before = rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)
    after = before.copy()
    after[4:9, 7:21] = 255 - after[4:9, 7:21]
    colours = {0: ColourMap(rng.normal(size=(3, 3)), rng.normal(size=3)), 3: None}
    kept = KeptFrames(tmp_path / "kept.jsonl", ABOUT)
    kept.keep(0, KeptFrame.of(before, after, colours))
    kept.keep(1, KeptFrame.of(before, before, {}))
    kept.keep(9, KeptFrame.of(before, after, {}))  # not the next one
    kept.close()
    first, second = KeptFrames(tmp_path / "kept.jsonl", ABOUT).recall()
    assert np.array_equal(first.on(before), after) and first.pixels.shape == (5, 14, 3)
    assert np.array_equal(second.on(before), before) and not second.colours
    one = first.colours[0]
    assert one is not None and np.array_equal(one.matrix, colours[0].matrix)  # type: ignore[union-attr]
    assert first.colours[3] is None
