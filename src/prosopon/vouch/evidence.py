"""Everything that is known of a file, each kind of evidence for itself: there is no number that sums them up.

- the credential: what a key holder signed about exactly these bytes;
- the watermark: a label in the pixels that survives much, and that anybody can copy;
- the log: that an entry about the file was there at some time, by one key;
- the look-up: what it is like, of one's own originals and of what was published here;
- what was recovered: the credential of a published file that this one is a changed copy of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from prosopon.core.errors import ProsoponError
from prosopon.core.progress import SILENT, Progress
from prosopon.media.read import content_id, read
from prosopon.vouch.log.recording import Found
from prosopon.vouch.log.recording import look_up as in_log
from prosopon.vouch.lookup.look_up import look_up
from prosopon.vouch.lookup.report import LookupReport
from prosopon.vouch.lookup.suspect import Suspect
from prosopon.vouch.manifest.definition import SOURCE_TYPE_URL
from prosopon.vouch.manifest.report import Report
from prosopon.vouch.manifest.source_types import is_synthetic
from prosopon.vouch.manifest.verify import OFFLINE, Manner, verify
from prosopon.vouch.store.recovery import Recovered, recover
from prosopon.vouch.store.store import Store
from prosopon.vouch.watermark.reading import Reading
from prosopon.vouch.watermark.video import read_clip

_T = TypeVar("_T")


@dataclass(frozen=True)
class Declaration:
    """Somebody says that the file is synthetic.

    Attributes:
        by: what says so: credential, recovered credential, watermark, XMP metadata.
        source_type: the address of the digital source type that is stated.
        strength: in plain words, what that is worth.
    """

    by: str
    source_type: str
    strength: str

    def as_json(self) -> dict[str, str]:
        """As plain values."""
        return {"by": self.by, "source_type": self.source_type, "strength": self.strength}


@dataclass(frozen=True)
class Evidence:
    """What was found out about one file.

    Attributes:
        credential: see `Report`.
        sha256: of the file, or of a folder's listing.
        watermark: None where the pixels were not looked at, or cannot be.
        logged: entries of the user's own log about exactly this file, or about its watermark.
        lookup: None where it was not looked up, or cannot be.
        recovered: the credential of what this is a copy of; None where nothing leads to one.
        problems: what could not be looked at, and why.
    """

    credential: Report
    sha256: str
    watermark: Reading | None = None
    logged: tuple[Found, ...] = ()
    lookup: LookupReport | None = None
    recovered: Recovered | None = None
    problems: tuple[str, ...] = ()

    @property
    def declared(self) -> tuple[Declaration, ...]:
        """Who says that it is synthetic, what is worth most first; nobody where it is empty, which proves nothing."""
        return tuple(self._declared())

    def _declared(self) -> Iterator[Declaration]:
        report = self.credential
        if report.synthetic:
            yield Declaration("credential", _synthetic_one(report.source_types), _of_credential(report))
        recovered = self.recovered
        if recovered is not None and recovered.is_alike and is_synthetic([recovered.record.source_type]):
            yield Declaration(
                "recovered credential", recovered.record.source_type,
                "recovered, not byte-verified: of a file that looks like this one",
            )  # fmt: skip
        mark = self.watermark.mark if self.watermark is not None else None
        if mark is not None and mark.source_type is not None and is_synthetic([SOURCE_TYPE_URL + mark.source_type]):
            copied = recovered is not None and not recovered.is_alike
            yield Declaration(
                "watermark", SOURCE_TYPE_URL + mark.source_type,
                "worth nothing here: it was made for something that looks otherwise"
                if copied
                else "a label in the pixels, which anybody can copy onto anything",
            )  # fmt: skip
        unsigned = report.unsigned_source_type
        if unsigned is not None and unsigned not in report.source_types and is_synthetic([unsigned]):
            yield Declaration("XMP metadata", unsigned, "unsigned: anybody can write that")

    @property
    def is_copied_mark(self) -> bool:
        """Whether its watermark was made for something that looks otherwise."""
        return self.recovered is not None and not self.recovered.is_alike

    def as_json(self) -> dict[str, Any]:
        """The credential's answers as `Report.as_json` gives them, and everything else under names of its own."""
        return {
            **self.credential.as_json(),
            "watermark": None if self.watermark is None else self.watermark.as_json(),
            "log": [
                {
                    "index": found.index,
                    "size": found.size,
                    "origin": found.origin,
                    "claimed_time": found.entry.time,
                    "about": "this file" if found.entry.asset == self.sha256 else "its watermark",
                    "witnessed": found.anchor is not None,
                    "proved": True,
                }
                for found in self.logged
            ],
            "lookup": None if self.lookup is None else self.lookup.as_json(),
            "recovered": None if self.recovered is None else self.recovered.as_json(),
            "copied_watermark": self.is_copied_mark,
            "declared_synthetic": [one.as_json() for one in self.declared],
            "problems": list(self.problems),
        }


def gather(
    path: Path,
    trust_anchors: Path | None = None,
    manner: Manner = OFFLINE,
    *,
    pixels: bool = True,
    alike: bool = True,
    progress: Progress = SILENT,
) -> Evidence:
    """Look at everything.

    Args:
        path: a file of any kind, or a folder of pictures.
        trust_anchors: see `manifest.verify.verify`.
        manner: likewise.
        pixels: also look for a watermark, and for what it is a copy of; the file has to be decoded for that.
        alike: of the pixels, also look up what they are like; nothing that declares anything comes of it.
        progress: told about every stage.

    Raises:
        MediaError: there is no such file.
        UsageError: see `manifest.verify.verify`.
        ProsoponError: the file cannot be read.
    """
    progress.start("checking the credential", None)
    report = verify(path, trust_anchors, manner)
    digest = content_id(path)
    looking = _Looking(progress)
    clip = looking.at("reading the pixels", lambda: read(path)) if pixels else None
    reading: Reading | None = None
    lookup: LookupReport | None = None
    recovered: Recovered | None = None
    if clip is not None and len(clip):
        shown, suspect = clip, Suspect(clip)
        reading = looking.at("looking for a watermark", lambda: read_clip(shown))
        if alike:
            lookup = looking.at("looking up what it is like", lambda: look_up(suspect, progress=progress))
        if looking.at("asking what was published", lambda: Store.open().by_sha256(digest)) is None:
            recovered = looking.at("asking what was published", lambda: recover(reading, suspect, trust=manner.trust))
    mark = None if reading is None or reading.mark is None else reading.mark.hex
    logged = looking.at("asking the log", lambda: in_log(asset_sha256=digest, watermark=mark))
    progress.finish()
    return Evidence(report, digest, reading, tuple(logged or ()), lookup, recovered, tuple(looking.problems))


class _Looking:
    """One kind of evidence that cannot be had does not hide the others."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.problems: dict[str, None] = {}

    def at(self, what: str, found: Callable[[], _T]) -> _T | None:
        """What is found, or None where that fails, which is written down."""
        self._progress.start(what, None)
        try:
            return found()
        except ProsoponError as error:
            self.problems[f"{what}: {error}"] = None
            return None


def _synthetic_one(source_types: tuple[str, ...]) -> str:
    """Of several addresses the first that says: synthetic."""
    return next(one for one in source_types if is_synthetic([one]))


def _of_credential(report: Report) -> str:
    if report.is_bad:
        return "of a credential that does not hold for this file: it was changed since, or put onto it"
    return "signed, and these are the bytes that were signed"
