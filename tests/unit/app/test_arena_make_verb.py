"""`prosopon arena make`: from files to an arena, its sheet, and what is said about both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawn_footage import DrawnFinder, write_film, write_portrait

from prosopon.app.main import main
from prosopon.arena.making import making
from prosopon.datasets.arena.arena import Arena
from prosopon.vouch.manifest.verify import verify


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    making._subject.cache_clear()
    monkeypatch.setattr(making, "_finder", lambda name: DrawnFinder())
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("ann", "bob")):
        write_film(tmp_path / name / "film.mp4", number, 20)
    write_portrait(tmp_path / "stills" / "cid.png", 6)
    return tmp_path


WORDS = ("arena", "make", "ann", "bob", "--generators", "landmark-swap", "--clips", "1")


def test_an_arena_is_made_and_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, "--portraits", "stills", "-o", "arena", "--test", "cid", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["clips"]["original, footage"] == {"train": 2}
    assert said["clips"]["original, portrait"] == {"test": 1}
    assert said["clips"]["landmark-swap, footage"] == {"train": 2}
    assert said["people"] == {"train": 2, "calibrate": 0, "test": 1}
    arena = Arena.open(here / "arena")
    assert arena.sha256() == said["sha256"]
    assert arena.about["settings"]["clips"] == 1
    assert arena.about["split"] == {"ann": "train", "bob": "train", "cid": "test"}
    # The one picture that can be looked at is published: marked as what it is.
    pictures = [path.name for path in (here / "arena").rglob("*") if path.suffix in (".png", ".mp4", ".jpg")]
    assert pictures == ["sheet.png"]
    assert verify(here / "arena" / "sheet.png").synthetic is True


def test_what_is_there_is_only_replaced_on_demand(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "arena").mkdir()
    (here / "arena" / "arena.json").write_text("{}")
    assert main([*WORDS, "-o", "arena"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*WORDS, "-o", "arena", "--force"]) == 0
    assert Arena.open(here / "arena").people() == ("ann", "bob")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("-o", "ann/film.mp4"), "is a file"),
        (("-o", "a", "--test", "zoe"), "nobody is called zoe"),
        (("-o", "a", "--rendered", "-1"), "rendered is -1"),
        (("-o", "a", "--clips", "0"), "clips is 0"),
        (("-o", "a", "--portraits", "ann"), "no portraits"),
        (("-o", "a", "--generators", "swap", "--swap", "w:ann"), "WEIGHTS:SOURCE:TARGET"),
        (("-o", "a", "--generators", "swap", "--swap", "none:ann:bob"), "none"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    assert main([*WORDS, *words]) in (2, 4)
    complaint = capsys.readouterr().err
    assert why in complaint
    assert complaint.count("\n") == 1
    assert not (here / "a").exists()


def test_somebody_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arena", "make", "-o", "a"]) == 2
    assert "nobody to make fakes of" in capsys.readouterr().err
