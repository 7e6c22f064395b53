"""Part maps that were made so far, kept on disk while a long clip is parsed, so that nothing is parsed twice."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.core.parts import Part
from prosopon.faces.parsing.parser import FaceParser
from prosopon.faces.parsing.part_map import PartMap
from prosopon.media.outputs import replacing


class KeepingParser:
    """Another parser that remembers, in a folder, what it has said about a face of a frame.

    A map is found again by what it depends on: the frame's pixels, the face's landmarks, the parser's name.

    Args:
        parser: who parses.
        folder: where the maps are kept; made when there is one.
    """

    def __init__(self, parser: FaceParser, folder: Path) -> None:
        self._parser, self._folder = parser, folder
        self.n_recalled = 0

    @property
    def name(self) -> str:
        """Name of the parser that parses."""
        return self._parser.name

    def parse(self, frame: Frame, face: Face) -> PartMap:
        """As the other parser says, or has said before."""
        path = self._folder / f"{self._key(frame, face)}.npz"
        found = _read(path)
        if found is not None:
            self.n_recalled += 1
            return found
        made = self._parser.parse(frame, face)
        with replacing(path) as temporary:
            known = np.array(sorted(made.known), np.uint8)
            np.savez_compressed(temporary, parts=made.parts, matrix=made.matrix, known=known)
        return made

    def forget(self) -> None:
        """All is done: remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _key(self, frame: Frame, face: Face) -> str:
        digest = hashlib.sha256(np.ascontiguousarray(frame).tobytes())
        if face.landmarks is not None:
            digest.update(np.ascontiguousarray(face.landmarks, "<f4").tobytes())
        digest.update(self.name.encode())
        return digest.hexdigest()[:32]


def _read(path: Path) -> PartMap | None:
    """A map that was kept; None where there is none, or one that was cut off."""
    try:
        with np.load(path, allow_pickle=False) as held:
            known = frozenset(Part(int(part)) for part in held["known"])
            return PartMap(held["parts"], held["matrix"], known)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
