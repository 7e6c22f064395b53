"""The signer's certificate out of a store's bytes: the right one, and no trouble with made-up boxes."""

from __future__ import annotations

import numpy as np
from cryptography import x509
from forged_credential import CREATED, LABEL, box, manifest, store, superbox
from hypothesis import given, settings
from hypothesis import strategies as st

from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.manifest.signing_certificate import signing_certificate


def test_the_one_of_the_manifest_that_is_asked_for() -> None:
    leaf = x509.load_pem_x509_certificates(signing_identity().chain)[0]
    content = store(manifest({"c2pa.actions": CREATED}), manifest({"c2pa.actions": CREATED}, label="urn:other"))
    for label in (LABEL, "urn:other"):
        found = signing_certificate(content, label, leaf.serial_number)
        assert found is not None
        assert found.serial == f"{leaf.serial_number:x}"
        assert found.ocsp == ()
    assert signing_certificate(content, "urn:none", leaf.serial_number) is None
    assert signing_certificate(content, LABEL, 1) is None, "another number is another certificate"


def test_a_manifest_without_a_signature() -> None:
    bare = store(superbox(b"c2ma", LABEL, superbox(b"c2cs", "c2pa.signature", box(b"cbor", b"\x30\x82\x01\x00"))))
    assert signing_certificate(bare, LABEL, None) is None


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_anything_is_answered(content: bytes) -> None:
    assert signing_certificate(content, LABEL, None) is None
    assert signing_certificate(store(content), LABEL, None) is None


def test_damage_is_answered() -> None:
    content = store(manifest({"c2pa.actions": CREATED}))
    start = content.index(b"c2pa.signature\0")
    rng = np.random.default_rng(5)
    for _ in range(3000):
        damaged = bytearray(content)
        damaged[rng.integers(start, len(content))] = rng.integers(256)
        signing_certificate(bytes(damaged), LABEL, None)
    for length in range(0, len(content), 7):
        signing_certificate(content[:length], LABEL, None)


def test_boxes_without_end() -> None:
    nested = b""
    for _ in range(300):
        nested = superbox(b"c2ma", LABEL, nested)
    assert signing_certificate(nested, LABEL, None) is None
    assert signing_certificate(box(b"free", b"") * 200_000, LABEL, None) is None
    flood = superbox(b"c2cs", "c2pa.signature", box(b"cbor", b"\x30\x82\xff\xff" * 100_000))
    assert signing_certificate(store(superbox(b"c2ma", LABEL, flood)), LABEL, None) is None
