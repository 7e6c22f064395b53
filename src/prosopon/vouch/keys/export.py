"""The public part of this installation's keys as one PEM file: to hand to those who shall recognise what it signs."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from prosopon.vouch.keys.certificate import retired_chains, signing_identity
from prosopon.vouch.keys.log_key import existing_log_signer
from prosopon.vouch.keys.profile import pem
from prosopon.vouch.keys.revocation import current_list


def public_part(*, earlier_roots: bool = False) -> bytes:
    """The root's certificate and the revocation list, with a few lines of text that PEM readers pass over.

    It can be handed to any validator as a trust anchor. No leaf is in it: that would be trusted even when revoked.

    Args:
        earlier_roots: also the roots that were in use before, for what was sealed under them. Not to be given away if
            one of them was replaced since it may have been stolen.

    Raises:
        ProsoponError: a key file cannot be read.
    """
    identity = signing_identity()
    roots = [x509.load_pem_x509_certificate(identity.root)]
    if earlier_roots:
        roots += [root for _, root in retired_chains()]
    log = existing_log_signer()
    lines = [
        "Prosopon development certificate: who trusts this, trusts one installation, and no authority.",
        f"Signer: SHA-256 {fingerprint(identity.certificate)}",
        *(f"Root: SHA-256 {fingerprint(root)}" for root in dict.fromkeys(roots)),
    ]
    if log is not None:
        lines.append(f"Log: {log.verifier.text}")
    text = "".join(f"{line}\n" for line in lines).encode()
    return text + b"".join(pem(root) for root in dict.fromkeys(roots)) + (current_list() or b"")


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate (over DER), hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()
