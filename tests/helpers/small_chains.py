"""Certificate chains of every kind of key, for tests of signing: a leaf, its root, and the leaf's key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from prosopon.vouch.keys.profile import key_usage

_KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "k256": lambda: ec.generate_private_key(ec.SECP256K1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": Ed25519PrivateKey.generate,
}
_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class Chain:
    """Files: `certificate` (leaf, root), `key` (the leaf's), `root`."""

    certificate: Path
    key: Path
    root: Path


def chain(
    folder: Path,
    kind: str = "p256",
    *,
    use: ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    days: tuple[float, float] = (-1, 100),
) -> Chain:
    """Write a chain whose leaf is valid between `days` from now."""
    folder.mkdir(parents=True, exist_ok=True)
    root_key, leaf_key = _KEYS["p256"](), _KEYS[kind]()
    now = datetime.now(UTC)
    valid = (now + timedelta(days=days[0]), now + timedelta(days=days[1]))
    wide = (now - timedelta(days=4000), now + timedelta(days=4000))
    root = (
        _certificate("root", root_key, "root", root_key, wide)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate("leaf", leaf_key, "root", root_key, valid)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=use == ExtendedKeyUsageOID.TIME_STAMPING)
        .sign(root_key, hashes.SHA256())
    )
    made = Chain(folder / f"{kind}.pem", folder / f"{kind}-key.pem", folder / f"{kind}-root.pem")
    made.certificate.write_bytes(_pem(leaf) + _pem(root))
    made.root.write_bytes(_pem(root))
    made.key.write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


def _certificate(
    name: str, key: Any, issuer: str, issuer_key: Any, valid: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A small test authority"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
