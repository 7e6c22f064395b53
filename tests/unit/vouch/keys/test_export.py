"""The public part: what others need, nothing that is secret, and readable by every PEM reader."""

from __future__ import annotations

import pytest
from cryptography import x509

from prosopon.vouch.keys.certificate import renew, signing_identity
from prosopon.vouch.keys.export import fingerprint, public_part
from prosopon.vouch.keys.log_key import log_signer
from prosopon.vouch.keys.profile import pem
from prosopon.vouch.keys.revocation import revocations_in, revoke


def _certificates(content: bytes) -> list[bytes]:
    return [pem(one) for one in x509.load_pem_x509_certificates(content)]


def test_it_holds_the_root_and_nothing_secret() -> None:
    identity = signing_identity()
    content = public_part()
    assert _certificates(content) == [identity.root]
    assert b"PRIVATE" not in content
    assert fingerprint(identity.certificate).encode() in content
    assert b"Log:" not in content, "there is no log yet, and asking does not make one"
    assert log_signer().verifier.text.encode() in public_part()


def test_it_holds_the_revocation_list() -> None:
    revoke(0xABC, "superseded")
    root = x509.load_pem_x509_certificate(signing_identity().root)
    found = revocations_in(public_part(), [root])
    assert found is not None
    assert [one.serial for one in found] == [0xABC]


def test_after_a_new_root() -> None:
    first = signing_identity().root
    revoke(0xABC, "superseded")
    second = renew(root=True).root
    assert _certificates(public_part()) == [second]
    assert _certificates(public_part(earlier_roots=True)) == [second, first]
    found = revocations_in(public_part(), [x509.load_pem_x509_certificate(second)])
    assert found is not None, "the new root has signed the list again"
    assert [one.serial for one in found] == [0xABC]


@pytest.mark.parametrize("times", [1, 3])
def test_renewals_under_one_root_do_not_repeat_it(times: int) -> None:
    for _ in range(times):
        renew()
    assert len(_certificates(public_part(earlier_roots=True))) == 1
