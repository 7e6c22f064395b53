"""What every detector of pictures must say of itself, because all of them share it."""

from __future__ import annotations

import pytest

from prosopon.core.cards import Family
from prosopon.core.registry import find_cards
from prosopon.detect.judging.verdict import Verdict, limit

OF_PICTURES = ("mesonet", "xception", "blending", "forensics", "quality", "spectrum", "recurrent")
TAUGHT_ON_GENERATED = ("mesonet", "blending", "forensics", "quality", "spectrum")


@pytest.mark.parametrize("name", OF_PICTURES)
def test_cards_say_that_whole_face_synthesis_is_not_seen(name: str) -> None:
    told = " ".join(find_cards().cards[name].known_failures)
    assert "generated as a whole" in told
    assert "StyleGAN" in told
    assert ("SFHQ" in told) == (name in TAUGHT_ON_GENERATED)


def test_no_detector_of_pictures_is_forgotten() -> None:
    others = {"audio", "avsync", "blink", "biometric"}
    cards = find_cards().cards.values()
    assert {card.name for card in cards if card.family is Family.DETECT} == {*OF_PICTURES, *others}


def test_so_does_the_answer_that_nothing_was_found() -> None:
    assert "generated as a whole" in limit(Verdict.NO_EVIDENCE)
