"""Attributes: which exclude each other, and people who have them."""

from __future__ import annotations

import numpy as np
import pytest

from prosopon.core.errors import UsageError
from prosopon.datasets.attributes import HAIR, NAMES, AttributeSet, Look, base_person, with_attributes
from prosopon.studio.person import Glasses, HairStyle

ALL = AttributeSet()


def test_an_attribute_with_rivals_is_set_and_they_are_cleared() -> None:
    labels = ALL.told(["black hair", "beard"])
    for name in HAIR:
        changed = ALL.switched(labels, name)
        assert changed.tolist() == ALL.told([name, "beard"]).tolist()
    assert labels.tolist() == ALL.told(["black hair", "beard"]).tolist()  # the argument is not changed


def test_any_other_is_turned_into_its_opposite_in_every_row() -> None:
    labels = np.stack([ALL.told(["blond hair", "smile"]), ALL.told(["brown hair"])])
    changed = ALL.switched(labels, "smile")
    assert changed[:, ALL.index("smile")].tolist() == [0, 1]
    assert np.array_equal(ALL.switched(changed, "smile"), labels)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("on", [True, False])
def test_it_can_be_said_which_way(name: str, on: bool) -> None:
    labels = np.stack([ALL.told(["black hair", "old"]), ALL.told(["blond hair", "glasses", "beard", "smile"])])
    changed = ALL.switched(labels, name, on=on)
    assert (changed[:, ALL.index(name)] == on).all()
    assert np.array_equal(ALL.switched(changed, name, on=on), changed)
    if not on:  # clearing a colour leaves the others as they are
        others = [i for i in range(len(NAMES)) if i != ALL.index(name)]
        assert np.array_equal(changed[:, others], labels[:, others])


def test_unknown_and_double_names_are_refused() -> None:
    with pytest.raises(UsageError, match="green hair"):
        ALL.told(["green hair"])
    with pytest.raises(UsageError):
        AttributeSet(("a", "a"), ())
    with pytest.raises(UsageError):
        AttributeSet(("a",), (("a", "b"),))


def test_a_person_differs_in_nothing_but_the_attributes() -> None:
    rng = np.random.default_rng(3)
    person, look = base_person(rng), Look.random(rng)
    plain, resting = with_attributes(person, look, ALL.told(["black hair"]))
    full, smiling = with_attributes(person, look, ALL.told(["blond hair", "glasses", "beard", "old", "smile"]))
    assert plain.glasses is Glasses.NONE and full.glasses is not Glasses.NONE
    assert plain.beard == 0 and full.beard >= 0.8
    assert full.age - plain.age > 0.6
    assert sum(full.hair) > 10 * sum(plain.hair)
    assert smiling.smile - resting.smile > 0.7
    same = ("shape", "skin_tone", "hair_style", "hair_length", "iris", "clothes", "backdrop", "grain")
    assert all(getattr(plain, name) == getattr(full, name) for name in same)
    assert smiling.gaze_x == resting.gaze_x


def test_one_hair_colour_exactly() -> None:
    rng = np.random.default_rng(3)
    person, look = base_person(rng), Look.random(rng)
    for names in (["old"], ["black hair", "blond hair"]):
        with pytest.raises(UsageError, match="hair colours"):
            with_attributes(person, look, ALL.told(names))


def test_hair_can_always_be_seen() -> None:
    people = [base_person(np.random.default_rng(seed)) for seed in range(40)]
    assert all(person.hair_style is not HairStyle.BALD and person.balding <= 0.25 for person in people)
    assert len({person.hair_style for person in people}) > 4
