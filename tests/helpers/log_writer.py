"""Entries of a log, and a process that writes some of them: in a module that other processes can import."""

from __future__ import annotations

import os
from hashlib import sha256

from prosopon.vouch.log.entry import Entry
from prosopon.vouch.log.recording import record


def entry(number: int) -> Entry:
    """The entry of this number."""
    asset, manifest = (sha256(f"{kind} {number}".encode()).hexdigest() for kind in ("file", "manifest"))
    return Entry(asset, "0123abcd", "2026-11-23T17:00:00Z", manifest, watermark=f"{number % 7:016x}")


def write_twenty(home: str, first: int) -> None:
    """Put twenty entries into the log of the user whose folder this is."""
    os.environ["PROSOPON_HOME"] = home
    for number in range(first, first + 20):
        record(entry(number))
