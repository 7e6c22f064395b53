"""`prosopon lookup add`: remember own originals by their fingerprints, or forget them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.args import Inputs
from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, MediaError, UsageError

_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".mp4", ".m4v", ".mov",
    ".webm", ".mkv", ".avi", ".mpg", ".mpeg",
)  # fmt: skip


@dataclass(frozen=True)
class LookupAdd:
    """Remember pictures and videos of your own, so that prosopon lookup finds copies of them and where those differ.

    Kept on this machine only: fingerprints, small copies of key frames, the name, and the path, by which the original
    itself is compared as long as it is still there. The path appears in no answer.
    """

    files: Annotated[Inputs, tyro.conf.arg(metavar="FILE|DIR")]
    """Pictures and videos; of folders all that are in them."""
    name: str | None = None
    """What answers call it, with a single file; by default its own name."""


def run(args: LookupAdd, console: Console) -> int:
    """Add one after the other; what cannot be read is told and passed over, unless it is all."""
    files = [*_media_in(args.files)]
    if not files:
        raise UsageError("there is nothing to add", "give pictures, videos, or folders that hold some")
    if args.name is not None and len(files) > 1:
        raise UsageError(f"--name is for one file, and these are {len(files)}", "leave it out, or add them one by one")

    from prosopon.vouch.lookup.index import Index

    index = Index.open()
    done: list[dict[str, object]] = []
    failed: list[dict[str, str]] = []
    console.start("adding", len(files))
    for file in files:
        try:
            added = index.add(file, args.name)
            done.append({"name": added.name, "sha256": added.sha256, "key_frames": len(added.fingerprints)})
        except MediaError as error:
            if len(files) == 1:
                raise
            failed.append({"name": file.name, "problem": str(error)})
            console.note(str(error))
        console.advance()
    console.finish()
    if not done and failed:
        raise MediaError(f"none of {len(files)} files could be read", "see the lines above")
    console.answer({"added": done, "failed": failed, "key_frames_in_all": index.count()})
    console.say(f"{len(done)} added; {index.count()} key frames in all")
    return ExitCode.FINE


def _media_in(given: Sequence[Path]) -> Iterator[Path]:
    """Files as they were named, and of folders whatever is called like media."""
    for path in given:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
        else:
            yield path
