"""The signing certificate: a two-level development chain, made on first use in the user's own folder.

It says which installation sealed a file, and nothing about who sat in front of it. No validator trusts it unless its
user hands over the root as a trust anchor; we never put it on a trust list ourselves.

Three files, closed to others: the authority (private key and certificate of the root), the signer (private key of the
leaf, its certificate and the root's) and the root's certificate alone. The authority is kept so that a new leaf can be
made under the same root and an old one can be revoked by it. What was renewed stays, without its private key, in the
folder `retired`, so that what it sealed can still be named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from prosopon.core.errors import ProsoponError
from prosopon.vouch.home import config_folder
from prosopon.vouch.keys.private_files import exclusively, install, make_private, read_private
from prosopon.vouch.keys.profile import Pair, new_leaf, new_root, pem

SIGNER_FILE = "development-signer.pem"
"""Private key, leaf and root in one file, so that they can only ever change together."""

ROOT_FILE = "development-root.pem"
"""The root alone, to hand to a validator as a trust anchor."""

AUTHORITY_FILE = "development-authority.pem"
"""Private key and certificate of the root."""

_RETIRED = "retired"
_RENEWED_BEFORE = timedelta(days=365)


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

    def __repr__(self) -> str:
        """Nothing secret."""
        return f"SigningIdentity({self.key_id})"

    @property
    def certificate(self) -> x509.Certificate:
        """The leaf."""
        return x509.load_pem_x509_certificates(self.chain)[0]

    @property
    def key_id(self) -> str:
        """How entries of a log name the key."""
        return key_id(self.chain)


def key_id(chain: bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256 (over DER) of the first certificate in a PEM chain."""
    return x509.load_pem_x509_certificates(chain)[0].fingerprint(hashes.SHA256()).hex()[:16]


def certificate_folder() -> Path:
    """Where the certificate is kept: `certificate` in the `config_folder`."""
    return config_folder() / "certificate"


def signing_identity(folder: Path | None = None) -> SigningIdentity:
    """The certificate of this installation; made on first use and again in its last year.

    Any number of processes may call this at once: all of them get the same certificate.

    Args:
        folder: where it is kept; the `certificate_folder` unless given.

    Raises:
        ProsoponError: the folder cannot be written, or a file there is damaged.
    """
    folder = certificate_folder() if folder is None else folder
    path = folder / SIGNER_FILE
    with _explained(folder):
        if not path.exists():
            make_private(folder)
            install(path, _signer(new_leaf(_authority(folder))), replace=False)
        identity = _read(path)
        if _is_old(identity.expires):
            with exclusively(folder):
                if _is_old(_read(path).expires):
                    _replace(folder)
            identity = _read(path)
        if not (folder / ROOT_FILE).is_file() or (folder / ROOT_FILE).read_bytes() != identity.root:
            install(folder / ROOT_FILE, identity.root, replace=True)
    return identity


def renew(folder: Path | None = None, *, root: bool = False) -> SigningIdentity:
    """Make a new leaf under the same root; the old certificate moves to the retired ones, its private key is gone.

    Args:
        folder: as for `signing_identity`.
        root: make a new root, too. Who trusted the old one has to be given the new one.

    Raises:
        ProsoponError: the folder cannot be written, or a file there is damaged.
    """
    folder = certificate_folder() if folder is None else folder
    signing_identity(folder)
    with _explained(folder), exclusively(folder):
        if root:
            install(folder / AUTHORITY_FILE, _kept(new_root()), replace=True)
        _replace(folder)
    return signing_identity(folder)


def retired(folder: Path | None = None) -> tuple[x509.Certificate, ...]:
    """The leaf certificates that were in use before, the newest first.

    Raises:
        ProsoponError: one of them cannot be read.
    """
    return tuple(leaf for leaf, _ in retired_chains(folder))


def retired_chains(folder: Path | None = None) -> tuple[tuple[x509.Certificate, x509.Certificate], ...]:
    """As `retired`, each with the root that it was made under."""
    folder = certificate_folder() if folder is None else folder
    found = []
    with _explained(folder):
        for path in (folder / _RETIRED).glob("*.pem"):
            try:
                leaf, root = x509.load_pem_x509_certificates(path.read_bytes())
            except ValueError as error:
                raise _damaged(path, str(error).split(". ")[0]) from None
            found.append((leaf, root))
    return tuple(sorted(found, key=lambda chain: chain[0].not_valid_before_utc, reverse=True))


def authority(folder: Path | None = None) -> Pair:
    """The root with its private key.

    Raises:
        ProsoponError: this installation's root comes from a version that did not keep its key, or the file is damaged.
    """
    folder = certificate_folder() if folder is None else folder
    identity = signing_identity(folder)
    with _explained(folder):
        path = folder / AUTHORITY_FILE
        found = _read_authority(path) if path.exists() else None
    if found is None or pem(found.certificate) != identity.root:
        raise ProsoponError(
            "the root certificate here was made by a version that did not keep its key, so it cannot revoke",
            "make new certificates with prosopon keys renew --root",
        )
    return found


def _replace(folder: Path) -> None:
    """The signer becomes a new one. The old certificate is kept before, so that nothing is ever without a name."""
    old = _read(folder / SIGNER_FILE)
    root = _authority(folder)
    if _is_old(root.certificate.not_valid_after_utc):
        install(folder / AUTHORITY_FILE, _kept(new_root()), replace=True)
        root = _authority(folder)
    make_private(folder / _RETIRED)
    install(folder / _RETIRED / f"{old.certificate.serial_number:040x}.pem", old.chain, replace=True)
    install(folder / SIGNER_FILE, _signer(new_leaf(root)), replace=True)
    install(folder / ROOT_FILE, pem(root.certificate), replace=True)


def _is_old(expires: datetime) -> bool:
    return expires <= datetime.now(UTC) + _RENEWED_BEFORE


def _authority(folder: Path) -> Pair:
    path = folder / AUTHORITY_FILE
    if not path.exists():
        install(path, _kept(new_root()), replace=False)
    return _read_authority(path)


def _read_authority(path: Path) -> Pair:
    content = read_private(path)
    try:
        key = serialization.load_pem_private_key(content, password=None)
        (root,) = x509.load_pem_x509_certificates(content)
    except (ValueError, TypeError) as error:
        raise _damaged(path, str(error).split(". ")[0] or type(error).__name__) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != root.public_key():
        raise _damaged(path, "the private key belongs to another certificate")
    return Pair(key, root)


def _read(path: Path) -> SigningIdentity:
    content = read_private(path)
    try:
        key = serialization.load_pem_private_key(content, password=None)
        leaf, root = x509.load_pem_x509_certificates(content)
        leaf.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _damaged(path, str(error).split(". ")[0] or type(error).__name__) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != leaf.public_key():
        raise _damaged(path, "the private key belongs to another certificate")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningIdentity(private, pem(leaf) + pem(root), pem(root), leaf.not_valid_after_utc)


def _damaged(path: Path, reason: str) -> ProsoponError:
    return ProsoponError(
        f"the signing certificate {path} is damaged: {reason}", "delete that file; the next run makes a new one"
    )


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ProsoponError(
            f"the signing certificate cannot be kept in {folder}: {error.strerror or error}",
            "make that folder writable or point PROSOPON_HOME to one that is",
        ) from error


def _signer(pair: tuple[Pair, x509.Certificate]) -> bytes:
    leaf, root = pair
    return _kept(leaf) + pem(root)


def _kept(pair: Pair) -> bytes:
    private = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + pem(pair.certificate)
