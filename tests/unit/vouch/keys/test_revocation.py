"""The own revocation list: signed, growing, readable by others, never silently lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from prosopon.core.errors import ProsoponError
from prosopon.vouch.keys.certificate import renew, retired, signing_identity
from prosopon.vouch.keys.profile import new_root
from prosopon.vouch.keys.revocation import (
    LIST_FILE,
    REASONS,
    revocation_list,
    revocations,
    revocations_in,
    revoke,
    revoked,
)


def _root() -> x509.Certificate:
    return x509.load_pem_x509_certificate(signing_identity().root)


def test_nothing_is_revoked_at_first() -> None:
    assert revocations() == ()
    assert revocation_list() is None
    assert revoked(signing_identity().certificate.serial_number) is None


def test_a_revoked_certificate_is_on_the_list() -> None:
    serial = signing_identity().certificate.serial_number
    entry = revoke(serial, "keyCompromise")
    assert entry.reason == "keyCompromise"
    assert timedelta(0) <= datetime.now(UTC) - entry.time < timedelta(minutes=1)
    assert revoked(serial) == entry
    assert revoked(serial + 1) is None


def test_the_list_grows_and_keeps_what_it_said() -> None:
    first = revoke(11, "superseded")
    second = revoke(12, "unspecified")
    assert revoke(11, "keyCompromise") == first, "the first word stays"
    assert {one.serial: one for one in revocations()} == {11: first, 12: second}


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_comes_back(reason: str) -> None:
    revoke(5, reason)
    found = revoked(5)
    assert found is not None
    assert found.reason == reason


def test_it_outlives_renewals_and_a_new_root() -> None:
    old = signing_identity().certificate.serial_number
    revoke(old, "superseded")
    renew()
    assert revoked(old) is not None
    renew(root=True)
    assert revoked(old) is not None, "signed by a root that has retired"
    revoke(7, "superseded")
    assert revoked(old) is not None
    content = revocation_list()
    assert content is not None
    found = revocations_in(content, [_root()])
    assert found is not None
    assert {one.serial for one in found} == {old, 7}, "the new root has signed all of it again"
    assert old in {one.serial_number for one in retired()}


def test_others_can_read_it_beside_certificates_and_text() -> None:
    revoke(9, "keyCompromise")
    content = revocation_list()
    assert content is not None
    exported = b"some words\n" + signing_identity().root + content + b"more words\n"
    found = revocations_in(exported, [new_root().certificate, _root()])
    assert found is not None
    assert [(one.serial, one.reason) for one in found] == [(9, "keyCompromise")]
    assert revocations_in(exported, [new_root().certificate]) is None, "a list of somebody else is none"
    assert revocations_in(signing_identity().root, [_root()]) is None


def test_a_list_of_another_root_or_a_damaged_one_is_refused(own_home: Path, tmp_path: Path) -> None:
    revoke(9, "keyCompromise", tmp_path / "another")
    signing_identity()
    path = own_home / "certificate" / LIST_FILE
    for content in ((tmp_path / "another" / LIST_FILE).read_bytes(), b"", b"-----BEGIN X509 CRL-----\nAAAA\n"):
        path.write_bytes(content)
        with pytest.raises(ProsoponError, match="revocation list"):
            revoked(9)


def test_one_changed_bit_is_noticed(own_home: Path) -> None:
    entry = revoke(0x7777, "keyCompromise")
    path = own_home / "certificate" / LIST_FILE
    lines = path.read_bytes().splitlines()
    body = lines[2]
    lines[2] = body[:20] + (b"A" if body[20:21] != b"A" else b"B") + body[21:]
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(ProsoponError, match="revocation list"):
        revoked(entry.serial)
