"""`run.toml`: everything that decided a run, so that it can be understood, resumed and repeated."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.models.files import write_atomically
from prosopon.train.recipe import Recipe
from prosopon.train.settings import Settings
from prosopon.train.toml import dumps, plain

RUN_FILE = "run.toml"


@dataclass(frozen=True)
class Command:
    """The command that a run was started with, as `prosopon replay` needs it.

    Attributes:
        verb: as typed: `train fomm`.
        arguments: all of its arguments by field, defaults included; nested settings are tables.
        output: which argument is the folder or file that it writes.
    """

    verb: str
    arguments: Mapping[str, Any]
    output: str

    @classmethod
    def of(cls, verb: str, arguments: Any, output: str) -> Command:
        """The command from a verb's dataclass; its paths are made absolute, for they are relative to where it ran."""
        return cls(verb, plain(_absolute(asdict(arguments))), output)


@dataclass(frozen=True)
class RunFile:
    """What `run.toml` holds. Entries that are None are left out of the file."""

    name: str
    settings: Mapping[str, Any]
    config: Mapping[str, Any]
    command: Command | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Content ids (sha256) of what was learnt from."""
    versions: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    """Content ids (sha256) of what came of it, by file name."""
    steps: int = 0
    """Steps done when it was last saved."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it was computed on: on another device, in other precision or with other threads sums round differently."""

    @classmethod
    def of(cls, recipe: Recipe, settings: Settings, command: Command | None, environment: Mapping[str, str]) -> RunFile:
        """What is about to be done, on this machine."""
        return cls(
            name=recipe.name,
            settings=plain(settings),
            config=plain(recipe.config),
            command=command,
            inputs=dict(recipe.inputs),
            versions=versions(),
            environment=environment,
        )

    def write(self, folder: Path) -> None:
        """Write `run.toml` into the folder.

        Raises:
            OSError: it cannot be written.
        """
        text = "# What this run was made with. Repeat it: prosopon replay run.toml -o NEW_FOLDER\n\n" + dumps(
            asdict(self)
        )
        write_atomically(folder / RUN_FILE, lambda file: _fill(file, text))

    def refuse_other(self, now: RunFile, changeable: frozenset[str]) -> None:
        """Make sure that this recorded run and the one asked for `now` learn the same.

        Args:
            now: what was asked for.
            changeable: settings that may differ.

        Raises:
            UsageError: they do not; names the differing keys.
        """
        same = ("name", "config", "inputs")
        differing = [key for part in same for key in _differing(part, getattr(self, part), getattr(now, part))]
        settings = _differing("settings", self.settings, now.settings)
        differing += [key for key in settings if key.removeprefix("settings.") not in changeable]
        if differing:
            raise UsageError(
                f"the run folder holds a run with other {', '.join(differing)}",
                "give another folder, or the arguments that its run.toml records",
            )


def read_run_file(path: Path) -> RunFile:
    """Read a `run.toml`.

    Raises:
        ProsoponError: it is not there, or no run file.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProsoponError(f"the run file {path} is not there", "give the run.toml of a run folder") from None
    except (OSError, ValueError) as error:
        raise ProsoponError(
            f"the run file {path} cannot be read: {error}", "give the run.toml of a run folder"
        ) from None
    try:
        command = table.pop("command", None)
        return RunFile(**table, command=None if command is None else Command(**{"arguments": {}, **command}))
    except TypeError as error:
        raise ProsoponError(f"{path} is no run file: {error}", "give the run.toml of a run folder") from None


def versions() -> dict[str, str]:
    """Versions of what results depend on."""
    try:
        own = version("prosopon-lab")
    except PackageNotFoundError:
        own = "not installed"
    return {
        "prosopon": own,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def _absolute(value: Any) -> Any:
    if isinstance(value, Path):
        return value.absolute()
    if isinstance(value, Mapping):
        return {key: _absolute(inner) for key, inner in value.items()}
    return [_absolute(inner) for inner in value] if isinstance(value, list | tuple) else value


def _differing(name: str, before: Any, now: Any) -> list[str]:
    """Dotted names of the entries that differ."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = [*before, *(key for key in now if key not in before)]
        return [found for key in keys for found in _differing(f"{name}.{key}", before.get(key), now.get(key))]
    return [] if before == now else [name]


def _fill(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
