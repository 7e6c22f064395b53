"""Whether a folder shows one person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from face_folder import face_folder
from numpy.typing import NDArray
from PIL import Image

from prosopon.core.clip import Frame
from prosopon.core.faces import Face
from prosopon.create.swap.one_person import strangers
from prosopon.datasets.face_set import FaceStore, face_store


class Tones:
    """Knows people by the colour of their skin."""

    same_person = 0.9

    def embed(self, frame: Frame, face: Face) -> NDArray[np.float32]:
        assert face.landmarks is not None
        x, y = face.landmarks[30].astype(int)
        vector = frame[y, x].astype(np.float32) - 128
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def store_of(folder: Path, **made: int) -> FaceStore:
    return face_store(face_folder(folder, **made))


def test_films_of_one_person_are_alike(tmp_path: Path) -> None:
    assert strangers(store_of(tmp_path / "faces", tracks=3), Tones()) is None


def test_films_of_two_people_are_told(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "faces", tracks=2)
    for path in sorted((folder / "crops" / "track_01").iterdir()):
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    found = strangers(face_store(folder), Tones())
    assert found is not None
    assert {found.one.split()[-1], found.other.split()[-1]} == {"0", "1"}
    assert found.cosine < 0
