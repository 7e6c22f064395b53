"""What every technique of the registry must fulfil before anything is known of it but its card."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from prosopon.core.cards import Card, Family
from prosopon.core.registry import find_cards, load_technique

CARDS = find_cards().cards
ROLES = {
    Family.CREATE: {"source", "driving", "target"},
    Family.DISRUPT: {"target"},
    Family.DETECT: {"target"},
}
every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())


def test_there_are_techniques_and_no_broken_cards() -> None:
    assert CARDS
    assert find_cards().problems == ()


@every_card
def test_the_card_says_what_a_user_should_know(card: Card) -> None:
    for text in (card.name, card.task, card.summary, card.paper, card.trained_on):
        assert text.strip() == text
        assert text
    assert card.name.islower()
    assert 1990 < card.year < 2100
    assert {"code", "method"} <= card.licences.keys()
    assert card.known_failures
    assert card.inputs
    assert set(card.inputs) <= ROLES[card.family]


@every_card
def test_the_folder_is_that_of_the_family(card: Card) -> None:
    assert card.folder.parent.name == card.family
    assert (card.folder / "technique.py").is_file()


@every_card
def test_the_entry_is_a_documented_class_of_the_folder(card: Card) -> None:
    technique = load_technique(card.name)
    assert inspect.isclass(technique)
    assert inspect.getdoc(technique)
    source = inspect.getsourcefile(technique)
    assert source is not None
    assert Path(source).resolve().is_relative_to(card.folder.resolve())


@every_card
def test_there_is_a_tiny_one_for_tests(card: Card) -> None:
    technique = load_technique(card.name)
    assert isinstance(technique.tiny(), technique)  # type: ignore[attr-defined]
