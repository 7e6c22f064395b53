"""What the user sees: answers on stdout, progress and complaints on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Console:
    """Speaks with the user; also the `core.progress.Progress` that verbs hand to long work.

    Args:
        as_json: stdout gets exactly one JSON object, at the end; what is said otherwise is left out.
        out: where answers go; stdout where None.
        err: where progress and complaints go; stderr where None. No progress is drawn unless it is a terminal.
    """

    def __init__(self, *, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = sys.stdout if out is None else out
        self._err = sys.stderr if err is None else err
        self._answer: Mapping[str, Any] = {}
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def say(self, text: str) -> None:
        """Text for people on stdout; nothing with `--json`."""
        self.finish()
        if not self.as_json:
            print(text, file=self._out)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A plain table for people: columns as wide as their widest cell; nothing with `--json`."""
        cells = [[str(cell) for cell in row] for row in [head, *rows]]
        widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        lines.insert(1, "  ".join("-" * width for width in widths))
        self.say("\n".join(line.rstrip() for line in lines))

    def answer(self, answer: Mapping[str, Any]) -> None:
        """The verb's result as data; printed at the end with `--json`, ignored without. The last one counts."""
        self._answer = answer

    def start(self, stage: str, total: int | None) -> None:
        """A new stage of `total` units begins; an earlier one counts as finished."""
        self.finish()
        if not self._err.isatty():
            return
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=Terminal(file=self._err),
        )
        self._task = self._bar.add_task(stage, total=total, rate="")
        self._bar.start()

    def advance(self, n: int = 1) -> None:
        """`n` more units of the stage are done."""
        if self._bar is None or self._task is None:
            return
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, advance=n, rate=f"{speed:.1f}/s" if speed else "")

    def note(self, text: str) -> None:
        """Something that the user should know: one line on stderr."""
        line = f"prosopon: note: {' '.join(text.split())}"
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=self._err)

    def fail_softly(self, what: str, hint: str) -> None:
        """One line on stderr like that of an error, where the answer itself still says how it ended."""
        self.finish()
        print(f"prosopon: error: {what}; {hint}", file=self._err)

    def finish(self) -> None:
        """The work is done: the progress line stays as it is, nothing more is drawn."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None

    def fail(self, what: str, hint: str, exit_code: int) -> None:
        """One line on stderr; with `--json` also the one object on stdout."""
        self.finish()
        line = f"{what}; {hint}" if hint else what
        print(f"prosopon: error: {line}", file=self._err)
        if self.as_json:
            self._print_json({"error": what, "hint": hint, "exit_code": int(exit_code)})

    def close(self) -> None:
        """The verb is done: print its JSON object if one was asked for."""
        self.finish()
        if self.as_json:
            self._print_json(self._answer)
        self._out.flush()

    def _print_json(self, value: Mapping[str, Any]) -> None:
        print(json.dumps(plain(value), ensure_ascii=False, allow_nan=False), file=self._out)
        self._out.flush()


def plain(value: Any) -> Any:
    """What JSON can hold: not-a-number becomes null; paths, dates, fractions and enumerations become text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(key): plain(held) for key, held in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(held) for held in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)
