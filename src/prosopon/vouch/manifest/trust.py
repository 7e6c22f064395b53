"""Trust lists that the user hands over: who may sign, who may stamp the time, and of when each list is.

A verdict on trust is a verdict by a list, so every list keeps its name, its size and its date. Nobody is on a list
unless the user put a file with them there: no list comes with the program, and its own root is on none.

The C2PA library takes all lists for all purposes: a root that stands only on a list of time-stamping authorities makes
it call a signer trusted. Lists are therefore handed to it under names that tell their purpose, and what it answers is
only believed where the purpose fits (`trusting`, `stamping`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier

from prosopon.core.errors import UsageError
from prosopon.vouch.manifest.signing_certificate import UNREADABLE

_LARGEST_LIST = 32 << 20
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_DATE = re.compile(r"\b(20\d\d-[01]\d-[0-3]\d)")
_DATED_LINE = re.compile(r"date|updated|issued|generated|created|as of|version", re.IGNORECASE)
_NAME = "urn:prosopon:trust-list:"


class Purpose(StrEnum):
    """What the certificates on a list are trusted for."""

    SIGNERS = "roots of signers"
    """Root certificates; who has a certificate that leads to one of them is a trusted signer."""
    ALLOWED = "allowed signers"
    """Signing certificates themselves (C2PA: private credential store), or their SHA-256 in base64."""
    TIME_STAMPS = "roots of time-stamping authorities"


@dataclass(frozen=True)
class TrustList:
    """One file of certificates.

    Attributes:
        name: the file's name without its folder.
        purpose: what its certificates are trusted for.
        certificates: how many it holds, those it allows by hash included.
        dated: the date written in it outside the certificates, else the file's last change.
        date_is_written: whether the date stands in the list itself.
        sha256: of the file, so that two reports can be seen to speak of the same list.
        problems: what is wrong with some of its certificates, one plain line each.
        pem: its sound certificates.
        hashes: SHA-256 of the certificates that it allows.
    """

    name: str
    purpose: Purpose
    certificates: int
    dated: date
    date_is_written: bool
    sha256: str
    problems: tuple[str, ...]
    pem: str
    hashes: frozenset[bytes] = frozenset()

    @classmethod
    def read(cls, path: Path, purpose: Purpose = Purpose.SIGNERS) -> TrustList:
        """Read a PEM file; comments between the certificates are allowed.

        Raises:
            UsageError: it cannot be read, or holds no sound certificate.
        """
        try:
            if path.stat().st_size > _LARGEST_LIST:
                raise UsageError(f"the trust list {path} is larger than {_LARGEST_LIST >> 20} MiB", "it is no list")
            content = path.read_bytes()
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        except OSError as error:
            raise UsageError(f"the trust anchors {path} cannot be read: {error.strerror or error}") from error
        text = content.decode("utf-8", errors="replace")
        sound, problems = _certificates(text, path.name)
        outside = _BLOCK.sub("", text)
        hashes = _hashes(outside) if purpose is Purpose.ALLOWED else set()
        if not sound and not hashes:
            raise UsageError(f"{path} holds no PEM certificates", "give a PEM file of certificates")
        if purpose is Purpose.ALLOWED:
            hashes |= {hashlib.sha256(one.public_bytes(Encoding.DER)).digest() for one in sound}
        written = _date_in(outside)
        return cls(
            path.name,
            purpose,
            len(hashes) if purpose is Purpose.ALLOWED else len(sound),
            written or changed,
            written is not None,
            hashlib.sha256(content).hexdigest(),
            problems,
            "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in sound),
            frozenset(hashes),
        )

    def __str__(self) -> str:
        number = f"{self.certificates} certificate{'' if self.certificates == 1 else 's'}"
        when = f"dated {self.dated}" if self.date_is_written else f"file of {self.dated}"
        return f"{self.name} ({self.purpose}, {number}, {when})"

    def as_json(self) -> dict[str, object]:
        """Everything but the certificates, as plain values."""
        return {
            "name": self.name,
            "purpose": self.purpose.value,
            "certificates": self.certificates,
            "date": self.dated.isoformat(),
            "date_from": "list" if self.date_is_written else "file",
            "sha256": self.sha256,
            "problems": list(self.problems),
        }


@dataclass(frozen=True)
class Trust:
    """All that trust is measured by in one check; nothing in it: nobody is trusted.

    Attributes:
        lists: any number, of any purpose.
        key_usages: further extended key usages (object identifiers) that a signer's certificate may have, from a
            configuration file; those that the standard names are always allowed.
        configuration: name of that file.
    """

    lists: tuple[TrustList, ...] = ()
    key_usages: tuple[str, ...] = ()
    configuration: str | None = None

    @classmethod
    def read(
        cls,
        anchors: Sequence[Path] = (),
        *,
        allowed: Sequence[Path] = (),
        time_stamps: Sequence[Path] = (),
        key_usages: Path | None = None,
    ) -> Trust:
        """Read lists from files.

        Args:
            anchors: PEM files with roots of signers.
            allowed: PEM files with signing certificates, or lines of base64 SHA-256 of such.
            time_stamps: PEM files with roots of time-stamping authorities.
            key_usages: object identifiers, one a line; lines that begin with `//` or `#` are comments.

        Raises:
            UsageError: a file cannot be read or holds nothing of what it should.
        """
        of_purpose = ((Purpose.SIGNERS, anchors), (Purpose.ALLOWED, allowed), (Purpose.TIME_STAMPS, time_stamps))
        lists = tuple(TrustList.read(path, purpose) for purpose, paths in of_purpose for path in paths)
        if key_usages is None:
            return cls(lists)
        return cls(lists, _key_usages(key_usages), key_usages.name)

    @property
    def signer_lists(self) -> tuple[TrustList, ...]:
        """The lists that can make a signer trusted."""
        return tuple(one for one in self.lists if one.purpose is not Purpose.TIME_STAMPS)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with certificates of the lists."""
        return tuple(problem for one in self.lists for problem in one.problems)

    def settings(self) -> dict[str, Any]:
        """The part `trust` of the C2PA library's settings.

        Lists of signers come first, since the library names the first list in which it finds a root.
        """
        configuration = {"trust_config": "\n".join(self.key_usages)} if self.key_usages else {}
        ordered = sorted(range(len(self.lists)), key=lambda i: self.lists[i].purpose is Purpose.TIME_STAMPS)
        anchors: list[dict[str, Any]] = []
        for i in ordered:
            one = self.lists[i]
            entry: dict[str, Any] = {"trust_uri": f"{_NAME}{i}", **configuration}
            if one.purpose is Purpose.ALLOWED:
                allowed = "\n".join(base64.b64encode(digest).decode("ascii") for digest in sorted(one.hashes))
                entry |= {"trust_kind": "manifest", "trust_anchors": "", "allowed_list": allowed}
            else:
                kind = "tsa" if one.purpose is Purpose.TIME_STAMPS else "manifest"
                entry |= {"trust_kind": kind, "trust_anchors": one.pem}
            anchors.append(entry)
        return {"anchors": anchors}

    def trusting(self, explanation: str, certificate_sha256: bytes | None = None) -> TrustList | None:
        """The list that made a signer trusted; None where it was none for signers.

        Args:
            explanation: what the library says beside the code `signingCredential.trusted`.
            certificate_sha256: of the signer's certificate, which tells the list of allowed signers.
        """
        found = re.search(r"found in \[(.*)\] trust anchors", explanation)
        if found is None:
            return None
        if found[1]:
            one = self._named(found[1])
            return one if one is not None and one.purpose is Purpose.SIGNERS else None
        allowing = [one for one in self.lists if one.purpose is Purpose.ALLOWED]
        if certificate_sha256 is not None:
            return next((one for one in allowing if certificate_sha256 in one.hashes), None)
        return allowing[0] if len(allowing) == 1 else None

    def stamping(self, explanation: str) -> TrustList | None:
        """The list of time-stamping authorities that vouches for a time-stamp; None where none does.

        Under claims of version 1 the library asks no list and says "legacy"; that is no vouching. The explanation
        ends with the list's name; the authority's own name before it is a stranger's text.

        Args:
            explanation: what the library says beside the code `timeStamp.trusted`.
        """
        before, _, name = explanation.rpartition(", trust list: ")
        if not before.startswith("timestamp cert trusted: "):
            return None
        one = self._named(name)
        return one if one is not None and one.purpose is Purpose.TIME_STAMPS else None

    def _named(self, name: str) -> TrustList | None:
        number = name.removeprefix(_NAME)
        if number == name or not (number.isascii() and number.isdigit()) or int(number) >= len(self.lists):
            return None
        return self.lists[int(number)]


NOBODY = Trust()
"""No list: whoever signed, nobody confirms who that is."""


def _certificates(text: str, name: str) -> tuple[list[x509.Certificate], tuple[str, ...]]:
    """The certificates that can be read, and a line for those that cannot or are out of date."""
    sound: list[x509.Certificate] = []
    malformed = 0
    for block in _BLOCK.finditer(text):
        try:
            sound.append(x509.load_pem_x509_certificate(block[0].encode("utf-8")))
        except UNREADABLE:
            malformed += 1
    malformed += text.count("-----BEGIN CERTIFICATE-----") - len(_BLOCK.findall(text))
    now = datetime.now(UTC)
    expired = sum(one.not_valid_after_utc < now for one in sound)
    early = sum(one.not_valid_before_utc > now for one in sound)
    total = len(sound) + malformed
    problems = []
    if malformed:
        problems.append(f"{malformed} of {total} certificates in {name} cannot be read and were left out")
    if expired:
        problems.append(f"{expired} of {total} certificates in {name} have expired")
    if early:
        problems.append(f"{early} of {total} certificates in {name} are not valid yet")
    return sound, tuple(problems)


def _hashes(text: str) -> set[bytes]:
    found = set()
    for line in text.splitlines():
        try:
            digest = base64.b64decode(line.strip(), validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(digest) == hashlib.sha256().digest_size:
            found.add(digest)
    return found


def _date_in(text: str) -> date | None:
    """The date that a list states of itself: the latest in its lines that speak of one."""
    stated = []
    for line in text.splitlines():
        found = _DATE.search(line)
        if found is None or not (_DATED_LINE.search(line) or line.lstrip("#/; ").startswith(found[1])):
            continue
        try:
            stated.append(date.fromisoformat(found[1]))
        except ValueError:
            continue
    return max(stated, default=None)


def _key_usages(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the key usages {path} cannot be read: {error}") from error
    said = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("//", "#"))]
    for one in said:
        try:
            ObjectIdentifier(one)
        except ValueError as error:
            raise UsageError(
                f"{path}: {one[:60]!r} is no object identifier", "give one a line, such as 1.3.6.1.5.5.7.3.36"
            ) from error
    if not said:
        raise UsageError(f"{path} names no extended key usage", "give object identifiers, one a line")
    return tuple(said)
