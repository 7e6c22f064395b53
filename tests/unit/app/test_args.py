from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from prosopon.app.args import Driving, Force, Inputs, Output, Source, parse
from prosopon.app.console import Console
from prosopon.core.errors import UsageError


@dataclass(frozen=True)
class Words:
    """Do a thing."""

    inputs: Inputs
    """What goes in."""
    source: Source
    """Whose appearance."""
    driving: Driving
    """Whose motion."""
    output: Output
    """Where it goes."""
    force: Force = False
    """Overwrite."""
    mode: Literal["quick", "good"] = "good"
    """How."""
    limit: float | None = None
    """How much at most."""


def run(args: Words, console: Console) -> int:
    raise AssertionError((args, console))


def read(*words: str) -> Words:
    args = parse(run, "prosopon thing", words)
    assert isinstance(args, Words)
    return args


def test_short_and_long_flags() -> None:
    short = read("a.mp4", "b.mp4", "-s", "s.png", "-d", "d.mp4", "-o", "o.mp4", "-f")
    long = read("a.mp4", "b.mp4", "--source", "s.png", "--driving", "d.mp4", "--output", "o.mp4", "--force")
    assert short == long
    assert short.inputs == (Path("a.mp4"), Path("b.mp4"))
    assert short.force
    assert short.limit is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--source"),
        (("x", "-s", "s", "-d", "d", "-o", "o", "--mode", "bad"), "bad"),
        (("x", "-s", "s", "-d", "d", "-o", "o", "--limit", "much"), "much"),
        (("x", "-s", "s", "-d", "d", "-o", "o", "--no-force"), "--no-force"),
        (("x", "-s", "s", "-d", "d", "-o"), "--output"),
    ],
)
def test_nonsense_is_one_line(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(*words)
    assert said in caught.value.what
    assert "\n" not in str(caught.value)
    assert not any(sign in str(caught.value) for sign in "│─╭\x1b")
    assert caught.value.hint.endswith("`prosopon thing --help` shows the options")


def test_a_typing_error_is_met_with_the_option_that_was_meant() -> None:
    with pytest.raises(UsageError, match="did you mean --force"):
        read("x", "-s", "s", "-d", "d", "-o", "o", "--forse")


def test_colours_of_a_terminal_are_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with pytest.raises(UsageError) as caught:
        read("x", "-s", "s", "-d", "d", "-o", "o", "--forse")
    assert "\x1b" not in str(caught.value)


def test_help_leaves_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        read("--help")
    assert not caught.value.code
    assert "Whose motion." in capsys.readouterr().out
