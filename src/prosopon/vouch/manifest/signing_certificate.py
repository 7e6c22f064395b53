"""The certificate that signed a manifest, out of the manifest store's bytes: who, until when, what answers for it.

The C2PA library tells names and dates; the certificate itself is needed for what it does not tell: its fingerprint,
to find it on lists, and the address at which its authority says whether it was revoked.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from prosopon.vouch.manifest.strangers_text import shown

UNREADABLE = (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""What reading a damaged certificate raises."""

_DESCRIPTION_HEAD = 8 + 16 + 1  # box header, type, toggles
_DEEPEST = 8
_MOST_BOXES = 20_000
_MOST_CERTIFICATES = 16
_MOST_TRIES = 2_000


@dataclass(frozen=True)
class Certificate:
    """What a signing certificate says of itself.

    Attributes:
        subject: who it was given to.
        issuer: who gave it.
        serial: serial number, hexadecimal.
        not_before: first moment of its validity.
        not_after: last moment.
        sha256: of the certificate, hexadecimal.
        ocsp: addresses at which its authority answers whether it was revoked.
    """

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str
    ocsp: tuple[str, ...] = ()

    @property
    def has_expired(self) -> bool:
        """Whether its validity is over today."""
        return self.not_after < datetime.now(UTC)

    def as_json(self) -> dict[str, object]:
        """Everything as plain values."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "serial": self.serial,
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
            "expired": self.has_expired,
            "sha256": self.sha256,
        }


def signing_certificate(store: bytes, label: str, serial: int | None) -> Certificate | None:
    """The certificate of the manifest `label`.

    Args:
        store: a C2PA manifest store (JUMBF).
        label: of the manifest.
        serial: the certificate's number as the validator read it; another one is not taken for it.

    Returns:
        None where it cannot be found.
    """
    signature = next((content for path, content in _contents(store) if path[1:] == (label, "c2pa.signature")), b"")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # what is odd in a stranger's certificate
        found = next((one for one in _certificates(signature) if serial in (None, one.serial_number)), None)
        return None if found is None else _described(found)


def _contents(store: bytes, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """The content of every superbox that holds no further ones, with the labels that lead to it (ISO 19566-5)."""
    for kind, content in _boxes(store):
        if kind != b"jumb" or len(path) >= _DEEPEST:
            continue
        boxes = list(_boxes(content))
        if not boxes or boxes[0][0] != b"jumd":
            continue
        label = boxes[0][1][_DESCRIPTION_HEAD - 8 :].partition(b"\0")[0].decode("utf-8", errors="replace")
        inner = (*path, label)
        if any(kind == b"jumb" for kind, _ in boxes):
            yield from _contents(content, inner)
        else:
            yield inner, b"".join(content for _, content in boxes[1:])


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(content):
            return
        size = int.from_bytes(content[at : at + 4])
        head = 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(content) - at
        if size < head or at + size > len(content):
            return
        yield content[at + 4 : at + 8], content[at + head : at + size]
        at += size


def _certificates(signature: bytes) -> Iterator[x509.Certificate]:
    """The DER certificates in a COSE signature, in order: the signer's own comes first of its chain."""
    at = found = 0
    for _ in range(_MOST_TRIES):
        at = signature.find(b"\x30\x82", at)
        if at < 0 or found == _MOST_CERTIFICATES:
            return
        size = 4 + int.from_bytes(signature[at + 2 : at + 4])
        try:
            certificate = x509.load_der_x509_certificate(signature[at : at + size])
        except UNREADABLE:
            at += 2
            continue
        found += 1
        yield certificate
        at += size


def _described(certificate: x509.Certificate) -> Certificate | None:
    try:
        return Certificate(
            _name(certificate.subject),
            _name(certificate.issuer),
            f"{certificate.serial_number:x}",
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
            _ocsp(certificate),
        )
    except UNREADABLE:  # names and extensions are only decoded when they are asked for
        return None


def _name(name: x509.Name) -> str:
    parts = [str(one.value) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME) for one in _of(name, oid)]
    return shown(" / ".join(parts) or name.rfc4514_string())


def _of(name: x509.Name, oid: x509.ObjectIdentifier) -> list[x509.NameAttribute[str | bytes]]:
    return name.get_attributes_for_oid(oid)[:1]


def _ocsp(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ()
    addresses = (
        one.access_location.value
        for one in access
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )
    return tuple(address for address in addresses if address.startswith(("http://", "https://")))[:4]
