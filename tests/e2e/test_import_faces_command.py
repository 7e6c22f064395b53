"""`prosopon import faces`: face data of DeepFaceLab and faceswap become ours, and nothing in them is run."""

from __future__ import annotations

import io
import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prosopon.app.args import parse
from prosopon.app.console import Console
from prosopon.app.verbs.import_faces import ImportFaces, run
from prosopon.core.errors import FileExistsAlready, MediaError, MissingError, UsageError
from prosopon.faces.alignment import read_alignment
from prosopon.faces.imported.dfl_picture import read_dfl_jpeg
from prosopon.faces.stance import apply

BESIDE = Path(__file__).parents[1] / "unit/faces/imported/foreign_faces.py"
foreign = SimpleNamespace(**runpy.run_path(str(BESIDE)))


def imported(path: Path, output: Path, **more: Any) -> tuple[int, dict[str, Any], str]:
    """Exit code, the answer, and what was said on stderr."""
    out, err = io.StringIO(), io.StringIO()
    console = Console(as_json=True, out=out, err=err)
    code = run(ImportFaces(path, output, **more), console)
    console.close()
    return code, json.loads(out.getvalue()), err.getvalue()


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A folder of face pictures of DeepFaceLab: two people in frame 12, one in frame 3."""
    folder = tmp_path / "aligned"
    folder.mkdir()
    for name, frame in (("00012_0.jpg", "00012.png"), ("00012_1.jpg", "00012.png"), ("00003_0.jpg", "00003.png")):
        (folder / name).write_bytes(foreign.dfl_jpeg(foreign.dfl_data(frame)))
    return folder


def test_the_command_line() -> None:
    words = ["in", "-o", "out", "--pictures", "frames", "--fps", "30", "-f"]
    given = parse(run, "prosopon import faces", words)
    assert given == ImportFaces(Path("in"), Path("out"), Path("frames"), 30.0, force=True)
    assert parse(run, "prosopon import faces", words[:3]) == ImportFaces(Path("in"), Path("out"))


def test_face_pictures_of_deepfacelab(faces: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    code, answer, said = imported(faces, output)
    assert (code, said) == (0, "")
    assert answer == {"output": str(output), "format": "DeepFaceLab faces", "faces": 3, "crops": 3, "refused": []}
    found = read_alignment(output / "alignment.jsonl")
    assert [(one.frame, one.track, one.crop) for one in found.faces] == [
        (3, 0, "crops/00003_0.jpg"),
        (12, 0, "crops/00012_0.jpg"),
        (12, 1, "crops/00012_1.jpg"),
    ]
    assert found.about["finder"] == "DeepFaceLab"
    assert found.faces[1].time_s == 12 / 25
    one = found.faces[0]
    assert one.face.landmarks is not None
    assert one.matrix is not None
    assert np.abs(one.face.landmarks - foreign.LANDMARKS).max() < 0.006
    # The frame's pixel whose centre is (20.5, 30.5) is shown where OpenCV puts the centre (20, 30).
    theirs = apply(foreign.MATRIX, np.array((20.0, 30.0)))
    np.testing.assert_allclose(apply(one.matrix, np.array((20.5, 30.5))), theirs + 0.5, atol=1e-6)
    with Image.open(output / one.crop) as crop, Image.open(faces / "00003_0.jpg") as before:
        assert np.array_equal(np.array(crop), np.array(before))
    with pytest.raises(MediaError, match="no data"):
        read_dfl_jpeg(output / one.crop)
    with Image.open(output / one.masks["xseg"]) as mask:
        assert mask.size == (64, 48)
    assert sorted(one.masks) == ["drawn", "xseg"]


def test_bad_pictures_are_left_out_told_and_do_nothing(faces: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    hostile = foreign.touching(canary)
    for what, held in hostile.items():
        (faces / f"z {what}.jpg").write_bytes(foreign.dfl_jpeg(held))
    (faces / "holiday.jpg").write_bytes(foreign.picture())
    (faces / "cut.jpg").write_bytes(foreign.dfl_jpeg()[:300])
    code, answer, said = imported(faces, tmp_path / "out")
    assert (code, answer["faces"], len(answer["refused"])) == (0, 3, len(hostile) + 2)
    assert not canary.exists()
    assert said.count("\n") == len(answer["refused"])
    assert all(line.startswith("prosopon: note: ") for line in said.splitlines())
    assert sum("was refused: " in line for line in answer["refused"]) == len(hostile)
    assert sorted(one.name for one in (tmp_path / "out/crops").iterdir()) == [
        "00003_0.jpg",
        "00012_0.jpg",
        "00012_1.jpg",
    ]


def test_nothing_is_made_where_nothing_can_be_read(faces: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for file in faces.iterdir():
        file.write_bytes(foreign.dfl_jpeg(foreign.touching(canary)["os.system 4"]))
    code, answer, said = imported(faces, tmp_path / "out")
    assert (code, answer["faces"], len(answer["refused"])) == (4, 0, 3)
    assert "no face could be read" in said
    with pytest.raises(MissingError, match="no face could be read"):
        run(ImportFaces(faces, tmp_path / "out"), Console(err=io.StringIO()))
    with pytest.raises(MediaError, match=r"00003_0\.jpg was refused: it asks for the Python object posix\.system"):
        imported(faces / "00003_0.jpg", tmp_path / "out")
    with pytest.raises(MissingError, match="there is no file"):
        imported(tmp_path / "absent", tmp_path / "out")
    (tmp_path / "a.fsa").write_bytes(foreign.fsa({"__meta__": {"version": 2.4}, "__data__": {}}))
    assert imported(tmp_path / "a.fsa", tmp_path / "out")[0] == 4
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.fsa", "aligned"]


def test_a_packed_set(faces: Path, tmp_path: Path) -> None:
    pictures = [file.read_bytes() for file in sorted(faces.iterdir())]
    (tmp_path / "faceset.pak").write_bytes(foreign.pak(pictures))
    _, answer, _ = imported(tmp_path / "faceset.pak", tmp_path / "out")
    assert (answer["faces"], answer["crops"]) == (3, 3)
    found = read_alignment(tmp_path / "out/alignment.jsonl")
    assert [one.frame for one in found.faces] == [3, 12, 12]


def test_alignments_of_faceswap(tmp_path: Path) -> None:
    path = tmp_path / "clip_alignments.fsa"
    path.write_bytes(foreign.fsa(foreign.faceswap_data()))
    _, answer, said = imported(path, tmp_path / "out")
    assert said == ""
    assert (answer["faces"], answer["crops"], answer["format"]) == (3, 0, "faceswap alignments 2.4")
    found = read_alignment(tmp_path / "out/alignment.jsonl")
    assert [(one.frame, one.track, one.time_s) for one in found.faces] == [(0, 0, 0.0), (2, 0, 0.2), (2, 1, 0.2)]
    assert [one.file for one in found.sources] == ["clip.mp4"]
    assert found.faces[2].face.landmarks is not None
    assert np.abs(found.faces[2].face.landmarks - (foreign.LANDMARKS + 6)).max() < 0.006
    assert tuple(found.faces[0].face.box) == (30, 40, 210, 230)


def test_old_alignments_with_their_frames(tmp_path: Path) -> None:
    names = ("f 2.png", "f 10.png")
    data = {name: [foreign.plain(foreign.faceswap_face())] for name in names}
    path = tmp_path / "alignments.json"
    path.write_text(json.dumps(data))
    frames = tmp_path / "frames"
    frames.mkdir()
    for name in ("f 1.png", *names):
        (frames / name).write_bytes(foreign.picture("PNG", (320, 240)))
    imported(path, tmp_path / "out", pictures=frames, fps=10)
    found = read_alignment(tmp_path / "out/alignment.jsonl")
    assert [(one.frame, one.time_s) for one in found.faces] == [(1, 0.1), (2, 0.2)]
    assert [(one.file, one.width, one.height, one.frames, one.fps) for one in found.sources] == [
        ("frames", 320, 240, 3, "10")
    ]
    (frames / names[0]).unlink()
    _, _, said = imported(path, tmp_path / "again", pictures=frames)
    assert "does not hold every frame" in said
    assert [one.frame for one in read_alignment(tmp_path / "again/alignment.jsonl").faces] == [2, 10]


def test_alignments_with_their_face_pictures(tmp_path: Path) -> None:
    path = tmp_path / "clip_alignments.fsa"
    data = foreign.faceswap_data()
    path.write_bytes(foreign.fsa(data))
    pictures = tmp_path / "faces"
    pictures.mkdir()
    second = data["__data__"]["clip_000003.mp4"]["faces"][1]
    (pictures / "anything.png").write_bytes(foreign.faceswap_png(second, "clip_000003.png", 1, seed=5))
    (pictures / "other.png").write_bytes(foreign.faceswap_png(second, "film_000003.png", 1))
    (pictures / "bad.png").write_bytes(foreign.picture("PNG"))
    _, answer, _ = imported(path, tmp_path / "out", pictures=pictures)
    assert (answer["crops"], len(answer["refused"])) == (1, 1)
    found = read_alignment(tmp_path / "out/alignment.jsonl")
    assert [one.crop for one in found.faces] == [None, None, "crops/anything.png"]
    assert (tmp_path / "out/crops/anything.png").read_bytes() == (pictures / "anything.png").read_bytes()
    # The pictures alone know as much.
    _, answer, _ = imported(pictures, tmp_path / "alone")
    assert (answer["faces"], answer["format"]) == (2, "faceswap faces")
    (pictures / "anything.png").unlink()
    assert "is a frame or face" in imported(path, tmp_path / "none", pictures=pictures)[2]


def test_only_what_this_verb_made_is_replaced(faces: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    imported(faces, output)
    with pytest.raises(FileExistsAlready):
        imported(faces, output)
    (output / "left.txt").write_text("from before")
    assert imported(faces, output, force=True)[0] == 0
    assert not (output / "left.txt").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    for target, more in ((mine, {}), (faces, {}), (tmp_path, {}), (mine, {"pictures": mine}), (output, {"fps": 0.0})):
        with pytest.raises(UsageError):
            imported(faces, target, force=True, **more)
    assert (mine / "thesis.txt").exists()
    assert len([*faces.iterdir()]) == 3
