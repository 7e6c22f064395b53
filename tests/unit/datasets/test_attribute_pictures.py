"""Items of pictures with labels: mirrored together, paired within a person, repeatable."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from labelled_discs import ATTRIBUTES, SIZE, labelled

from prosopon.datasets.attribute_pictures import AttributePictures


@pytest.fixture
def pictures(tmp_path: Path) -> AttributePictures:
    return labelled(tmp_path / "store", people=3)


def test_the_other_picture_is_of_the_same_person_and_mirrored_alike(pictures: AttributePictures) -> None:
    assert len(pictures) == 12 and pictures.size_px == SIZE
    seen = set()
    for seed in range(30):
        item = pictures.item(5, np.random.default_rng(seed))
        own = [np.asarray(one) for one in pictures.groups()[1]["picture"]]
        mirrored = not np.array_equal(item["picture"], own[1])
        if mirrored:
            own = [one[:, ::-1] for one in own]
        assert np.array_equal(item["picture"], own[1])
        which = next(k for k, one in enumerate(own) if np.array_equal(one, item["other"]))
        assert np.array_equal(item["other_labels"], pictures.groups()[1]["labels"][which])
        seen.add((mirrored, which))
    assert {mirrored for mirrored, _ in seen} == {True, False}
    assert {which for _, which in seen} == {0, 1, 2, 3}  # itself among them


def test_an_item_follows_from_its_generator_and_survives_pickling(pictures: AttributePictures) -> None:
    one = pictures.item(7, np.random.default_rng(1))
    # Worker processes get a copy of it.
    again = pickle.loads(pickle.dumps(pictures)).item(7, np.random.default_rng(1))  # noqa: S301 - made here
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert all(value.flags.writeable and value.flags.c_contiguous for value in one.values())


def test_without_pairs_there_is_no_other(pictures: AttributePictures) -> None:
    alone = AttributePictures(pictures.stores, ATTRIBUTES, paired=False)
    assert alone.item(0, np.random.default_rng(0)).keys() == {"picture", "labels"}
