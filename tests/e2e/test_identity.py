"""`prosopon faces` tells people apart: rendered ones, with nothing but what comes with the package."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from prosopon.app.main import main
from prosopon.core.faces import Pose
from prosopon.faces.alignment import read_alignment
from prosopon.studio.person import HairStyle, Identity, Placement, Shape
from prosopon.studio.render import render


@pytest.fixture(scope="module")
def two_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures: somebody, somebody else, the first again; in cuts, so that each is a track of its own."""
    folder = tmp_path_factory.mktemp("people")
    broad = Shape(face_width=1.2, jaw_width=1.5, nose_width=2, upper_lip=1.6, lower_lip=1.6)
    narrow = Shape(face_width=-1.5, face_length=1.5, jaw_width=-1.5, nose_length=1.5, nose_width=-1)
    people = [
        Identity(skin_tone=0.12, skin_warmth=0.3, age=0.15, hair_style=HairStyle.CROPPED, shape=broad),
        Identity(skin_tone=0.92, skin_warmth=-0.4, age=0.75, hair_style=HairStyle.BOB, shape=narrow),
    ]
    frames = folder / "clip"
    frames.mkdir()
    turns = ((0, 0), (0, 8), (0, -8), (0, 4), (1, 0), (1, 6), (1, -6), (0, 10), (0, -10), (0, 2))
    for index, (who, yaw) in enumerate(turns):
        # On either side of the picture: tracks are joined by place.
        shown = render(people[who], Placement(Pose(yaw, 0, 0), x=0.2 * (2 * who - 1), scale=0.7), size_px=224)
        Image.fromarray(shown.image).save(frames / f"{index:06d}.png")
    for name, identity in zip(("first", "second"), people, strict=True):
        Image.fromarray(render(identity, Placement(Pose(12, 3, 0)), size_px=224).image).save(folder / f"{name}.png")
    return folder


def test_people_are_grouped_whatever_their_tracks(two_people: Path, tmp_path: Path) -> None:
    out = tmp_path / "faces"
    code = main(["faces", str(two_people / "clip"), "-o", str(out), "--group", "identity", "--backend", "builtin"])
    assert code == 0
    groups = {path.name: sorted(int(one.stem[-6:]) for one in path.iterdir()) for path in (out / "crops").iterdir()}
    assert groups == {"person_00": [0, 1, 2, 3, 7, 8, 9], "person_01": [4, 5, 6]}
    alignment = read_alignment(out / "alignment.jsonl")
    assert 0 < alignment.about["same_person"] < 1
    assert all(one.face.embedding is None for one in alignment.faces)  # long, and nobody asked


@pytest.mark.parametrize(("flag", "frames"), [("--like", [4, 5, 6]), ("--unlike", [0, 1, 2, 3, 7, 8, 9])])
def test_keeping_people_by_a_portrait(two_people: Path, tmp_path: Path, flag: str, frames: list[int]) -> None:
    out = tmp_path / "faces"
    clip, portrait = str(two_people / "clip"), str(two_people / "second.png")
    assert main(["faces", clip, "-o", str(out), flag, portrait, "--embed", "--backend", "builtin"]) == 0
    faces = read_alignment(out / "alignment.jsonl").faces
    assert [one.frame for one in faces] == frames
    assert all(one.face.embedding is not None and one.face.embedding.shape == (128,) for one in faces)


def test_nobody_of_those_asked_for(two_people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [str(two_people / "first.png"), "--like", str(two_people / "second.png"), "--backend", "builtin"]
    assert main(["faces", *argv]) == 4
    assert "nobody of those asked for" in capsys.readouterr().err
