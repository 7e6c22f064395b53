"""What goes back from int8 to bf16, on stacks whose layers each cost a known error."""

from __future__ import annotations

import math
from collections.abc import Collection

import pytest

from prosopon.create.fomm.fallback import fall_back


class Stack:
    """Layers with the squared error that each adds while it is in int8."""

    def __init__(self, **errors: float) -> None:
        self.errors = errors
        self.int8_layers = tuple(errors)
        self.back: set[str] = set()

    def put_back(self, layers: Collection[str]) -> None:
        assert set(layers) <= set(self.errors)
        self.back = set(layers)

    @property
    def error(self) -> float:
        return sum(error for layer, error in self.errors.items() if layer not in self.back)


def stacks() -> dict[str, Stack]:
    return {"motion": Stack(a=1e-5, b=1e-2), "decoder": Stack(c=1e-3, d=1e-6, e=1e-6)}


def psnr_db(found: dict[str, Stack]) -> float:
    return -10 * math.log10(1e-8 + sum(stack.error for stack in found.values()))


def test_what_is_good_enough_stays_as_it_is() -> None:
    given = stacks()
    reached = fall_back(given, lambda: psnr_db(given), least_db=15)
    assert (reached.n_back, reached.groups, reached.before_db) == (0, (), reached.after_db)
    assert "went back" not in reached.line


@pytest.mark.parametrize(
    ("least_db", "back"), [(25, {"b"}), (32, {"b", "c"}), (55, {"b", "c", "a"}), (99, {"a", "b", "c", "d", "e"})]
)
def test_the_worst_go_back_until_it_is(least_db: float, back: set[str]) -> None:
    given = stacks()
    reached = fall_back(given, lambda: psnr_db(given), least_db=least_db)
    assert given["motion"].back | given["decoder"].back == back
    assert reached.n_back == len(back)
    assert reached.after_db == pytest.approx(psnr_db(given))
    assert [group.layers for group in reached.groups[:3]] == [("b",), ("c",), ("a",)]
    assert f"{len(back)} of 5 groups" in reached.line


def test_deep_stacks_are_measured_in_groups() -> None:
    given = {"decoder": Stack(**{f"layer{i}": 1e-3 if i == 7 else 1e-9 for i in range(20)})}
    reached = fall_back(given, lambda: psnr_db(given), least_db=40)
    assert len(reached.groups) == 6
    assert sorted(layer for group in reached.groups for layer in group.layers) == sorted(given["decoder"].errors)
    assert "layer7" in reached.groups[0].layers
    assert reached.n_back == 1


def test_without_int8_there_is_nothing_to_put_back() -> None:
    given = {"keypoints": Stack()}
    assert fall_back(given, lambda: 5.0, least_db=32).n_back == 0
