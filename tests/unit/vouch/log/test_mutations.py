"""Damage of every kind: always an answer, never a false "valid", never anything but an error that is meant to be seen.

Some hundred mutations of each by default; PROSOPON_MUTATIONS sets another number.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.core.errors import ProsoponError
from prosopon.vouch.log.auditing import audit
from prosopon.vouch.log.checkpoint import Checkpoint, cosigned, opened, witnesses
from prosopon.vouch.log.entry import Entry
from prosopon.vouch.log.merkle import leaf_hash
from prosopon.vouch.log.note import Signer, Verifier
from prosopon.vouch.log.proof import Logged, Proof
from prosopon.vouch.log.reading import Log
from prosopon.vouch.log.seen import SeenLogs
from prosopon.vouch.log.serving import tile_named
from prosopon.vouch.log.stamping import stated_time
from prosopon.vouch.log.witnessing import Request, Witness
from prosopon.vouch.log.writing import LogWriter

MUTATIONS = int(os.environ.get("PROSOPON_MUTATIONS", "300"))
SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
WITNESS = Signer("witness.example", Ed25519PrivateKey.from_private_bytes(bytes([3] * 32)))
KEY = SIGNER.verifier
ENTRIES = [
    Entry(f"{number:064x}", "0123abcd", "2026-11-23T17:00:00Z", watermark=f"{number:016x}").as_bytes()
    for number in range(300)
]  # fmt: skip
Damage = Callable[[bytes, random.Random], bytes]


def flipped(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]


def replaced(raw: bytes, rng: random.Random) -> bytes:
    at, length = rng.randrange(len(raw)), rng.randrange(1, 9)
    return raw[:at] + rng.randbytes(length) + raw[at + length :]


def cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw))]


def left_out(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw))
    return raw[:at] + raw[at + rng.randrange(1, 40) :]


def repeated(raw: bytes, rng: random.Random) -> bytes:
    at, length = rng.randrange(len(raw)), rng.randrange(1, 60)
    return raw[: at + length] + raw[at:]


def shuffled(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.split(b"\n")
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def digits(raw: bytes, rng: random.Random) -> bytes:
    """Another number where one stands."""
    places = [at for at, byte in enumerate(raw) if chr(byte).isdigit()]
    at = rng.choice(places or [0])
    return raw[:at] + rng.choice([b"0", b"9", b"-1", b"00", b"99999999999999999999", b"\xd9\xa3"]) + raw[at + 1 :]


def widened(raw: bytes, rng: random.Random) -> bytes:
    """Something that looks like nothing: spaces, ends of lines, invisible characters."""
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.choice([b" ", b"\r", b"\n", b"\t", b"\0", b"\xe2\x80\x8b", b"=", b"\xc2\xa0"]) + raw[at:]


DAMAGES: tuple[Damage, ...] = (flipped, replaced, cut, left_out, repeated, shuffled, digits, widened)


def damaged(raw: bytes, seed: int) -> bytes:
    rng = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        raw = rng.choice(DAMAGES)(raw, rng) or b"x"
    return raw


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("log")
    with LogWriter.open(made, SIGNER) as log:
        log.append(ENTRIES)
    return made


def test_entries() -> None:
    whole = Entry("ab" * 32, "0123abcd", "2026-11-23T17:00:00Z", "cd" * 32, "ef" * 32, "0123456789abcdef").as_bytes()
    for seed in range(MUTATIONS):
        raw = damaged(whole, seed)
        try:
            assert Entry.parse(raw).as_bytes() == raw
        except ProsoponError:
            continue


def test_notes_and_checkpoints(folder: Path) -> None:
    """Whatever is accepted says what was signed, word for word."""
    note = Log.open(folder, KEY).note
    whole = note.joined([cosigned(note, WITNESS, 1_700_000_000)]).encode()
    accepted = 0
    for seed in range(MUTATIONS):
        raw = damaged(whole, seed)
        try:
            checkpoint, found = opened(raw, KEY)
        except ProsoponError:
            continue
        assert (found.text, checkpoint) == (note.text, Checkpoint.parse(note.text))
        assert all(one.time_s == 1_700_000_000 for one in witnesses(found, [WITNESS.verifier]))
        accepted += 1
    assert accepted  # damage to the witness's line does not matter to the log's


def test_keys() -> None:
    for seed in range(MUTATIONS):
        raw = damaged(KEY.text.encode(), seed).decode("utf-8", "replace")
        try:
            assert Verifier.parse(raw) == KEY  # 32 bits of hash stand between this and chance
        except ProsoponError:
            continue


def test_proofs(folder: Path) -> None:
    """An accepted proof is about the very entry, in the very log."""
    log = Log.open(folder, KEY)
    index = 123
    whole = Proof(index, tuple(log.prove(index)), log.note_bytes, Logged(ENTRIES[index], b"s" * 32).as_bytes())
    assert whole.check(ENTRIES[index], KEY)[0].size == 300
    for seed in range(MUTATIONS):
        try:
            proof = Proof.parse(damaged(whole.as_bytes(), seed))
            logged = Logged.parse(proof.extra or b"")
            checkpoint, note = proof.check(logged.entry, KEY)
        except ProsoponError:
            continue
        assert (checkpoint.size, proof.index, logged.entry) == (300, index, ENTRIES[index])
        assert proof.path == whole.path and note.text == log.note.text


def test_files_of_the_tree(folder: Path, tmp_path: Path) -> None:
    """A log whose files were changed is never whole, and gives no entry that was not signed for."""
    copy = tmp_path / "log"
    shutil.copytree(folder, copy)
    paths = [path for path in copy.rglob("*") if path.is_file() and not path.name.startswith(".")]
    for seed in range(MUTATIONS):
        path = paths[seed % len(paths)]
        whole = path.read_bytes()
        raw = damaged(whole, seed)
        path.write_bytes(raw)
        try:
            log = Log.open(copy, KEY)
            place = seed * 7 % log.size
            assert leaf_hash(log.entry(place)) == leaf_hash(ENTRIES[place])
            audit(log)
        except ProsoponError:
            pass
        else:
            # What is beyond what the checkpoint counts is nobody's, and lines of strangers below it may be anything.
            assert path.name == "checkpoint" or raw.startswith(whole)
        path.write_bytes(whole)
    assert audit(Log.open(copy, KEY)).entries == 300


def test_requests_to_a_witness(folder: Path, tmp_path: Path) -> None:
    """It signs for the log's own states only."""
    log = Log.open(folder, KEY)
    whole = Request(0, (), log.note_bytes).as_bytes()
    for seed in range(min(MUTATIONS, 2000)):
        memory = tmp_path / str(seed % 50)
        witness = Witness(WITNESS, SeenLogs(memory))
        reply = witness.answer(damaged(whole, seed), {KEY.name: KEY})
        if reply.status == 200:
            last = witness.last(KEY)
            assert last is not None and last.root == log.checkpoint.root
            shutil.rmtree(memory)


def test_paths_and_time_stamps() -> None:
    for seed in range(MUTATIONS):
        path = damaged(b"tile/0/x001/x234/067.p/12", seed).decode("utf-8", "replace")
        tile = tile_named(path)
        assert tile is None or (tile.path == path and ".." not in path)
        try:
            stated_time(damaged(STAMP, seed), b"\0" * 32, None)
        except ProsoponError:
            continue


STAMP = bytes.fromhex("3005300302010030") * 20
