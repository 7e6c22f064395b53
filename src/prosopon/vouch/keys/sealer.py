"""`Sealer`: who signs and by which means, and who else is asked for the time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.vouch.keys.algorithm import Algorithm, algorithms_of, as_raw, signature
from prosopon.vouch.keys.certificate import SigningIdentity, key_id
from prosopon.vouch.keys.command import Command
from prosopon.vouch.keys.profile import pem

_LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class Sealer:
    """What sealing needs of whoever signs.

    Attributes:
        chain: PEM of the leaf and of what is above it, the leaf first.
        algorithm: what the signatures are made with.
        sign: the bytes to be signed -> a signature, raw or (elliptic curves) in DER.
        time_authority: address of an RFC 3161 authority that confirms the time; None: nobody is asked.
    """

    chain: bytes
    algorithm: Algorithm
    sign: Callable[[bytes], bytes] = field(repr=False)
    time_authority: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could only fail later, after the file has been read."""
        if self.time_authority is not None:
            check_authority(self.time_authority)
        leaf = self.certificate
        if self.algorithm not in algorithms_of(leaf.public_key()):
            raise UsageError(f"the certificate's key cannot make {self.algorithm} signatures", _fitting(leaf))
        now = datetime.now(UTC)
        if now > leaf.not_valid_after_utc:
            raise ProsoponError(
                f"the certificate is not valid any more since {leaf.not_valid_after_utc:%Y-%m-%d}", "use a newer one"
            )
        if now < leaf.not_valid_before_utc:
            raise ProsoponError(
                f"the certificate is not valid before {leaf.not_valid_before_utc:%Y-%m-%d}",
                "check the clock of this machine",
            )

    @property
    def certificate(self) -> x509.Certificate:
        """The leaf."""
        return x509.load_pem_x509_certificates(self.chain)[0]

    @property
    def key_id(self) -> str:
        """How entries of a log name the key."""
        return key_id(self.chain)

    @classmethod
    def of(cls, identity: SigningIdentity, time_authority: str | None = None) -> Sealer:
        """The certificate of this installation."""
        key = serialization.load_pem_private_key(identity.private_key, password=None)
        return cls(
            identity.chain, Algorithm.ES256, lambda message: signature(key, Algorithm.ES256, message), time_authority
        )

    def raw_signature(self, message: bytes) -> bytes:
        """A signature in COSE's form that the leaf's key accepts.

        Raises:
            ProsoponError: what signs has failed, or signs with another key.
        """
        raw = as_raw(self.certificate.public_key(), self.algorithm, message, self.sign(message))
        if raw is None:
            raise ProsoponError(
                f"what was signed does not fit the certificate: no {self.algorithm} signature of its key came back",
                "give the certificate that belongs to the key; elliptic curves: raw (P1363) or DER; RSA: PSS",
            )
        return raw


def sealer_from_files(
    certificate: Path, key: Path, algorithm: Algorithm | None = None, time_authority: str | None = None
) -> Sealer:
    """Sign with a key that lies in a file.

    Args:
        certificate: PEM of the leaf and of what is above it.
        key: PEM or DER of the private key, not encrypted.
        algorithm: the usual one of the key where None.
        time_authority: see `Sealer`.

    Raises:
        UsageError: a file cannot be read, or the key is not the certificate's.
        ProsoponError: the certificate is not valid now.
    """
    chain = _read_chain(certificate)
    private = _read_key(key)
    chosen = algorithm or _usual(chain)
    if private.public_key() != x509.load_pem_x509_certificates(chain)[0].public_key():
        raise UsageError(
            f"the key {key.name} does not belong to the certificate {certificate.name}",
            "the certificate of the key must be the first in its file",
        )
    return Sealer(chain, chosen, lambda message: signature(private, chosen, message), time_authority)


def sealer_from_command(
    command: str, certificate: Path, algorithm: Algorithm | None = None, time_authority: str | None = None
) -> Sealer:
    """Let another program sign: one that reaches a smart card, a security module or a server.

    Args:
        command: see `Command`.
        certificate: PEM of the leaf and of what is above it.
        algorithm: the usual one of the leaf's key where None.
        time_authority: see `Sealer`.

    Raises:
        UsageError: the certificates cannot be read, or the command's line is not closed.
        ProsoponError: the certificate is not valid now.
    """
    chain = _read_chain(certificate)
    return Sealer(chain, algorithm or _usual(chain), Command.parse(command), time_authority)


def check_authority(address: str) -> None:
    """Refuse what is no address of a time authority.

    Raises:
        UsageError: it is none.
    """
    try:
        split = urlsplit(address)
        fine = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ValueError:
        fine = False
    if not fine or not address.isascii() or not address.isprintable() or " " in address:
        raise UsageError("that is no address of a time authority", "it begins with http:// or https://")
    if split.username is not None or split.password is not None:
        raise UsageError("the address of a time authority cannot hold a password", "leave out what stands before @")


def _read_chain(path: Path) -> bytes:
    """PEM of the certificates in a file, the leaf first, each made by the one that follows it."""
    content = _read(path, "certificate")
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        raise UsageError(
            f"{path.name} holds no certificates", "give a PEM file: the signer's certificate, then what is above it"
        ) from None
    for lower, upper in itertools.pairwise(found):
        try:
            lower.verify_directly_issued_by(upper)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            raise UsageError(
                f"the certificates in {path.name} are no chain", "each must have been made by the one that follows it"
            ) from None
    return b"".join(pem(one) for one in found)


def _read_key(path: Path) -> PrivateKeyTypes:
    content = _read(path, "key")
    for load in (serialization.load_pem_private_key, serialization.load_der_private_key):
        try:
            return load(content, password=None)
        except TypeError:
            raise UsageError(
                f"the key {path.name} is encrypted", "let a program that asks for the password sign: --signer-command"
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise UsageError(f"{path.name} holds no private key", "give a PEM file with a private key")


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE)
    except OSError as error:
        raise UsageError(f"the {what} {path} cannot be read: {error.strerror or error}") from None


def _usual(chain: bytes) -> Algorithm:
    leaf = x509.load_pem_x509_certificates(chain)[0]
    found = algorithms_of(leaf.public_key())
    if not found:
        raise UsageError("the certificate's key is of a kind that C2PA does not allow", _fitting(leaf))
    return found[0]


def _fitting(leaf: x509.Certificate) -> str:
    found = algorithms_of(leaf.public_key())
    if found:
        return f"its key makes {' or '.join(found)}"
    return "use a key on the curve P-256, P-384 or P-521, an RSA key of 2048 bits or more, or Ed25519"
