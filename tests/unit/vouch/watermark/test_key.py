"""What is drawn from the key: the same for ever, or earlier marks could not be read any more."""

from __future__ import annotations

import hashlib

import numpy as np

from prosopon.vouch.watermark.key import permutation, signs, uniform
from prosopon.vouch.watermark.lattice import dither, sent
from prosopon.vouch.watermark.pilot import frequencies, phases


def test_drawn_numbers_are_those_of_shake_256() -> None:
    stream = hashlib.shake_256(b"prosopon watermark 1: a label, not evidence\0dither").digest(8)
    assert uniform("dither", 2).tolist() == [int.from_bytes(stream[i : i + 4], "little") / 2**32 for i in (0, 4)]


def test_draws_are_what_they_are_called() -> None:
    assert sorted(permutation("x", 100)) == list(range(100))
    assert set(signs("x", 100)) == {-1.0, 1.0}
    values = uniform("x", 10_000)
    assert 0.0 <= values.min() < values.max() < 1.0
    assert abs(values.mean() - 0.5) < 0.02
    assert not np.array_equal(values, uniform("y", 10_000))


def test_layout_is_what_it_always_was() -> None:
    """A change here makes every earlier mark unreadable."""
    held = sent().astype("<u2").tobytes() + np.rint(dither() * 65536).astype("<u4").tobytes()
    held += frequencies().astype("<i2").tobytes() + np.rint(phases() * 10_000).astype("<i4").tobytes()
    assert hashlib.sha256(held).hexdigest()[:16] == "f9afdaf199808968"
