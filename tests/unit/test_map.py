"""`docs/map.md` names every file, and no file that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "prosopon"


def files() -> set[str]:
    modules = {path for path in SOURCE.rglob("*.py") if path.read_text(encoding="utf-8").strip()}
    return {path.relative_to(SOURCE).as_posix() for path in modules | {*SOURCE.rglob("card.toml")}}


def named() -> dict[str, str]:
    lines = re.findall(r"^- `([^`]+)`: (.*)$", (ROOT / "docs/map.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == len(dict(lines)), "a file is named twice"
    return dict(lines)


def test_every_file_is_named() -> None:
    assert sorted(files() - set(named())) == []


def test_every_name_is_a_file() -> None:
    assert sorted(set(named()) - files()) == []


def test_every_line_says_something() -> None:
    assert [path for path, said in named().items() if len(said.split()) < 2] == []
