"""The signing certificate: a two-level development chain, made on first use in the user's own folder.

It says which installation sealed a file, and nothing about who sat in front of it. No validator trusts it unless its
user hands over the root as a trust anchor; we never put it on a trust list ourselves. The profile is the one that C2PA
asks of signers (C2PA 2.x, "X.509 Certificates"): no self-signed leaf, key usage digitalSignature, an extended key usage
for signing documents or mail, key identifiers on both levels.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from prosopon.core.errors import ProsoponError

ORGANISATION = "Prosopon development certificate"
"""Subject O of both levels: what validators show as the issuer."""

SIGNER_FILE = "development-signer.pem"
"""Private key, leaf and root in one file, so that they can only ever change together."""

ROOT_FILE = "development-root.pem"
"""The root alone, to hand to a validator as a trust anchor."""

# Without a time-stamp a seal is judged by today's date, so it dies with its certificate: the certificate lives long.
_LIFETIME = timedelta(days=3650)
_RENEWED_BEFORE = timedelta(days=365)
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class SigningIdentity:
    """What sealing needs.

    Attributes:
        private_key: PKCS#8 PEM of the leaf's P-256 key.
        chain: PEM of the leaf, then the root.
        root: PEM of the root.
        expires: last moment at which the leaf is valid.
    """

    private_key: bytes
    chain: bytes
    root: bytes
    expires: datetime


def config_folder() -> Path:
    """The user's folder for settings and keys: `$PROSOPON_HOME`, else `prosopon` in the XDG config folder."""
    home = os.environ.get("PROSOPON_HOME")
    if home:
        return Path(home)
    xdg = os.environ.get("XDG_CONFIG_HOME")
    return (Path(xdg) if xdg else Path.home() / ".config") / "prosopon"


def signing_identity(folder: Path | None = None) -> SigningIdentity:
    """The certificate of this installation; made on first use and again in its last year.

    Any number of processes may call this at once: all of them get the same certificate.

    Args:
        folder: where it is kept; `certificate` in the `config_folder` unless given.

    Raises:
        ProsoponError: the folder cannot be written, or the file there is damaged.
    """
    folder = config_folder() / "certificate" if folder is None else folder
    path = folder / SIGNER_FILE
    try:
        if not path.exists():
            _make_private(folder)
            _install(path, _new_pem(), replace=False)
        identity = _read(path)
        if identity.expires <= datetime.now(UTC) + _RENEWED_BEFORE:
            _install(path, _new_pem(), replace=True)
            identity = _read(path)
        if not (folder / ROOT_FILE).is_file() or (folder / ROOT_FILE).read_bytes() != identity.root:
            _install(folder / ROOT_FILE, identity.root, replace=True)
    except OSError as error:
        raise ProsoponError(
            f"the signing certificate cannot be kept in {folder}: {error.strerror or error}",
            "make that folder writable or point PROSOPON_HOME to one that is",
        ) from error
    return identity


def _make_private(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    folder.chmod(0o700)


@contextlib.contextmanager
def _temporary_beside(path: Path, content: bytes) -> Iterator[Path]:
    """A file with this content, only readable by the user from its first byte on; gone afterwards."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _install(path: Path, content: bytes, *, replace: bool) -> None:
    """Put the whole file there at once. Without `replace`, whoever comes first wins."""
    with _temporary_beside(path, content) as temporary:
        if replace:
            temporary.replace(path)
        else:
            try:
                path.hardlink_to(temporary)
            except FileExistsError:
                return
            except OSError:  # a file system without hard links: the last one wins, and is the one that is read
                temporary.replace(path)


def _read(path: Path) -> SigningIdentity:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    content = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(content, password=None)
        leaf, root = x509.load_pem_x509_certificates(content)
        leaf.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _damaged(path, str(error).split(". ")[0] or type(error).__name__) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != leaf.public_key():
        raise _damaged(path, "the private key belongs to another certificate")
    return SigningIdentity(_key_pem(key), _pem(leaf) + _pem(root), _pem(root), leaf.not_valid_after_utc)


def _damaged(path: Path, reason: str) -> ProsoponError:
    return ProsoponError(
        f"the signing certificate {path} is damaged: {reason}", "delete that file; the next run makes a new one"
    )


def _new_pem() -> bytes:
    """Key, leaf and root as PEM. The root's private key is dropped: it can never sign anything else."""
    now = datetime.now(UTC)
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name("Prosopon development root (not a trusted authority)")
    root = (
        _certificate(root_name, root_name, root_key, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(_name("Prosopon development signer"), root_name, leaf_key, root_key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return _key_pem(leaf_key) + _pem(leaf) + _pem(root)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
