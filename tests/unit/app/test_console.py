from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode
from prosopon.core.history import SourceType


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_people_read_text_and_programs_one_object() -> None:
    out = io.StringIO()
    console = Console(out=out)
    console.say("hello")
    console.answer({"a": 1})
    console.close()
    assert out.getvalue() == "hello\n"
    out = io.StringIO()
    console = Console(as_json=True, out=out)
    console.say("hello")
    console.answer({"a": 1})
    console.close()
    assert json.loads(out.getvalue()) == {"a": 1}


def test_json_holds_what_json_can_hold() -> None:
    out = io.StringIO()
    console = Console(as_json=True, out=out)
    console.answer(
        {
            "nan": float("nan"),
            "path": Path("a/b"),
            "fps": Fraction(30000, 1001),
            "array": np.array([[1.0, np.inf]]),
            "scalar": np.float32(0.5),
            "enum": SourceType.TRAINED,
            "code": ExitCode.USAGE,
            "nested": ({"x": (1, None, True)},),
        }
    )
    console.close()
    assert json.loads(out.getvalue()) == {
        "nan": None,
        "path": "a/b",
        "fps": "30000/1001",
        "array": [[1.0, None]],
        "scalar": 0.5,
        "enum": "trainedAlgorithmicMedia",
        "code": 2,
        "nested": [{"x": [1, None, True]}],
    }


def test_a_failure_is_a_line_and_with_json_an_object() -> None:
    out, err = io.StringIO(), io.StringIO()
    Console(as_json=True, out=out, err=err).fail("it broke", "mend it", 4)
    assert err.getvalue() == "prosopon: error: it broke; mend it\n"
    assert json.loads(out.getvalue()) == {"error": "it broke", "hint": "mend it", "exit_code": 4}


def test_progress_is_quiet_where_nobody_watches() -> None:
    err = io.StringIO()
    console = Console(err=err)
    console.start("working", 3)
    console.advance()
    console.finish()
    assert err.getvalue() == ""
    console.note("one\nthing")
    assert err.getvalue() == "prosopon: note: one thing\n"


def test_progress_is_drawn_on_a_terminal_and_never_on_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out, err = io.StringIO(), Terminal()
    console = Console(out=out, err=err)
    console.start("reading [b]frames[/b]", 10)
    for _ in range(10):
        console.advance()
    console.note("a [note]")
    console.start("writing", None)
    console.finish()
    assert "reading [b]frames[/b]" in err.getvalue()
    assert "10/10" in err.getvalue()
    assert "a [note]" in err.getvalue()
    assert out.getvalue() == ""


def test_tables_line_up() -> None:
    out = io.StringIO()
    Console(out=out).table(("name", "n"), [("a", 1), ("longer", 22)])
    assert out.getvalue() == "name    n\n------  --\na       1\nlonger  22\n"
