"""Credentials put together box by box, for what no library here can sign: fragmented videos, and what a forger makes.

C2PA 2.x "Technical Specification" (claims of version 1, JUMBF of ISO 19566-5, COSE of RFC 9052, CBOR of RFC 8949).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from prosopon.vouch.keys.certificate import signing_identity

_TAIL = bytes.fromhex("0011 0010 8000 00aa00389b71")
_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
LABEL = "urn:uuid:11111111-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Encoded:
    """CBOR that is put in as it is."""

    content: bytes


def cbor(value: Any) -> bytes:
    """Maps, lists, texts, bytes, whole numbers, None, and what is `Encoded`."""
    match value:
        case None:
            encoded = b"\xf6"
        case Encoded():
            encoded = value.content
        case int():
            encoded = _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            encoded = _head(2, len(value)) + value
        case str():
            encoded = _head(3, len(value.encode())) + value.encode()
        case Mapping():
            encoded = _head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())
        case _:
            encoded = _head(4, len(value)) + b"".join(map(cbor, value))
    return encoded


def box(kind: bytes, content: bytes) -> bytes:
    """A box of JUMBF or BMFF."""
    return (8 + len(content)).to_bytes(4) + kind + content


def superbox(kind: bytes, label: str, *boxes: bytes) -> bytes:
    """A JUMBF superbox of a type that begins with the four letters `kind`."""
    description = box(b"jumd", kind + _TAIL + b"\x03" + label.encode() + b"\0")
    return box(b"jumb", description + b"".join(boxes))


def store(*manifests: bytes) -> bytes:
    """A manifest store; the last manifest is the active one."""
    return superbox(b"c2pa", "c2pa", *manifests)


def manifest(assertions: Mapping[str, Any], *, label: str = LABEL, title: str = "forged") -> bytes:
    """One signed manifest (claim of version 1) with these assertions."""
    boxes = {name: superbox(b"cbor", name, box(b"cbor", cbor(data))) for name, data in assertions.items()}
    claim = cbor(
        {
            "alg": "sha256",
            "claim_generator": "a_test/1",
            "dc:title": title,
            "dc:format": "video/mp4",
            "instanceID": "xmp:iid:1",
            "signature": "self#jumbf=c2pa.signature",
            "assertions": [
                {"url": f"self#jumbf=c2pa.assertions/{name}", "hash": hashlib.sha256(one[8:]).digest()}
                for name, one in boxes.items()
            ],
        }
    )
    return superbox(
        b"c2ma",
        label,
        superbox(b"c2as", "c2pa.assertions", *boxes.values()),
        superbox(b"c2cl", "c2pa.claim", box(b"cbor", claim)),
        superbox(b"c2cs", "c2pa.signature", box(b"cbor", _cose(claim))),
    )


def fragmented(frames: int = 12) -> tuple[bytes, list[bytes]]:
    """An MP4 in fragments: its beginning, and the segments that follow."""
    encoded = io.BytesIO()
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(encoded, "w", format="mp4", options=flags) as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"g": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 9 * i % 256, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = encoded.getvalue()
    starts = [at for kind, at, _ in _boxes(content) if kind == b"moof"]
    end = next((at for kind, at, _ in _boxes(content) if kind == b"mfra"), len(content))
    return content[: starts[0]], [content[a:b] for a, b in zip(starts, [*starts[1:], end], strict=True)]


def sealed_fragments(start: bytes, segments: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
    """A fragmented MP4 with its credential in the beginning and a place in the hash tree in every segment."""
    sealed = [_c2pa_box("merkle", cbor(_place(i))) + segment for i, segment in enumerate(segments)]
    ftyp = next(size for kind, _, size in _boxes(start) if kind == b"ftyp")

    def with_store(assertion: Mapping[str, Any]) -> bytes:
        held = _c2pa_box(
            "manifest", bytes(8) + store(manifest({"c2pa.hash.bmff.v2": assertion, "c2pa.actions": CREATED}))
        )
        return start[:ftyp] + held + start[ftyp:]

    empty = _bmff_hash(bytes(32), [bytes(32)] * len(sealed))
    beginning = hash_of(with_store(empty))  # the store's size decides where what follows lies
    return with_store(_bmff_hash(beginning, [hash_of(one) for one in sealed])), sealed


CREATED = {"actions": [{"action": "c2pa.created"}]}


def hash_of(content: bytes) -> bytes:
    """SHA-256 of a BMFF file as `c2pa.hash.bmff.v2` defines it: every top-level box that counts, after its place."""
    digest = hashlib.sha256()
    for kind, at, size in _boxes(content):
        if kind in (b"ftyp", b"mfra") or (kind == b"uuid" and content[at + 8 : at + 24] == _C2PA_BOX):
            continue
        digest.update(at.to_bytes(8) + content[at : at + size])
    return digest.digest()


def _bmff_hash(beginning: bytes, leaves: list[bytes]) -> dict[str, Any]:
    bare = {"length": None, "data": None, "subset": None, "version": None, "flags": None, "exact": None}
    return {
        "exclusions": [
            {**bare, "xpath": "/uuid", "data": [{"offset": 8, "value": _C2PA_BOX}]},
            {**bare, "xpath": "/ftyp"},
            {**bare, "xpath": "/mfra"},
        ],
        "alg": "sha256",
        "name": "jumbf manifest",
        "merkle": [
            {
                "uniqueId": 1,
                "localId": 1,
                "count": len(leaves),
                "alg": "sha256",
                "initHash": beginning,
                "hashes": leaves,
            }
        ],
    }


def _place(number: int) -> dict[str, Any]:
    return {"uniqueId": 1, "localId": 1, "location": number, "hashes": None}


def _c2pa_box(purpose: str, content: bytes) -> bytes:
    return box(b"uuid", _C2PA_BOX + bytes(4) + purpose.encode() + b"\0" + content)


def _boxes(content: bytes) -> list[tuple[bytes, int, int]]:
    found, at = [], 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        found.append((content[at + 4 : at + 8], at, size))
        at += size
    return found


def _cose(claim: bytes) -> bytes:
    identity = signing_identity()
    chain = x509.load_pem_x509_certificates(identity.chain)[:1]
    certificates = [one.public_bytes(serialization.Encoding.DER) for one in chain]
    protected = cbor({1: -7, 33: certificates[0] if len(certificates) == 1 else certificates})
    key = serialization.load_pem_private_key(identity.private_key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(cbor(["Signature1", protected, b"", claim]), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    return b"\xd2" + cbor([protected, {}, None, r.to_bytes(32) + s.to_bytes(32)])


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | code]) + number.to_bytes(size)
    raise OverflowError(number)
