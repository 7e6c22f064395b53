"""Rendered people with attributes: balanced, seen from one view, found again on disk."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.datasets import rendered_attributes as module
from prosopon.datasets.attributes import NAMES
from prosopon.datasets.rendered_attributes import (
    OUTFITS,
    PICTURES,
    RenderedAttributes,
    combinations,
    render_person,
    rendered_attributes,
)
from prosopon.train.store import Rows, Shot


def test_six_people_show_every_combination_once() -> None:
    for block in (0, 3):
        shown = np.concatenate([combinations(7, number) for number in range(6 * block, 6 * block + 6)])
        assert len({tuple(row) for row in shown.tolist()}) == 24
        assert (shown[:, :3].sum(1) == 1).all()
        # Independent of each other: no two attributes go together more often than chance.
        balanced = shown[:, [3, 4, 5]] * 2 - 1
        assert np.array_equal(balanced.T @ balanced, 24 * np.eye(3))
        assert (shown[:, :3].T @ balanced == 0).all()
    assert not np.array_equal(combinations(7, 0), combinations(8, 0))


@pytest.fixture(scope="module")
def person() -> tuple[Shot, Rows]:
    return render_person(0, 2)


def test_a_person_is_shown_from_one_view(person: tuple[Shot, Rows]) -> None:
    _, rows = person
    pictures, labels = rows["picture"], rows["labels"]
    assert pictures.shape == (PICTURES, 128, 128, 3) and pictures.dtype == np.uint8
    assert labels.shape == (PICTURES, len(NAMES))
    assert np.array_equal(labels[::2], combinations(0, 2))
    assert np.array_equal(labels[1::2, :-1], labels[::2, :-1])
    assert labels[:, -1].tolist() == [0, 1] * OUTFITS
    # What lies beyond the head is the same in all of them, and what is not is not.
    apart = np.abs(pictures.astype(int) - pictures[0].astype(int)).max(-1)
    assert (apart[:, :16, :16] == 0).all()
    assert (apart[1:].max((1, 2)) > 40).all()


def test_a_smile_changes_the_mouth_and_little_else(person: tuple[Shot, Rows]) -> None:
    pictures = person[1]["picture"].astype(int)
    changed = np.abs(pictures[1::2] - pictures[::2]).max(-1) > 25
    rows = np.nonzero(changed)[1]
    assert 20 < changed.sum() / OUTFITS < 2000
    assert np.median(rows) > 64


def test_portions_are_kept_and_more_people_cost_only_the_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def drawn(seed: int, number: int) -> tuple[Shot, Rows]:
        asked.append(number)
        rows = {
            "picture": np.full((2, 128, 128, 3), number, np.uint8),
            "labels": np.full((2, len(NAMES)), seed, np.float32),
        }
        return Shot(str(number), str(number), "rendered"), rows

    monkeypatch.setattr(module, "render_person", drawn)
    first = rendered_attributes(RenderedAttributes(24), processes=1)
    assert asked == [*range(24)]
    more = rendered_attributes(RenderedAttributes(30), processes=1)
    assert asked == [*range(30)]
    assert [store.folder for store in first] == [more[0].folder]
    assert [len(store) for store in more] == [48, 12]
    others = rendered_attributes(RenderedAttributes(1, held_out=True), processes=1)
    assert others[0].folder not in {store.folder for store in more}
    assert others[0].arrays["labels"].max() > 0  # of another seed
