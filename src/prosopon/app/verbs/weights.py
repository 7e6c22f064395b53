"""`prosopon weights`: list trained weights, show one, bring published ones in, say where one lies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Force, Input
from prosopon.app.console import Console
from prosopon.core.errors import CheckpointError, ExitCode, UsageError
from prosopon.models.catalogue import Entry, catalogue, find, user_folder

_PARSING = "parsing"
"""Face parsing is no technique of its own, but takes published weights as techniques do."""
_Name = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]


@dataclass(frozen=True)
class List:
    """List all weights: those that came with Prosopon and your own."""

    technique: str | None = None
    """Only those of one technique."""


@dataclass(frozen=True)
class Show:
    """Show what weights are, and check that their file is what their card says."""

    name: _Name
    """As `prosopon weights list` names it, or the path of a .safetensors."""


@dataclass(frozen=True)
class Import:
    """Bring in published weights: .pth, .pth.tar, .pt, .ckpt, .safetensors or .h5. Nothing inside them is run."""

    file: Input
    """The published file."""
    technique: str
    """Whose nets they fit: `prosopon list` names them; or parsing; or ganimation, cyclegan, pix2pixhd, to disrupt."""
    config: str | None = None
    """The configuration that they were trained with: vox-256, for instance; parsing has one only, bisenet."""
    name: str | None = None
    """What to call them; <technique>.<config> when not given."""
    licence: str = ""
    """The licence they were published under; the technique's card has it for well-known files."""
    origin: str = ""
    """Where they come from: an address, a paper."""
    force: Force = False
    """Overwrite weights of the same name."""


@dataclass(frozen=True)
class Locate:
    """Print the path of weights, for scripts."""

    name: _Name
    """As `prosopon weights list` names it."""


_Args = (
    Annotated[List, tyro.conf.subcommand("list")]
    | Annotated[Show, tyro.conf.subcommand("show")]
    | Annotated[Import, tyro.conf.subcommand("import")]
    | Annotated[Locate, tyro.conf.subcommand("path")]
)


def run(args: _Args, console: Console) -> int:
    """Do what the second word says."""
    match args:
        case List():
            _list(args, console)
        case Show():
            _show(args, console)
        case Import():
            _import(args, console)
        case Locate():
            entry = find(args.name)
            console.answer({"path": entry.path})
            console.say(str(entry.path))
    return ExitCode.FINE


def _list(args: List, console: Console) -> None:
    entries = [entry for entry in catalogue().values() if args.technique in (None, entry.technique)]
    console.answer({"weights": [_as_json(entry) for entry in entries], "user_folder": user_folder()})
    if not entries:
        whose = f" of {args.technique}" if args.technique else ""
        console.say(f"no weights{whose} yet; bring published ones in: prosopon weights import FILE --technique ...")
        return
    rows = [
        (entry.name, entry.technique, entry.config, _size(entry), entry.licence, "shipped" if entry.shipped else "own")
        for entry in entries
    ]
    console.table(("name", "technique", "config", "size", "licence", ""), rows)


def _show(args: Show, console: Console) -> None:
    from prosopon.core.content_id import sha256_of

    entry = find(args.name)
    found = sha256_of(entry.path)
    if found != entry.sha256:
        raise CheckpointError(
            f"the weights {entry.path} have sha256 {found[:12]}… but their card says {entry.sha256[:12]}…",
            "fetch both files again",
        )
    console.answer({**_as_json(entry), "card": entry.card, "checked": True})
    console.say(
        f"{entry.name}: {_size(entry)}, for {entry.technique} ({entry.config})\n"
        f"  path     {entry.path}\n  licence  {entry.licence}\n  origin   {entry.origin}\n"
        f"  sha256   {entry.sha256} (checked)"
    )
    console.say(json.dumps(entry.card, indent=2, ensure_ascii=False))


def _import(args: Import, console: Console) -> None:
    from prosopon.core.registry import load_technique
    from prosopon.models.editors import EDITORS
    from prosopon.models.importing import import_weights

    config = args.config
    importer: object | None = EDITORS.get(args.technique)
    if args.technique == _PARSING:
        from prosopon.faces.parsing.bisenet import CONFIG, BiSeNetParser

        config, importer = config or CONFIG, BiSeNetParser
    if config is None and importer is None:
        config = getattr(load_technique(args.technique), "default_config", None)
    if config is None:
        raise UsageError(
            f"weights of {args.technique} need the configuration that they were trained with",
            "add --config, vox-256 for instance",
        )
    entry = import_weights(
        args.file,
        technique=args.technique,
        config=config,
        name=args.name or f"{args.technique}.{config}",
        licence=args.licence,
        origin=args.origin,
        importer=importer,
        force=args.force,
    )
    if "notice" in entry.card:
        console.note(str(entry.card["notice"]))
    if entry.licence == "unknown":
        console.note("Their licence is not known: find it out before you use them, and give it with --licence.")
    console.answer(_as_json(entry))
    console.say(f"{entry.name} is in: {entry.path} ({_size(entry)})")


def _size(entry: Entry) -> str:
    megabytes = entry.size_bytes / 1e6
    return f"{megabytes:.1f} MB" if megabytes >= 1 else f"{entry.size_bytes / 1e3:.1f} kB"


def _as_json(entry: Entry) -> dict[str, str | int | bool | Path]:
    return {
        "name": entry.name,
        "technique": entry.technique,
        "config": entry.config,
        "path": entry.path,
        "licence": entry.licence,
        "origin": entry.origin,
        "sha256": entry.sha256,
        "size_bytes": entry.size_bytes,
        "shipped": entry.shipped,
    }
