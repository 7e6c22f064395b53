"""The signature algorithms of C2PA (as COSE has them, RFC 9053 and RFC 8230): made, checked, brought into raw form."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

_LEAST_RSA_BITS = 2048


class Algorithm(StrEnum):
    """What C2PA allows."""

    ES256 = "es256"
    ES384 = "es384"
    ES512 = "es512"
    PS256 = "ps256"
    PS384 = "ps384"
    PS512 = "ps512"
    ED25519 = "ed25519"

    @property
    def _digest(self) -> hashes.HashAlgorithm:
        return {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[self.value[2:]]

    @property
    def _padding(self) -> padding.PSS:
        return padding.PSS(padding.MGF1(self._digest), self._digest.digest_size)


_CURVES = {"secp256r1": Algorithm.ES256, "secp384r1": Algorithm.ES384, "secp521r1": Algorithm.ES512}


def algorithms_of(public_key: object) -> tuple[Algorithm, ...]:
    """The algorithms that a key can be used with, the usual one first; none where C2PA allows no such key."""
    match public_key:
        case ec.EllipticCurvePublicKey() if public_key.curve.name in _CURVES:
            return (_CURVES[public_key.curve.name],)
        case rsa.RSAPublicKey() if public_key.key_size >= _LEAST_RSA_BITS:
            return (Algorithm.PS256, Algorithm.PS384, Algorithm.PS512)
        case Ed25519PublicKey():
            return (Algorithm.ED25519,)
    return ()


def signature(private_key: object, algorithm: Algorithm, message: bytes) -> bytes:
    """Sign a message.

    Args:
        private_key: of a kind that fits the algorithm.
        algorithm: one of `algorithms_of` its public key.
        message: any bytes.

    Returns:
        The signature, raw for Ed25519 and RSA, in DER for elliptic curves (see `as_raw`).

    Raises:
        TypeError: the key is of another kind.
    """
    match private_key:
        case ec.EllipticCurvePrivateKey():
            return private_key.sign(message, ec.ECDSA(algorithm._digest))
        case rsa.RSAPrivateKey():
            return private_key.sign(message, algorithm._padding, algorithm._digest)
        case Ed25519PrivateKey():
            return private_key.sign(message)
    raise TypeError(f"no key of {algorithm}")


def as_raw(public_key: object, algorithm: Algorithm, message: bytes, made: bytes) -> bytes | None:
    """A signature in the form that COSE wants, if it is one of this key for this message.

    Signatures on elliptic curves are taken as two numbers of equal length (IEEE P1363), and in DER, which is turned
    into that. Which of the two it is is not guessed: one of them verifies.

    Returns:
        None where it is no signature of this key.
    """
    match public_key:
        case ec.EllipticCurvePublicKey():
            size = (public_key.key_size + 7) // 8
            return next((raw for raw in _as_numbers(made, size) if _holds(public_key, algorithm, message, raw)), None)
        case rsa.RSAPublicKey() | Ed25519PublicKey():
            return made if _holds(public_key, algorithm, message, made) else None
    return None


def _as_numbers(made: bytes, size: int) -> list[bytes]:
    found = [made] if len(made) == 2 * size else []
    try:
        r, s = decode_dss_signature(made)
        found.append(r.to_bytes(size, "big") + s.to_bytes(size, "big"))
    except (ValueError, OverflowError):
        pass
    return found


def _holds(public_key: Any, algorithm: Algorithm, message: bytes, raw: bytes) -> bool:
    try:
        match public_key:
            case ec.EllipticCurvePublicKey():
                half = len(raw) // 2
                numbers = (int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
                public_key.verify(encode_dss_signature(*numbers), message, ec.ECDSA(algorithm._digest))
            case rsa.RSAPublicKey():
                public_key.verify(raw, message, algorithm._padding, algorithm._digest)
            case _:
                public_key.verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    return True
