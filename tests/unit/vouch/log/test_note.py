"""Signed notes and checkpoints against the example of the format's authors, and against forgers."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.vouch.log.checkpoint import Checkpoint, cosigned, opened, witnesses
from prosopon.vouch.log.merkle import EMPTY_ROOT, leaf_hash
from prosopon.vouch.log.note import COSIGNATURE, Note, Signer, Verifier

# The example that comes with the reference implementation of the format.
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
LINE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
SIGNED = f"{TEXT}\n\N{EM DASH} PeterNeumann {LINE}\n"


def signer(name: str = "example.org/log", seed: int = 1) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


def test_the_published_example_is_made_and_accepted() -> None:
    neumann = Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(base64.b64decode(SEED)[1:]))
    assert neumann.verifier.text == KEY and Verifier.parse(KEY) == neumann.verifier
    assert neumann.signed(TEXT) == SIGNED
    note = Note.parse(SIGNED.encode())
    assert note.text == TEXT and note.is_signed_by(Verifier.parse(KEY))
    assert "AYEK" not in repr(neumann)


@pytest.mark.parametrize("change", ["think", "x08go/ZJ", "Neumann"])
def test_nothing_of_it_can_be_changed(change: str) -> None:
    forged = SIGNED.replace(change, change[:-1] + "q")
    assert not Note.parse(forged.encode()).is_signed_by(Verifier.parse(KEY))


def test_lines_of_others_are_passed_over_but_a_bad_one_of_ours_counts() -> None:
    note = Note.parse(SIGNED.encode())
    other = signer("other")
    both = note.joined([other.line(other.private.sign(TEXT.encode()))])
    assert all(Note.parse(both.encode()).is_signed_by(one) for one in (Verifier.parse(KEY), other.verifier))
    bad = note.joined([other.line(bytes(64))])
    assert Note.parse(bad.encode()).is_signed_by(Verifier.parse(KEY))
    assert not Note.parse(bad.encode()).is_signed_by(other.verifier)
    twice = Note.parse(both.encode()).joined([other.line(bytes(64))])
    assert not Note.parse(twice.encode()).is_signed_by(other.verifier)


@pytest.mark.parametrize(
    "raw",
    [b"", b"text\n", b"text\n\n", b"text\n\nno signature\n", b"a\n\n\xe2\x80\x94 name !!!\n", b"\xff\n\n",
     b"x" * (1 << 20) + b"\n\n", SIGNED.encode()[:-1], SIGNED.replace("you", "\x1b[2J").encode()],
)  # fmt: skip
def test_what_is_no_note_is_told(raw: bytes) -> None:
    with pytest.raises(ProsoponError, match="no signed note"):
        Note.parse(raw)


@pytest.mark.parametrize(
    "text", ["", "name", "name+00000000+AQ==", KEY[:-4], KEY.replace("c74f", "c74e"), "a b+c74f20a3+A"]
)
def test_what_is_no_key_is_told(text: str) -> None:
    with pytest.raises(UsageError):
        Verifier.parse(text)


def test_checkpoints_there_and_back() -> None:
    ours = signer()
    for size, root in ((0, EMPTY_ROOT), (7, leaf_hash(b"x"))):
        made = Checkpoint("example.org/log", size, root, ("an extension",) if size else ())
        found, note = opened(made.signed(ours).encode(), ours.verifier)
        assert found == made and note.is_signed_by(ours.verifier)
    with pytest.raises(ProsoponError, match="not signed"):
        opened(made.signed(signer(seed=2)).encode(), ours.verifier)
    with pytest.raises(ProsoponError, match="of the log"):
        opened(Checkpoint("elsewhere", 1, EMPTY_ROOT).signed(ours).encode(), ours.verifier)


@pytest.mark.parametrize(
    "text", ["o\n1\n", "o\n01\n" + "A" * 43 + "=\n", "o\n-1\nAA==\n", "o\n1\nAA==\n", "\n1\n" + "A" * 43 + "=\n"]
)
def test_what_is_no_checkpoint_is_told(text: str) -> None:
    with pytest.raises(ProsoponError, match="no checkpoint"):
        Checkpoint.parse(text)


def test_a_witness_says_when_it_saw_what() -> None:
    ours, witness = signer(), signer("witness.example", 3)
    _, note = opened(Checkpoint("example.org/log", 7, leaf_hash(b"x")).signed(ours).encode(), ours.verifier)
    seen = note.joined([cosigned(note, witness, 1_700_000_000)])
    found, both = opened(seen.encode(), ours.verifier)
    assert found.size == 7
    assert [(one.name, one.time_s) for one in witnesses(both, [witness.verifier])] == [
        ("witness.example", 1_700_000_000)
    ]
    assert witnesses(both, [signer("witness.example", 4).verifier]) == []
    # The time is part of what was signed.
    line = seen.splitlines()[-1]
    held = bytearray(base64.b64decode(line.split(" ")[-1]))
    held[11] ^= 1
    forged = seen.replace(line.split(" ")[-1], base64.b64encode(bytes(held)).decode())
    assert witnesses(Note.parse(forged.encode()), [witness.verifier]) == []
    assert Verifier("witness.example", witness.verifier.public, COSIGNATURE).key_hash != witness.verifier.key_hash
