"""Part maps are kept while a long clip is parsed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prosopon.core.clip import Frame
from prosopon.core.faces import Box, Face
from prosopon.core.parts import Part
from prosopon.faces.parsing.kept import KeepingParser
from prosopon.faces.parsing.part_map import PartMap

MATRIX = np.array(((1.0, 0.25, 3.0), (-0.25, 1.0, 4.0)))


class Counting:
    """A parser that counts how often it was asked."""

    def __init__(self, name: str = "counting") -> None:
        self.name, self.asked = name, 0

    def parse(self, frame: Frame, face: Face) -> PartMap:
        self.asked += 1
        return PartMap(np.full((4, 4), self.asked, np.uint8), MATRIX, frozenset((Part.SKIN, Part.HAIR)))


def face(seed: int) -> Face:
    return Face(Box(0, 0, 4, 4), np.random.default_rng(seed).random((68, 2)).astype(np.float32))


def test_a_face_is_parsed_once_even_after_a_new_start(tmp_path: Path) -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    folder, parser = tmp_path / "kept", Counting()
    first = KeepingParser(parser, folder).parse(frame, face(0))
    again = KeepingParser(parser, folder)
    assert not folder.with_name("nothing").exists()
    second = again.parse(frame, face(0))
    assert (parser.asked, again.n_recalled, again.name) == (1, 1, "counting")
    assert np.array_equal(first.parts, second.parts)
    assert np.array_equal(first.matrix, second.matrix)
    assert first.known == second.known
    again.parse(frame, face(1))
    again.parse(frame + 1, face(0))
    KeepingParser(Counting("other"), folder).parse(frame, face(0))
    assert (parser.asked, len([*folder.iterdir()])) == (3, 4)
    again.forget()
    assert not folder.exists()


def test_a_map_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    frame, parser = np.zeros((4, 4, 3), np.uint8), Counting()
    KeepingParser(parser, tmp_path).parse(frame, face(0))
    (kept,) = tmp_path.iterdir()
    for content in (kept.read_bytes()[:50], b"", b"no map"):
        kept.write_bytes(content)
        KeepingParser(parser, tmp_path).parse(frame, face(0))
    assert parser.asked == 4
