"""Entries have one form: what can be read is written again byte for byte."""

from __future__ import annotations

import json
import random

import pytest

from prosopon.core.errors import ProsoponError
from prosopon.vouch.log.entry import Entry

PLAIN = Entry("ab" * 32, "0123abcd", "2026-11-23T17:00:00Z")
FULL = Entry("ab" * 32, "0123abcd", "2026-11-23T17:00:00Z", "cd" * 32, "ef" * 32, "0123456789abcdef")


@pytest.mark.parametrize("entry", [PLAIN, FULL])
def test_there_and_back(entry: Entry) -> None:
    assert Entry.parse(entry.as_bytes()) == entry


def test_its_one_form() -> None:
    assert PLAIN.as_bytes() == (
        b'{"asset":"' + b"ab" * 32 + b'","key":"0123abcd","time":"2026-11-23T17:00:00Z","v":1}'
    )  # fmt: skip


@pytest.mark.parametrize("raw", [
    b"", b"[]", b"7", b"null", b"{", b'{"v":1}', b'{"v":2,"asset":"x"}', b"[" * 5000,
    PLAIN.as_bytes().replace(b":", b": "), PLAIN.as_bytes().replace(b"ab", b"AB"),
    PLAIN.as_bytes().replace(b'"v":1', b'"v":1,"who":"me"'), PLAIN.as_bytes().replace(b'"v":1', b'"v":1.0'),
    PLAIN.as_bytes().replace(b'"0123abcd"', b"[]"), PLAIN.as_bytes() + b"\n",
])  # fmt: skip
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(ProsoponError, match="entry"):
        Entry.parse(raw)


@pytest.mark.parametrize("change", [{"asset": "ab"}, {"time": "yesterday"}, {"watermark": "0x"}, {"key": ""}])
def test_values_have_their_form(change: dict[str, str]) -> None:
    held = {name: value for name, value in json.loads(FULL.as_bytes()).items() if name != "v"}
    with pytest.raises(ProsoponError, match="cannot be"):
        Entry(**{**held, **change})


def test_broken_bytes_are_another_entry_or_none() -> None:
    rng = random.Random(0)  # noqa: S311 - no secret
    whole = FULL.as_bytes()
    for _ in range(2000):
        raw = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        try:
            found = Entry.parse(bytes(raw))
        except ProsoponError:
            continue
        assert found.as_bytes() == bytes(raw)
