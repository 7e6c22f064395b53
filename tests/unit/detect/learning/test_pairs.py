"""Pairs: an original and its fake, treated alike."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_arena import small_arena

from prosopon.core.errors import UsageError
from prosopon.core.faces import Face
from prosopon.datasets.arena.arena import Arena
from prosopon.datasets.degradations import noisy
from prosopon.detect.learning.pairs import ArenaPairs
from prosopon.detect.learning.view import View

VIEW = View(48, 1.6)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    return small_arena(tmp_path_factory.mktemp("arena"), people=(("ann", "train"), ("bob", "train"), ("eve", "test")))


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def plain_pairs(arena: Arena, **settings: Any) -> ArenaPairs:
    return replace(ArenaPairs(arena, VIEW, degrade=None, wobble=None, flip=False), **settings)


def test_both_show_the_same_but_for_the_forgery(arena: Arena) -> None:
    for seed in range(4):
        pair = ArenaPairs(arena, VIEW, degrade=None).item(seed, rng(seed))
        apart = np.abs(pair["real"].astype(int) - pair["fake"]).mean(-1)
        edge = np.concatenate((apart[:3].ravel(), apart[-3:].ravel()))
        assert edge.max() <= 1, "around the face nothing was forged, so that both must be cut and lit alike"
        assert apart[16:32, 16:32].mean() > 1


def test_degradations_come_alike(arena: Arena) -> None:
    """Noise drawn for one alone would differ at the edges, where nothing was forged."""
    clean = plain_pairs(arena).item(0, rng(0))
    grainy = plain_pairs(arena, degrade=lambda chance: noisy(20, int(chance.integers(99)))).item(0, rng(0))
    assert np.abs(grainy["real"].astype(int) - clean["real"]).mean() > 2
    assert np.abs(grainy["real"].astype(int) - grainy["fake"])[:3].max() <= 1


def test_an_item_follows_from_its_number_and_chance_alone(arena: Arena) -> None:
    pairs = ArenaPairs(arena, VIEW)
    again = pickle.loads(pickle.dumps(pairs))  # noqa: S301 - as worker processes get it
    for seed in range(3):
        first, second = pairs.item(seed, rng(seed)), again.item(seed, rng(seed))
        assert all((first[key] == second[key]).all() for key in first)
    assert any((pairs.item(0, rng(1))["real"] != pairs.item(0, rng(2))["real"]).ravel())


def test_generators_that_are_held_out_never_come(arena: Arena) -> None:
    whole, some = ArenaPairs(arena, VIEW), ArenaPairs(arena, VIEW, held_out_generators=("swap", "animate"))
    assert len(whole) == 6
    assert len(some) == 2
    assert shown(plain_pairs(arena, held_out_generators=("swap", "animate")), "fake") == {("partswap", "train")}
    assert shown(plain_pairs(arena), "fake") == {(name, "train") for name in ("animate", "partswap", "swap")}


def test_people_of_other_splits_are_not_learnt_from(arena: Arena) -> None:
    assert shown(plain_pairs(arena), "real") == {("original", "train")}
    assert shown(plain_pairs(arena, split="test"), "real") == {("original", "test")}


def shown(pairs: ArenaPairs, kind: str) -> set[tuple[str, str]]:
    """Which generators' faces, of which split, come among some pairs."""
    arena = pairs.arena
    cut = [
        (pairs.view.cut(np.asarray(frame), Face.around(np.asarray(points))).astype(int), (clip.generator, clip.split))
        for clip in arena.clips
        for frame, points in zip(arena.frames(clip), arena.landmarks(clip), strict=True)
    ]
    came = [pairs.item(seed, rng(seed))[kind] for seed in range(9)]
    return {min(cut, key=lambda one: float(np.abs(one[0] - face).sum()))[1] for face in came}


def test_makers_of_pairs_count_as_generators(arena: Arena) -> None:
    pairs = plain_pairs(arena, extra={"dark": darker}, only_extra=True)
    assert len(pairs) == 2
    pair = pairs.item(0, rng(0))
    assert np.abs(pair["fake"].astype(int) - pair["real"] // 2).max() <= 2


def test_runs_have_an_axis_more(arena: Arena) -> None:
    pair = plain_pairs(arena, run=2).item(0, rng(0))
    assert pair["real"].shape == pair["fake"].shape == (2, 48, 48, 3)


def test_with_everything_held_out_nothing_is_left(arena: Arena) -> None:
    with pytest.raises(UsageError, match="no pairs"):
        ArenaPairs(arena, VIEW, held_out_generators=("swap", "animate", "partswap"))


def darker(
    frames: NDArray[np.uint8], landmarks: NDArray[np.float32], chance: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    return frames, frames // 2, landmarks
