"""What a user may ask for, and what that means."""

from __future__ import annotations

from typing import Any

import pytest

from prosopon.core.errors import UsageError
from prosopon.create.partswap.named import NAMES, of_class, parts_of
from prosopon.create.partswap.options import SwapOptions, Wanted, matches_colour, motion, wanted, whose
from prosopon.faces.parsing.celebamask import CLASSES


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("1,2,5", Wanted(numbers=(1, 2, 5))),
        (" 5, 1,,5 ,0", Wanted(numbers=(0, 1, 5))),
        ("hair", Wanted(names=("hair",))),
        ("Lips, eyes,lips,", Wanted(names=("lips", "eyes"))),
    ],
)
def test_parts_are_names_or_numbers(parts: str, expected: Wanted) -> None:
    assert wanted(SwapOptions(parts)) == expected


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ("hair,2", "mixes"),
        ("hair,moustache", "called moustache"),
        ("", "no part"),
        (" , ", "no part"),
        ("-1", "called -1"),
        ("²", "called ²"),
    ],
)
def test_other_parts_are_refused_before_anything_is_read(parts: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        SwapOptions(parts)


@pytest.mark.parametrize("index", range(19))
def test_supervised_numbers_are_the_classes_of_celebamask(index: int) -> None:
    names = wanted(SwapOptions(str(index), supervised=True)).names
    assert names == (of_class(index),)
    assert [*CLASSES.values()][index] in parts_of(names)


def test_supervised_numbers_end_at_18_and_names_stay_names() -> None:
    with pytest.raises(UsageError, match="class 19"):
        SwapOptions("1,19", supervised=True)
    assert wanted(SwapOptions("4,5", supervised=True)).names == ("eyes",)
    assert wanted(SwapOptions("lips", supervised=True)).names == ("lips",)


def test_a_face_has_all_that_lies_in_it_and_nothing_around_it() -> None:
    inside = parts_of(("skin", "brows", "eyes", "nose", "lips", "beard", "glasses"))
    assert parts_of(("face",)) == inside
    assert not inside & parts_of(("hair", "ears", "neck", "clothes", "background"))
    assert parts_of(NAMES) == frozenset(CLASSES.values()) | inside


@pytest.mark.parametrize(
    ("asked", "taken", "moved", "colours"),
    [
        ({}, "target", "parts", True),
        ({"parts": "lips"}, "both", "fomm", True),
        ({"parts": "lips,hair"}, "both", "fomm", False),
        ({"parts": "face,ears"}, "overlap", "fomm", True),
        ({"parts": "face,hair"}, "both", "fomm", False),
        ({"parts": "1", "supervised": True}, "overlap", "fomm", True),
        ({"parts": "17", "supervised": True}, "both", "fomm", False),
        ({"parts": "hair", "whose": "target", "motion": "parts", "colour": "match"}, "target", "parts", True),
        ({"whose": "both", "motion": "fomm", "colour": "keep"}, "both", "fomm", False),
        ({"parts": "hair", "use_source_segmentation": True}, "source", "fomm", False),
        ({"use_source_segmentation": True, "whose": "source"}, "source", "parts", True),
    ],
)
def test_what_auto_means(asked: dict[str, Any], taken: str, moved: str, *, colours: bool) -> None:
    options = SwapOptions(**asked)
    assert (whose(options), motion(options), matches_colour(options)) == (taken, moved, colours)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"use_source_segmentation": True, "whose": "target"}, "contradict"),
        ({"use_source_segmentation": True, "whose": "both"}, "contradict"),
        ({"size": 31}, "size is 31"),
        ({"size": 4096}, "size is 4096"),
        ({"batch": 0}, "batch is 0"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        SwapOptions(**asked)
