"""Pairs of faces to learn a swap from."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from face_folder import face_folder

from prosopon.datasets.face_set import face_store
from prosopon.datasets.swap_pairs import Side, SwapPairConfig, SwapPairs
from prosopon.datasets.warps.augment import PRESETS, SwapAugment
from prosopon.datasets.warps.landmarks import LandmarkWarp

LIGHT, DARK = (230, 190, 160), (110, 70, 50)


@pytest.fixture
def people(tmp_path: Path) -> tuple[Side, Side]:
    stores = [
        face_store(face_folder(tmp_path / name, colour=colour, count=40, seed=seed))
        for seed, (name, colour) in enumerate((("light", LIGHT), ("dark", DARK)))
    ]
    return Side.of(stores[0], "full"), Side.of(stores[1], "full")


CONFIG = SwapPairConfig(32, 64, augment=SwapAugment())


def test_what_an_item_is(people: tuple[Side, Side]) -> None:
    item = SwapPairs(*people, CONFIG).item(0, np.random.default_rng(0))
    assert {name: value.shape for name, value in item.items()} == {
        "a": (32, 32, 3), "a_target": (64, 64, 3), "a_masks": (64, 64, 3),
        "b": (32, 32, 3), "b_target": (64, 64, 3), "b_masks": (64, 64, 3),
    }  # fmt: skip
    assert all(value.dtype == np.uint8 for value in item.values())


def test_each_side_is_its_own_person(people: tuple[Side, Side]) -> None:
    pairs = SwapPairs(*people, CONFIG)
    for index in range(5):
        item = pairs.item(index, np.random.default_rng(index))
        for name, colour in (("a", LIGHT), ("b", DARK)):
            skin = item[f"{name}_target"][item[f"{name}_masks"][..., 0] > 250]
            assert np.abs(np.median(skin, 0) - colour).max() < 12


def test_masks_lie_where_the_target_has_eyes_and_mouth(people: tuple[Side, Side]) -> None:
    item = SwapPairs(*people, CONFIG).item(3, np.random.default_rng(3))
    face, eyes, mouth = (item["a_masks"][..., i] for i in range(3))
    picture = item["a_target"].astype(int)
    assert picture[eyes > 200].sum(-1).mean() < picture[face > 200].sum(-1).mean() - 100
    red = picture[mouth > 200]
    assert red[:, 0].mean() > red[:, 1].mean() + 60


def test_the_same_generator_draws_the_same(people: tuple[Side, Side]) -> None:
    pairs = SwapPairs(*people, CONFIG)
    one, other = (pairs.item(5, np.random.default_rng(9)) for _ in range(2))
    assert all((one[name] == other[name]).all() for name in one)
    another = pairs.item(5, np.random.default_rng(10))
    assert any((one[name] != another[name]).any() for name in one)


def test_the_end_of_a_shot_is_never_learnt_from(people: tuple[Side, Side]) -> None:
    side = people[0]
    assert side.held.tolist() == [36, 37, 38, 39]
    pairs = SwapPairs(*people, CONFIG)
    drawn = {pairs._drawn(0, np.random.default_rng(seed)) for seed in range(400)}
    assert drawn <= set(side.learnt.tolist()) and len(drawn) > 30
    assert len(Side.of(side.store, "full", hold=False).learnt) == 40


def test_seldom_turns_are_shown_as_often(people: tuple[Side, Side]) -> None:
    source = people[0]
    yaws = np.where(np.arange(40) < 36, 0.0, 40.0)
    rare = replace(
        source, store=replace(source.store, arrays={**source.store.arrays, "yaws": yaws}), learnt=np.arange(40)
    )
    share = {}
    for uniform in (False, True):
        pairs = SwapPairs(rare, people[1], replace(CONFIG, uniform_yaw=uniform))
        drawn = [pairs._drawn(0, np.random.default_rng(seed)) for seed in range(400)]
        share[uniform] = np.mean([yaws[row] == 40 for row in drawn])
    assert share[False] < 0.2 and 0.4 < share[True] < 0.6


def test_the_source_gets_the_targets_colours(people: tuple[Side, Side]) -> None:
    item = SwapPairs(*people, replace(CONFIG, colour="rct")).item(0, np.random.default_rng(0))
    skin = item["a_target"][item["a_masks"][..., 0] > 250]
    assert np.abs(np.median(skin, 0) - DARK).max() < 40
    unchanged = SwapPairs(*people, CONFIG).item(0, np.random.default_rng(0))
    assert np.abs(np.median(unchanged["a_target"][unchanged["a_masks"][..., 0] > 250], 0) - LIGHT).max() < 12


@pytest.mark.parametrize("name", PRESETS)
def test_every_published_augmentation(people: tuple[Side, Side], name: str) -> None:
    item = SwapPairs(*people, replace(CONFIG, augment=PRESETS[name])).item(1, np.random.default_rng(1))
    assert item["a"].std() > 10 and not np.array_equal(item["a"], item["a_target"][::2, ::2])


def test_bent_to_a_near_face_of_the_other(people: tuple[Side, Side]) -> None:
    pairs = SwapPairs(*people, replace(CONFIG, augment=SwapAugment(warp=LandmarkWarp())))
    assert pairs._near is not None and pairs._near[0].shape[0] == 40
    assert pairs.item(0, np.random.default_rng(0))["b"].std() > 10


def test_worker_processes_can_be_sent_it(people: tuple[Side, Side]) -> None:
    pairs = SwapPairs(*people, CONFIG)
    again = pickle.loads(pickle.dumps(pairs))  # noqa: S301
    one, other = (one.item(2, np.random.default_rng(2)) for one in (pairs, again))
    assert all((one[name] == other[name]).all() for name in one)
