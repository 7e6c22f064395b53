"""Folders of faces as arrays to learn from, whatever has become of the folder meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from face_folder import SIDE, drawn, face_folder
from notes import Notes
from PIL import Image

from prosopon.core.errors import MediaError, MissingError, ProsoponError, UsageError
from prosopon.datasets.face_set import check_one_person, face_store
from prosopon.faces.aligned.mean_face import OWN


def test_pictures_landmarks_and_masks(tmp_path: Path) -> None:
    store = face_store(face_folder(tmp_path / "faces"))
    assert store.pictures.shape == (24, SIDE, SIDE, 3) and store.masks.shape == (24, SIDE, SIDE, 3)
    expected = (OWN * 0.55 + (0.22, 0.28)) * SIDE
    assert np.abs(store.landmarks - expected).max() < 2
    assert store.yaws[0] == pytest.approx(-30) and store.yaws[-1] == pytest.approx(30)
    face, eyes, mouth = (store.masks[0, :, :, i] / 255 for i in range(3))
    # The mask lies where the face was drawn: it covers its eyes and mouth and little of the background.
    picture = store.pictures[0].astype(int)
    dark, red = picture.sum(-1) < 90, (picture[..., 0] > 170) & (picture[..., 1] < 60)
    assert face[dark].mean() > 0.95 and eyes[dark].mean() > 0.7 and mouth[red].mean() > 0.8
    assert eyes[red].max() == 0 and mouth[dark].max() == 0
    background = picture[..., 2] == 160
    assert face[background].mean() < 0.05
    assert [(shot.kind, shot.stop - shot.start) for shot in store.shots] == [("footage", 24)]


def test_read_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = face_folder(tmp_path / "faces")
    first = face_store(folder)
    again = face_store(folder)
    assert again.folder == first.folder and again.sha256() == first.sha256()
    (folder / "crops/track_00/000003.png").unlink()
    fewer = face_store(folder)
    assert fewer.folder != first.folder and len(fewer) == 23


def test_a_picture_of_another_size_is_brought_to_the_others(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "faces")
    path = folder / "crops/track_00/000005.png"
    Image.open(path).resize((SIDE, SIDE)).save(path)
    assert face_store(folder).pictures.shape[1:] == (SIDE, SIDE, 3)


@pytest.mark.parametrize("damage", [b"", b"no picture", None])
def test_a_damaged_picture_is_noted_and_left_out(tmp_path: Path, damage: bytes | None) -> None:
    folder = face_folder(tmp_path / "faces")
    path = folder / "crops/track_00/000007.png"
    path.write_bytes(path.read_bytes()[:400] if damage is None else damage)
    notes = Notes()
    assert len(face_store(folder, progress=notes)) == 23
    assert any("000007.png" in text and "left out" in text for text in notes.said)


def test_all_pictures_damaged(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "faces")
    for path in (folder / "crops").rglob("*.png"):
        path.write_bytes(b"\x89PNG")
    with pytest.raises(ProsoponError, match="no picture of"):
        face_store(folder)


def test_too_few_faces(tmp_path: Path) -> None:
    with pytest.raises(ProsoponError, match="has 5 faces"):
        face_store(face_folder(tmp_path / "faces", count=5))
    folder = face_folder(tmp_path / "empty")
    for path in (folder / "crops").rglob("*.png"):
        path.unlink()
    with pytest.raises(ProsoponError, match="has 0 faces"):
        face_store(folder)


def test_no_folder_of_faces(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="prosopon faces"):
        face_store(tmp_path)
    (tmp_path / "alignment.jsonl").write_text("no alignment")
    with pytest.raises(MediaError):
        face_store(tmp_path)


def test_masks_of_the_folder(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "faces")
    with pytest.raises(MissingError, match="--masks parsed"):
        face_store(folder, mask="parsed")
    (folder / "masks/parsed").mkdir(parents=True)
    half = np.zeros((SIDE, SIDE), np.uint8)
    half[:, : SIDE // 2] = 255
    Image.fromarray(half).save(folder / "masks/parsed/half.png")
    lines = [json.loads(line) for line in (folder / "alignment.jsonl").read_text().splitlines()]
    named = [line | {"masks": {"parsed": "masks/parsed/half.png"}} if "frame" in line else line for line in lines]
    (folder / "alignment.jsonl").write_text("".join(json.dumps(line) + "\n" for line in named))
    store = face_store(folder, mask="parsed")
    assert (store.masks[4, :, :, 0] == half).all()
    assert store.masks[4, :, :, 1].max() == 255  # eyes are still drawn by the landmarks


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "faces")
    Image.fromarray(drawn((OWN * 0.5 + 0.25) * SIDE, (1, 2, 3))).save(tmp_path / "secret.png")
    text = (folder / "alignment.jsonl").read_text().replace("crops/track_00/000002.png", "../secret.png")
    (folder / "alignment.jsonl").write_text(text)
    with pytest.raises(MediaError, match="outside its folder"):
        face_store(folder)


def test_pictures_that_lie_nobody_knows_where(tmp_path: Path) -> None:
    folder = face_folder(tmp_path / "faces")
    lines = [json.loads(line) for line in (folder / "alignment.jsonl").read_text().splitlines()]
    for line in lines:
        line.pop("matrix", None)
    (folder / "alignment.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(MediaError, match="make it again"):
        face_store(folder)


def test_two_people_at_once(tmp_path: Path) -> None:
    check_one_person(face_folder(tmp_path / "one"))
    folder = face_folder(tmp_path / "two", tracks=2)
    with pytest.raises(UsageError, match="more than one person"):
        check_one_person(folder)
    for path in (folder / "crops/track_01").glob("*.png"):
        path.unlink()
    check_one_person(folder)  # the other one's pictures were thrown away
