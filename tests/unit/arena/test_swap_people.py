"""Who is who: nobody is compared with the pictures that say who they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_swaps import N_FRAMES, SOURCE, TARGET, MeanColour, NumberFinder, clip, footage, unit

from prosopon.arena.swap_people import Known, halves, identity_figures, stored, target_people
from prosopon.arena.swap_people import footage as read_footage
from prosopon.core.errors import MissingError, ProsoponError
from prosopon.core.faces import Face
from prosopon.datasets.face_set import FaceStore
from prosopon.media.write import encode
from prosopon.train.store import Column, Shot, write_store


def store(folder: Path, lengths: list[int]) -> FaceStore:
    """Shots of so many faces, each of another grey."""
    square = Column("|u1", (20, 20, 3))
    shots = []
    for number, length in enumerate(lengths):
        grey = np.full((length, 20, 20, 3), 10 * (number + 1), np.uint8)
        rows = {
            "pictures": grey,
            "masks": grey,
            "landmarks": np.full((length, 68, 2), 5, np.float32),
            "yaws": np.zeros(length, np.float32),
        }
        shots.append((Shot(f"film {number}", "anna", "footage"), rows))
    write_store(folder, {"pictures": square, "masks": square, **FaceStore.columns}, shots)
    return FaceStore.open(folder)


def test_files_are_either_known_or_held_back(tmp_path: Path) -> None:
    told, held = halves(store(tmp_path / "many", [3, 4, 2]))
    assert told == [0, 1, 2, 7, 8]
    assert held == [3, 4, 5, 6]
    told, held = halves(store(tmp_path / "one", [9]))
    assert told == [0, 1, 2, 3]
    assert held == [4, 5, 6, 7, 8]
    long = halves(store(tmp_path / "long", [100, 100]))
    assert [len(rows) for rows in long] == [24, 24]
    assert (long[0][0], long[0][-1], long[1][0], long[1][-1]) == (0, 99, 100, 199)
    with pytest.raises(ProsoponError, match="too little"):
        halves(store(tmp_path / "few", [1]))


def test_stored_faces_are_embedded(tmp_path: Path) -> None:
    found = stored(store(tmp_path / "store", [2, 2]), [0, 3], MeanColour())
    assert len(found) == 2
    assert np.allclose(found, 1 / np.sqrt(3))


def test_the_way_from_one_to_the_other() -> None:
    known = Known(MeanColour(), unit(SOURCE), unit(TARGET))
    assert known.place(unit(TARGET)) == pytest.approx(0, abs=1e-6)
    assert known.place(unit(SOURCE)) == pytest.approx(1)
    assert known.place((unit(SOURCE) + unit(TARGET)) / 2) == pytest.approx(0.5)
    assert np.isnan(Known(MeanColour(), unit(SOURCE), unit(SOURCE)).place(unit(TARGET)))


def test_identity_figures() -> None:
    known = Known(MeanColour(), unit(SOURCE), unit(TARGET))
    found = identity_figures([unit(SOURCE), unit(TARGET)], [unit(TARGET)] * 2, known, known)
    assert found["nearer_source"].value == 0.5
    assert found["identity"].value == pytest.approx(0.5)
    assert found["head_target"].value == pytest.approx(1)
    assert identity_figures([], [], known, known) == {}
    alike = Known(MeanColour(), unit(SOURCE), unit(SOURCE))
    assert "identity" not in identity_figures([unit(SOURCE)], [unit(SOURCE)], alike, alike)


def test_a_clip_is_known_by_the_others() -> None:
    one = footage()
    red = replace(one, name="red", clip=replace(clip(), open_frames=lambda: (255 - f for f in clip().frames())))
    alone = target_people([one], MeanColour())
    assert alone[0] @ unit(TARGET) > 0.98
    by_others = target_people([one, red], MeanColour())
    assert by_others[1] @ unit(TARGET) > 0.98
    assert by_others[0] @ unit(TARGET) < 0.9


def test_footage_is_read_and_followed(tmp_path: Path) -> None:
    encode(clip(), tmp_path / "film")
    found = read_footage(tmp_path / "film", NumberFinder())
    assert found.name == "film"
    assert len(found.clip) == N_FRAMES
    assert found.person is found.tracks.tracks[0]

    class Nobody(NumberFinder):
        def find(self, frame: np.ndarray) -> list[Face]:
            return []

    with pytest.raises(MissingError, match="no face"):
        read_footage(tmp_path / "film", Nobody())
