"""Witnesses sign for logs that only grow, remember it, and keep what a log cannot deny."""

from __future__ import annotations

import base64
import shutil
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import ProsoponError, UsageError
from prosopon.vouch.log.checkpoint import Checkpoint, opened, witnesses
from prosopon.vouch.log.merkle import EMPTY_ROOT, extends, leaf_hash
from prosopon.vouch.log.note import Note, Signer, Verifier
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.seen import HistoryRewritten, SeenLogs, Sight, demand_growth
from prosopon.vouch.log.tiles import LogDamaged
from prosopon.vouch.log.witnessing import Request, Witness, witness_signer
from prosopon.vouch.log.writing import LogWriter

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
KEY = SIGNER.verifier


def grown(folder: Path, *entries: bytes) -> Log:
    with LogWriter.open(folder, SIGNER) as log:
        log.append(entries)
    return Log.open(folder, KEY)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(witness_signer(), SeenLogs(tmp_path / "memory"))


def rewritten(folder: Path, *entries: bytes) -> Log:
    """A log with another history, signed with the same key."""
    return grown(folder, *entries)


def test_what_grows_is_signed_for(tmp_path: Path, witness: Witness) -> None:
    for size in (1, 2, 300):
        log = grown(tmp_path / "log", *(b"%d" % one for one in range(witness_size(witness), size)))
        line = witness.cosign(log, KEY)
        _, note = opened(log.note.joined([line]).encode(), KEY)
        assert [one.name for one in witnesses(note, [witness.signer.verifier])] == [witness.signer.name]
        assert witness_size(witness) == size
    assert witness.cosign(log, KEY)  # the same state as often as anybody asks


def witness_size(witness: Witness) -> int:
    last = witness.last(KEY)
    return 0 if last is None else last.size


@pytest.mark.parametrize("entries", [(b"x", b"b"), (b"x", b"b", b"c"), (b"a", b"x", b"c"), (b"x",) * 300])
def test_a_rewritten_history_is_not_signed_for(tmp_path: Path, witness: Witness, entries: tuple[bytes, ...]) -> None:
    honest = grown(tmp_path / "log", b"a", b"b")
    witness.cosign(honest, KEY)
    other = rewritten(tmp_path / "other", *entries)
    with pytest.raises(HistoryRewritten) as caught:
        witness.cosign(other, KEY)
    assert caught.value.exit_code == 3
    (evidence,) = (tmp_path / "memory").glob("contradiction-*.txt")
    told = evidence.read_text("utf-8")
    assert honest.note_bytes.decode() in told and other.note_bytes.decode() in told and KEY.text in told
    # Whoever has that file and the key needs nothing else to be convinced.
    shown = told.partition("those come to\n")[2].splitlines()
    held, *proof = [base64.b64decode(line) for line in shown if line.endswith("=")]
    assert extends(2, held, other.size, other.checkpoint.root, proof)
    assert held != honest.checkpoint.root
    assert witness.last(KEY) == honest.checkpoint
    witness.cosign(grown(tmp_path / "log", b"c"), KEY)  # the true one goes on


def test_an_old_copy_is_refused_but_is_no_evidence(tmp_path: Path, witness: Witness) -> None:
    grown(tmp_path / "log", b"a")
    shutil.copytree(tmp_path / "log", tmp_path / "old")
    witness.cosign(grown(tmp_path / "log", b"b"), KEY)
    with pytest.raises(HistoryRewritten, match="when it was last seen"):
        witness.cosign(Log.open(tmp_path / "old", KEY), KEY)
    assert not [*(tmp_path / "memory").glob("contradiction-*.txt")]


def test_damage_is_no_accusation(tmp_path: Path) -> None:
    log = grown(tmp_path, *(b"%d" % one for one in range(600)))
    before = Checkpoint(KEY.name, 300, log.root_at(300))
    tile = tmp_path / "tile/0/001"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with pytest.raises(LogDamaged, match="damaged"):
        demand_growth(before, Log.open(tmp_path, KEY))


def request(witness: Witness, log: Log, old: int) -> bytes:
    proof = () if old > log.size else tuple(log.prove_growth(old))
    return Request(old, proof, log.note_bytes).as_bytes()


def test_requests_are_answered_as_the_standard_says(tmp_path: Path, witness: Witness) -> None:
    logs = {KEY.name: KEY}
    empty = grown(tmp_path / "log")
    assert witness.answer(request(witness, empty, 0), logs).status == 200
    log = grown(tmp_path / "log", b"a", b"b", b"c")
    assert witness.answer(request(witness, log, 0), logs).status == 200
    assert witness.answer(request(witness, log, 3), logs).status == 200
    again = witness.answer(request(witness, log, 0), logs)
    assert (again.status, again.body, again.content_type) == (409, "3\n", "text/x.tlog.size")
    larger = grown(tmp_path / "log", b"d", b"e")
    assert witness.answer(request(witness, larger, 6), logs).status == 400
    assert witness.answer(request(witness, larger, 3), {}).status == 404
    stranger = Verifier(KEY.name, bytes(31) + b"\1")
    assert witness.answer(request(witness, larger, 3), {KEY.name: stranger}).status == 403
    wrong = Request(3, tuple(larger.prove_growth(2)), larger.note_bytes).as_bytes()
    assert witness.answer(wrong, logs).status == 422
    many = Request(3, (bytes(32),) * 64, larger.note_bytes).as_bytes()
    assert witness.answer(many, logs).status == 400
    fork = rewritten(tmp_path / "other", b"a", b"b", b"x")
    assert witness.answer(request(witness, fork, 3), logs).status == 409
    assert [*(tmp_path / "memory").glob("contradiction-*.txt")]
    reply = witness.answer(request(witness, larger, 3), logs)
    assert reply.status == 200
    (seen,) = witnesses(Note.parse(larger.note.joined([reply.body]).encode()), [witness.signer.verifier])
    assert seen.name == witness.signer.name


@pytest.mark.parametrize(
    "raw",
    [b"", b"old 0\n\n", b"old 00\n\nx", b"old -1\n\nx", b"old 0\nAAAA\n\nx", b"old x\n\nx", b"\xff", b"new 0\n\nx"],
)
def test_what_is_no_request_is_refused(witness: Witness, raw: bytes) -> None:
    assert witness.answer(raw, {KEY.name: KEY}).status == 400


def test_an_empty_log_has_one_root(tmp_path: Path, witness: Witness) -> None:
    wrong = Checkpoint(KEY.name, 0, leaf_hash(b"")).signed(SIGNER)
    assert witness.answer(Request(0, (), wrong.encode()).as_bytes(), {KEY.name: KEY}).status == 422
    right = Checkpoint(KEY.name, 0, EMPTY_ROOT).signed(SIGNER)
    assert witness.answer(Request(0, (), right.encode()).as_bytes(), {KEY.name: KEY}).status == 200


def test_two_requests_at_once_do_not_roll_back(tmp_path: Path, witness: Witness) -> None:
    logs = {KEY.name: KEY}
    states = [grown(tmp_path / "log", b"%d" % one) for one in range(12)]
    witness.answer(request(witness, states[0], 0), logs)
    asked = [threading.Thread(target=witness.answer, args=(request(witness, one, 1), logs)) for one in states[1:]]
    for one in asked:
        one.start()
    for one in asked:
        one.join()
    signed = witness.last(KEY)
    assert signed is not None and signed.size > 1
    assert witness.answer(request(witness, states[0], 1), logs).status == 409


def test_its_key_is_its_own(tmp_path: Path) -> None:
    usual = witness_signer()
    assert usual.name.startswith("prosopon.local/witness-") and witness_signer().verifier == usual.verifier
    path = tmp_path / "keys" / "witness.pem"
    own = witness_signer(path, "witness.example/w1")
    assert own.name == "witness.example/w1" and own.verifier.public != usual.verifier.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert witness_signer(path, "witness.example/w1").verifier == own.verifier
    assert Verifier.parse(own.verifier.text).kind == 4
    path.write_bytes(b"no key")
    with pytest.raises(ProsoponError, match="no Ed25519 key"):
        witness_signer(path)
    with pytest.raises(UsageError, match="cannot be the name"):
        witness_signer(None, "two words")
    with pytest.raises(ProsoponError, match="cannot be used"):
        witness_signer(path / "below")


def test_a_memory_remembers_the_largest(tmp_path: Path) -> None:
    memory = SeenLogs(tmp_path / "memory")
    assert memory.last(KEY) is None
    states = [grown(tmp_path / "log", b"%d" % one) for one in range(3)]
    for log in (states[1], states[2], states[0]):
        memory.remember(Sight(log.checkpoint, log.note_bytes), KEY)
    last = memory.last(KEY)
    assert last is not None and last.checkpoint.size == 3
    for path in (tmp_path / "memory").glob("*.checkpoint"):
        path.write_bytes(b"damaged")
    with pytest.raises(ProsoponError, match="is damaged"):
        memory.last(KEY)
    shutil.rmtree(tmp_path / "memory")
    (tmp_path / "memory").write_text("a file")
    with pytest.raises(ProsoponError, match="cannot be used"):
        memory.remember(Sight(states[0].checkpoint, states[0].note_bytes), KEY)
