"""Calendars of OpenTimestamps of our own, whose answers the package makes; none of the public ones is asked."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from small_server import serving

from prosopon.core.errors import ExitCode, MissingError, ProsoponError, UsageError
from prosopon.vouch.log.calendars import PROOF, Submission, commitment, demand_usable, pending_timestamp, submit
from prosopon.vouch.log.checkpoint import cosigned
from prosopon.vouch.log.note import Note, Signer
from prosopon.vouch.log.stamping import STAMPED
from prosopon.vouch.log.writing import LogWriter

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
KEY = SIGNER.verifier
DIGEST, NONCE = sha256(b"x").digest(), bytes(range(16))
NOWHERE = "http://127.0.0.1:1"


def package(name: str) -> Any:
    """A module of the package; whoever calls it is skipped where there is none."""
    pytest.importorskip("opentimestamps", reason="needs the package opentimestamps")
    return importlib.import_module(f"opentimestamps.{name}")


def answer(committed: bytes, uri: str = "https://one.example", steps: int = 1) -> bytes:
    """What a calendar answers: some steps from what was committed to, and that it is pending."""
    operations, form = package("core.op"), package("core.serialize")
    top = stamp = package("core.timestamp").Timestamp(committed)
    for step in range(steps):
        stamp = stamp.ops.add(operations.OpAppend(bytes([step % 256]))).ops.add(operations.OpSHA256())
    stamp.attestations.add(package("core.notary").PendingAttestation(uri))
    target = form.BytesSerializationContext()
    top.serialize(target)
    content: bytes = target.getbytes()
    return content


def kept(proof: Path) -> Any:
    form = package("core.serialize")
    source = form.BytesDeserializationContext(proof.read_bytes())
    return package("core.timestamp").DetachedTimestampFile.deserialize(source)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with LogWriter.open(tmp_path / "log", SIGNER) as writer:
        writer.append([b"one", b"two"])
    return tmp_path / "log"


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "opentimestamps"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentimestamps", None)


@pytest.fixture
def calendar() -> Iterator[tuple[str, list[bytes]]]:
    """Address, and what was sent to it. Under /a and /b are two calendars, the rest answers something else."""
    sent: list[bytes] = []
    odd: dict[str, Callable[[bytes], tuple[int, bytes]]] = {
        "/a/digest": lambda content: (200, answer(content, "https://a.example")),
        "/b/digest": lambda content: (200, answer(content, "https://b.example", steps=3)),
        "/html/digest": lambda _: (200, b"<html>It works!</html>"),
        "/another/digest": lambda content: (200, answer(content) + b"\n"),
        "/long/digest": lambda _: (200, bytes(10_001)),
        "/broken/digest": lambda content: (500, answer(content)),
    }

    def respond(path: str, content: bytes) -> tuple[int, dict[str, str], bytes]:
        sent.append(content)
        status, body = odd.get(path, lambda _: (404, b""))(content)
        return status, {}, body

    with serving(respond) as (url, _):
        yield url, sent


def test_two_calendars_make_one_pending_proof(log: Path, calendar: tuple[str, list[bytes]]) -> None:
    package("core.op")
    url, sent = calendar
    made = submit(log, KEY, [f"{url}/a", f"{url}/b/", f"{url}/a"])
    proof = log / "anchors" / "2" / "stamped-checkpoint.ots"
    assert made == Submission(proof, ("https://a.example", "https://b.example"), ())
    stamped = proof.with_suffix("").read_bytes()
    assert stamped == (log / "checkpoint").read_bytes()  # nobody else has signed yet
    found = kept(proof)
    assert found.file_digest == sha256(stamped).digest()
    pending = package("core.notary").PendingAttestation
    words = sorted(found.timestamp.all_attestations(), key=lambda one: one[1].uri)
    assert [one for _, one in words] == [pending("https://a.example"), pending("https://b.example")]
    (append,) = found.timestamp.ops
    assert isinstance(append, package("core.op").OpAppend) and len(append[0]) == 16
    committed = sha256(found.file_digest + append[0]).digest()
    assert sent == [committed, committed]  # one address was given twice
    assert words[0][0] == sha256(committed + b"\0").digest()


def test_signatures_of_witnesses_are_not_stamped(log: Path, calendar: tuple[str, list[bytes]]) -> None:
    package("core.op")
    alone = (log / "checkpoint").read_bytes()
    witness = Signer("example.org/witness", Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)))
    note = Note.parse(alone)
    (log / "checkpoint").write_text(note.with_lines([cosigned(note, witness, 1_800_000_000)]))
    made = submit(log, KEY, [f"{calendar[0]}/a"])
    assert made.proof is not None and made.proof.with_name(STAMPED).read_bytes() == alone


def test_nothing_can_be_learnt_from_what_is_sent(log: Path, calendar: tuple[str, list[bytes]]) -> None:
    package("core.op")
    url, sent = calendar
    submit(log, KEY, [f"{url}/a"])
    submit(log, KEY, [f"{url}/a"])
    digest = sha256((log / "checkpoint").read_bytes()).digest()
    assert len({*sent, digest}) == 3 and {len(one) for one in sent} == {32}


def test_one_calendar_is_enough(log: Path, calendar: tuple[str, list[bytes]]) -> None:
    package("core.op")
    url, _ = calendar
    wrong = [f"{url}/{name}" for name in ("html", "another", "long", "broken", "gone")] + [NOWHERE]
    made = submit(log, KEY, [*wrong, f"{url}/b"])
    assert made.calendars == ("https://b.example",)
    assert [url for url, _ in made.refused] == wrong
    told = [why for _, why in made.refused]
    for why, part in zip(told, ["no timestamp", "no timestamp", "10000 bytes", "500", "404", "refused"], strict=True):
        assert part in why and "\n" not in why
    assert made.proof is not None and kept(made.proof).file_digest


def test_where_none_takes_it_nothing_is_kept(log: Path, calendar: tuple[str, list[bytes]]) -> None:
    package("core.op")
    made = submit(log, KEY, [f"{calendar[0]}/html", NOWHERE])
    assert (made.proof, made.calendars, len(made.refused)) == (None, (), 2)
    assert not (log / "anchors").exists()


def test_a_folder_that_cannot_be_written(log: Path, calendar: tuple[str, list[bytes]]) -> None:
    package("core.op")
    (log / "anchors").write_text("no folder")
    with pytest.raises(ProsoponError, match="cannot be kept"):
        submit(log, KEY, [f"{calendar[0]}/a"])


def test_answers_without_a_calendar_to_ask_later() -> None:
    """A calendar cannot know a block of Bitcoin at once, and nothing here would check it."""
    form, notary = package("core.serialize"), package("core.notary")
    for one in (notary.BitcoinBlockHeaderAttestation(7), notary.UnknownAttestation(bytes(8), b"?")):
        stamp = package("core.timestamp").Timestamp(commitment(DIGEST, NONCE))
        stamp.attestations.add(one)
        target = form.BytesSerializationContext()
        stamp.serialize(target)
        with pytest.raises(ProsoponError, match="names no calendar"):
            pending_timestamp(target.getbytes(), DIGEST, NONCE)


def test_a_proof_has_no_more_steps_than_its_readers_allow() -> None:
    """The package reads 256 levels. Two are ours, so an answer may be fine by itself and yet make no proof."""
    form, committed = package("core.serialize"), commitment(DIGEST, NONCE)
    fits, too_deep = answer(committed, steps=126), answer(committed, steps=127)
    assert pending_timestamp(fits, DIGEST, NONCE).msg == DIGEST
    package("core.timestamp").Timestamp.deserialize(form.BytesDeserializationContext(too_deep), committed)
    for steps in (127, 128, 1000):
        with pytest.raises(ProsoponError, match="no timestamp"):
            pending_timestamp(answer_of_steps(steps), DIGEST, NONCE)


def answer_of_steps(steps: int) -> bytes:
    """As `answer`, but written without the package, which cannot write as deep as one can send."""
    word = answer(b"x", steps=0)
    return b"".join(b"\xf0\x01" + bytes([step % 256]) + b"\x08" for step in range(steps)) + word


@pytest.mark.filterwarnings("ignore:OpReverse:PendingDeprecationWarning")
def test_odd_answers_end_in_one_line() -> None:
    whole, generator = answer(commitment(DIGEST, NONCE), steps=3), random.Random(7)  # noqa: S311
    for cut in range(len(whole)):
        with pytest.raises(ProsoponError):
            pending_timestamp(whole[:cut], DIGEST, NONCE)
    for _ in range(3000):
        changed = bytearray(whole)
        for _ in range(generator.randint(1, 4)):
            changed[generator.randrange(len(changed))] = generator.choice(
                [0x00, 0x02, 0x03, 0x08, 0x67, 0xF0, 0xF1, 0xF2, 0xF3, 0xFF, generator.randrange(256)]
            )
        try:
            assert pending_timestamp(bytes(changed), DIGEST, NONCE).msg == DIGEST
        except ProsoponError as error:
            assert error.exit_code is ExitCode.FAILED  # some of them are still timestamps


def test_without_the_package(log: Path, without_package: None) -> None:
    for work in (lambda: demand_usable([NOWHERE]), lambda: submit(log, KEY, [NOWHERE])):
        with pytest.raises(MissingError, match="the package opentimestamps, which is not installed") as caught:
            work()
        assert "pip install opentimestamps" in caught.value.hint
    assert not (log / "anchors").exists()


def test_a_package_that_it_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise ModuleNotFoundError("No module named 'bitcoin'", name="bitcoin.core")

    monkeypatch.setattr("prosopon.vouch.log.calendars.importlib.import_module", fail)
    with pytest.raises(MissingError, match="needs the package bitcoin, which"):
        demand_usable([NOWHERE])


@pytest.mark.parametrize(
    "url", ["", "a.example", "file:///etc/passwd", "https://", "https://a.example/?x", "https://a b"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="no address of a calendar"):
        demand_usable(["https://a.example", url])


def test_what_is_committed_to() -> None:
    assert commitment(DIGEST, NONCE) == sha256(DIGEST + NONCE).digest()
    assert PROOF.removesuffix(".ots") == STAMPED  # where the client looks for what it is about
