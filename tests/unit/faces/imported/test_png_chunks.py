from __future__ import annotations

import zlib

import pytest
from foreign_faces import picture, with_chunk

from prosopon.faces.imported.png_chunks import chunks, international_text, size_of, without
from prosopon.faces.imported.refusals import Refused

PLAIN = picture("PNG", (31, 17))


def test_chunks_size_and_what_is_cut_out() -> None:
    longer = with_chunk(PLAIN, b"fcWp", b"abc")
    assert size_of(chunks(longer)) == (31, 17)
    assert [one.content for one in chunks(longer) if one.kind == b"fcWp"] == [b"abc"]
    assert chunks(longer + b"behind the end") == chunks(longer)
    assert without(longer, frozenset((b"fcWp",))) == PLAIN


def test_texts_by_keyword_plain_and_compressed() -> None:
    text = "{'a': 'Zoë'}"
    for held in (
        b"faceswap\0\0\0\0\0" + text.encode(),
        b"faceswap\0\1\0de\0Wort\0" + zlib.compress(text.encode()),
    ):
        data = with_chunk(with_chunk(PLAIN, b"iTXt", b"other\0\0\0\0\0x"), b"iTXt", held)
        assert international_text(chunks(data), b"faceswap") == text
    assert international_text(chunks(PLAIN), b"faceswap") is None


@pytest.mark.parametrize(
    "held",
    [
        b"faceswap",
        b"faceswap\0",
        b"faceswap\0\0\0",
        b"faceswap\0\0\0a",
        b"faceswap\0\2\0\0\0a",
        b"faceswap\0\1\0\0\0a",
        b"faceswap\0\0\0\0\0\xff",
    ],
)
def test_damaged_texts(held: bytes) -> None:
    with pytest.raises(ValueError, match=r"form|zlib|damaged|cut off|utf-8"):
        international_text(chunks(with_chunk(PLAIN, b"iTXt", held)), b"faceswap")


def test_a_text_that_unpacks_without_end_is_refused() -> None:
    held = b"faceswap\0\1\0\0\0" + zlib.compress(b"a" * 50_000_000)
    with pytest.raises(Refused, match="unpacks to more"):
        international_text(chunks(with_chunk(PLAIN, b"iTXt", held)), b"faceswap")
    with pytest.raises(Refused, match="its text"):
        international_text(chunks(with_chunk(PLAIN, b"iTXt", b"faceswap\0\0\0\0\0" + b"a" * 2_000_000)), b"faceswap")


def test_every_cut_and_every_wrong_checksum_is_an_error() -> None:
    for length in range(len(PLAIN)):
        with pytest.raises(ValueError, match=r"it |file"):
            chunks(PLAIN[:length])
    with pytest.raises(ValueError, match="checksum of its chunk IHDR"):
        chunks(PLAIN[:20] + b"\xaa" + PLAIN[21:])
    with pytest.raises(ValueError, match="how large"):
        size_of(chunks(PLAIN[:8] + PLAIN[-12:]))
