"""From a verb's frozen dataclass to its command line, with tyro; the short flags of all verbs.

A verb's module has a frozen dataclass, whose field docstrings are the help texts, and `run(args, console) -> int`,
whose annotation names the dataclass. Fields that several verbs have take their types from here, so that the same
thing has the same flag everywhere.
"""

from __future__ import annotations

import contextlib
import io
import re
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro

from prosopon.core.errors import UsageError

Source = Annotated[Path, tyro.conf.arg(aliases=["-s"], metavar="FILE")]
"""Whose appearance: `-s`, `--source`."""
Driving = Annotated[Path, tyro.conf.arg(aliases=["-d"], metavar="FILE")]
"""Whose motion: `-d`, `--driving`."""
Output = Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="PATH")]
"""Where the result goes: `-o`, `--output`."""
Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
"""A switch that is off unless it is named: `--long`, without a `--no-long` beside it."""
Force = Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(aliases=["-f"])]
"""Whether an existing output is replaced: `-f`, `--force`."""
Label = Annotated[bool, tyro.conf.FlagCreatePairsOff]
"""Whether a synthetic result is marked visibly as well: `--label`."""
Input = tyro.conf.Positional[Path]
"""A file or folder without a flag."""
Inputs = tyro.conf.Positional[tuple[Path, ...]]
"""Several files or folders without a flag."""

_FRAME = " \t│┃|╭╮╰╯├┤─-"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_EVERY_VERB = "Every verb takes --json: one JSON object on stdout, nothing else."


def parse(run: Callable[..., int], prog: str, words: Sequence[str]) -> Any:
    """Read a verb's words.

    Args:
        run: the verb's function; its parameter `args` is annotated with the dataclass, or a union of several for
            verbs with sub-verbs.
        prog: what the help calls the command: `prosopon animate`.
        words: the words after the verb.

    Returns:
        An instance of the dataclass.

    Raises:
        UsageError: the words make no sense; one line that says why.
        SystemExit: the help was asked for and has been printed.
    """
    wanted = typing.get_type_hints(run, include_extras=True)["args"]
    about = " ".join((wanted.__doc__ or "").split()) if isinstance(wanted, type) else ""
    heard = io.StringIO()
    try:
        with contextlib.redirect_stderr(heard):
            return tyro.cli(wanted, prog=prog, description=f"{about}\n\n{_EVERY_VERB}".strip(), args=[*words])
    except SystemExit as stop:
        if not stop.code:
            raise
        what, meant = _complaint(heard.getvalue())
        hint = f"did you mean {meant}? " if meant else ""
        raise UsageError(what, f"{hint}`{prog} --help` shows the options") from None


def _complaint(text: str) -> tuple[str, str]:
    """Tyro's framed complaint as one line, and the option that it thinks was meant (empty where there is none)."""
    text = _ANSI.sub("", text)
    title = ""
    said: list[str] = []
    for line in text.splitlines():
        words = line.strip(_FRAME)
        if not title:
            title = words
        elif words:
            said.append(words)
        elif said and line.strip(" \t│┃|"):  # a rule: the first section is over
            break
    what = " ".join(said).rstrip(".")
    if title.lower() not in what.lower():
        what = f"{title}: {what}"
    near = re.search(r"Perhaps you meant:.*?(--[a-z][\w-]*)", text, re.DOTALL)
    return what or "the command line cannot be understood", near[1] if near else ""
