from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from foreign_faces import dfl_jpeg, picture
from PIL import Image

from prosopon.faces.imported.jpeg_segments import private, segments, size_of, without_private


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}, {"exif": b"Exif\0\0" + b"\xff\xef" * 50}]
)
def test_pillows_files_are_walked_whatever_they_hold(options: dict[str, object]) -> None:
    buffer = BytesIO()
    Image.new("RGB", (31, 17), (200, 10, 90)).save(buffer, "JPEG", **options)
    found = segments(buffer.getvalue())
    assert size_of(found) == (31, 17)
    assert private(found) == []
    assert found[-1].marker == 0xDA
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert without_private(buffer.getvalue()) == buffer.getvalue()


def test_private_segments_are_found_and_cut_out() -> None:
    plain = picture()
    twice = dfl_jpeg(b"one")
    twice = twice[:2] + b"\xff\xff\xff\xef\0\4ab" + twice[2:]  # with fill bytes
    assert private(segments(twice)) == [b"ab", b"one"]
    assert without_private(twice) == plain
    with Image.open(BytesIO(without_private(dfl_jpeg()))) as left, Image.open(BytesIO(plain)) as right:
        assert np.array_equal(np.array(left), np.array(right))


def test_what_stands_behind_the_start_of_the_pixels_is_no_segment() -> None:
    assert private(segments(picture() + b"\xff\xef\0\5abc")) == []


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"",
            b"\xff",
            b"\xff\xd8",
            b"\xff\xd8\xff",
            b"\xff\xd8\xff\xe0",
            b"\xff\xd8\xff\xe0\0",
            b"\xff\xd8\xff\xe0\0\1",
        ),
        *(b"\xff\xd8\xff\xe0\xff\xffa", b"\xff\xd8" + b"\xff" * 1000, b"\xff\xd8abc", b"\xff\xd8" + b"\xff\xd0" * 100),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_damage_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="it "):
        segments(data)


def test_every_cut_before_the_pixels_is_an_error() -> None:
    whole = dfl_jpeg()
    end = segments(whole)[-1].end
    for length in range(end):
        with pytest.raises(ValueError, match=r"it |file"):
            segments(whole[:length])
    assert size_of(segments(whole[:end])) == (64, 48)


def test_a_file_without_a_size() -> None:
    with pytest.raises(ValueError, match="how large"):
        size_of(segments(b"\xff\xd8\xff\xda\0\2"))
