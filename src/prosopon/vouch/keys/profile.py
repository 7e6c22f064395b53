"""What our own certificates look like: the profile that C2PA asks of signers (C2PA 2.x, "X.509 Certificates").

No self-signed leaf, key usage digitalSignature, an extended key usage for signing documents or mail, key identifiers
on both levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANISATION = "Prosopon development certificate"
"""Subject O of both levels: what validators show as the issuer."""

# Without a time-stamp a seal is judged by today's date, so it dies with its certificate: the certificate lives long.
_LIFETIME = timedelta(days=3650)
# Room for two leaves, one after the other, under the same root.
_ROOT_LIFETIME = timedelta(days=3 * 3650)
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and the private key to it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def __repr__(self) -> str:
        """Nothing secret."""
        return f"Pair({self.certificate.subject.rfc4514_string()})"


def new_root() -> Pair:
    """A root that can sign certificates and revocation lists."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Prosopon development root (not a trusted authority)")
    now = datetime.now(UTC)
    root = (
        _certificate(name, key, (name, key), (now, now + _ROOT_LIFETIME))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Pair(key, root)


def new_leaf(root: Pair) -> tuple[Pair, x509.Certificate]:
    """A signer under `root`, and the root's certificate beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    ends = min(now + _LIFETIME, root.certificate.not_valid_after_utc)
    leaf = (
        _certificate(_name("Prosopon development signer"), key, (root.certificate.subject, root.key), (now, ends))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .sign(root.key, hashes.SHA256())
    )
    return Pair(key, leaf), root.certificate


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey],
    valid: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    issuer_name, issuer_key = issuer
    starts, ends = valid
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts - _CLOCK_SKEW)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def key_usage(*, certificates: bool) -> x509.KeyUsage:
    """What a key is for: signing documents, or certificates and lists of those that were revoked."""
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
