"""Which of one's own certificates are no longer to be believed: a revocation list (X.509 CRL), signed by the own root.

It lies beside the certificate and is handed out with it (`prosopon keys export`). Serial numbers are random and 160
bits long, so one list also names leaves of earlier roots. A seal without a time-stamp cannot show that it was made
before the revocation: all that was sealed with a revoked certificate is in doubt, whatever the date says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from prosopon.core.errors import ProsoponError
from prosopon.vouch.keys.certificate import authority, certificate_folder, retired_chains, signing_identity
from prosopon.vouch.keys.private_files import exclusively, install
from prosopon.vouch.keys.profile import Pair

LIST_FILE = "revoked.pem"

REASONS = tuple(
    flag.value
    for flag in x509.ReasonFlags
    if flag not in (x509.ReasonFlags.remove_from_crl, x509.ReasonFlags.aa_compromise)
)
"""What a revocation can give as its reason, in the words of RFC 5280."""


@dataclass(frozen=True)
class Revocation:
    """One certificate that was revoked."""

    serial: int
    time: datetime
    """Since when."""
    reason: str
    """One of `REASONS`."""


def revoke(serial: int, reason: str, folder: Path | None = None) -> Revocation:
    """Put a certificate on the own revocation list; one that is there already stays as it is.

    Args:
        serial: of any certificate.
        reason: one of `REASONS`.
        folder: where the certificate is kept; the `certificate_folder` unless given.

    Raises:
        ProsoponError: the root's key is not there, or the folder cannot be written.
    """
    folder = certificate_folder() if folder is None else folder
    entry = Revocation(serial, datetime.now(UTC).replace(microsecond=0), reason)
    return _write(authority(folder), folder, entry)[serial]


def current_list(folder: Path | None = None) -> bytes | None:
    """The own revocation list as PEM, signed again where an earlier root had signed it; None where nothing was revoked.

    Raises:
        ProsoponError: it is damaged, the root's key is not there, or the folder cannot be written.
    """
    folder = certificate_folder() if folder is None else folder
    content = revocation_list(folder)
    if content is None:
        return None
    root = x509.load_pem_x509_certificate(signing_identity(folder).root)
    if revocations_in(content, [root]) is None:
        _write(authority(folder), folder)
    return revocation_list(folder)


def _write(signed_by: Pair, folder: Path, *more: Revocation) -> dict[int, Revocation]:
    """The list as it is, and `more`; what it says already stays."""
    try:
        with exclusively(folder):
            found = {one.serial: one for one in (*more, *revocations(folder))}
            made = (
                x509.CertificateRevocationListBuilder()
                .issuer_name(signed_by.certificate.subject)
                .last_update(datetime.now(UTC))
                .next_update(signed_by.certificate.not_valid_after_utc)
                .add_extension(
                    x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.key.public_key()), critical=False
                )
            )
            for one in found.values():
                made = made.add_revoked_certificate(_entry(one))
            signed = made.sign(signed_by.key, hashes.SHA256())
            install(folder / LIST_FILE, signed.public_bytes(serialization.Encoding.PEM), replace=True)
    except OSError as error:
        raise ProsoponError(
            f"the revocation list cannot be kept in {folder}: {error.strerror or error}", "make that folder writable"
        ) from error
    return found


def revoked(serial: int, folder: Path | None = None) -> Revocation | None:
    """What the own revocation list says about a certificate; None where it is not on it.

    Raises:
        ProsoponError: there is a list, and it is damaged or not signed by a root of this installation.
    """
    return next((one for one in revocations(folder) if one.serial == serial), None)


def revocations(folder: Path | None = None) -> tuple[Revocation, ...]:
    """The own revocation list, the oldest entry first.

    Raises:
        ProsoponError: there is a list, and it is damaged or not signed by a root of this installation.
    """
    folder = certificate_folder() if folder is None else folder
    content = revocation_list(folder)
    if content is None:
        return ()
    roots = [x509.load_pem_x509_certificate(signing_identity(folder).root), *(r for _, r in retired_chains(folder))]
    found = revocations_in(content, roots)
    if found is None:
        raise ProsoponError(
            f"the revocation list {folder / LIST_FILE} is damaged, or was signed by another root",
            "put its backup back, or delete it and revoke again",
        )
    return found


def revocation_list(folder: Path | None = None) -> bytes | None:
    """The own revocation list as PEM; None where nothing was ever revoked.

    Raises:
        ProsoponError: it cannot be read.
    """
    path = (certificate_folder() if folder is None else folder) / LIST_FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProsoponError(f"the revocation list {path} cannot be read: {error.strerror or error}") from error


def revocations_in(content: bytes, roots: Iterable[x509.Certificate]) -> tuple[Revocation, ...] | None:
    """The entries of all revocation lists in a PEM text that one of `roots` has signed, the oldest first.

    Returns:
        None where no list in the text is one of theirs: an empty answer always means an empty list.
    """
    keys = [root.public_key() for root in roots]
    found: dict[int, Revocation] = {}
    any_signed = False
    for block in _blocks(content):
        try:
            told = x509.load_pem_x509_crl(block)
            if not any(told.is_signature_valid(key) for key in keys):  # type: ignore[arg-type] # others raise TypeError
                continue
            entries = [_revocation(one) for one in told]
        except (ValueError, TypeError):
            continue
        any_signed = True
        found |= {one.serial: one for one in entries}
    return tuple(sorted(found.values(), key=lambda one: one.time)) if any_signed else None


def _blocks(content: bytes) -> list[bytes]:
    begin, end = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
    return [begin + rest.partition(end)[0] + end + b"\n" for rest in content.split(begin)[1:]]


def _entry(one: Revocation) -> x509.RevokedCertificate:
    made = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.time)
    if one.reason != x509.ReasonFlags.unspecified.value:  # RFC 5280, 5.3.1: said by leaving it out
        made = made.add_extension(x509.CRLReason(x509.ReasonFlags(one.reason)), critical=False)
    return made.build()


def _revocation(one: x509.RevokedCertificate) -> Revocation:
    try:
        reason = one.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        reason = x509.ReasonFlags.unspecified
    return Revocation(one.serial_number, one.revocation_date_utc, str(reason.value))
