"""Trust lists: what they hold, of when they are, what is wrong with them, and which of them made somebody trusted."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prosopon.core.clip import Clip
from prosopon.core.errors import UsageError
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.manifest.report import Answer
from prosopon.vouch.manifest.trust import NOBODY, Purpose, Trust, TrustList
from prosopon.vouch.manifest.verify import Manner, verify
from prosopon.vouch.publish import publish

ClipFor = Callable[[str], Clip]
NOW = datetime.now(UTC)


def _root(first: datetime = NOW - timedelta(days=2), last: datetime = NOW + timedelta(days=2)) -> str:
    """Some root of nobody's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a root")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def sealed(tmp_path: Path, clip_for: ClipFor) -> Path:
    return publish(clip_for("a.png"), tmp_path / "a.png").path


@pytest.fixture
def own_root(tmp_path: Path, sealed: Path) -> Path:
    path = tmp_path / "own.pem"
    path.write_bytes(signing_identity().root)
    return path


@pytest.fixture
def other_root(tmp_path: Path) -> Path:
    path = tmp_path / "other.pem"
    path.write_text(_root())
    return path


def _judged(path: Path, trust: Trust) -> tuple[Answer, str | None]:
    report = verify(path, manner=Manner(trust=trust))
    assert report.trust_lists == trust.lists
    return report.trust, None if report.trusted_by is None else report.trusted_by.name


def test_nobody_is_trusted_by_default(sealed: Path) -> None:
    assert _judged(sealed, NOBODY) == (Answer.UNTRUSTED, None)
    assert verify(sealed).trust_list is None


def test_the_list_that_matched_is_told(sealed: Path, own_root: Path, other_root: Path) -> None:
    assert _judged(sealed, Trust.read([other_root])) == (Answer.UNTRUSTED, None)
    assert _judged(sealed, Trust.read([other_root, own_root])) == (Answer.TRUSTED, "own.pem")
    assert _judged(sealed, Trust.read([own_root, other_root])) == (Answer.TRUSTED, "own.pem")
    report = verify(sealed, manner=Manner(trust=Trust.read([other_root, own_root])))
    assert report.trust_list == "other.pem, own.pem"
    listed = report.as_json()["trust_lists"]
    assert [(one["name"], one["certificates"], one["date_from"]) for one in listed] == [
        ("other.pem", 1, "file"),
        ("own.pem", 1, "file"),
    ]
    assert report.as_json()["trusted_by"] == "own.pem"


def test_a_list_of_time_stamps_makes_no_signer_trusted(sealed: Path, own_root: Path, other_root: Path) -> None:
    """The library would: it takes every root for every purpose."""
    stamps = Trust.read(time_stamps=[own_root])
    assert _judged(sealed, stamps) == (Answer.UNTRUSTED, None)
    report = verify(sealed, manner=Manner(trust=stamps))
    assert "signingCredential.trusted" not in report.codes
    assert report.state == "Valid"
    assert any("time-stamping authorities" in note for note in report.notes)
    assert _judged(sealed, Trust.read([other_root], time_stamps=[own_root])) == (Answer.UNTRUSTED, None)
    assert _judged(sealed, Trust.read([own_root], time_stamps=[own_root])) == (Answer.TRUSTED, "own.pem")


@pytest.mark.parametrize("form", ["pem", "hash"])
def test_allowed_signers(tmp_path: Path, sealed: Path, other_root: Path, form: str) -> None:
    leaf = x509.load_pem_x509_certificates(signing_identity().chain)[0]
    digest = base64.b64encode(hashlib.sha256(leaf.public_bytes(serialization.Encoding.DER)).digest()).decode()
    allowed, none_of_them = tmp_path / "allowed.pem", tmp_path / "others.pem"
    allowed.write_text(leaf.public_bytes(serialization.Encoding.PEM).decode() if form == "pem" else f"# us\n{digest}\n")
    none_of_them.write_text(_root())
    assert _judged(sealed, Trust.read(allowed=[none_of_them])) == (Answer.UNTRUSTED, None)
    assert _judged(sealed, Trust.read(allowed=[none_of_them, allowed])) == (Answer.TRUSTED, "allowed.pem")
    assert _judged(sealed, Trust.read([other_root], allowed=[allowed])) == (Answer.TRUSTED, "allowed.pem")


def test_a_root_is_no_allowed_signer(sealed: Path, own_root: Path) -> None:
    """Who is on a list of signers cannot vouch for others."""
    assert _judged(sealed, Trust.read(allowed=[own_root])) == (Answer.UNTRUSTED, None)


def test_key_usages(shared: Path, sealed: Path, own_root: Path) -> None:
    configuration = shared / "media" / "c2pa" / "rs_trust_store.cfg"
    trust = Trust.read([own_root], key_usages=configuration)
    assert trust.key_usages[:2] == ("1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36")
    assert len(trust.key_usages) == 6
    assert trust.configuration == "rs_trust_store.cfg"
    assert _judged(sealed, trust) == (Answer.TRUSTED, "own.pem")


@pytest.mark.parametrize("content", ["", "// nothing\n", "hello\n", "1.3.6\n1.3.x\n"])
def test_bad_key_usages(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.cfg").write_text(content)
    with pytest.raises(UsageError):
        Trust.read(key_usages=tmp_path / "a.cfg")
    with pytest.raises(UsageError, match="cannot be read"):
        Trust.read(key_usages=tmp_path / "none.cfg")


def test_the_date_of_a_list(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    path.write_text(_root())
    os.utime(path, (1_700_000_000, 1_700_000_000))
    by_file = TrustList.read(path)
    assert (by_file.dated.isoformat(), by_file.date_is_written) == ("2023-11-14", False)
    assert str(by_file) == "a.pem (roots of signers, 1 certificate, file of 2023-11-14)"
    path.write_text(f"# Begun 2019-01-01\n# Updated: 2026-09-24T00:00:00Z\n{_root()}# serial 2029-01-01\n")
    written = TrustList.read(path)
    assert (written.dated.isoformat(), written.date_is_written) == ("2026-09-24", True)
    assert "dated 2026-09-24" in str(written)
    path.write_text(f"# date 2026-19-44\n{_root()}")
    assert not TrustList.read(path).date_is_written


def test_what_is_wrong_with_a_list_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    expired = _root(NOW - timedelta(days=9), NOW - timedelta(days=1))
    early = _root(NOW + timedelta(days=1), NOW + timedelta(days=9))
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    path.write_text(_root() + expired + early + broken + "-----BEGIN CERTIFICATE-----\ncut")
    found = TrustList.read(path)
    assert found.certificates == 3
    assert found.problems == (
        "2 of 5 certificates in a.pem cannot be read and were left out",
        "1 of 5 certificates in a.pem have expired",
        "1 of 5 certificates in a.pem are not valid yet",
    )
    assert Trust((found,)).problems == found.problems


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----"])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_is_no_list(tmp_path: Path, content: bytes, purpose: Purpose) -> None:
    (tmp_path / "a.pem").write_bytes(content)
    with pytest.raises(UsageError, match="holds no PEM certificates"):
        TrustList.read(tmp_path / "a.pem", purpose)
    with pytest.raises(UsageError, match="cannot be read"):
        TrustList.read(tmp_path / "none.pem", purpose)
    with pytest.raises(UsageError, match="cannot be read"):
        TrustList.read(tmp_path, purpose)


def test_problems_of_a_list_are_in_the_report(tmp_path: Path, sealed: Path, own_root: Path) -> None:
    expired = tmp_path / "old.pem"
    expired.write_text(_root(NOW - timedelta(days=9), NOW - timedelta(days=1)))
    report = verify(sealed, own_root, Manner(trust=Trust.read([expired])))
    assert "1 of 1 certificates in old.pem have expired" in report.notes
    assert report.trust is Answer.TRUSTED


@pytest.mark.parametrize(
    "explanation",
    [
        "",
        "found in [urn:prosopon:trust-list:1] trust anchors",
        "found in [urn:prosopon:trust-list:7] trust anchors",
        "found in [urn:prosopon:trust-list:-1] trust anchors",
        "found in [urn:prosopon:trust-list:x] trust anchors",
        "found in [http://elsewhere] trust anchors",
        "found in [] trust anchors",
    ],
)
def test_only_a_list_of_signers_makes_trusted(own_root: Path, other_root: Path, explanation: str) -> None:
    trust = Trust.read([own_root], time_stamps=[other_root])
    assert trust.trusting(explanation, b"x" * 32) is None
    assert trust.trusting("found in [urn:prosopon:trust-list:0] trust anchors") == trust.lists[0]


@pytest.mark.parametrize(
    ("explanation", "vouches"),
    [
        ("timestamp cert trusted: them, trust list: urn:prosopon:trust-list:1", True),
        ("timestamp cert trusted: them, trust list: urn:prosopon:trust-list:0", False),
        ("legacy timestamp cert trusted: them", False),
        ("legacy timestamp cert trusted: them, trust list: urn:prosopon:trust-list:1", False),
        ("legacy timestamp cert trusted: timestamp cert trusted: x, trust list: urn:prosopon:trust-list:1", False),
        ("timestamp cert trusted: a, trust list: urn:prosopon:trust-list:1, trust list: elsewhere", False),
        ("timestamp cert trusted: them", False),
    ],
)
def test_only_a_list_of_time_stamps_vouches_for_a_time(
    own_root: Path, other_root: Path, explanation: str, vouches: bool
) -> None:
    trust = Trust.read([own_root], time_stamps=[other_root])
    assert (trust.stamping(explanation) is trust.lists[1]) is vouches
