"""`prosopon replay`: do again what a run file recorded, in a new folder, and say whether the same came of it."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prosopon.app.args import Input, Output
from prosopon.app.console import Console
from prosopon.app.main import find, load
from prosopon.core.errors import UsageError

if TYPE_CHECKING:
    from prosopon.train.runfile import RunFile


@dataclass(frozen=True)
class Replay:
    """Do again what a run file recorded, with the same seed and arguments, in a new folder."""

    run_file: Input
    """The run.toml of an earlier run."""
    output: Output
    """The new folder. Give the same one again to go on after a stop."""


def run(args: Replay, console: Console) -> int:
    """Rebuild the recorded command, run it, and compare what came of it."""
    from prosopon.train.runfile import RUN_FILE, read_run_file, versions

    before = read_run_file(args.run_file)
    if args.output.resolve() == args.run_file.resolve().parent:
        raise UsageError(f"{args.output} is the folder of the recorded run", "give a new folder with -o")
    _note_differences(console, "made with", before.versions, versions())
    module, arguments = _command(before, args.run_file, args.output)
    code: int = module.run(arguments, console)
    path = args.output / RUN_FILE
    if path.exists():
        _compare(console, before, read_run_file(path))
    return code


def _command(recorded: RunFile, where: Path, output: Path) -> tuple[Any, Any]:
    """The verb's module and its arguments, writing to `output`.

    Raises:
        UsageError: the run file names no command, or one that this version does not have.
    """
    from prosopon.train.rebuild import rebuild

    if recorded.command is None:
        raise UsageError(f"{where} records no command", "only runs that a command started can be replayed")
    verb, rest = find(recorded.command.verb.split())
    if rest:
        raise UsageError(f"there is no verb {recorded.command.verb!r}", "replay it with the version that recorded it")
    module = load(verb)
    kind = typing.get_type_hints(module.run)["args"]
    try:
        arguments = rebuild(kind, {**recorded.command.arguments, recorded.command.output: str(output)})
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{where} does not fit the arguments of {verb.words!r}: {error}",
            "replay it with the version that recorded it",
        ) from error
    return module, _same_work(arguments, recorded.steps) if recorded.steps else arguments


def _same_work(arguments: Any, steps: int) -> Any:
    """Arguments that stop after `steps` wherever they stopped after minutes: those are not the same work twice."""
    if getattr(arguments, "minutes", None) is not None and hasattr(arguments, "steps"):
        return replace(arguments, steps=steps, minutes=None)
    nested = {field.name: getattr(arguments, field.name) for field in fields(arguments)}
    changed = {name: _same_work(value, steps) for name, value in nested.items() if is_dataclass(value)}
    return replace(arguments, **changed)


def _compare(console: Console, before: RunFile, after: RunFile) -> None:
    _note_differences(console, "fed with", before.inputs, after.inputs)
    if before.weights and before.weights == after.weights:
        console.note("The same weights came of it, bit for bit.")
    elif before.weights:
        console.note("Other weights came of it than of the recorded run.")


def _note_differences(console: Console, how: str, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    keys = [*before, *(key for key in now if key not in before)]
    differing = [
        f"{key} {before.get(key, 'nothing')[:12]} -> {now.get(key, 'nothing')[:12]}"
        for key in keys
        if before.get(key) != now.get(key)
    ]
    if differing:
        console.note(f"The recorded run was {how} something else: {', '.join(differing)}.")
