"""Writers that are killed at any moment have lost nothing that they promised, and signed one history only.

A handful of kills by default; PROSOPON_KILLS sets another number.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prosopon.vouch.log.auditing import audit
from prosopon.vouch.log.merkle import EMPTY_ROOT, extends
from prosopon.vouch.log.note import Signer
from prosopon.vouch.log.reading import CHECKPOINT, Log
from prosopon.vouch.log.writing import LogWriter

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
KILLS = int(os.environ.get("PROSOPON_KILLS", "12"))
STATE_BYTES = 8 + 32


def entry(index: int) -> bytes:
    return b'{"entry":%d}' % index


def append_for_ever(folder: Path, told: int, seed: int) -> None:
    """Append batches of any size, and tell what was promised once it was."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    with LogWriter.open(folder, SIGNER, wait_s=60) as log:
        while True:
            size = log.checkpoint.size
            count = rng.choice((1, 1, 1, 2, 5, 40, 300))
            log.append([entry(size + one) for one in range(count)])
            os.write(told, log.checkpoint.size.to_bytes(8, "big") + log.checkpoint.root)


def killed_after(seconds: float, folder: Path, seed: int) -> list[tuple[int, bytes]]:
    """The states that a writer promised before it was killed."""
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            append_for_ever(folder, tell, seed)
        finally:
            os._exit(1)
    os.close(tell)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    with os.fdopen(hear, "rb") as told:
        heard = told.read()
    starts = range(0, len(heard) - STATE_BYTES + 1, STATE_BYTES)
    return [(int.from_bytes(heard[at : at + 8], "big"), heard[at + 8 : at + STATE_BYTES]) for at in starts]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_what_was_promised_is_there_whatever_happened(
    tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    rng = random.Random(0)  # noqa: S311 - no secret
    states: list[tuple[int, bytes]] = [(0, EMPTY_ROOT)]
    silent = 0
    for kill in range(KILLS):
        promised = killed_after(rng.uniform(0.0, 0.12), tmp_path, kill)
        states += promised
        silent += not promised
        if not (tmp_path / CHECKPOINT).exists():
            assert len(states) == 1  # killed before the log began
            continue
        log = Log.open(tmp_path, SIGNER.verifier)
        old, root = states[-1]
        assert log.size >= old
        assert extends(old, root, log.size, log.checkpoint.root, log.prove_growth(old))
        for index in range(max(0, old - 3), min(log.size, old + 3)):
            assert log.entry(index) == entry(index)
        states.append((log.size, log.checkpoint.root))
    log = Log.open(tmp_path, SIGNER.verifier)
    assert log.size > 0 and silent < KILLS
    # Every state that was ever signed for, heard of or found, is a beginning of the log as it is now.
    assert all(log.root_at(size) == root for size, root in states)
    assert audit(log).entries == log.size
    found = [one for at in range(-(-log.size // 256)) for one in log.bundle(at)]
    assert found == [entry(index) for index in range(log.size)]
    with LogWriter.open(tmp_path, SIGNER):
        pass
    hidden = {path.name for path in tmp_path.rglob(".*")}
    assert hidden == {".lock"}  # nothing half finished is left
    about = f"{KILLS} kills, {silent} before any promise, {log.size} entries, {len(set(states))} states"
    record_testsuite_property("kills", about)
