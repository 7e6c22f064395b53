"""`prosopon replay`: do again what a run file or a signed report recorded, and say whether the same came of it."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from prosopon.app.args import Force, Input
from prosopon.app.console import Console
from prosopon.app.main import find, load
from prosopon.core.errors import UsageError

if TYPE_CHECKING:
    from prosopon.train.runfile import RunFile


@dataclass(frozen=True)
class Replay:
    """Do again what a run file recorded, with the same seed and arguments, in a new folder; or examine a file again.

    What it is is told by its content. Of a report that prosopon detect --signed wrote, the signature is checked, and
    whether file, versions and weights are those it names; exit code 3 if not, or if another answer comes of it.
    """

    run_file: Annotated[Input, tyro.conf.arg(metavar="RECORD")]
    """The run.toml of an earlier run, or a signed report of prosopon detect."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="PATH")] = None
    """The new folder; give the same one again to go on after a stop. Of a report: a new signed report (.json)."""
    file: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="FILE")] = None
    """The file that a signed report is about."""
    force: Force = False
    """Overwrite a new signed report."""


def run(args: Replay, console: Console) -> int:
    """Do it again, and compare what came of it."""
    if _is_report(args.run_file):
        return _examine_again(args, console)
    if args.file is not None:
        raise UsageError(f"{args.run_file} is no report about {args.file}", "only signed reports are about a file")
    if args.output is None:
        raise UsageError("a run needs a new folder", "give one with -o")
    return _run_again(args.run_file, args.output, console)


def _run_again(run_file: Path, output: Path, console: Console) -> int:
    from prosopon.train.runfile import RUN_FILE, read_run_file, versions

    before = read_run_file(run_file)
    if output.resolve() == run_file.resolve().parent:
        raise UsageError(f"{output} is the folder of the recorded run", "give a new folder with -o")
    _note_differences(console, "made with", before.versions, versions())
    module, arguments = _command(before, run_file, output)
    code: int = module.run(arguments, console)
    path = output / RUN_FILE
    if path.exists():
        _compare(console, before, read_run_file(path))
    return code


def _is_report(path: Path) -> bool:
    """Whether it holds JSON rather than TOML."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip().startswith(b"{")
    except OSError:
        return False


def _examine_again(args: Replay, console: Console) -> int:
    from prosopon.app.detecting.again import examine_again

    if args.file is None:
        raise UsageError(f"{args.run_file} is a report about a file", "name the file after it")
    if args.output is not None:
        from prosopon.media.outputs import check_output

        inputs = (args.run_file, args.file)
        check_output(args.output, force=args.force, inputs=inputs, suffixes=(".json",))
    return examine_again(args.run_file, args.file, args.output, console)


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
