"""`Report`: what verification found out about one file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from prosopon.vouch.manifest.history import Node
from prosopon.vouch.manifest.settings import SDK
from prosopon.vouch.manifest.signing_certificate import Certificate
from prosopon.vouch.manifest.statuses import NOTHING, Statuses
from prosopon.vouch.manifest.trust import TrustList


class Answer(StrEnum):
    """What each of the three questions can be answered with."""

    OK = "ok"
    BROKEN = "broken"
    VALID = "valid"
    INVALID = "invalid"
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    NONE = "none"
    """There is no credential to ask."""


@dataclass(frozen=True)
class Signer:
    """Who signed, as the certificate says."""

    organisation: str | None
    common_name: str | None
    algorithm: str | None
    time: str | None
    """Of a time-stamp; None where there is none. Whether anybody vouches for it: `Report.time_stamp`."""


@dataclass(frozen=True)
class IngredientReport:
    """One thing that went into the file, as its credential says."""

    title: str
    relationship: str
    failures: tuple[str, ...]
    """What was wrong with the ingredient's own credential: recorded at sealing, or found now."""


@dataclass(frozen=True)
class Delta:
    """What was found now about one ingredient's credential that its sealer had not recorded."""

    title: str
    statuses: Statuses


@dataclass(frozen=True)
class TimeStamp:
    """When the signature was there already, as an authority says.

    Attributes:
        time: as stamped.
        authority: whose certificate stamped it.
        vouched_by: name of the given list that the authority is on; None: on none, so it could be anybody.
    """

    time: str | None
    authority: str | None
    vouched_by: str | None

    @property
    def is_trusted(self) -> bool:
        """Whether a given list vouches for the authority."""
        return self.vouched_by is not None


@dataclass(frozen=True)
class RevocationCheck:
    """Whether the signer's certificate was withdrawn, as far as that was looked into.

    Attributes:
        own_list: whether the own revocation list of this installation was looked into.
        authority: whether the certificate's authority answered, now or in an answer kept in the credential.
        is_revoked: True or False as one of them says; None: nobody says anything.
        words: the same in plain words.
    """

    own_list: bool = False
    authority: bool = False
    is_revoked: bool | None = None
    words: str = "Revocation was not checked."


NO_REVOCATION_CHECK = RevocationCheck()


@dataclass(frozen=True)
class Report:
    """What is known about one file.

    Attributes:
        path: the file or folder.
        integrity: ok, broken, none.
        signature: valid, invalid, none.
        trust: trusted, untrusted, none. Only ever trusted by anchors that the caller gave.
        synthetic: what the digital source types of the credential and its ingredients' say; None: nothing.
        codes: the standard's validation codes verbatim, of the file and then its ingredients, then `source_types`.
        source_types: addresses of the digital source types that the credential states.
        state: the standard's summary: Invalid, Valid, Trusted; None without a credential.
        credential: where it was found: embedded, the sidecar's name, None.
        signer: None without a readable signature.
        generator: the software that made the claim.
        ingredients: what went into the file.
        trust_list: the anchors that were used, None for none.
        remote: address of a credential kept elsewhere, which was not fetched.
        unsigned_source_type: what the file's XMP says; anybody can write that.
        problem: why a credential that is there cannot be read, or why a file could not hold one.
        statuses: the standard's codes of the active manifest in their three groups.
        deltas: those of the ingredients' manifests, as far as they differ from what was recorded.
        time_stamp: None without one.
        certificate: that signed the active manifest; None where it cannot be found.
        revocation: whether that was withdrawn.
        trust_lists: all lists that were used, with their dates.
        trusted_by: the list that makes the signer trusted; None unless `trust` is trusted.
        history: the tree of what was done with what; None without a readable credential.
        fetched: addresses that were asked over the network, with consent.
        fragments: how many segments of a fragmented video were checked with the file.
        notes: what a reader should know besides, one plain sentence each.
    """

    path: Path
    integrity: Answer = Answer.NONE
    signature: Answer = Answer.NONE
    trust: Answer = Answer.NONE
    synthetic: bool | None = None
    codes: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    state: str | None = None
    credential: str | None = None
    signer: Signer | None = None
    generator: str | None = None
    ingredients: tuple[IngredientReport, ...] = ()
    trust_list: str | None = None
    remote: str | None = None
    unsigned_source_type: str | None = None
    problem: str | None = None
    statuses: Statuses = NOTHING
    deltas: tuple[Delta, ...] = ()
    time_stamp: TimeStamp | None = None
    certificate: Certificate | None = None
    revocation: RevocationCheck = NO_REVOCATION_CHECK
    trust_lists: tuple[TrustList, ...] = ()
    trusted_by: TrustList | None = None
    history: Node | None = None
    fetched: tuple[str, ...] = ()
    fragments: int = 0
    notes: tuple[str, ...] = ()

    @property
    def ai_used(self) -> tuple[str, ...]:
        """Where the credential and those inside it say that AI was used, one plain sentence each.

        Empty means that nothing is said, not that none was used.
        """
        return tuple(dict.fromkeys(self._ai_used()))

    def _ai_used(self) -> Iterator[str]:
        for node in self.history or ():
            if node is self.history and self.is_bad:
                says = "a credential that does not hold for this file says"
            elif node.signature == "valid":
                says = f"{node.signer or 'an unnamed signer'} says"
            else:
                says = "a credential whose signature does not hold says"
            for statement in node.ai:
                what, _, where = statement.partition(": ")
                yield f"{node.title}: {what}, {says} ({where})."

    def noting(self, *notes: str) -> Report:
        """The same report with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    @property
    def is_bad(self) -> bool:
        """Whether the file is not what was sealed. An unknown signer or a missing credential is not bad."""
        return self.integrity is Answer.BROKEN or self.signature is Answer.INVALID

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "file": str(self.path),
            "integrity": self.integrity.value,
            "signature": self.signature.value,
            "trust": self.trust.value,
            "synthetic": self.synthetic,
            "codes": list(self.codes),
            "source_types": list(self.source_types),
            "state": self.state,
            "credential": self.credential,
            "signer": None
            if self.signer is None
            else {
                "organisation": self.signer.organisation,
                "common_name": self.signer.common_name,
                "algorithm": self.signer.algorithm,
                "time": self.signer.time,
            },
            "generator": self.generator,
            "ingredients": [
                {"title": i.title, "relationship": i.relationship, "failures": list(i.failures)}
                for i in self.ingredients
            ],
            "trust_list": self.trust_list,
            "revocation_checked": self.revocation.authority,
            "remote": self.remote,
            "unsigned_source_type": self.unsigned_source_type,
            "problem": self.problem,
            "validator": SDK,
            "validation": {
                "active": self.statuses.as_json(),
                "ingredients": [{"title": delta.title, **delta.statuses.as_json()} for delta in self.deltas],
            },
            "time_stamp": None
            if self.time_stamp is None
            else {
                "time": self.time_stamp.time,
                "authority": self.time_stamp.authority,
                "trusted": self.time_stamp.is_trusted,
                "trusted_by": self.time_stamp.vouched_by,
            },
            "certificate": None if self.certificate is None else self.certificate.as_json(),
            "revocation": {
                "own_list": self.revocation.own_list,
                "authority": self.revocation.authority,
                "revoked": self.revocation.is_revoked,
                "words": self.revocation.words,
            },
            "trust_lists": [one.as_json() for one in self.trust_lists],
            "trusted_by": None if self.trusted_by is None else self.trusted_by.name,
            "ai_used": list(self.ai_used),
            "history": None if self.history is None else self.history.as_json(),
            "fetched": list(self.fetched),
            "fragments": self.fragments,
            "notes": list(self.notes),
            "meaning": self.meaning,
        }

    @property
    def meaning(self) -> str:
        """What the answers show and what they do not, in one or two sentences."""
        if self.credential is None:
            return ABSENCE
        if self.is_bad:
            return "What the credential says does not count for this file. It does not show who changed it, or why."
        return (
            "This shows that the holder of that key sealed exactly these bytes and said this about them. "
            "It does not show that what was said is true."
        )


ABSENCE = (
    "A missing credential proves nothing: most files never had one, and any re-encoding removes it. "
    "It shows neither that the content is genuine nor that it is not."
)
"""What it means that there is no credential."""
