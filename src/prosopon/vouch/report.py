"""`Report`: what verification found out about one file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from prosopon.vouch.settings import SDK


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
    """Of a trusted time-stamp; None where there is none."""


@dataclass(frozen=True)
class IngredientReport:
    """One thing that went into the file, as its credential says."""

    title: str
    relationship: str
    failures: tuple[str, ...]
    """What was wrong with the ingredient's own credential: recorded at sealing, or found now."""


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
            "revocation_checked": False,
            "remote": self.remote,
            "unsigned_source_type": self.unsigned_source_type,
            "problem": self.problem,
            "validator": SDK,
        }
