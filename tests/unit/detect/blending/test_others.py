"""Faces of others, laid over one: where they come to lie, in what colours, and that they are blended in."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from small_arena import small_arena

from prosopon.datasets.arena.arena import Arena
from prosopon.detect.blending.others import Others, matched
from prosopon.detect.blending.pairs import SelfBlends


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Arena:
    return small_arena(tmp_path_factory.mktemp("others"), generators=())


def _face(arena: Arena, number: int = 0) -> tuple[np.ndarray, np.ndarray]:
    clip = arena.where(split="train")[number]
    return np.asarray(arena.frames(clip)[0]), np.asarray(arena.landmarks(clip)[0])


def test_another_face_comes_to_lie_where_this_one_is(arena: Arena) -> None:
    picture, landmarks = _face(arena)
    smaller = (landmarks * 0.8 + 20).astype(np.float32)
    over = Others(arena).over(picture, smaller, np.random.default_rng(0)).astype(int)
    # Eyes are drawn dark: at the landmarks there is less light than below them.
    for eye in smaller[[36, 45]]:
        x, y = np.rint(eye).astype(int)
        assert over[y - 1 : y + 2, x - 1 : x + 2].mean() < over[y + 9 : y + 13, x - 2 : x + 3].mean() - 25


def test_colours_are_matched_as_far_as_asked(arena: Arena) -> None:
    (picture, landmarks), (other, _) = _face(arena), _face(arena, 1)
    x, y = np.rint(landmarks[30]).astype(int)
    place = np.s_[y - 8 : y + 8, x - 20 : x - 8]
    want, have = picture[place].mean((0, 1)), other[place].mean((0, 1))
    same, full = (matched(other, picture, landmarks, share)[place].mean((0, 1)) for share in (0.0, 1.0))
    assert np.abs(same - have).max() < 1
    assert np.abs(full - want).max() < 0.35 * np.abs(have - want).max() + 3


def test_they_are_blended_in_as_often_as_asked_and_only_within_the_mask(arena: Arena) -> None:
    picture, landmarks = _face(arena)
    always = SelfBlends(Others(arena), 1.0)
    never = SelfBlends(None, 1.0)
    apart = []
    for blends in (always, never):
        copied = pickle.loads(pickle.dumps(blends))  # noqa: S301 - as worker processes get it
        of_one = []
        for seed in range(16):
            real, fake, _, mask = copied(picture[None], landmarks[None], np.random.default_rng(seed))
            assert np.array_equal(real[mask == 0], fake[mask == 0])
            of_one.append(float(np.abs(real.astype(int) - fake).mean()))
        apart.append(np.mean(of_one))
    assert apart[0] > 1.1 * apart[1]
