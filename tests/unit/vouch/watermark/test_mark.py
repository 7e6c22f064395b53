"""What a mark holds, and what it refuses."""

from __future__ import annotations

import pytest

from prosopon.core.errors import UsageError
from prosopon.vouch.manifest.source_types import NOT_SYNTHETIC, SYNTHETIC
from prosopon.vouch.watermark.mark import KINDS, Mark, kind_of


def test_hexadecimal_digits_there_and_back() -> None:
    mark = Mark.of_hex("00FFeeDDccBBaa99", 3)
    assert mark.hex == "00ffeeddccbbaa99"
    assert mark.source_type == "algorithmicMedia"


@pytest.mark.parametrize(
    "digits", ["", "0123", "0123456789abcdeg", "0123456789abcdef0", " 123456789abcdef", "0x23456789abcdef"]
)
def test_other_texts_are_refused(digits: str) -> None:
    with pytest.raises(UsageError, match="no payload"):
        Mark.of_hex(digits)


@pytest.mark.parametrize(("payload", "kind"), [(b"1234567", 0), (b"123456789", 0), (bytes(8), 16), (bytes(8), -1)])
def test_what_does_not_fit_is_refused(payload: bytes, kind: int) -> None:
    with pytest.raises(UsageError):
        Mark(payload, kind)


def test_kinds_are_source_types() -> None:
    assert [kind_of(name) for name in KINDS] == list(range(len(KINDS)))
    assert kind_of("digitalCapture") == 0
    assert {name for name in KINDS if name} <= SYNTHETIC | NOT_SYNTHETIC
    assert Mark(bytes(8)).source_type is None
    assert Mark(bytes(8), 15).source_type is None
