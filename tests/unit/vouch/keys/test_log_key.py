"""The log's key: made once, closed to others, never beside the log's public files."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from prosopon.core.errors import ProsoponError
from prosopon.core.home import home
from prosopon.vouch.keys.certificate import signing_identity
from prosopon.vouch.keys.log_key import LOG_KEY_FILE, existing_log_signer, log_signer
from prosopon.vouch.log.note import Note, Verifier


def test_it_is_made_once_and_signs() -> None:
    assert existing_log_signer() is None
    signer = log_signer()
    assert re.fullmatch(r"prosopon\.local/[0-9a-f]{8}", signer.name)
    assert log_signer().verifier == signer.verifier
    found = existing_log_signer()
    assert found is not None
    assert found.verifier == signer.verifier
    note = Note.parse(signer.signed("a log\n7\n").encode())
    assert note.is_signed_by(Verifier.parse(signer.verifier.text))


def test_only_the_user_can_read_it_and_it_is_not_in_the_log(own_home: Path) -> None:
    log_signer()
    (path,) = own_home.rglob(LOG_KEY_FILE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert home() / "log" not in path.parents
    path.chmod(0o644)
    log_signer()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", [b"", b"no key", "another kind"])
def test_a_damaged_one_is_named_and_not_shown(own_home: Path, damage: bytes | str) -> None:
    log_signer()
    (path,) = own_home.rglob(LOG_KEY_FILE)
    path.write_bytes(signing_identity().private_key if isinstance(damage, str) else damage)
    with pytest.raises(ProsoponError, match="damaged") as caught:
        log_signer()
    assert "PRIVATE" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nothing_secret_is_printed() -> None:
    signer = log_signer()
    assert signer.private.private_bytes_raw().hex() not in repr(signer)


def test_a_folder_that_cannot_be_made(own_home: Path) -> None:
    (own_home / "log-key").write_text("a file where the folder should be")
    with pytest.raises(ProsoponError, match="cannot be kept"):
        log_signer()


def test_the_key_id_of_entries_names_the_leaf() -> None:
    identity = signing_identity()
    assert re.fullmatch("[0-9a-f]{16}", identity.key_id)
    assert signing_identity().key_id == identity.key_id
