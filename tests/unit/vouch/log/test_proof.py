"""Proofs in one file: the form of the standard, and what they are about."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import ProsoponError
from prosopon.vouch.log.anchors import add_signatures
from prosopon.vouch.log.checkpoint import cosigned, opened, witnesses
from prosopon.vouch.log.entry import Entry, salted
from prosopon.vouch.log.files import LocalFiles
from prosopon.vouch.log.note import Signer
from prosopon.vouch.log.proof import Logged, Proof, ProofFails
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.receipts import proof_of, write_proof
from prosopon.vouch.log.writing import LogWriter

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
WITNESS = Signer("witness.example", Ed25519PrivateKey.from_private_bytes(bytes([3] * 32)))
KEY = SIGNER.verifier


def entry(number: int) -> bytes:
    return Entry(f"{number:064x}", "0123abcd", "2026-11-23T17:00:00Z").as_bytes()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    with LogWriter.open(tmp_path, SIGNER) as writer:
        writer.append([entry(number) for number in range(7)])
        return writer.log()


def test_its_form_is_the_standards(log: Log) -> None:
    proof = proof_of(log.files, KEY, 5)
    lines = proof.as_bytes().decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ") and lines[2] == "index 5"
    assert [base64.b64decode(line) for line in lines[3:6]] == log.prove(5)
    assert "\n".join(lines[7:]).encode() == log.note_bytes and lines[6] == ""
    assert Proof.parse(proof.as_bytes()) == proof
    bare = Proof(0, (), log.note_bytes)
    assert Proof.parse(bare.as_bytes()) == bare and b"extra" not in bare.as_bytes()


def test_it_shows_one_entry_at_one_place(log: Log) -> None:
    proof = proof_of(log.files, KEY, 5)
    checkpoint, _ = proof.check(entry(5), KEY)
    assert checkpoint.size == 7
    for wrong in (entry(4), b""):
        with pytest.raises(ProofFails, match="does not lead"):
            proof.check(wrong, KEY)
    with pytest.raises(ProofFails, match="does not lead"):
        Proof(4, proof.path, proof.checkpoint).check(entry(5), KEY)
    with pytest.raises(ProofFails, match="not signed"):
        proof.check(entry(5), WITNESS.verifier)


@pytest.mark.parametrize("change", [
    (b"index 5", b"index 05"), (b"index 5", b"index -5"), (b"index 5", b"index 9223372036854775808"),
    (b"index 5", b"index"), (b"proof@v1", b"proof@v2"), (b"extra ", b"extra  "), (b"\n\n", b"\n"),
    (b"index 5\n", b"index 5\nAAAA\n"), (b"index 5\n", b"index 5\n" + b"A" * 43 + b"=\n" * 64),
    (b"c2sp", b"\xff2sp"), (b"\nindex", b"\r\nindex"),
])  # fmt: skip
def test_what_is_no_proof_is_told(log: Log, change: tuple[bytes, bytes]) -> None:
    raw = proof_of(log.files, KEY, 5).as_bytes()
    assert change[0] in raw
    with pytest.raises(ProofFails):
        Proof.parse(raw.replace(*change, 1)).check(entry(5), KEY)
    with pytest.raises(ProofFails):
        Proof.parse(b"x" * (2 << 20))


@pytest.mark.parametrize("raw", [
    b"", b"[]", b"{}", b'{"entry":7}', b'{"entry":"!"}', b'{"entry":"AA==","salt":"00"}', b'{"entry":"AA==","salt":7}',
    b'{"entry": "AA=="}', b'{"entry":"AA==","more":1}', b"[" * 9999,
])  # fmt: skip
def test_what_was_logged_has_one_form(raw: bytes) -> None:
    with pytest.raises(ProofFails, match="proof"):
        Logged.parse(raw)


def test_a_salt_leads_back_to_the_file() -> None:
    asset, salt = "ab" * 32, bytes(range(32))
    hidden = Logged(Entry(salted(asset, salt), "0123abcd", "2026-11-23T17:00:00Z").as_bytes(), salt)
    assert Logged.parse(hidden.as_bytes()) == hidden
    assert hidden.names(asset) and not hidden.names("ac" * 32)
    assert not Logged(hidden.entry).names(asset) and not Logged(hidden.entry, bytes(32)).names(asset)


def test_the_first_state_that_was_witnessed_is_proved(log: Log, tmp_path: Path) -> None:
    add_signatures(tmp_path, KEY, log.note, [cosigned(log.note, WITNESS, 1_700_000_000)])
    with LogWriter.open(tmp_path, SIGNER) as writer:
        writer.append([entry(7)])
    files = LocalFiles(tmp_path)
    early = proof_of(files, KEY, 5, known=[WITNESS.verifier])
    checkpoint, note = early.check(entry(5), KEY)
    assert checkpoint.size == 7
    assert [one.time_s for one in witnesses(note, [WITNESS.verifier])] == [1_700_000_000]
    # Nobody has signed for the state that counts the last one, and a stranger's word is none.
    assert opened(proof_of(files, KEY, 7, known=[WITNESS.verifier]).checkpoint, KEY)[0].size == 8
    assert opened(proof_of(files, KEY, 5, known=[]).checkpoint, KEY)[0].size == 8


def test_a_receipt_of_another_log_is_refused(log: Log, tmp_path: Path) -> None:
    with pytest.raises(ProsoponError, match="is another one"):
        proof_of(log.files, KEY, 3, Logged(entry(4)))
    with pytest.raises(ProsoponError, match="cannot be written"):
        write_proof(proof_of(log.files, KEY, 3), tmp_path / "checkpoint" / "x.tlog-proof")
