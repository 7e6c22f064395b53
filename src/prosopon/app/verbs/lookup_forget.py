"""`prosopon lookup forget`: remove what is remembered of originals, and of what was published here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, UsageError
from prosopon.media.read import content_id

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class LookupForget:
    """Remove what is remembered of files: of originals that were added, and of what was published here.

    Their small pictures, fingerprints and kept credentials are gone then, and copies of them are not recognised any
    more. The files themselves are left alone. The log keeps its entries for ever: they hold hashes only.
    """

    files: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FILE|SHA256")]
    """The files, or their SHA-256 where they are gone (lookup --json and verify --json tell it)."""


def run(args: LookupForget, console: Console) -> int:
    """Forget one after the other."""
    if not args.files:
        raise UsageError("there is nothing to forget", "give files, or their SHA-256")
    digests = {named: _digest(named) for named in args.files}  # all of them sound before anything is removed

    from prosopon.vouch.lookup.index import Index
    from prosopon.vouch.store.store import Store

    index, store = Index.open(), Store.open()
    done = [
        {
            "name": Path(named).name,
            "sha256": digest,
            "original": index.forget(digest),
            "published": store.forget(digest),
        }
        for named, digest in digests.items()
    ]
    gone = sum(bool(one["original"] or one["published"]) for one in done)
    console.answer({"forgotten": done})
    console.say(f"{gone} of {len(done)} were remembered, and are forgotten")
    return ExitCode.FINE


def _digest(named: str) -> str:
    return named.lower() if _DIGEST.fullmatch(named) and not Path(named).exists() else content_id(Path(named))
