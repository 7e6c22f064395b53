"""Which detectors are asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from stand_in_detectors import StandIn, card

from prosopon.core.errors import MissingError, UsageError
from prosopon.core.protocols import Needs
from prosopon.core.registry import Found
from prosopon.detect.judging import roster as module
from prosopon.detect.judging.roster import Asked, Roster


class Here(StandIn):
    @classmethod
    def from_weights(cls, weights: str | None = None) -> Here:
        found = cls(weights={weights or "here.studio": "ab" * 32})
        found.opened = weights
        return found

    opened: str | None = None


class Nowhere(StandIn):
    @classmethod
    def from_weights(cls, weights: str | None = None) -> Nowhere:
        if weights is None:
            raise MissingError("no weights of nowhere come with it")
        return cls()


class Broken(StandIn):
    @classmethod
    def from_weights(cls, weights: str | None = None) -> Broken:
        raise RuntimeError("bang")


@pytest.fixture(autouse=True)
def techniques(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: dict[str, Any] = {"here": Here, "nowhere": Nowhere, "broken": Broken}
    cards = {name: card(name) for name in kinds}
    monkeypatch.setattr(module, "find_cards", lambda: Found(cards, ()))
    monkeypatch.setattr(module, "load_technique", lambda name: kinds[name])


def test_all_of_them_are_those_that_can_be_asked() -> None:
    found = Roster.open(Asked.parse("all"))
    assert [expert.name for expert in found.experts] == ["here"]
    assert {name: why.code for name, why in found.left_out.items()} == {"nowhere": "no-weights", "broken": "failed"}
    assert "RuntimeError: bang" in found.left_out["broken"].because
    assert found.experts[0].weights == {"here.studio": "ab" * 32}


def test_names_are_meant_so() -> None:
    assert [one.name for one in Roster.open(Asked.parse("here")).experts] == ["here"]
    with pytest.raises(MissingError, match="no weights of nowhere"):
        Roster.open(Asked.parse("all,nowhere"))
    with pytest.raises(MissingError, match="bang"):
        Roster.open(Asked.parse("broken"))
    with pytest.raises(MissingError, match="'meso'; there are broken, here, nowhere"):
        Roster.open(Asked.parse("meso"))


def test_other_weights() -> None:
    found = Roster.open(Asked.parse("all,nowhere=x.y"))
    assert [one.name for one in found.experts] == ["here", "nowhere"]
    here = Roster.open(Asked.parse("here=mine.v2")).experts[0]
    assert here.detector.opened == "mine.v2"
    assert here.weights == {"mine.v2": "ab" * 32}


@pytest.mark.parametrize("words", ["", "here,", "here,here", "=x", "here=", "all=x"])
def test_nonsense_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        Asked.parse(words)


def test_what_they_look_at_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Roster.open(Asked.parse("here")).needs_motion
    monkeypatch.setattr(
        module, "load_technique", lambda _: SimpleNamespace(from_weights=lambda _w: StandIn(needs=Needs.MOTION))
    )
    moving = Roster.open(Asked.parse("here"))
    assert moving.needs_motion
    assert not moving.experts[0].of_excerpts
