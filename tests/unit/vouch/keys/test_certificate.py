"""The development certificate: profile, permissions, races, renewal, retirement, damage."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from prosopon.core.errors import ProsoponError
from prosopon.vouch.home import config_folder
from prosopon.vouch.keys import certificate, profile
from prosopon.vouch.keys.certificate import (
    AUTHORITY_FILE,
    ROOT_FILE,
    SIGNER_FILE,
    authority,
    renew,
    retired,
    retired_chains,
    signing_identity,
)


def test_profile() -> None:
    leaf, root = x509.load_pem_x509_certificates(signing_identity().chain)
    leaf.verify_directly_issued_by(root)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.EMAIL_PROTECTION
    ]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    own = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
    for one in (leaf, root):
        (organisation,) = one.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        assert organisation.value == "Prosopon development certificate"


def test_only_the_user_can_read_it(own_home: Path) -> None:
    signing_identity()
    folder = own_home / "certificate"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        SIGNER_FILE: 0o600,
        ROOT_FILE: 0o600,
        AUTHORITY_FILE: 0o600,
    }


@pytest.mark.parametrize("name", [SIGNER_FILE, AUTHORITY_FILE])
def test_loosened_permissions_are_tightened(own_home: Path, name: str) -> None:
    signing_identity()
    path = own_home / "certificate" / name
    path.chmod(0o644)
    signing_identity()
    authority()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_second_call_gives_the_same() -> None:
    assert signing_identity() == signing_identity()


def test_the_signers_file_does_not_hold_the_roots_key(own_home: Path) -> None:
    signing_identity()
    assert (own_home / "certificate" / SIGNER_FILE).read_bytes().count(b"BEGIN PRIVATE KEY") == 1
    assert b"PRIVATE" not in (own_home / "certificate" / ROOT_FILE).read_bytes()


def test_nothing_secret_is_printed() -> None:
    identity = signing_identity()
    assert "PRIVATE" not in repr(identity)
    assert identity.key_id in repr(identity)
    assert repr(authority()).startswith("Pair(")
    assert "key=" not in repr(authority())


def test_processes_that_start_at_once_agree(own_home: Path) -> None:
    code = "from prosopon.vouch.keys.certificate import signing_identity as s; print(hash(s().chain))"
    command = [sys.executable, "-c", code]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env={**_environment(), "PROSOPON_HOME": str(own_home)})
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(answers) == 1
    assert sorted(path.name for path in (own_home / "certificate").iterdir()) == FILES
    x509.load_pem_x509_certificate(signing_identity().root).verify_directly_issued_by(authority().certificate)


FILES = [AUTHORITY_FILE, ROOT_FILE, SIGNER_FILE]


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "0"}


@pytest.mark.parametrize("days", [-0.001, 300])
def test_one_that_has_expired_or_will_soon_is_renewed(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(profile, "_LIFETIME", timedelta(days=days))
        _install(own_home, _signer(profile.new_root()))
    path = own_home / "certificate" / SIGNER_FILE
    old = path.read_bytes()
    identity = signing_identity()
    assert identity.expires > datetime.now(UTC) + timedelta(days=365)
    assert path.read_bytes() != old
    assert path.with_name(ROOT_FILE).read_bytes() == identity.root
    (leaf,) = retired()
    assert profile.pem(leaf) in old


def test_renewal_keeps_the_root_and_the_old_certificate(own_home: Path) -> None:
    first = signing_identity()
    second = renew()
    third = renew()
    assert first.root == second.root == third.root == signing_identity().root
    assert len({first.key_id, second.key_id, third.key_id}) == 3
    assert {one.serial_number for one in retired()} == {one.certificate.serial_number for one in (first, second)}
    kept = b"".join(path.read_bytes() for path in (own_home / "certificate" / "retired").iterdir())
    assert b"PRIVATE" not in kept
    left = b"".join(path.read_bytes() for path in own_home.rglob("*") if path.is_file())
    assert first.private_key not in left
    assert stat.S_IMODE((own_home / "certificate" / "retired").stat().st_mode) == 0o700


def test_a_new_root() -> None:
    first = signing_identity()
    second = renew(root=True)
    assert second.root != first.root
    assert profile.pem(authority().certificate) == second.root
    assert [(profile.pem(leaf) + profile.pem(root)) for leaf, root in retired_chains()] == [first.chain]


def test_a_root_that_ends_soon_is_renewed_with_the_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(profile, "_ROOT_LIFETIME", timedelta(days=366))
        old = signing_identity()
        assert old.expires == authority().certificate.not_valid_after_utc, "no leaf outlives its root"
    monkeypatch.setattr(certificate, "_RENEWED_BEFORE", timedelta(days=367))
    new = signing_identity()
    assert new.root != old.root
    assert new.expires > old.expires


def test_one_whose_roots_key_was_never_kept(own_home: Path) -> None:
    _install(own_home, _signer(profile.new_root()))
    before = signing_identity()
    with pytest.raises(ProsoponError, match="did not keep its key"):
        authority()
    after = renew()
    assert after.root != before.root
    assert profile.pem(authority().certificate) == after.root
    assert [one.serial_number for one in retired()] == [before.certificate.serial_number]


def _signer(root: profile.Pair) -> bytes:
    """A signer's file whose root's key is thrown away."""
    leaf, certificate = profile.new_leaf(root)
    key = leaf.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key + profile.pem(leaf.certificate) + profile.pem(certificate)


def _install(home: Path, content: bytes) -> None:
    (home / "certificate").mkdir()
    (home / "certificate" / SIGNER_FILE).write_bytes(content)


@pytest.mark.parametrize("damage", [b"", b"not a certificate", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_damaged_one_is_named(own_home: Path, damage: bytes) -> None:
    signing_identity()
    path = own_home / "certificate" / SIGNER_FILE
    path.write_bytes(damage)
    with pytest.raises(ProsoponError, match="damaged") as caught:
        signing_identity()
    assert str(path) in caught.value.what
    assert "delete" in caught.value.hint


def test_a_key_of_another_certificate_is_refused(own_home: Path) -> None:
    first, second = _signer(profile.new_root()), _signer(profile.new_root())
    end = b"-----END PRIVATE KEY-----\n"
    mixed = first.split(end)[0] + end + second.split(end)[1]
    _install(own_home, mixed)
    with pytest.raises(ProsoponError, match="another certificate"):
        signing_identity()


def test_a_folder_that_cannot_be_made(own_home: Path) -> None:
    (own_home / "certificate").write_text("a file where the folder should be")
    with pytest.raises(ProsoponError, match="cannot be kept"):
        signing_identity()


def test_where_it_lives(own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert config_folder() == own_home
    monkeypatch.delenv("PROSOPON_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_folder() == tmp_path / "prosopon"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_folder() == tmp_path / ".config" / "prosopon"


def test_a_file_system_without_hard_links(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert signing_identity() == signing_identity()
    assert sorted(path.name for path in (own_home / "certificate").iterdir()) == FILES
