from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from prosopon.core import registry
from prosopon.core.cards import Family, read_card
from prosopon.core.errors import MissingError, ProsoponError

CARD = """
name = "{name}"
family = "detect"
task = "a task"
summary = "It does a thing."
paper = "Somebody: Something. 2020"
year = 2020
inputs = ["target"]
entry = "{entry}"
trained_on = "nothing"
known_failures = ["all of them"]

[licences]
code = "Apache-2.0"
"""


def write_card(folder: Path, *, name: str = "thing", entry: str = "json:JSONDecoder", text: str | None = None) -> Path:
    folder.mkdir(parents=True)
    path = folder / "card.toml"
    path.write_text(CARD.format(name=name, entry=entry) if text is None else text, encoding="utf-8")
    return path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package in the place of ours, as far as the registry can see."""
    for family in Family:
        (tmp_path / family.value).mkdir()
    (tmp_path / "core").mkdir()
    monkeypatch.setattr(registry, "__file__", str(tmp_path / "core" / "registry.py"))
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints())
    return tmp_path


def test_a_card_is_read(tmp_path: Path) -> None:
    card = read_card(write_card(tmp_path / "thing"))
    assert card.name == "thing"
    assert card.family is Family.DETECT
    assert card.inputs == ("target",)
    assert card.licences == {"code": "Apache-2.0"}
    assert card.folder == tmp_path / "thing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "cannot be read"),
        ('name = "thing"', "lacks"),
        (CARD.format(name="x", entry="y:Z").replace('"detect"', '"devour"'), "devour"),
    ],
)
def test_a_bad_card_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ProsoponError, match=said) as caught:
        read_card(write_card(tmp_path / "thing", text=text))
    assert caught.value.hint


def test_unknown_keys_are_named(tmp_path: Path) -> None:
    text = 'author = "me"\n' + CARD.format(name="x", entry="y:Z")
    with pytest.raises(ProsoponError, match="author"):
        read_card(write_card(tmp_path / "thing", text=text))


def test_a_broken_card_spoils_only_itself(package: Path) -> None:
    write_card(package / "detect" / "good", name="good")
    write_card(package / "create" / "bad", text="not toml at all [")
    found = registry.find_cards()
    assert [*found.cards] == ["good"]
    assert len(found.problems) == 1
    assert "bad" in found.problems[0]
    assert registry.get_card("good").name == "good"


def test_of_two_of_the_same_name_the_first_stays(package: Path) -> None:
    write_card(package / "create" / "one", name="same")
    write_card(package / "detect" / "two", name="same")
    found = registry.find_cards()
    assert found.cards["same"].folder.name == "one"
    assert "two" in found.problems[0]


def test_unknown_techniques_are_answered_with_the_known_ones(package: Path) -> None:
    write_card(package / "detect" / "good", name="good")
    with pytest.raises(MissingError, match="good"):
        registry.get_card("god")


def test_a_technique_is_imported_when_it_is_asked_for(package: Path) -> None:
    write_card(package / "detect" / "good", name="good", entry="json:JSONDecoder")
    assert registry.load_technique("good").__name__ == "JSONDecoder"


def test_a_technique_whose_package_is_missing_says_so(package: Path) -> None:
    write_card(package / "detect" / "good", name="good", entry="no_such_package.technique:Thing")
    with pytest.raises(MissingError, match="no_such_package"):
        registry.load_technique("good")


def test_techniques_of_others_come_by_their_entry_point(
    package: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    write_card(site / "foreign_technique", name="foreign")
    (site / "foreign_technique" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    entry = EntryPoint("foreign", "foreign_technique", registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints([entry]).select(group=group))
    assert [*registry.find_cards().cards] == ["foreign"]


def test_our_own_cards_are_all_in_order() -> None:
    found = registry.find_cards()
    assert found.problems == ()
    assert "fomm" in found.cards
    for card in found.cards.values():
        assert card.family.value == card.folder.parent.name
        assert card.name == card.folder.name
        assert card.licences
