from __future__ import annotations

import pytest

from prosopon.arena.making.originals import Original
from prosopon.arena.making.plan import SwapWeights, planned
from prosopon.core.errors import UsageError
from prosopon.datasets.arena.arena import GENERATORS

ORIGINALS = (
    Original("ann-1", "ann", "train", "footage"),
    Original("ann-2", "ann", "train", "footage"),
    Original("bob", "bob", "train", "footage"),
    Original("cid", "cid", "train", "portrait"),
    Original("eve", "eve", "test", "footage"),
    Original("fay", "fay", "test", "portrait"),
    Original("gus", "gus", "calibrate", "footage"),
    *(Original(f"r{number}", f"r{number}", "train", "rendered", seed=(0, number)) for number in range(4)),
)
FIXED = ("animate", "partswap", "landmark-swap", "edit")


def made(**changes: object) -> dict[str, dict[str, tuple[str, ...]]]:
    """Original -> generator -> people."""
    tasks = planned(ORIGINALS, FIXED, **changes)  # type: ignore[arg-type]
    return {task.original.name: {fake.generator: fake.people for fake in task.fakes} for task in tasks}


def test_of_everybody_real_there_is_a_fake_by_everything_that_fits() -> None:
    plan = made()
    assert set(plan["ann-1"]) == set(plan["cid"]) == set(FIXED)
    assert set(plan["eve"]) == {"partswap", "landmark-swap", "edit"}  # a portrait moves nobody
    assert set(plan["fay"]) == set(FIXED)
    assert set(plan["gus"]) == {"edit"}  # nobody else is in that split
    assert plan["gus"]["edit"] == ("gus",)


def test_people_of_two_splits_never_meet_nor_real_and_rendered_ones() -> None:
    kind = {one.person: (one.split, one.material == "rendered") for one in ORIGINALS}
    for seed in range(20):
        for task in planned(ORIGINALS, FIXED, seed=seed):
            for fake in task.fakes:
                assert {kind[who] for who in fake.people} == {kind[task.original.person]}
                if fake.other is not None:
                    assert fake.other.person != task.original.person
                    assert fake.other.moves or fake.generator != "animate"


def test_rendered_people_get_some_of_the_fakes() -> None:
    drawn = [tuple(made(seed=seed)[f"r{number}"]) for seed in range(8) for number in range(4)]
    assert {len(names) for names in drawn} == {2}
    assert {name for names in drawn for name in names} == set(FIXED)


def test_the_plan_follows_from_the_seed() -> None:
    assert made(seed=1) == made(seed=1)
    assert made(seed=1) != made(seed=2)


def test_swaps_are_used_on_their_targets() -> None:
    swaps = [SwapWeights.parsed("runs/a:b:bob:ann"), SwapWeights("w", "cid", "ann")]
    assert swaps[0] == SwapWeights("runs/a:b", "bob", "ann")
    tasks = planned(ORIGINALS, ("swap",), swaps)
    fakes = {task.original.name: [(fake.weights, fake.people) for fake in task.fakes] for task in tasks}
    assert fakes["ann-1"] == fakes["ann-2"] == [("runs/a:b", ("ann", "bob")), ("w", ("ann", "cid"))]
    assert fakes["bob"] == []


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match="nobody is called zoe"):
        planned(ORIGINALS, ("swap",), [SwapWeights("w", "zoe", "ann")])
    with pytest.raises(UsageError, match="two splits"):
        planned(ORIGINALS, ("swap",), [SwapWeights("w", "eve", "ann")])
    with pytest.raises(UsageError, match="animate, partswap"):
        planned(ORIGINALS, ("magic",))
    for text in ("weights", "weights:ann", "w::ann"):
        with pytest.raises(UsageError, match="WEIGHTS:SOURCE:TARGET"):
            SwapWeights.parsed(text)
    assert "swap" in GENERATORS
